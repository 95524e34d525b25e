"""Factors come and go by the table: the person is told, what rested on a factor is void, its secret is gone."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from people import App
from races import at_once
from solely.errors import Conflict, NotFound, ProofNeeded, Refused
from solely.store.security import factors
from solely.verification import Wanted, binding

pytestmark = pytest.mark.server


@pytest.fixture
def security(world):
    return world.verification.security


@pytest.fixture
def person(world, subject):
    return world.verification.make(subject)


def row_of(security, person, factor):
    return next(row for row in factors.of(security.connection, person) if row.factor == factor)


def changes(security, person):
    """What was recorded, oldest first: (what, kind, factor)."""
    return security.connection.execute(
        "SELECT what, kind, factor FROM security.changes WHERE pseudonym = %s ORDER BY changed_at, what", [person]
    ).fetchall()


def left(security, person, factor):
    """Of a factor whose row is removed: all of it that could be of use to anyone."""
    return security.connection.execute(
        "SELECT state, name, secret, settings, giving, fingerprint FROM security.factors"
        " WHERE pseudonym = %s AND factor = %s",
        [person, factor],
    ).fetchone()


ACTS = {
    "remove": binding.remove,
    "drop": lambda security, person, row, _now: binding.drop(security, person, row),
    "disable": binding.disable,
}


def act(security, person, factor, how, now):
    with security.transaction():
        ACTS[how](security, person, row_of(security, person, factor), now)


# ---------------------------------------------------------------- removed


def test_of_a_removed_factor_nothing_stays_and_the_person_is_told(world, security, person, subject):
    factor, _ = world.enrol_app(subject)
    before = factors.version(security.connection, person)
    act(security, person, factor, "remove", world.clock())
    assert left(security, person, factor) == ("removed", "", None, None, None, None)
    assert changes(security, person)[-1] == ("factor-removed", "totp", factor)
    assert factors.version(security.connection, person) == before + 1
    assert world.verification.factors(subject) == []


def test_a_pending_factor_goes_without_a_word(world, security, person, subject):
    begun = world.verification.enrol(subject, Wanted("totp", account=subject))
    act(security, person, begun.factor, "remove", world.clock())
    assert changes(security, person) == []
    assert left(security, person, begun.factor)[0] == "removed"


def test_a_removed_passkey_can_be_registered_by_another(world, subject, security, person):
    factor, _ = world.enrol_passkey(subject)
    (stored,) = factors.passkeys(security.connection, person)
    act(security, person, factor, "remove", world.clock())
    factors.add_passkey(security.connection, uuid4(), stored)
    assert factors.passkeys(security.connection, person) == []


# ---------------------------------------------------------------- disabled


def test_a_disabled_factor_keeps_its_row_and_the_person_is_told(world, security, person, subject):
    factor, _ = world.enrol_app(subject)
    act(security, person, factor, "disable", world.clock())
    assert row_of(security, person, factor).state == "disabled"
    assert row_of(security, person, factor).secret is not None
    assert changes(security, person)[-1] == ("factor-disabled", "totp", factor)


@pytest.mark.parametrize("how", ACTS)
def test_what_a_factor_proved_and_what_it_was_asked_is_void_once_it_is_gone(world, security, person, subject, how):
    factor, app = world.enrol_app(subject)
    proof = world.prove(subject, factor, app)
    act(security, person, factor, how, world.clock())
    with pytest.raises(ProofNeeded, match="proves nothing"):
        world.verification.prove(subject, proof.id, max_age=timedelta(hours=1))


@pytest.mark.parametrize("how", ACTS)
def test_an_enrolment_of_a_factor_that_is_gone_can_not_be_finished(world, security, person, subject, how):
    begun = world.verification.enrol(subject, Wanted("totp", account=subject))
    act(security, person, begun.factor, how, world.clock())
    with pytest.raises((Conflict, Refused, NotFound)):
        world.verification.answer(subject, begun.challenge, begun.factor, App(begun.uri).code(world.clock()))
    assert [state for _, state in world.kinds(subject)] in ([], ["disabled"])


@pytest.mark.parametrize("how", ACTS)
def test_what_one_factor_becomes_leaves_the_others_and_what_they_proved(world, security, person, subject, how):
    first, app = world.enrol_app(subject)
    second, _ = world.enrol_codes(subject, world.prove(subject, first, app).id)
    proof = world.prove(subject, first, app)
    kept = row_of(security, person, first)
    act(security, person, second, how, world.clock())
    assert row_of(security, person, first) == kept
    assert world.verification.prove(subject, proof.id, max_age=timedelta(hours=1)).factor == first


# ---------------------------------------------------------------- by the table, and once


@pytest.mark.parametrize("how", ["remove", "drop", "disable"])
def test_what_the_table_does_not_have_is_a_conflict_and_changes_nothing(world, security, person, subject, how):
    factor, _ = world.enrol_app(subject)
    seen = row_of(security, person, factor)
    act(security, person, factor, "remove", world.clock())
    before = changes(security, person)
    with pytest.raises(Conflict, match="changed at this moment"), security.transaction():
        ACTS[how](security, person, seen, world.clock())
    assert changes(security, person) == before
    assert left(security, person, factor)[0] == "removed"


def test_a_disabled_factor_is_not_disabled_again(world, security, person, subject):
    factor, _ = world.enrol_app(subject)
    act(security, person, factor, "disable", world.clock())
    with pytest.raises(Conflict, match="disable: a factor that is disabled can't be changed so"):
        act(security, person, factor, "disable", world.clock())


def test_an_act_that_is_not_finished_changes_nothing(world, security, person, subject):
    factor, _ = world.enrol_app(subject)
    kept, before = row_of(security, person, factor), changes(security, person)

    def remove_and_fail():
        with security.transaction():
            binding.remove(security, person, kept, world.clock())
            raise Refused("for the test")

    with pytest.raises(Refused):
        remove_and_fail()
    assert row_of(security, person, factor) == kept
    assert changes(security, person) == before


def test_of_many_who_remove_a_factor_at_once_one_does_and_the_person_is_told_once(
    world, login, security, person, subject
):
    factor, _ = world.enrol_app(subject)
    seen, now = row_of(security, person, factor), world.clock()

    def remove(connection, _number):
        own = replace(security, connection=connection)
        try:
            with own.transaction():
                binding.remove(own, person, seen, now)
        except Conflict:
            return False
        return True

    assert sorted(at_once(login, "security", remove)) == [False] * 11 + [True]
    assert [what for what, _, _ in changes(security, person)] == ["factor-added", "factor-removed"]


# ---------------------------------------------------------------- confirmed


def test_a_factor_is_the_person_s_from_its_first_right_answer_and_they_are_told(world, security, person, subject):
    begun = world.verification.enrol(subject, Wanted("recovery-codes"))
    assert changes(security, person) == []
    world.verification.answer(subject, begun.challenge, begun.factor, begun.codes[0])
    assert changes(security, person) == [("codes-regenerated", "recovery-codes", begun.factor)]


def test_a_new_set_of_codes_takes_the_place_of_the_old_once_it_is_confirmed(world, security, person, subject):
    first, app = world.enrol_app(subject)
    old, codes = world.enrol_codes(subject, world.prove(subject, first, app).id)
    begun = world.verification.enrol(subject, Wanted("recovery-codes"), proof=world.prove(subject, first, app).id)
    assert factors.codes_left(security.connection, person, old) == len(codes) == 9
    world.verification.answer(subject, begun.challenge, begun.factor, begun.codes[0])
    assert {row.factor for row in factors.of(security.connection, person)} == {first, begun.factor}
    assert factors.codes_left(security.connection, person, old) == 0
    assert left(security, person, old)[0] == "removed"
    assert [what for what, _, _ in changes(security, person)] == ["factor-added", *["codes-regenerated"] * 2]


def test_a_passkey_is_kept_with_its_factor_and_its_person_is_told(world, security, person, subject):
    factor, _ = world.enrol_passkey(subject)
    (stored,) = factors.passkeys(security.connection, person)
    assert stored.factor == factor
    assert changes(security, person) == [("factor-added", "passkey", factor)]
