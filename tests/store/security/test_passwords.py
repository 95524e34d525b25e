"""A password's row: a wrong one counts, a right one ends the count unless there were too many."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from races import at_once
from solely.store.security import passwords
from solely.store.security.passwords import PasswordRow

pytestmark = pytest.mark.server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def connection(login):
    with login("security") as connection:
        yield connection


@pytest.fixture
def person(connection):
    one = uuid4()
    passwords.put(connection, one, "$argon2id$one", 1, NOW)
    return one


def missed(connection, person, times):
    for _ in range(times):
        passwords.fail(connection, person)


def test_a_password_is_its_person_s_and_its_hash_is_not_shown(connection, person):
    row = passwords.of(connection, person)
    assert row == PasswordRow("$argon2id$one", 1, 0)
    assert "argon2id" not in repr(row)
    assert passwords.of(connection, uuid4()) is None


def test_another_password_takes_the_place_of_the_old_and_its_count_begins_anew(connection, person):
    missed(connection, person, 3)
    passwords.put(connection, person, "$argon2id$two", 2, NOW)
    assert passwords.of(connection, person) == PasswordRow("$argon2id$two", 2, 0)


def test_every_wrong_one_counts_however_many_come_at_once(login, connection, person):
    at_once(login, "security", lambda own, _number: passwords.fail(own, person))
    assert passwords.of(connection, person).failures == 12


def test_a_wrong_one_for_nobody_makes_nobody(connection):
    nobody = uuid4()
    passwords.fail(connection, nobody)
    assert not passwords.right(connection, nobody, 10)
    assert passwords.of(connection, nobody) is None


@pytest.mark.parametrize(("before", "ends"), [(0, True), (9, True), (10, False), (11, False)])
def test_a_right_one_ends_the_count_unless_it_was_missed_too_often(connection, person, before, ends):
    missed(connection, person, before)
    assert passwords.right(connection, person, 10) == ends
    assert passwords.of(connection, person).failures == (0 if ends else before)
