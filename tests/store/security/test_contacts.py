"""A contact is there for as long as its giving stands; a code is sent so often, and its life is not lengthened."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from givings import NOW as GIVEN
from givings import SECURITY, give
from races import at_once
from solely.store.security import contacts
from solely.store.security.contacts import Standing

pytestmark = pytest.mark.server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PHONE = "+4915112345678"
WAITS = [timedelta(seconds=30), timedelta(seconds=60)]
LIFE = timedelta(minutes=10)


@pytest.fixture
def connection(login):
    with login("security") as connection:
        yield connection


@pytest.fixture
def person(desk, subject):
    return desk.introduce(subject, "security")


def standing(connection, person, purpose=SECURITY, now=NOW):
    return contacts.standing(connection, person, purpose, now)


def expire(superuser, giving, at):
    superuser.execute("UPDATE security.contacts SET expires_at = %s WHERE giving = %s", [at, giving])


# ---------------------------------------------------------------- what stands


def test_what_stands_is_the_person_s_own_and_for_that_purpose_alone(desk, connection, subject, person):
    give(desk, subject, purpose=SECURITY, value=PHONE)
    give(desk, subject, purpose="login-alert", value="ada@example.com")
    ((phone,), (email,)) = (standing(connection, person, purpose) for purpose in (SECURITY, "login-alert"))
    assert (phone.kind, email.kind) == ("phone", "email")
    assert standing(connection, person, "account-recovery") == []
    assert standing(connection, uuid4()) == []


def test_what_stands_comes_in_the_order_of_its_ids(desk, connection, subject, person):
    for turn in range(4):
        give(desk, subject, purpose=SECURITY, given_at=f"2024-05-{turn + 1:02}")
    found = [one.giving for one in standing(connection, person)]
    assert len(found) == 4
    assert found == sorted(found)


def test_a_sealed_contact_comes_with_its_wrapped_key_and_shows_neither(desk, connection, superuser, subject, person):
    give(desk, subject, purpose=SECURITY, value=PHONE)
    ((giving, kind),) = [(one.giving, one.kind) for one in standing(connection, person)]
    row = contacts.sealed(connection, person, giving, NOW)
    box, wrapped = superuser.execute(
        "SELECT box, wrapped FROM security.contacts JOIN security.wrapped_keys USING (giving) WHERE giving = %s",
        [giving],
    ).fetchone()
    assert (row.purpose, row.kind, row.key_number, row.box, row.wrapped) == (SECURITY, kind, 1, box, wrapped)
    assert repr(row) == f"SealedRow(purpose='{SECURITY}', kind='phone', key_number=1)"
    assert contacts.sealed(connection, uuid4(), giving, NOW) is None
    assert contacts.sealed(connection, person, uuid4(), NOW) is None


def test_from_its_withdrawal_on_a_contact_is_not_there(desk, connection, subject, person):
    give(desk, subject, purpose=SECURITY)
    (one,) = standing(connection, person)
    ended = GIVEN + timedelta(days=1)
    assert desk.withdraw(subject, SECURITY, None, ended) == 1
    for now, stands in ((ended - timedelta(seconds=1), True), (ended, False), (NOW, False)):
        assert (contacts.sealed(connection, person, one.giving, now) is not None) == stands
        assert standing(connection, person, now=now) == ([one] if stands else [])


def test_from_its_end_on_a_contact_is_not_there(desk, connection, superuser, subject, person):
    give(desk, subject, purpose=SECURITY)
    (one,) = standing(connection, person)
    expire(superuser, one.giving, NOW)
    for now, stands in ((NOW - timedelta(seconds=1), True), (NOW, False)):
        assert (contacts.sealed(connection, person, one.giving, now) is not None) == stands
        assert standing(connection, person, now=now) == ([one] if stands else [])


def test_what_one_person_withdraws_stays_with_another(desk, connection, subject, person):
    """The same number given by two is two givings."""
    other = f"{subject}-other"
    for name in (subject, other):
        give(desk, name, purpose=SECURITY, value=PHONE)
    desk.withdraw(subject, SECURITY, None, GIVEN)
    assert standing(connection, person) == []
    assert [type(one) for one in standing(connection, desk.introduce(other, "security"))] == [Standing]


# ---------------------------------------------------------------- sending


@pytest.fixture
def take(connection):
    """A function: take a sending of one code at so many seconds; returns when the code ends."""
    pseudonym, challenge, factor = (uuid4() for _ in range(3))

    def take(seconds, waits=WAITS, life=LIFE):
        now = NOW + timedelta(seconds=seconds)
        return contacts.take_send(connection, pseudonym, challenge, factor, waits=waits, life=life, now=now)

    take.sent = lambda: contacts.sent_until(connection, pseudonym, challenge, factor)
    return take


def test_a_code_is_sent_at_once_then_after_each_wait_and_then_no_more(take):
    assert take.sent() is None
    found = [take(seconds) is not None for seconds in (0, 0, 29, 30, 31, 89, 90, 91, 300)]
    assert found == [True, False, False, True, False, False, True, False, False]
    assert take.sent() == (3, NOW + timedelta(seconds=90), NOW + LIFE)


def test_a_resend_lengthens_nothing(take):
    assert {take(0), take(30), take(90)} == {NOW + LIFE}


def test_what_is_refused_leaves_the_count_and_the_wait_as_they_were(take):
    take(0)
    for seconds in range(1, 30):
        assert take(seconds) is None
    assert take.sent() == (1, NOW, NOW + LIFE)
    assert take(30)


def test_a_code_that_ended_is_not_sent_again(take):
    life = timedelta(seconds=40)
    assert take(0, life=life)
    assert take(40, life=life) is None
    assert take.sent() == (1, NOW, NOW + life)


def test_without_waits_there_is_one_sending(take):
    assert take(0, waits=[])
    assert take(599, waits=[]) is None


def test_each_challenge_and_each_factor_has_sendings_of_its_own(connection):
    ids = [[uuid4(), uuid4()] for _ in range(3)]
    for pseudonym, challenge, factor in itertools.product(*ids):
        assert contacts.take_send(connection, pseudonym, challenge, factor, waits=[], life=LIFE, now=NOW)


@pytest.mark.parametrize("sent_before", [False, True])
def test_of_many_who_ask_for_a_code_at_once_one_is_sent(login, connection, sent_before):
    ids = [uuid4() for _ in range(3)]
    if sent_before:
        contacts.take_send(connection, *ids, waits=WAITS, life=LIFE, now=NOW)
    now = NOW + timedelta(seconds=30)
    taken = at_once(
        login, "security", lambda own, _number: contacts.take_send(own, *ids, waits=WAITS, life=LIFE, now=now)
    )
    assert sum(one is not None for one in taken) == 1
    assert contacts.sent_until(connection, *ids)[0] == 1 + sent_before
