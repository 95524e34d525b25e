"""Challenges: for one act, of the factors that may answer it, ten minutes long; codes sent for one purpose alone."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

import people
from attackers import SENT, hold, hold_two, right, wrong
from solely.errors import BadInput, Conflict, NotFound, Throttled, WrongAnswer
from solely.verification import Wanted
from solely.verification.challenge import purpose_of
from solely.verification.senders.port import SendFailed
from solely.verification.settings import Ages, Factors, Service, Settings, Tries

pytestmark = pytest.mark.server


def sends(world, channel, subject, challenge, factor, source=None):
    """The messages that one sending gave."""
    before = len(world.box(channel).letters)
    world.verification.send(subject, challenge, factor, source=source)
    return world.box(channel).letters[before:]


def kinds(begun):
    return [one.kind for one in begun.factors]


# -- acts


@pytest.mark.parametrize(
    ("act", "purpose"),
    [
        ("sign-in", "two-factor"),
        ("recover", "account-recovery"),
        ("manage-factors", "reauthentication"),
        ("enrol", "reauthentication"),
        ("pay", "reauthentication"),
        ("a", "reauthentication"),
        ("a" * 64, "reauthentication"),
        ("a-1-b", "reauthentication"),
    ],
)
def test_an_act_says_what_a_code_is_sent_for(act, purpose):
    assert purpose_of(act) == purpose


@pytest.mark.parametrize("act", ["", "Sign-in", "sign_in", "1a", "-a", "a" * 65, "sign-in\n", "sign in", "é", "a\0"])
def test_an_act_of_another_form_is_bad_input(world, subject, act):
    with pytest.raises(BadInput):
        world.verification.challenge(subject, act=act)


@given(act=st.text(max_size=70))
def test_any_text_is_an_act_or_bad_input(act):
    try:
        assert purpose_of(act)
    except BadInput:
        assert not re.fullmatch(r"[a-z][a-z0-9-]{0,63}", act)


# -- who may answer


def test_a_challenge_names_its_act_its_end_and_what_may_answer_the_strong_first(world, subject):
    phone = hold(world, subject, "sms")
    proof = prove(world, phone)
    world.enrol_codes(subject, proof=proof.id)
    factor, app = world.enrol_app(subject, proof=proof.id)
    world.enrol_passkey(subject, proof=world.prove(subject, factor, app).id)
    begun = world.verification.challenge(subject)
    assert (begun.act, begun.expires_at) == ("sign-in", world.clock() + timedelta(minutes=10))
    assert kinds(begun) == ["passkey", "totp", "sms", "recovery-codes"]
    assert kinds(world.verification.challenge(subject, act="pay")) == ["passkey", "totp", "recovery-codes"]
    assert kinds(world.verification.recover(subject)) == ["passkey", "totp", "recovery-codes"]
    assert len({world.verification.challenge(subject).id for _ in range(5)}) == 5


def prove(world, held, act="sign-in"):
    world.clock.forward(minutes=3)
    begun = world.verification.challenge(held.subject, act=act, after_password=True)
    return world.verification.answer(held.subject, begun.id, held.factor, right(world, held, begun))


def test_what_waits_or_is_lost_or_was_not_confirmed_may_not_answer(world, subject):
    app, key = hold_two(world, subject, "passkey")
    world.verification.enrol(subject, Wanted("recovery-codes"), proof=prove(world, app).id)
    assert kinds(world.verification.challenge(subject)) == ["passkey", "totp"]
    begun = world.verification.challenge(subject)
    for _ in range(5):
        with pytest.raises(WrongAnswer):
            world.verification.answer(subject, begun.id, app.factor, wrong(world, app, begun))
    assert kinds(world.verification.challenge(subject)) == ["passkey"]
    world.verification.report_lost(subject, key.factor)
    begun = world.verification.challenge(subject)
    assert (begun.factors, begun.passkey) == ((), None)
    world.clock.forward(seconds=30)
    assert kinds(world.verification.challenge(subject)) == ["totp"]


def test_passkey_options_allow_the_passkeys_that_may_answer_and_no_other(world, subject):
    app, first = hold_two(world, subject, "passkey")
    second = hold(world, subject, "passkey", proof=prove(world, app).id)
    begun = world.verification.challenge(subject)
    ids = {one["id"] for one in begun.passkey["allowCredentials"]}
    assert len(ids) == 2
    assert begun.passkey["rpId"] == "localhost"
    world.verification.report_lost(subject, first.factor)
    (left,) = world.verification.challenge(subject).passkey["allowCredentials"]
    assert left["id"] in ids
    assert world.verification.answer(subject, begun.id, second.factor, second.by.get(begun.passkey))


def test_each_challenge_asks_passkeys_another_thing(world, subject):
    hold(world, subject, "passkey")
    asked = [world.verification.challenge(subject).passkey["challenge"] for _ in range(5)]
    asked += [world.verification.sign_in().passkey["challenge"] for _ in range(5)]
    assert len(set(asked)) == 10
    assert {len(one) for one in asked} == {43}, "32 bytes each"


def test_a_sign_in_by_passkey_alone_names_no_one(world):
    begun = world.verification.sign_in()
    assert (begun.act, begun.factors) == ("sign-in", ())
    assert begun.expires_at == world.clock() + timedelta(minutes=10)
    assert begun.passkey["allowCredentials"] == []


def test_its_life_is_the_settings(world, subject):
    ages = Ages(**{"challenge-minutes": 2, "recovery-hours": 1})
    world = people.world(world.solely, Settings(ages=ages), verification=world.verification)
    hold(world, subject, "totp")
    assert world.verification.challenge(subject).expires_at == world.clock() + timedelta(minutes=2)
    assert world.verification.sign_in().expires_at == world.clock() + timedelta(minutes=2)
    assert world.verification.recover(subject).expires_at == world.clock() + timedelta(hours=1)


# -- phones that may have changed hands


def test_a_phone_not_proved_for_long_is_asked_before_it_counts(world, subject):
    """Numbers are given to others after some months: 171 of 259 that were free led to somebody's account."""
    chosen = Settings(factors=Factors(**{"sms-proved-days": 30}))
    world = people.world(world.solely, chosen, verification=world.verification)
    phone = hold(world, subject, "sms")
    world.clock.forward(days=30, microseconds=-1)
    assert kinds(world.verification.challenge(subject)) == ["sms"]
    world.clock.forward(microseconds=1)
    begun = world.verification.challenge(subject)
    assert begun.factors == ()
    assert [one.stale for one in world.verification.factors(subject)] == [True]
    with pytest.raises(NotFound):
        world.verification.send(subject, begun.id, phone.factor)
    again = world.verification.ask_again(subject, phone.factor)
    assert kinds(again) == ["sms"]
    world.verification.answer(subject, again.id, phone.factor, world.code("sms", phone.by))
    world.clock.forward(minutes=5)
    assert kinds(world.verification.challenge(subject)) == ["sms"]


def test_only_a_factor_that_codes_are_sent_to_is_asked_again(world, subject):
    app = hold(world, subject, "totp")
    with pytest.raises(Conflict):
        world.verification.ask_again(subject, app.factor)
    with pytest.raises(NotFound):
        world.verification.ask_again(subject, uuid4())


# -- codes on their way


@pytest.mark.parametrize("channel", SENT)
def test_a_code_goes_to_its_contact_alone(world, subject, channel):
    held = hold(world, subject, channel)
    world.clock.forward(minutes=3)
    begun = world.verification.challenge(subject)
    ((to, message),) = sends(world, channel, subject, begun.id, held.factor)
    assert to == held.by
    assert "10 min" in message.text
    assert (f"@localhost #{world.code(channel)}" in message.text) == (channel == "sms"), "bound to the site it is for"


@pytest.mark.parametrize(("act", "purpose"), [("sign-in", "two-factor"), ("pay", "reauthentication")])
def test_a_contact_is_sent_codes_for_its_own_purpose_alone(world, subject, act, purpose):
    factor, value = world.enrol_sent(subject, "email", purpose=purpose)
    begun = world.verification.challenge(subject, act=act)
    ((to, _),) = sends(world, "email", subject, begun.id, factor)
    assert to == value
    other = world.verification.challenge(subject, act="pay" if act == "sign-in" else "sign-in")
    assert other.factors == ()
    with pytest.raises(NotFound):
        world.verification.send(subject, other.id, factor)


def test_the_words_of_a_code_say_what_it_is_for(world, subject):
    said = {}
    for act, purpose in {"sign-in": "two-factor", "pay": "reauthentication", "recover": "account-recovery"}.items():
        who = f"{subject}-{act}"
        factor, _ = world.enrol_sent(who, "email", purpose=purpose)
        said["enrol"] = world.email.letters[-1][1].subject
        begun = world.verification.recover(who) if act == "recover" else world.verification.challenge(who, act=act)
        ((_, message),) = sends(world, "email", who, begun.id, factor)
        said[act] = message.subject
    assert len(set(said.values())) == 4


def test_a_code_is_in_its_persons_language_and_of_its_service(world, subject):
    settings = Settings(service=Service(name="Acme", domain="acme.example", origins=("https://acme.example",)))
    world = people.world(world.solely, settings, verification=world.verification)
    held = hold(world, subject, "sms")
    world.verification.speak(subject, "de")
    begun = world.verification.challenge(subject)
    ((_, message),) = sends(world, "sms", subject, begun.id, held.factor)
    assert "Acme" in message.text
    assert "@acme.example #" in message.text
    assert "Minuten" in message.text


@pytest.mark.parametrize("channel", SENT)
def test_a_resend_is_the_same_code_waits_longer_each_time_and_lengthens_nothing(world, subject, channel):
    held = hold(world, subject, channel)
    world.clock.forward(minutes=3)
    begun = world.verification.challenge(subject)
    codes, ends = set(), set()
    for wait in (30, 60, 120, None):
        sends(world, channel, subject, begun.id, held.factor)
        codes.add(world.code(channel, held.by))
        ends.add(ends_at(world, begun))
        if wait is None:
            break
        world.clock.forward(seconds=wait, microseconds=-1)
        with pytest.raises(Throttled) as refused:
            world.verification.send(subject, begun.id, held.factor)
        assert refused.value.retry_at == world.clock() + timedelta(microseconds=1)
        world.clock.forward(microseconds=1)
    assert len(codes) == len(ends) == 1
    world.clock.forward(minutes=5)
    with pytest.raises(Throttled) as refused:
        world.verification.send(subject, begun.id, held.factor)
    assert refused.value.retry_at is None
    assert world.verification.answer(subject, begun.id, held.factor, codes.pop())


def ends_at(world, begun):
    asked = "SELECT expires_at FROM security.codes WHERE challenge = %s"
    return world.verification.security.connection.execute(asked, [begun.id]).fetchone()


@pytest.mark.parametrize("over", ["cancelled", "passed", "expired", "used up", "removed", "lost", "of nobody"])
def test_no_code_is_sent_for_what_is_over(world, subject, over):
    app, mail = hold_two(world, subject, "email")
    world.clock.forward(minutes=3)
    begun, who = world.verification.challenge(subject), subject
    match over:
        case "cancelled":
            world.verification.cancel(subject, begun.id)
        case "passed":
            world.verification.answer(subject, begun.id, app.factor, app.by.code(world.clock()))
        case "expired":
            world.clock.now = begun.expires_at
        case "used up":
            for _ in range(5):
                with pytest.raises(WrongAnswer):
                    world.verification.answer(subject, begun.id, app.factor, wrong(world, app, begun))
        case "removed":
            proof = world.prove(subject, app.factor, app.by)
            world.verification.remove(subject, mail.factor, proof=proof.id)
        case "lost":
            world.verification.report_lost(subject, mail.factor)
        case _:
            who = f"{subject}-nobody"
    before = len(world.email.letters)
    with pytest.raises(NotFound):
        world.verification.send(who, begun.id, mail.factor)
    assert len(world.email.letters) == before


def test_no_code_is_sent_once_the_giving_ended(world, subject, desk):
    mail = hold(world, subject, "email")
    begun = world.verification.challenge(subject)
    assert desk.withdraw(subject, "two-factor", None, world.clock()) == 1
    before = len(world.email.letters)
    with pytest.raises(NotFound):
        world.verification.send(subject, begun.id, mail.factor)
    assert len(world.email.letters) == before


@pytest.mark.parametrize("kind", ["totp", "passkey", "recovery-codes"])
def test_nothing_is_sent_for_a_factor_that_has_no_contact(world, subject, kind):
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject)
    with pytest.raises(NotFound):
        world.verification.send(subject, begun.id, held.factor)


def test_a_message_that_no_one_takes_is_an_error_that_says_no_contact(world, subject):
    mail = hold(world, subject, "email")
    begun = world.verification.challenge(subject)
    world.email.fails = "stop"
    with pytest.raises(SendFailed) as failed:
        world.verification.send(subject, begun.id, mail.factor)
    assert mail.by not in str(failed.value)


# -- cancelled


def test_a_challenge_is_cancelled_once_and_its_code_is_worth_nothing(world, subject):
    mail = hold(world, subject, "email")
    begun = world.verification.challenge(subject)
    code = right(world, mail, begun)
    with pytest.raises(NotFound):
        world.verification.cancel(f"{subject}-other", begun.id)
    world.verification.cancel(subject, begun.id)
    for _ in range(2):
        with pytest.raises(NotFound):
            world.verification.cancel(subject, begun.id)
    with pytest.raises(NotFound):
        world.verification.answer(subject, begun.id, mail.factor, code)


def test_a_passed_challenge_is_not_cancelled(world, subject):
    app = hold(world, subject, "totp")
    proof = world.prove(subject, app.factor, app.by)
    with pytest.raises(NotFound):
        world.verification.cancel(subject, proof.id)
    assert world.verification.prove(subject, proof.id, max_age=timedelta(minutes=1))


def test_a_source_begins_so_many_sign_ins_and_no_more(world, subject):
    settings = world.verification.security.settings.model_copy(
        update={"tries": Tries(**{"sign-ins-per-source-hourly": 3})}
    )
    few = replace(world.verification, security=replace(world.verification.security, settings=settings))
    for _ in range(3):
        few.sign_in(source=subject)
    with pytest.raises(Throttled, match="sign-ins-by-source"):
        few.sign_in(source=subject)
    few.sign_in(source=f"another {subject}")


def test_a_person_s_recoveries_leave_room_for_their_sign_ins(world, subject):
    world.enrol_app(subject)
    for _ in range(60):
        world.verification.recover(subject)
    with pytest.raises(Throttled, match="challenges"):
        world.verification.recover(subject)
    assert world.verification.challenge(subject).factors


def test_a_contact_whose_giving_ended_is_not_offered(world, subject):
    factor, _ = world.enrol_sent(subject, "sms")
    assert [one.id for one in world.verification.challenge(subject).factors] == [factor]
    world.solely.desk.withdraw(subject, "two-factor", None, world.clock())
    assert world.verification.challenge(subject).factors == ()
