"""A limit lets so many through and not one more, however they come; the pure rule and its SQL are one."""

from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solely.errors import Throttled
from solely.store.security.limits import Count, Limit, check, forget, take

pytestmark = pytest.mark.server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIVE = Limit("five", 5, timedelta(minutes=5))
_keys = count()


@pytest.fixture
def connection(login):
    with login("security") as connection:
        yield connection


def fresh(limit=FIVE):
    return Count(limit, next(_keys).to_bytes(8, "big"))


def taken(connection, counts, now=NOW):
    try:
        with connection.transaction():
            take(connection, counts, now)
    except Throttled:
        return False
    return True


def test_five_go_through_at_once_the_sixth_is_told_when_there_is_room(connection):
    one = fresh()
    assert [taken(connection, [one]) for _ in range(6)] == [True] * 5 + [False]
    with pytest.raises(Throttled, match="five: too many tries") as caught:
        take(connection, [one], NOW)
    assert caught.value.retry_at == NOW + timedelta(minutes=1)
    assert taken(connection, [one], caught.value.retry_at)
    assert not taken(connection, [one], caught.value.retry_at)


def test_checking_counts_nothing(connection):
    one = fresh()
    for _ in range(20):
        check(connection, [one], NOW)
    assert [taken(connection, [one]) for _ in range(6)] == [True] * 5 + [False]
    with pytest.raises(Throttled):
        check(connection, [one], NOW)


def test_of_several_limits_all_count_or_none(connection):
    full, free = fresh(), fresh()
    for _ in range(5):
        taken(connection, [full])
    assert not taken(connection, [free, full])
    assert [taken(connection, [free]) for _ in range(6)] == [True] * 5 + [False]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    tries=st.lists(st.integers(0, 120), min_size=1, max_size=30),
    allowed=st.integers(1, 6),
    period=st.integers(6, 200).map(lambda n: timedelta(seconds=n * 60)),
)
def test_the_statement_does_what_the_rule_says(connection, tries, allowed, period):
    one, state, now = fresh(Limit("drawn", allowed, period)), None, NOW
    for seconds in tries:
        now += timedelta(seconds=seconds)
        after = one.limit.after(state, now)
        assert taken(connection, [one], now) == (after is not None)
        state = after or state


@settings(max_examples=200, deadline=None)
@given(tries=st.lists(st.integers(0, 400), max_size=60), allowed=st.integers(1, 6))
def test_no_period_holds_more_than_twice_less_one_and_no_instant_more_than_the_count(tries, allowed):
    limit, state, now, through = Limit("drawn", allowed, timedelta(seconds=60)), None, NOW, []
    for seconds in tries:
        now += timedelta(seconds=seconds / 10)
        after = limit.after(state, now)
        if after:
            state = after
            through.append(now)
    for start in through:
        assert sum(start <= one < start + limit.period for one in through) <= 2 * allowed - 1
        assert sum(one == start for one in through) <= allowed


@pytest.mark.parametrize("round_", range(10))
def test_twenty_at_once_against_a_limit_of_five_let_five_through(login, round_):
    one, barrier, through = fresh(), Barrier(20), []

    def run():
        with login("security") as connection:
            barrier.wait()
            through.append(taken(connection, [one]))

    threads = [Thread(target=run) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(through) == [False] * 15 + [True] * 5


def test_what_is_empty_again_is_forgotten_and_nothing_else(connection):
    old, new = fresh(), fresh()
    taken(connection, [old], NOW - timedelta(days=3650))
    taken(connection, [new])
    assert forget(connection, NOW - timedelta(days=3600)) == 1
    for _ in range(4):
        assert taken(connection, [new])
    assert not taken(connection, [new])
