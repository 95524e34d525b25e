"""The verbs by the platform's own ids: who is unknown is answered as one who has nothing, and nothing is kept."""

from datetime import timedelta
from uuid import uuid4

import pytest

from attackers import wrong_code
from authenticator import Authenticator
from solely import verification as package
from solely.errors import BadInput, NotFound, ProofNeeded, SolelyError, Throttled, WrongAnswer
from solely.verification import Answering, Proof, Wanted

pytestmark = pytest.mark.server

ORIGIN = "http://localhost:8000"


# -- unknown


def test_of_a_subject_nobody_knows_nothing_is_told_and_nothing_kept(world, subject, recorded):
    verification, before = world.verification, recorded()
    assert verification.factors(subject) == []
    assert verification.devices(subject) == []
    assert verification.challenge(subject).factors == ()
    assert verification.recover(subject).factors == ()
    for act in (
        lambda: verification.send(subject, uuid4(), uuid4()),
        lambda: verification.answer(subject, uuid4(), uuid4(), "000000"),
        lambda: verification.cancel(subject, uuid4()),
        lambda: verification.remove(subject, uuid4()),
        lambda: verification.rename(subject, uuid4(), "x"),
        lambda: verification.report_lost(subject, uuid4()),
        lambda: verification.ask_again(subject, uuid4()),
        lambda: verification.revoke_device(subject),
        lambda: verification.ask_reset(subject, "officer-a"),
        lambda: verification.approve_reset(subject, uuid4(), "officer-b"),
        lambda: verification.speak(subject, "de"),
    ):
        with pytest.raises(NotFound):
            act()
    for act in (
        lambda: verification.prove(subject, uuid4(), max_age=timedelta(hours=1)),
        lambda: verification.trust(subject, proof=uuid4(), name="x"),
        lambda: verification.recognise(subject, "token"),
    ):
        with pytest.raises(ProofNeeded):
            act()
    after = recorded()
    kept = {table for table in after if after[table] != before[table]}
    assert kept <= {"security.limits"}, "a rate by the keyed form of the id, until it is empty"


@pytest.mark.parametrize("act", ["sign-in", "pay", "recover"])
def test_a_challenge_of_nobody_looks_like_one_of_somebody_without_factors(world, subject, act):
    known = f"{subject}-known"
    world.give(known, "sms", "login-alert")
    ask = world.verification.recover if act == "recover" else lambda who: world.verification.challenge(who, act=act)
    somebody, nobody = ask(known), ask(subject)
    assert (somebody.act, somebody.expires_at, somebody.factors, somebody.passkey) == (
        nobody.act,
        nobody.expires_at,
        nobody.factors,
        nobody.passkey,
    )
    told = []
    for who, begun in ((known, somebody), (subject, nobody)):
        with pytest.raises(NotFound) as refused:
            world.verification.answer(who, begun.id, uuid4(), "000000")
        told.append(str(refused.value))
    assert told[0] == told[1]


@pytest.mark.parametrize("act", ["", "Sign-in", "sign in", "1", "a" * 65, "pay\n"])
def test_an_act_is_a_plain_name_for_known_and_unknown_alike(world, subject, act):
    known = f"{subject}-known"
    world.enrol_app(known)
    for who in (known, subject):
        with pytest.raises(BadInput):
            world.verification.challenge(who, act=act)


# -- a passkey says who it is


def test_a_passkey_alone_signs_its_person_in(world, subject):
    factor, key = world.enrol_passkey(subject)
    begun = world.verification.sign_in()
    assert "allowCredentials" not in begun.passkey or not begun.passkey["allowCredentials"], "any may answer"
    who, proof = world.verification.sign_in_answer(begun.id, key.get(begun.passkey))
    assert who == subject
    assert (proof.act, proof.kind, proof.factor, proof.assurance.aal) == ("sign-in", "passkey", factor, "aal2")
    with pytest.raises(NotFound):
        world.verification.sign_in_answer(begun.id, key.get(begun.passkey))


def test_a_passkey_nobody_registered_or_of_another_s_signs_nobody_in(world, subject):
    _, key = world.enrol_passkey(subject)
    other = f"{subject}-other"
    _, theirs = world.enrol_passkey(other)
    stranger = Authenticator(origin=ORIGIN)
    stranger.user_handle = key.user_handle
    disguised = Authenticator(origin=ORIGIN, id=key.id)
    disguised.user_handle = key.user_handle
    stolen = Authenticator(origin=ORIGIN, id=theirs.id, key=theirs.key)
    stolen.user_handle = key.user_handle
    nameless = Authenticator(origin=ORIGIN, id=key.id, key=key.key)
    for wrong in (stranger, disguised, stolen, nameless):
        begun = world.verification.sign_in()
        with pytest.raises(WrongAnswer):
            world.verification.sign_in_answer(begun.id, wrong.get(begun.passkey))
    begun = world.verification.sign_in()
    with pytest.raises(WrongAnswer):
        world.verification.sign_in_answer(begun.id, "000000")


def test_a_lost_passkey_signs_nobody_in(world, subject):
    factor, key = world.enrol_passkey(subject)
    world.verification.report_lost(subject, factor)
    begun = world.verification.sign_in()
    with pytest.raises(Throttled):
        world.verification.sign_in_answer(begun.id, key.get(begun.passkey))
    with pytest.raises(NotFound):
        world.verification.sign_in_answer(uuid4(), key.get(begun.passkey))


# -- one and many


def test_many_answers_at_once_are_each_as_if_it_were_alone(world, subject):
    people = [f"{subject}-{n}" for n in range(4)]
    held = {who: world.enrol_app(who) for who in people}
    begun = {who: world.verification.challenge(who, after_password=True) for who in people}
    now = world.clock()

    def give(who, to, text):
        return Answering(who, begun[to].id, held[who][0], text)

    outcomes = world.verification.answer_all(
        [
            give(people[0], people[0], held[people[0]][1].code(now)),
            give(people[1], people[1], wrong_code(held[people[1]][1], now)),
            give(people[2], people[3], held[people[2]][1].code(now)),
            Answering(f"{subject}-nobody", uuid4(), uuid4(), "000000"),
            give(people[0], people[0], held[people[0]][1].code(now)),
            give(people[3], people[3], held[people[3]][1].code(now)),
        ]
    )
    assert [type(one) for one in outcomes] == [Proof, WrongAnswer, NotFound, NotFound, NotFound, Proof]
    assert [one.factor for one in outcomes if isinstance(one, Proof)] == [held[people[0]][0], held[people[3]][0]]
    assert world.verification.answer_all([]) == []
    assert all(isinstance(one, Proof | SolelyError) for one in outcomes)


def test_a_proof_is_good_for_its_act_its_person_and_its_time(world, subject):
    app = world.enrol_app(subject)
    proof = world.prove(subject, *app, act="pay")
    ask = world.verification.prove
    hour = timedelta(hours=1)
    assert ask(subject, proof.id, max_age=hour) == ask(subject, proof.id, max_age=hour, acts=("pay", "x")) == proof
    for how in (
        {"acts": ("sign-in",), "max_age": hour},
        {"acts": (), "max_age": hour},
        {"max_age": timedelta(0)},
    ):
        with pytest.raises(ProofNeeded):
            ask(subject, proof.id, **how)
    with pytest.raises(ProofNeeded):
        ask(f"{subject}-other", proof.id, max_age=hour)
    world.clock.forward(hours=1)
    with pytest.raises(ProofNeeded):
        ask(subject, proof.id, max_age=hour)


def test_a_cancelled_challenge_takes_no_answer_and_is_cancelled_once(world, subject):
    factor, app = world.enrol_app(subject)
    begun = world.verification.challenge(subject)
    with pytest.raises(NotFound):
        world.verification.cancel(f"{subject}-other", begun.id)
    world.verification.cancel(subject, begun.id)
    with pytest.raises(NotFound):
        world.verification.answer(subject, begun.id, factor, app.code(world.clock()))
    with pytest.raises(NotFound):
        world.verification.cancel(subject, begun.id)


# -- messages, and what is forgotten


@pytest.mark.parametrize("language", ["", "d", "de_DE", "../en", "deutsch-oesterreich", "<b>", "e" * 9])
def test_a_language_is_a_tag(world, subject, language):
    world.enrol_codes(subject)
    with pytest.raises(BadInput):
        world.verification.speak(subject, language)


def test_codes_and_notices_are_in_the_person_s_language(world, subject):
    world.give(subject, "email", "login-alert")
    world.enrol_codes(subject)
    english = [message.subject for _, message in world.email.letters]
    world.verification.speak(subject, "de")
    world.enrol_sent(subject, "sms")
    assert "bestätigt diese Nummer" in world.sms.letters[-1][1].text
    assert world.email.letters[-1][1].subject not in english


def test_a_month_later_challenges_and_sends_are_forgotten_and_no_sooner(world, subject, superuser):
    factor, _ = world.enrol_sent(subject, "sms")
    pseudonym = world.verification.find([subject])[subject]
    begun = world.verification.challenge(subject, after_password=True)
    world.verification.send(subject, begun.id, factor)
    world.verification.answer(subject, begun.id, factor, world.code("sms"))

    def kept():
        asked = "SELECT count(*) FROM security.{} WHERE pseudonym = %s"
        tables = ("challenges", "codes", "sends", "factors")
        return [superuser.execute(asked.format(table), [pseudonym]).fetchone()[0] for table in tables]

    assert kept() == [2, 2, 2, 1]
    world.clock.now = begun.expires_at + timedelta(days=30, seconds=-1)
    world.verification.forget()
    assert kept()[0] == 2
    world.clock.forward(seconds=1)
    assert world.verification.forget() > 0
    assert kept() == [0, 0, 0, 1]


def test_what_is_due_is_sent_for_everybody(world, subject):
    people = [f"{subject}-{n}" for n in range(2)]
    world.email.fails = "next"
    addresses = {world.give(who, "email", "login-alert") for who in people}
    for who in people:
        world.enrol_app(who)
    world.email.fails = None
    world.clock.forward(minutes=1)
    assert world.verification.deliver().sent >= 2
    assert addresses <= {to for to, _ in world.email.letters}


# -- from outside


def test_it_shows_nothing_of_what_it_holds(world, subject):
    assert "security=" not in repr(world.verification)
    assert "key" not in repr(world.verification.security).lower()
    assert "123456" not in repr(Answering(subject, uuid4(), uuid4(), "123456"))


def test_what_the_package_exports_is_there():
    assert all(vars(package)[name] for name in package.__all__)
    assert package.__all__ == sorted(package.__all__)


def test_what_enrols_is_said_in_errors_of_ours_alone(world, subject):
    for wanted in (Wanted("totp", account="a:b"), Wanted("sms", purpose="nothing"), Wanted("email", giving=uuid4())):
        with pytest.raises(SolelyError):
            world.verification.enrol(subject, wanted)
