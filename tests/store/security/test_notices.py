"""Changes are repudiated once, notices are claimed by one, and a reset takes two officers."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from races import at_once
from solely.store.security import notices
from solely.store.security.notices import Due

pytestmark = pytest.mark.server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MOST = 5


@pytest.fixture
def connection(login):
    """What is due here would be due in the tests of others too: it is taken as sent after each test."""
    with login("security") as connection:
        yield connection
        connection.execute("UPDATE security.outbox SET sent_at = %s WHERE created_at <= %s", [NOW, NOW])


@pytest.fixture
def person():
    return uuid4()


def changed(connection, person, factor=None):
    change = uuid4()
    notices.add_change(connection, person, change, "factor-added", "totp", factor, NOW)
    return change


def noticed(connection, person, at=NOW):
    """A change with one notice that is due."""
    change, message, giving = changed(connection, person), uuid4(), uuid4()
    notices.add_notice(connection, person, message, change, giving, at)
    return Due(person, message, change, giving, "factor-added", "totp", None, 0)


def due(connection, person, now=NOW, most=MOST):
    return notices.due(connection, person, most, now)


# ---------------------------------------------------------------- changes


def test_a_change_is_found_by_its_id_alone(connection, person):
    factor = uuid4()
    change = changed(connection, person, factor)
    assert notices.change(connection, change) == (person, "factor-added", factor, NOW, None)
    assert notices.change(connection, uuid4()) is None


def test_a_change_is_repudiated_once_and_by_its_person(connection, person):
    change = changed(connection, person)
    assert not notices.repudiate(connection, uuid4(), change, NOW)
    assert notices.repudiate(connection, person, change, NOW)
    assert not notices.repudiate(connection, person, change, NOW + MINUTE)
    assert notices.change(connection, change)[4] == NOW


def test_of_many_who_repudiate_a_change_at_once_one_does(login, connection, person):
    change = changed(connection, person)
    done = at_once(login, "security", lambda own, _number: notices.repudiate(own, person, change, NOW))
    assert sorted(done) == [False] * 11 + [True]


# ---------------------------------------------------------------- notices


def test_a_notice_is_due_from_its_time_until_it_is_sent(connection, person):
    one = noticed(connection, person)
    assert due(connection, person, NOW - MINUTE) == []
    assert due(connection, person) == [one]
    notices.sent(connection, one, NOW)
    assert due(connection, person) == []
    assert not notices.claim(connection, one, MINUTE, NOW)


def test_notices_are_one_person_s_or_everyone_s_oldest_first(connection, person):
    new, old = noticed(connection, person, NOW), noticed(connection, person, NOW - MINUTE)
    other = noticed(connection, uuid4())
    assert due(connection, person) == [old, new]
    everyone = due(connection, None)
    assert next(one for one in everyone if one in {old, new, other}) == old
    assert {old, new, other} <= set(everyone)


def test_a_claimed_notice_is_due_again_after_its_wait_and_not_before(connection, person):
    one = noticed(connection, person)
    assert notices.claim(connection, one, 10 * MINUTE, NOW)
    assert due(connection, person, NOW + 9 * MINUTE) == []
    (again,) = due(connection, person, NOW + 10 * MINUTE)
    assert (again.message, again.tries) == (one.message, 1)
    assert not notices.claim(connection, one, MINUTE, NOW + 10 * MINUTE)  # as it was seen before
    assert notices.claim(connection, again, MINUTE, NOW + 10 * MINUTE)


def test_of_many_who_would_send_a_notice_at_once_one_does(login, connection, person):
    one = noticed(connection, person)
    claimed = at_once(login, "security", lambda own, _number: notices.claim(own, one, MINUTE, NOW))
    assert sorted(claimed) == [False] * 11 + [True]


def test_a_notice_that_was_tried_so_often_is_not_due_any_more(connection, person):
    noticed(connection, person)
    for turn in range(MOST):
        (one,) = due(connection, person, NOW + turn * MINUTE)
        assert notices.claim(connection, one, MINUTE, NOW + turn * MINUTE)
    assert due(connection, person, NOW + timedelta(days=9)) == []
    assert len(due(connection, person, NOW + timedelta(days=9), MOST + 1)) == 1


# ---------------------------------------------------------------- resets


def asked(connection, person):
    reset = uuid4()
    notices.ask_reset(connection, person, reset, "ada", NOW)
    return reset


def approve(connection, person, reset, officer="grace", since=NOW - MINUTE):
    return notices.approve(connection, person, reset, officer, since, NOW)


def test_a_reset_is_approved_by_another_officer_once(connection, person):
    reset = asked(connection, person)
    assert not approve(connection, person, reset, "ada")
    assert approve(connection, person, reset, "grace")
    assert not approve(connection, person, reset, "joan")
    row = connection.execute("SELECT asked_by, approved_by FROM security.resets WHERE reset = %s", [reset]).fetchone()
    assert row == ("ada", "grace")


def test_a_reset_is_for_its_person_and_not_for_ever(connection, person):
    reset = asked(connection, person)
    assert not approve(connection, uuid4(), reset)
    assert not approve(connection, person, uuid4())
    assert not approve(connection, person, reset, since=NOW)
    assert approve(connection, person, reset)


def test_of_many_who_approve_a_reset_at_once_one_does(login, connection, person):
    reset = asked(connection, person)
    approved = at_once(login, "security", lambda own, n: approve(own, person, reset, "ada" if n < 6 else f"other-{n}"))
    assert approved[:6] == [False] * 6
    assert sorted(approved[6:]) == [False] * 5 + [True]
