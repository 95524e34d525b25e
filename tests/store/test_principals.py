"""Principals and keys as kept: each change is one statement, which says whether it changed anything."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from psycopg.errors import LockNotAvailable

from callers import empty
from races import at_once
from solely.principal import HOMES, Agreement
from solely.store import principals as store
from solely.store.principals import KeyRow, PrincipalRow

pytestmark = pytest.mark.server
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def connection(login, superuser):
    empty(superuser)
    with login("registry") as connection:
        yield connection


def principal(name="web", kind="service", acts=("give", "read"), purposes=None):
    return PrincipalRow(name, kind, sorted(acts), purposes, NOW, None)


def with_key(connection, name="web", digest=b"d" * 32, life=DAY, home="registry"):
    row = KeyRow(uuid4(), NOW, NOW + life, None, None)
    assert store.add_key(connection, home, name, row, digest)
    return row.key


def found(connection, digest=b"d" * 32, now=NOW, home="registry"):
    return store.by_digest(connection, home, digest, now)


@pytest.mark.parametrize("home", HOMES)
def test_each_compartment_keeps_its_own_by_its_own_role(home, login, superuser):
    empty(superuser)
    with login(home) as connection:
        assert store.add(connection, home, principal())
        key = with_key(connection, home=home)
        known = found(connection, home=home)
        assert (known.key, known.name, known.kind, known.acts, known.purposes) == (
            key,
            "web",
            "service",
            ["give", "read"],
            None,
        )
        assert store.by_key(connection, home, key, NOW) == known
    for other in set(HOMES) - {home}:
        with login(other) as connection:
            assert found(connection, home=other) is None


def test_a_key_stands_from_when_it_was_made_until_it_ends_a_minute_being_the_skew_of_clocks(connection):
    store.add(connection, "registry", principal())
    key = with_key(connection)
    minute, least = timedelta(minutes=1), timedelta(microseconds=1)
    for span, stands in ((-minute, True), (-minute - least, False), (DAY - least, True), (DAY, False)):
        assert (found(connection, now=NOW + span) is not None) is stands
        assert (store.by_key(connection, "registry", key, NOW + span) is not None) is stands
    assert found(connection, b"e" * 32) is None
    assert store.by_key(connection, "registry", uuid4(), NOW) is None


def test_a_name_is_one_s_while_it_stands_and_never_another_kind_s(connection):
    assert store.add(connection, "registry", principal())
    assert not store.add(connection, "registry", principal(acts=["give"]))
    assert store.end(connection, "registry", "web", NOW)
    assert not store.end(connection, "registry", "web", NOW)
    assert not store.add(connection, "registry", principal(kind="auditor"))
    assert store.add(connection, "registry", principal(acts=["give"]))
    assert store.one(connection, "registry", "web") == principal(acts=["give"])
    assert store.every(connection, "registry") == [principal(acts=["give"])]
    assert store.one(connection, "registry", "nobody") is None


def test_they_are_listed_by_name_after_one_and_so_many(connection):
    for name in ("kim", "eva", "max"):
        store.add(connection, "registry", principal(name=name))
    assert [one.name for one in store.every(connection, "registry")] == ["eva", "kim", "max"]
    assert [one.name for one in store.every(connection, "registry", "eva", 1)] == ["kim"]
    assert store.every(connection, "registry", "max") == []


def test_one_that_is_held_is_changed_by_nobody_else(connection, login):
    store.add(connection, "registry", principal())
    with login("registry") as other, connection.transaction():
        other.execute("SET lock_timeout = '100ms'")
        assert store.one(connection, "registry", "web", hold=True) == principal()
        with pytest.raises(LockNotAvailable):
            store.narrow(other, "registry", "web", ["give"], None)


def test_who_ever_was_one_of_a_kind_is_known(connection):
    store.add(connection, "registry", principal())
    store.end(connection, "registry", "web", NOW)
    assert store.had(connection, "registry", "service")
    assert not store.had(connection, "registry", "officer")


def test_who_ended_has_no_key_and_gets_none_and_the_old_ones_stay_revoked_when_it_is_back(connection):
    store.add(connection, "registry", principal())
    with_key(connection)
    store.end(connection, "registry", "web", NOW)
    assert found(connection) is None
    assert not store.add_key(connection, "registry", "web", KeyRow(uuid4(), NOW, NOW + DAY, None, None), b"e" * 32)
    store.add(connection, "registry", principal())
    assert found(connection) is None
    with_key(connection, digest=b"e" * 32)
    assert found(connection, b"e" * 32) is not None


def test_retiring_shortens_and_never_prolongs(connection):
    store.add(connection, "registry", principal())
    with_key(connection, life=HOUR)
    with_key(connection, digest=b"e" * 32)
    assert store.retire(connection, "registry", "web", NOW + 2 * HOUR) == 1
    ends = {row.expires_at - NOW for row in store.keys(connection, "registry", "web")}
    assert ends == {HOUR, 2 * HOUR}


def test_a_key_is_revoked_by_its_owner_s_name_and_once(connection):
    store.add(connection, "registry", principal())
    store.add(connection, "registry", principal("other"))
    key = with_key(connection)
    with_key(connection, digest=b"e" * 32)
    assert not store.revoke_key(connection, "registry", "other", key, NOW)
    assert store.revoke_key(connection, "registry", "web", key, NOW)
    assert not store.revoke_key(connection, "registry", "web", key, NOW)
    assert found(connection) is None
    assert found(connection, b"e" * 32) is not None
    assert sorted(row.stands(NOW) for row in store.keys(connection, "registry", "web")) == [False, True]


@pytest.mark.parametrize(
    ("acts", "purposes", "done"),
    [
        (["give"], None, True),
        (None, ["two-factor"], True),
        (["give"], ["two-factor"], True),
        (["give", "erase"], None, False),
        (None, ["two-factor", "other"], False),
        (["erase"], ["two-factor"], False),
    ],
)
def test_narrowing_takes_away_and_adds_nothing(acts, purposes, done, connection):
    store.add(connection, "registry", principal(purposes=["login-alert", "two-factor"]))
    before = store.one(connection, "registry", "web")
    assert store.narrow(connection, "registry", "web", acts, purposes) is done
    after = store.one(connection, "registry", "web")
    assert after.acts == (acts if done and acts else before.acts)
    assert after.purposes == (purposes if done and purposes else before.purposes)


def test_who_may_act_for_all_purposes_is_narrowed_to_some(connection):
    store.add(connection, "registry", principal())
    assert store.narrow(connection, "registry", "web", None, ["two-factor"])
    assert not store.narrow(connection, "registry", "web", None, ["login-alert"])
    store.end(connection, "registry", "web", NOW)
    assert not store.narrow(connection, "registry", "web", ["give"], None)


def test_the_day_of_use_is_written_once_a_day(connection):
    store.add(connection, "registry", principal())
    key = with_key(connection)
    store.used(connection, "registry", key, NOW.date())
    assert found(connection).used_on == NOW.date()
    assert store.keys(connection, "registry", "web")[0].used_on == NOW.date()


def test_who_stands_has_a_key_that_does(connection):
    for name in ("web", "keyless", "late", "gone"):
        store.add(connection, "registry", principal(name))
    with_key(connection)
    with_key(connection, "late", b"l" * 32, HOUR)
    with_key(connection, "gone", b"g" * 32)
    store.end(connection, "registry", "gone", NOW)
    assert store.standing(connection, "registry", "service", NOW) == {"web", "late"}
    assert store.standing(connection, "registry", "service", NOW + HOUR) == {"web"}
    assert store.standing(connection, "registry", "officer", NOW) == set()


def test_of_many_who_add_one_name_at_a_time_one_does(connection, login):
    def add(own, number):
        return store.add(own, "registry", principal(purposes=[str(number)]))

    assert sorted(at_once(login, "registry", add)) == [False] * 11 + [True]


def test_a_key_that_is_added_while_its_principal_ends_does_not_stand_later(connection, login):
    store.add(connection, "registry", principal())

    def act(own, number):
        if number == 6:
            return store.end(own, "registry", "web", NOW)
        row = KeyRow(uuid4(), NOW, NOW + DAY, None, None)
        return store.add_key(own, "registry", "web", row, bytes([number]) * 32)

    at_once(login, "registry", act)
    store.add(connection, "registry", principal())  # it is back, and none of these keys is
    assert [found(connection, bytes([number]) * 32) for number in range(12)] == [None] * 12


def test_agreements_are_one_each_in_their_order_and_end_at_once(login, superuser):
    empty(superuser)
    with login("advertising") as connection:
        for advertiser in ("beta", "acme"):
            store.agree(connection, "brokers", Agreement(advertiser, NOW, None))
        store.agree(connection, "brokers", Agreement("acme", NOW, NOW + DAY))
        assert store.agreements(connection, "brokers") == [
            Agreement("acme", NOW, NOW + DAY),
            Agreement("beta", NOW, None),
        ]
        assert store.disagree(connection, "brokers", "acme", NOW + HOUR)
        assert not store.disagree(connection, "brokers", "acme", NOW + HOUR)
        assert not store.disagree(connection, "brokers", "nobody", NOW)
        assert store.agreements(connection, "brokers")[0].ends == NOW + HOUR
        assert store.agreements(connection, "others") == []
