"""Factors as the security role stores them: what is conditional happens once, what is removed is gone."""

from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID, uuid4

import psycopg
import pytest

from races import at_once
from solely.errors import Conflict
from solely.store.security import factors
from solely.store.security.factors import FactorRow, PasskeyRow, State

pytestmark = pytest.mark.server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def connection(login):
    with login("security") as connection:
        yield connection


def row(kind="totp", state="active", **more):
    return replace(FactorRow(uuid4(), kind, "Mine", state, "two-factor", NOW), **more)


def added(connection, person, *rows):
    for one in rows or (row(),):
        factors.add(connection, person, one)
    return factors.of(connection, person)[0]


def passkey_of(factor):
    return PasskeyRow(
        factor,
        credential=uuid4().bytes,
        public_key=b"cose",
        sign_count=0,
        user_verified=True,
        backup_eligible=True,
        backed_up=False,
        transports=["internal", "hybrid"],
        aaguid=uuid4(),
    )


def credentials(connection, passkey):
    rows = connection.execute("SELECT pseudonym FROM security.credentials WHERE credential = %s", [passkey.credential])
    return [pseudonym for (pseudonym,) in rows]


def busy(connection, person, one):
    """The factor after wrong answers, a right one, and with its contact's fingerprint."""
    connection.execute(
        "UPDATE security.factors SET last_step = 9, failures = 3, wait_until = %s, activated_at = %s, used_at = %s,"
        " fingerprint = 'f' WHERE pseudonym = %s AND factor = %s",
        [LATER, NOW, NOW, person, one.factor],
    )


# ---------------------------------------------------------------- rows


def test_a_factor_comes_back_as_it_was_added(connection):
    person = uuid4()
    one = row(giving=uuid4(), secret=b"box", key_number=2, settings="{}")
    assert added(connection, person, one) == one


def test_factors_come_oldest_first_and_each_person_s_are_their_own(connection):
    person, other = uuid4(), uuid4()
    old, new, gone = row(), row(created_at=LATER), row(state="removed")
    for one in (new, gone, old):
        factors.add(connection, person, one)
    factors.add(connection, other, row())
    assert factors.of(connection, person) == [old, new]
    assert factors.of(connection, uuid4()) == []


def test_what_is_secret_of_a_row_is_not_shown():
    shown = repr(row(name="Ada's phone", secret=b"s3cret", fingerprint=b"f1nger"))
    for hidden in ("Ada", "s3cret", "f1nger"):
        assert hidden not in shown


def test_the_same_factor_is_not_added_twice(connection):
    person = uuid4()
    one = added(connection, person)
    with pytest.raises(psycopg.errors.UniqueViolation):
        factors.add(connection, person, one)


def test_a_factor_is_renamed_unless_it_is_removed_or_another_s(connection):
    person = uuid4()
    one, gone = row(), row(state="removed")
    added(connection, person, one, gone)
    assert factors.rename(connection, person, one.factor, "Other")
    assert not factors.rename(connection, person, gone.factor, "Other")
    assert not factors.rename(connection, uuid4(), one.factor, "Theirs")
    assert [found.name for found in factors.of(connection, person)] == ["Other"]


def test_a_contact_s_fingerprint_is_kept_with_its_factor_alone(connection):
    person = uuid4()
    one, other = row("sms"), row("email", created_at=LATER)
    added(connection, person, one, other)
    factors.fingerprint(connection, person, one.factor, b"f")
    factors.fingerprint(connection, uuid4(), other.factor, b"theirs")
    assert [found.fingerprint for found in factors.of(connection, person)] == [b"f", None]


# ---------------------------------------------------------------- states


@pytest.mark.parametrize("state", get_args(State))
def test_a_state_is_left_only_from_the_state_that_was_seen(connection, state):
    person = uuid4()
    one = row(state=state)
    factors.add(connection, person, one)
    for seen in set(get_args(State)) - {state}:
        assert not factors.move(connection, person, one.factor, seen, "disabled")
    assert not factors.move(connection, uuid4(), one.factor, state, "removed")
    assert not factors.move(connection, person, uuid4(), state, "removed")
    assert factors.move(connection, person, one.factor, state, "pending")
    assert [found.state for found in factors.of(connection, person)] == ["pending"]


def test_of_many_who_move_a_factor_at_once_one_does(login, connection):
    person = uuid4()
    one = added(connection, person)
    moved = at_once(
        login,
        "security",
        lambda own, n: factors.move(own, person, one.factor, "active", ["disabled", "removed"][n % 2]),
    )
    assert sorted(moved) == [False] * 11 + [True]


def test_a_disabled_factor_is_bound_again_with_another_secret_and_counts_begun_anew(connection):
    person = uuid4()
    one = added(connection, person, row(state="disabled", secret=b"old", key_number=1, settings="{}"))
    busy(connection, person, one)
    again = replace(one, secret=b"new", key_number=2, settings='{"digits": 8}')
    assert factors.bind(connection, person, again)
    assert factors.of(connection, person) == [replace(again, state="pending", used_at=NOW)]


@pytest.mark.parametrize("state", ["pending", "active", "removed"])
def test_a_factor_that_is_not_disabled_is_not_bound_again_and_loses_nothing(connection, state):
    person = uuid4()
    one = added(connection, person, row("passkey", "active", secret=b"old"))
    key = passkey_of(one.factor)
    factors.add_passkey(connection, person, key)
    factors.add_codes(connection, person, one.factor, [b"digest"])
    factors.move(connection, person, one.factor, "active", state)
    assert not factors.bind(connection, person, replace(one, secret=b"new"))
    assert [found.secret for found in factors.of(connection, person)] == ([] if state == "removed" else [b"old"])
    assert factors.passkeys(connection, person) == [key]
    assert factors.codes_left(connection, person, one.factor) == 1


def test_of_many_who_bind_a_factor_at_once_one_does_and_it_is_their_secret_that_is_kept(login, connection):
    person = uuid4()
    one = added(connection, person, row(state="disabled"))
    bound = at_once(login, "security", lambda own, n: factors.bind(own, person, replace(one, secret=bytes([n]))))
    assert sorted(bound) == [False] * 11 + [True]
    assert factors.of(connection, person)[0].secret == bytes([bound.index(True)])


def test_of_a_removed_factor_nothing_stays_but_that_it_was_there(connection):
    person = uuid4()
    one = added(connection, person, row("passkey", secret=b"box", key_number=1, settings="{}", giving=uuid4()))
    other = row("passkey", created_at=LATER)
    key, kept = passkey_of(one.factor), passkey_of(other.factor)
    factors.add(connection, person, other)
    for some in (key, kept):
        factors.add_passkey(connection, person, some)
        factors.add_codes(connection, person, some.factor, [b"digest"])
    busy(connection, person, one)
    factors.wipe(connection, person, one.factor)  # not removed yet: nothing happens
    assert factors.of(connection, person)[0].secret == b"box"
    assert len(factors.passkeys(connection, person)) == 2
    factors.move(connection, person, one.factor, "active", "removed")
    factors.wipe(connection, person, one.factor)
    left = connection.execute(
        "SELECT kind, state, name, secret, key_number, settings, giving, fingerprint FROM security.factors"
        " WHERE pseudonym = %s AND factor = %s",
        [person, one.factor],
    ).fetchone()
    assert left == ("passkey", "removed", "", None, None, None, None, None)
    assert factors.passkeys(connection, person) == [kept]
    assert (credentials(connection, key), credentials(connection, kept)) == ([], [person])
    assert [factors.codes_left(connection, person, some.factor) for some in (one, other)] == [0, 1]


# ---------------------------------------------------------------- passkeys


def test_a_passkey_comes_back_as_it_was_added(connection):
    person, key = uuid4(), passkey_of(uuid4())
    factors.add_passkey(connection, person, key)
    assert factors.passkeys(connection, person) == [key]
    assert astuple(factors.passkeys(connection, person)[0]) == astuple(key)
    assert factors.passkeys(connection, uuid4()) == []


def test_a_credential_is_registered_once_whoever_s_it_is(connection):
    person, key = uuid4(), passkey_of(uuid4())
    factors.add_passkey(connection, person, key)
    for again in (person, uuid4()):
        with pytest.raises(Conflict) as caught:
            factors.add_passkey(connection, again, replace(key, factor=uuid4()))
        assert key.credential.hex() not in str(caught.value)
    assert credentials(connection, key) == [person]


def test_of_many_who_register_one_credential_at_once_one_does(login, connection):
    key = passkey_of(uuid4())

    def register(own, _number):
        person = uuid4()
        try:
            with own.transaction():
                factors.add_passkey(own, person, key)
        except Conflict:
            return None
        return person

    (won,) = {person for person in at_once(login, "security", register) if person}
    assert credentials(connection, key) == [won]


def test_a_credential_is_free_again_once_its_factor_is_removed_or_bound_anew(connection):
    person = uuid4()
    one = added(connection, person, row("passkey", "disabled"))
    key = passkey_of(one.factor)
    factors.add_passkey(connection, person, key)
    assert factors.bind(connection, person, one)
    factors.add_passkey(connection, person, key)
    factors.move(connection, person, one.factor, "pending", "removed")
    factors.wipe(connection, person, one.factor)
    factors.add_passkey(connection, uuid4(), key)


# ---------------------------------------------------------------- recovery codes


def test_codes_that_are_left_are_those_not_used_of_that_factor_and_person(connection):
    person, factor = uuid4(), uuid4()
    factors.add_codes(connection, person, factor, [b"one", b"two"])
    connection.execute(
        "UPDATE security.recovery_codes SET used_at = %s WHERE pseudonym = %s AND digest = 'one'", [NOW, person]
    )
    assert factors.codes_left(connection, person, factor) == 1
    assert factors.codes_left(connection, person, uuid4()) == 0


def test_no_codes_are_none(connection):
    factor = uuid4()
    factors.add_codes(connection, UUID(int=0), factor, [])
    assert factors.codes_left(connection, UUID(int=0), factor) == 0


# ---------------------------------------------------------------- the person


def test_a_person_s_version_moves_with_each_change_however_many_come_at_once(login, connection):
    person = uuid4()
    assert factors.version(connection, person) == 0
    factors.add(connection, person, row())
    assert factors.version(connection, person) == 0
    at_once(login, "security", lambda own, _number: factors.bump(own, person))
    assert factors.version(connection, person) == 12
    assert factors.version(connection, uuid4()) == 0


def test_a_language_is_english_until_it_is_set_and_another_factor_leaves_it(connection):
    person = uuid4()
    assert factors.language(connection, person) == "en"
    factors.set_language(connection, person, "de")
    factors.bump(connection, person)
    factors.add(connection, person, row())
    assert factors.language(connection, person) == "de"
    factors.set_language(connection, person, "fr")
    assert (factors.language(connection, person), factors.version(connection, person)) == ("fr", 1)
    assert factors.language(connection, uuid4()) == "en"
