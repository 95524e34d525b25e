"""A person's own factors: what each change asks for, and what it leaves alone."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

import people
from solely.errors import Conflict, NotFound, ProofNeeded, Refused, Throttled, WrongAnswer
from solely.verification import Wanted
from solely.verification.settings import Factors

pytestmark = pytest.mark.server


def needs_proof(world, subject, proof=None, wanted=None):
    before = world.states(subject)
    with pytest.raises(ProofNeeded):
        world.verification.enrol(subject, wanted or Wanted("passkey"), proof=proof)
    assert world.states(subject) == before


# -- pending ones


def test_what_was_never_confirmed_is_cleared_by_the_next_enrolment(world, subject):
    begun = world.verification.enrol(subject, Wanted("totp", account="ann"))
    world.clock.forward(minutes=9, seconds=59)
    world.enrol_codes(subject)
    assert begun.factor in world.states(subject)
    world.clock.forward(seconds=1)
    world.enrol_passkey(subject)
    assert begun.factor not in world.states(subject)


def test_a_contact_whose_enrolment_was_left_is_free_again(world, subject):
    world.give(subject, "sms", "two-factor")
    world.verification.enrol(subject, Wanted("sms"))
    world.clock.forward(minutes=10)
    begun = world.verification.enrol(subject, Wanted("sms"))
    world.verification.answer(subject, begun.challenge, begun.factor, world.code("sms"))


def test_enrolments_that_were_left_leave_room_for_others(world, subject):
    other = world.under(factors=Factors(most=2))
    for _ in range(2):
        other.verification.enrol(subject, Wanted("totp", account="ann"))
    with pytest.raises(Refused):
        other.verification.enrol(subject, Wanted("totp", account="ann"))
    other.clock.forward(minutes=10)
    other.enrol_passkey(subject)
    assert other.kinds(subject) == [("passkey", "active")]


def test_a_left_rebinding_leaves_the_factor_disabled_not_gone(world, subject):
    app = world.enrol_app(subject)
    key = world.enrol_passkey(subject, world.prove(subject, *app).id)
    world.clock.forward(days=1)
    world.verification.report_lost(subject, app[0])
    world.verification.enrol(
        subject, Wanted("totp", account="ann", again=app[0]), proof=world.prove_passkey(subject, *key).id
    )
    world.enrol_codes(subject, world.prove_passkey(subject, *key).id)
    assert world.states(subject)[app[0]] == "pending", "its ten minutes began when it was bound"
    world.clock.forward(minutes=10)
    world.enrol_codes(subject, world.prove_passkey(subject, *key).id)
    assert world.states(subject)[app[0]] == "disabled"


# -- binding again


def test_a_lost_factor_is_bound_again_with_a_secret_of_its_own(world, subject):
    app = world.enrol_app(subject)
    key = world.enrol_passkey(subject, world.prove(subject, *app).id)
    world.verification.report_lost(subject, app[0])
    with pytest.raises(ProofNeeded):
        world.verification.enrol(subject, Wanted("totp", account="ann", again=app[0]))
    begun = world.verification.enrol(
        subject, Wanted("totp", account="ann", again=app[0]), proof=world.prove_passkey(subject, *key).id
    )
    assert begun.factor == app[0]
    new = people.App(begun.uri)
    assert new.secret != app[1].secret
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, begun.challenge, begun.factor, app[1].code(world.clock()))
    world.verification.answer(subject, begun.challenge, begun.factor, new.code(world.clock()))
    world.prove(subject, app[0], new)


@pytest.mark.parametrize("state", ["active", "pending", "another person's", "unknown"])
def test_only_a_disabled_factor_of_one_s_own_is_bound_again(world, subject, state):
    app = world.enrol_app(subject)
    other = f"{subject}-other"
    theirs = world.enrol_app(other)[0]
    world.verification.report_lost(other, theirs)
    pending = world.verification.enrol(
        subject, Wanted("totp", account="ann"), proof=world.prove(subject, *app).id
    ).factor
    again = {"active": app[0], "pending": pending, "another person's": theirs, "unknown": uuid4()}[state]
    proof = world.prove(subject, *app).id
    with pytest.raises((Conflict, NotFound)):
        world.verification.enrol(subject, Wanted("totp", account="ann", again=again), proof=proof)
    world.prove(subject, *app)
    assert world.states(other)[theirs] == "disabled"


def test_a_factor_is_bound_again_as_what_it_was(world, subject):
    """Another kind, or a contact given for another purpose, is another factor."""
    app = world.enrol_app(subject)
    sms, _ = world.enrol_sent(subject, "sms", proof=world.prove(subject, *app).id)
    world.give(subject, "sms", "account-recovery")
    world.verification.report_lost(subject, sms)
    for wanted in (Wanted("passkey", again=sms), Wanted("sms", purpose="account-recovery", again=sms)):
        with pytest.raises(Conflict):
            world.verification.enrol(subject, wanted, proof=world.prove(subject, *app).id)
    assert world.states(subject)[sms] == "disabled"
    assert len(world.sms.letters) == 1
    begun = world.verification.enrol(subject, Wanted("sms", again=sms), proof=world.prove(subject, *app).id)
    world.verification.answer(subject, begun.challenge, sms, world.code("sms"))


# -- removing


def test_removing_needs_a_proof_and_leaves_nothing_of_the_factor(world, subject, superuser):
    app = world.enrol_app(subject)
    codes, _ = world.enrol_codes(subject, world.prove(subject, *app).id)
    key, _ = world.enrol_passkey(subject, world.prove(subject, *app).id)
    for factor in (codes, key, app[0]):
        with pytest.raises(ProofNeeded):
            world.verification.remove(subject, factor)
        world.verification.remove(subject, factor, proof=world.prove(subject, *app).id)
    assert world.states(subject) == {}
    rows = superuser.execute(
        "SELECT name, secret, settings, giving, fingerprint FROM security.factors WHERE factor = ANY(%s)",
        [[codes, key, app[0]]],
    ).fetchall()
    assert rows == [("", None, None, None, None)] * 3
    for table in ("passkeys", "recovery_codes"):
        asked = f"SELECT count(*) FROM security.{table} WHERE factor = ANY(%s)"
        assert superuser.execute(asked, [[codes, key, app[0]]]).fetchone() == (0,)


def test_the_last_strong_factor_goes_only_by_a_strong_one(world, subject):
    app = world.enrol_app(subject)
    sms, _ = world.enrol_sent(subject, "sms", proof=world.prove(subject, *app).id)
    weak = world.prove_sent(subject, sms, "sms")
    assert weak.assurance.aal == "aal2", "high enough, but of the phone network"
    with pytest.raises(ProofNeeded, match="strong"):
        world.verification.remove(subject, app[0], proof=weak.id)
    world.enrol_passkey(subject, weak.id)
    world.verification.remove(subject, app[0], proof=weak.id)
    assert world.kinds(subject) == [("passkey", "active"), ("sms", "active")]


def test_a_removed_factor_s_proofs_and_challenges_are_void(world, subject):
    app = world.enrol_app(subject)
    key = world.enrol_passkey(subject, world.prove(subject, *app).id)
    proof = world.prove(subject, *app)
    begun = world.verification.challenge(subject, act="manage-factors")
    world.verification.remove(subject, app[0], proof=proof.id)
    with pytest.raises(ProofNeeded):
        world.verification.prove(subject, proof.id, max_age=timedelta(minutes=10))
    world.clock.forward(seconds=30)
    with pytest.raises((NotFound, Throttled)):
        world.verification.answer(subject, begun.id, app[0], app[1].code(world.clock()))
    world.verification.answer(subject, begun.id, key[0], key[1].get(begun.passkey))


def test_what_is_not_there_is_not_removed_renamed_or_lost(world, subject):
    app = world.enrol_app(subject)
    other = f"{subject}-other"
    theirs, _ = world.enrol_app(other)
    for factor in (theirs, uuid4()):
        with pytest.raises(NotFound):
            world.verification.remove(subject, factor, proof=world.prove(subject, *app).id)
        for act in (world.verification.report_lost, world.verification.ask_again):
            with pytest.raises(NotFound):
                act(subject, factor)
        with pytest.raises(NotFound):
            world.verification.rename(subject, factor, "mine")
    assert world.states(other) == {theirs: "active"}


# -- lost, renamed, regenerated, asked again


def test_a_lost_factor_answers_nothing_from_that_moment_and_what_it_proved_is_void(world, subject):
    app = world.enrol_app(subject)
    proof = world.prove(subject, *app)
    begun = world.verification.challenge(subject)
    world.verification.report_lost(subject, app[0])
    world.clock.forward(seconds=30)
    with pytest.raises(Throttled, match="disabled"):
        world.verification.answer(subject, begun.id, app[0], app[1].code(world.clock()))
    needs_proof(world, subject, proof.id)
    with pytest.raises(Conflict):
        world.verification.report_lost(subject, app[0])


def test_a_factor_has_the_name_its_person_gave(world, subject):
    factor, _ = world.enrol_app(subject)
    assert world.verification.factors(subject)[0].name == "Authenticator app"
    world.verification.rename(subject, factor, "Ärmel 📱 <b>")
    assert world.verification.factors(subject)[0].name == "Ärmel 📱 <b>"


def test_old_codes_serve_until_the_new_ones_are_confirmed(world, subject):
    app = world.enrol_app(subject)
    old, codes = world.enrol_codes(subject, world.prove(subject, *app).id)
    begun = world.verification.enrol(subject, Wanted("recovery-codes"), proof=world.prove(subject, *app).id)
    challenge = world.verification.challenge(subject, act="pay").id
    world.verification.answer(subject, challenge, old, codes[0])
    world.verification.answer(subject, begun.challenge, begun.factor, begun.codes[0])
    assert world.states(subject) == {app[0]: "active", begun.factor: "active"}
    challenge = world.verification.challenge(subject, act="pay").id
    with pytest.raises((NotFound, Throttled)):
        world.verification.answer(subject, challenge, old, codes[1])
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, challenge, begun.factor, codes[1])
    world.verification.answer(subject, challenge, begun.factor, begun.codes[1])


def test_a_number_not_proved_for_long_is_asked_again_before_it_counts(world, subject):
    factor, _ = world.enrol_sent(subject, "sms")
    world.clock.forward(days=180, seconds=-1)
    assert [one.id for one in world.verification.challenge(subject).factors] == [factor]
    world.clock.forward(seconds=1)
    assert world.verification.factors(subject)[0].stale
    begun, sent = world.verification.challenge(subject, after_password=True), len(world.sms.letters)
    assert begun.factors == ()
    with pytest.raises(NotFound):
        world.verification.send(subject, begun.id, factor)
    assert len(world.sms.letters) == sent
    asked = world.verification.ask_again(subject, factor)
    confirmed = world.verification.answer(subject, asked.id, factor, world.code("sms"))
    needs_proof(world, subject, confirmed.id)
    assert not world.verification.factors(subject)[0].stale
    world.prove_sent(subject, factor, "sms")


@pytest.mark.parametrize("kind", ["totp", "pending", "lost"])
def test_only_an_active_factor_that_codes_are_sent_to_is_asked_again(world, subject, kind):
    if kind == "totp":
        factor, _ = world.enrol_app(subject)
    elif kind == "pending":
        world.give(subject, "sms", "two-factor")
        factor = world.verification.enrol(subject, Wanted("sms")).factor
    else:
        factor, _ = world.enrol_sent(subject, "sms")
        world.verification.report_lost(subject, factor)
    with pytest.raises(Conflict):
        world.verification.ask_again(subject, factor)


def test_shown_once_and_never_printed(world, subject):
    begun = world.verification.enrol(subject, Wanted("totp", account="ann"))
    codes = world.verification.enrol(subject, Wanted("recovery-codes"))
    assert "secret" not in repr(begun).lower()
    assert not any(code in repr(codes) for code in codes.codes)
    assert replace(begun, uri=None) != begun


def test_who_has_recovery_codes_is_told_how_many_are_left(world, subject):
    factor, codes = world.enrol_codes(subject)
    begun = world.verification.challenge(subject)
    world.verification.answer(subject, begun.id, factor, codes[0])
    assert [one.left for one in world.verification.factors(subject)] == [8]
    app, _ = world.enrol_app(subject)
    assert {one.left for one in world.verification.factors(subject) if one.id == app} == {None}
