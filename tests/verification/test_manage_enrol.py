"""Enrolling a factor: what it is proved by, and of what it may be."""

from datetime import timedelta
from uuid import uuid4

import pytest

import people
from solely.errors import BadInput, NotFound, ProofNeeded, Refused, WrongAnswer
from solely.verification import Wanted
from solely.verification.settings import Factors

pytestmark = pytest.mark.server


def needs_proof(world, subject, proof=None, wanted=None):
    before = world.states(subject)
    with pytest.raises(ProofNeeded):
        world.verification.enrol(subject, wanted or Wanted("passkey"), proof=proof)
    assert world.states(subject) == before


# -- enrolling


@pytest.mark.parametrize("kind", ["passkey", "totp", "recovery-codes", "sms", "email"])
def test_a_first_factor_needs_no_proof_and_is_pending_until_its_first_right_answer(world, subject, kind):
    if kind in people.VALUES:
        world.give(subject, kind, "two-factor")
    begun = world.verification.enrol(subject, Wanted(kind, account="ann"))
    assert world.kinds(subject) == [(kind, "pending")]
    assert begun.kind == kind
    assert begun.restricted == (kind == "sms")
    assert begun.expires_at == world.clock() + timedelta(minutes=10)
    assert world.verification.challenge(subject).factors == (), "it signs nobody in yet"


def test_each_kind_is_confirmed_by_a_right_answer_and_by_no_wrong_one(world, subject):
    factor, app = world.enrol_app(subject)
    proof = world.prove(subject, factor, app).id
    begun = world.verification.enrol(subject, Wanted("recovery-codes"), proof=proof)
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, begun.challenge, begun.factor, "0000-0000-0000-0000-0000-0000")
    assert world.states(subject)[begun.factor] == "pending"
    world.verification.answer(subject, begun.challenge, begun.factor, begun.codes[0])
    world.enrol_passkey(subject, proof)
    world.enrol_sent(subject, "email", proof=proof)
    world.enrol_sent(subject, "sms", proof=proof)
    assert {state for _, state in world.kinds(subject)} == {"active"}


def test_each_factor_after_the_first_needs_a_proof(world, subject):
    factor, app = world.enrol_app(subject)
    needs_proof(world, subject)
    needs_proof(world, subject, uuid4())
    world.enrol_passkey(subject, world.prove(subject, factor, app).id)


@pytest.mark.parametrize("act", ["sign-in", "manage-factors"])
def test_a_proof_for_that_is_fresh(world, subject, act):
    factor, app = world.enrol_app(subject)
    proof = world.prove(subject, factor, app, act=act)
    world.clock.forward(minutes=9, seconds=59)
    world.enrol_codes(subject, proof.id)
    world.clock.forward(seconds=1)
    needs_proof(world, subject, proof.id)


def test_a_proof_for_another_act_an_open_challenge_and_a_confirmation_prove_nothing(world, subject):
    factor, app = world.enrol_app(subject)
    needs_proof(world, subject, world.prove(subject, factor, app, act="pay").id)
    needs_proof(world, subject, world.verification.challenge(subject, act="manage-factors").id)
    begun = world.verification.enrol(subject, Wanted("recovery-codes"), proof=world.prove(subject, factor, app).id)
    confirmed = world.verification.answer(subject, begun.challenge, begun.factor, begun.codes[0])
    needs_proof(world, subject, confirmed.id)


def test_another_person_s_proof_proves_nothing(world, subject):
    other = f"{subject}-other"
    world.enrol_app(subject)
    theirs = world.prove(other, *world.enrol_app(other))
    needs_proof(world, subject, theirs.id)


@pytest.mark.parametrize("after_password", [True, False])
def test_a_proof_weaker_than_the_factors_that_are_there_is_refused(world, subject, after_password):
    """By e-mail no more than AAL1 is proved, and without a password nothing: an app proves more."""
    app = world.enrol_app(subject)
    email, _ = world.enrol_sent(subject, "email", proof=world.prove(subject, *app).id)
    weak = world.prove_sent(subject, email, "email", after_password=after_password)
    needs_proof(world, subject, weak.id)
    with pytest.raises(ProofNeeded):
        world.verification.remove(subject, app[0], proof=weak.id)
    with pytest.raises(ProofNeeded):
        world.verification.remove(subject, email, proof=weak.id)


def test_where_e_mail_is_all_there_is_it_is_enough(world, subject):
    email, _ = world.enrol_sent(subject, "email")
    needs_proof(world, subject)
    world.enrol_passkey(subject, world.prove_sent(subject, email, "email").id)


def test_recovery_codes_alone_and_addresses_for_recovery_ask_for_no_proof(world, subject):
    """Who has nothing else could pass no challenge by them: one that is lost would close the account for good."""
    world.enrol_codes(subject)
    world.enrol_sent(subject, "email", "account-recovery")
    world.enrol_app(subject)
    needs_proof(world, subject)


def test_recovery_codes_that_are_there_are_made_anew_only_by_a_proof(world, subject):
    """Else whoever has a session could void the codes a person put by."""
    factor, codes = world.enrol_codes(subject)
    needs_proof(world, subject, wanted=Wanted("recovery-codes"))
    begun = world.verification.challenge(subject, act="manage-factors")
    world.enrol_codes(subject, world.verification.answer(subject, begun.id, factor, codes[0]).id)


def test_a_disabled_factor_still_asks_for_a_proof(world, subject):
    """Else whoever reports it lost could bind their own."""
    factor, _ = world.enrol_app(subject)
    world.verification.report_lost(subject, factor)
    needs_proof(world, subject)


def test_a_factor_that_is_being_bound_again_still_asks_for_a_proof(world, subject):
    app = world.enrol_app(subject)
    key, held = world.enrol_passkey(subject, world.prove(subject, *app).id)
    world.verification.report_lost(subject, app[0])
    world.verification.enrol(
        subject, Wanted("totp", account="ann", again=app[0]), proof=world.prove_passkey(subject, key, held).id
    )
    world.verification.remove(subject, key, proof=world.prove_passkey(subject, key, held).id)
    assert world.kinds(subject) == [("totp", "pending")]
    needs_proof(world, subject)
    world.clock.forward(minutes=10)
    needs_proof(world, subject)


def test_a_factor_never_confirmed_guards_nothing_even_when_it_is_disabled(world, subject):
    """Else who tries a hundred codes at one of their making closes the account to its person."""
    begun = world.verification.enrol(subject, Wanted("totp", account="ann"))
    world.verification.report_lost(subject, begun.factor)
    assert world.kinds(subject) == [("totp", "disabled")]
    world.enrol_app(subject)


# -- what may be enrolled


def test_a_kind_that_is_not_enabled_is_refused(world, subject):
    other = world.under(factors=Factors(enabled=frozenset({"passkey", "recovery-codes"})))
    for kind in ("totp", "sms", "email"):
        with pytest.raises(Refused, match="does not take"):
            other.verification.enrol(subject, Wanted(kind))
    with pytest.raises(BadInput):
        other.verification.enrol(subject, Wanted("pigeon"))
    other.enrol_passkey(subject)


def test_a_person_has_so_many_factors_and_no_more(world, subject):
    other = world.under(factors=Factors(most=2))
    app = other.enrol_app(subject)
    other.enrol_codes(subject, other.prove(subject, *app).id)
    with pytest.raises(Refused, match="as many"):
        other.verification.enrol(subject, Wanted("passkey"), proof=other.prove(subject, *app).id)
    other.verification.report_lost(subject, app[0])
    assert len(other.states(subject)) == 2


def test_one_of_the_most_there_may_be_is_bound_again(world, subject):
    other = world.under(factors=Factors(most=2))
    lost = other.enrol_app(subject)
    kept = other.enrol_passkey(subject, other.prove(subject, *lost).id)
    other.verification.report_lost(subject, lost[0])
    other.verification.enrol(
        subject, Wanted("totp", account="ann", again=lost[0]), proof=other.prove_passkey(subject, *kept).id
    )


@pytest.mark.parametrize("name", ["x" * 65, "a\nb", "\x1b[31m"])
def test_a_name_is_short_and_printable(world, subject, name):
    with pytest.raises(BadInput):
        world.verification.enrol(subject, Wanted("totp", account="ann", name=name))
    factor, _ = world.enrol_app(subject)
    for one in (name, ""):
        with pytest.raises(BadInput):
            world.verification.rename(subject, factor, one)


def test_a_contact_is_given_for_that_purpose_first(world, subject):
    for purpose in ("login-alert", "account-recovery", "reauthentication"):
        world.give(subject, "sms", purpose)
    with pytest.raises(NotFound):
        world.verification.enrol(subject, Wanted("sms"))
    with pytest.raises(Refused, match="not sent for that purpose"):
        world.verification.enrol(subject, Wanted("sms", purpose="login-alert"))
    with pytest.raises(NotFound):
        world.verification.enrol(subject, Wanted("email", purpose="account-recovery"))
    assert world.states(subject) == {}
    assert world.sms.letters == []


def test_of_several_givings_one_is_named_and_it_is_one_s_own(world, solely, subject):
    first, second = (world.give(subject, "sms", "two-factor") for _ in range(2))
    other = f"{subject}-other"
    world.give(other, "sms", "two-factor")
    with pytest.raises(BadInput, match="several"):
        world.verification.enrol(subject, Wanted("sms"))
    mine = [one.id for one in solely.desk.standing(subject, "two-factor", world.clock())]
    theirs = [one.id for one in solely.desk.standing(other, "two-factor", world.clock())]
    for wrong in (*theirs, uuid4()):
        with pytest.raises(NotFound):
            world.verification.enrol(subject, Wanted("sms", giving=wrong))
    begun = world.verification.enrol(subject, Wanted("sms", giving=mine[1]))
    world.verification.answer(subject, begun.challenge, begun.factor, world.code("sms"))
    proof = world.prove_sent(subject, begun.factor, "sms").id
    with pytest.raises(NotFound):
        world.verification.enrol(subject, Wanted("sms", giving=mine[1]), proof=proof)
    world.verification.enrol(subject, Wanted("sms"), proof=proof)
    assert {to for to, _ in world.sms.letters} == {first, second}


def test_a_giving_that_was_withdrawn_is_enrolled_no_more_and_sent_nothing(world, solely, subject):
    factor, _ = world.enrol_sent(subject, "sms")
    solely.desk.withdraw(subject, "two-factor", None, world.clock())
    sent = len(world.sms.letters)
    begun = world.verification.challenge(subject, after_password=True)
    with pytest.raises(NotFound):
        world.verification.send(subject, begun.id, factor)
    with pytest.raises(NotFound):
        world.verification.enrol(f"{subject}-b", Wanted("sms"))
    assert len(world.sms.letters) == sent
