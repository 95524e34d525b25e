"""What takes two officers, as kept: never one alone, not twice where once is meant, not a moment too long."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from psycopg.errors import CheckViolation

from callers import empty
from races import at_once
from solely.principal import HOMES
from solely.store import approvals as store
from solely.store.approvals import Approval

pytestmark = pytest.mark.server
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PERSON = UUID(int=9)
ABOUT = ("disclosure", "inc-1", None)


@pytest.fixture
def connection(login, superuser):
    empty(superuser)
    with login("registry") as connection:
        yield connection


def asked(connection, home="registry", by="eva", **changed):
    one = Approval(
        approval=uuid4(),
        act="disclosure",
        scope="inc-1",
        person=None,
        reason="data-breach",
        case_ref="C-1",
        minutes=60,
        asked_by=by,
        asked_at=NOW,
    )
    one = replace(one, **changed)
    store.ask(connection, home, one)
    return one


def opened(connection, by="max", now=NOW, **changed):
    one = asked(connection, **changed)
    return store.approve(connection, "registry", one.approval, by, now)


def use(connection, about=ABOUT, *, by="eva", once=False, now=NOW):
    return store.use(connection, "registry", about, by=by, once=once, now=now)


@pytest.mark.parametrize("home", HOMES)
def test_each_compartment_keeps_its_own_by_its_own_role(home, login, superuser):
    empty(superuser)
    with login(home) as connection:
        one = asked(connection, home)
        assert store.one(connection, home, one.approval) == one
        made = store.approve(connection, home, one.approval, "max", NOW)
        assert (made.approved_by, made.approved_at, made.until) == ("max", NOW, NOW + 60 * MINUTE)
        assert store.use(connection, home, ABOUT, by="eva", once=False, now=NOW).uses == 1
        assert store.end(connection, home, one.approval, "max", NOW).ended_by == "max"
        assert [found.approval for found in store.every(connection, home)] == [one.approval]


def test_nobody_approves_their_own_and_not_even_the_table_has_it(connection, superuser):
    one = asked(connection)
    assert store.approve(connection, "registry", one.approval, "eva", NOW) is None
    with pytest.raises(CheckViolation):
        connection.execute("UPDATE registry.approvals SET approved_by = asked_by")
    assert store.approve(connection, "registry", one.approval, "max", NOW) is not None


def test_what_is_asked_waits_a_day(connection):
    one = asked(connection)
    assert one.state(NOW + DAY - MINUTE) == "asked"
    assert one.state(NOW + DAY) == "lapsed"
    assert store.approve(connection, "registry", one.approval, "max", NOW + DAY) is None
    assert store.approve(connection, "registry", one.approval, "max", NOW + DAY - MINUTE) is not None
    assert store.approve(connection, "registry", one.approval, "kim", NOW) is None
    assert store.approve(connection, "registry", uuid4(), "kim", NOW) is None


@pytest.mark.parametrize(
    ("span", "is_open"),
    [(-MINUTE, True), (-2 * MINUTE, False), (59 * MINUTE, True), (60 * MINUTE, False), (DAY, False)],
)
def test_it_is_open_from_the_approval_for_the_minutes_asked(span, is_open, connection):
    opened(connection)
    assert (use(connection, now=NOW + span) is not None) is is_open


def test_it_opens_what_was_asked_for_whom_asked_and_nothing_else(connection):
    opened(connection)
    opened(connection, scope=None, person=PERSON, act="break-glass")
    for about in (
        ("disclosure", "inc-2", None),
        ("break-glass", "inc-1", None),
        ("disclosure", None, PERSON),
        ("break-glass", None, UUID(int=8)),
        ("disclosure", None, None),
    ):
        assert use(connection, about) is None
    for by in ("max", "kim"):
        assert use(connection, by=by) is None
    assert use(connection, by=None) is not None
    assert use(connection).uses == 2
    assert use(connection, ("break-glass", None, PERSON)).person == PERSON


def test_what_nobody_approved_opens_nothing_and_neither_does_what_was_ended(connection):
    one = asked(connection)
    assert use(connection) is None
    store.end(connection, "registry", one.approval, "max", NOW)
    assert store.approve(connection, "registry", one.approval, "max", NOW) is None
    two = opened(connection)
    assert two.state(NOW) == "open"
    assert two.state(NOW + DAY) == "ended"
    assert store.end(connection, "registry", two.approval, "kim", NOW).state(NOW) == "ended"
    assert store.end(connection, "registry", two.approval, "kim", NOW) is None
    assert use(connection) is None


def test_what_is_over_is_not_ended_again(connection):
    one = opened(connection)
    assert store.end(connection, "registry", one.approval, "kim", NOW + DAY) is None


def test_all_of_an_officer_ends(connection):
    by_eva, by_max, others = (
        opened(connection),
        opened(connection, by="eva", asked_by="kim"),
        asked(connection, by="kim"),
    )
    assert store.end_of(connection, "registry", "eva", "operator", NOW) == 2
    ended = {found.approval for found in store.every(connection, "registry") if found.ended_at}
    assert ended == {by_eva.approval, by_max.approval}
    assert others.approval not in ended


def test_the_newest_are_first_and_so_many(connection):
    made = [asked(connection, asked_at=NOW + number * MINUTE) for number in range(4)]
    assert [one.approval for one in store.every(connection, "registry", last=3)] == [
        one.approval for one in reversed(made[1:])
    ]


def test_one_page_after_another_has_each_once_also_where_times_are_the_same(connection):
    made = {asked(connection).approval for _ in range(5)}
    pages = [store.every(connection, "registry", last=2)]
    while pages[-1]:
        pages.append(
            store.every(connection, "registry", last=2, before=(pages[-1][-1].asked_at, pages[-1][-1].approval))
        )
    found = [one.approval for page in pages for one in page]
    assert (len(found), set(found)) == (5, made)


def test_of_many_who_approve_at_a_time_one_does(connection, login):
    one = asked(connection)
    made = at_once(
        login, "registry", lambda own, number: store.approve(own, "registry", one.approval, f"o{number}", NOW)
    )
    assert sum(found is not None for found in made) == 1


def test_of_many_who_use_at_a_time_what_is_for_once_one_does(connection, login):
    opened(connection)
    made = at_once(login, "registry", lambda own, _: use(own, once=True))
    assert sum(found is not None for found in made) == 1
    assert use(connection, once=True) is None


def test_of_many_who_use_at_a_time_what_is_for_more_all_do_and_are_counted(connection, login):
    opened(connection)
    assert None not in at_once(login, "registry", lambda own, _: use(own))
    assert use(connection).uses == 13
