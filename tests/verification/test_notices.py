"""Every change of factors is told at every address given for that, and taken back by who says it was not them."""

import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import people
from attackers import wrong_code
from solely.errors import NotFound, ProofNeeded, Throttled, Unavailable, WrongAnswer
from solely.verification import Wanted, notices

pytestmark = pytest.mark.server

NOT_ME = "https://example.org/not-me"
SUBJECTS = {  # in English, of a service of this name
    "added": "A sign-in step was added at Solely",
    "removed": "A sign-in step was removed at Solely",
    "disabled": "A sign-in step was switched off at Solely",
    "codes": "New recovery codes at Solely",
    "recovered": "Your Solely account was recovered",
    "reset": "The sign-in steps at Solely were reset",
}


@pytest.fixture
def world(world):
    """Notices here lead to a page."""
    return world.under(service={"not-me": NOT_ME})


@pytest.fixture
def alerts(world, subject):
    """The two addresses at which the person is to be told."""
    return [world.give(subject, "email", "login-alert") for _ in range(2)]


def pseudonym(world, subject):
    return world.verification.find([subject])[subject]


def told(world, *addresses):
    """By address, the subjects of the notices that came there, in their order."""
    return [[m.subject for at, m in world.email.letters if at == one] for one in addresses]


def deliver(world, subject):
    return notices.deliver(world.verification.security, pseudonym(world, subject))


def token(world, address, which=-1):
    """What the link of the last notice at an address holds."""
    text = [m.text for at, m in world.email.letters if at == address][which]
    return text.split(f"{NOT_ME}?token=")[1].split()[0]


# -- told


def test_each_change_is_told_at_every_address_given_for_that_and_nowhere_else(world, subject, alerts):
    for purpose in ("two-factor", "account-recovery", "service-notice", "tailored-audiences"):
        world.give(subject, "email", purpose)
    app = world.enrol_app(subject)
    codes, _ = world.enrol_codes(subject, world.prove(subject, *app).id)
    world.verification.remove(subject, codes, proof=world.prove(subject, *app).id)
    world.verification.report_lost(subject, app[0])
    reset = world.verification.ask_reset(subject, "officer-a")
    world.verification.approve_reset(subject, reset, "officer-b")
    expected = [SUBJECTS[one] for one in ("added", "codes", "removed", "disabled", "reset")]
    assert told(world, *alerts) == [expected, expected]
    assert len(world.email.letters) == 2 * len(expected)


def test_a_phone_given_for_alerts_is_told_by_sms(world, subject):
    number = world.give(subject, "sms", "login-alert")
    world.enrol_app(subject)
    ((to, message),) = world.sms.letters
    assert to == number
    assert "a sign-in step was added" in message.text


def test_what_was_never_confirmed_is_no_change(world, subject, alerts):
    world.verification.enrol(subject, Wanted("totp", account="ann"))
    world.clock.forward(minutes=10)
    world.enrol_codes(subject)
    assert told(world, *alerts) == [[SUBJECTS["codes"]]] * 2


def test_a_hundred_wrong_answers_are_told(world, subject, alerts, superuser):
    factor, app = world.enrol_app(subject)
    superuser.execute("UPDATE security.factors SET failures = 99 WHERE factor = %s", [factor])
    begun = world.verification.challenge(subject)
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, begun.id, factor, wrong_code(app, world.clock()))
    assert told(world, *alerts) == [[SUBJECTS["added"], SUBJECTS["disabled"]]] * 2


def test_words_are_in_the_person_s_language_and_english_where_there_is_none(world, subject, alerts):
    app = world.enrol_app(subject)
    for language in ("en-GB", "de-AT", "xx"):
        world.verification.speak(subject, language)
        world.enrol_codes(subject, world.prove(subject, *app).id)
    subjects = told(world, alerts[0])[0][1:]
    assert subjects[0] == subjects[2] == SUBJECTS["codes"]
    assert subjects[1] not in SUBJECTS.values()


def test_a_notice_names_the_factor_but_makes_no_link_of_a_name(world, subject, alerts):
    factor, _ = world.enrol_app(subject)
    world.verification.rename(subject, factor, "my phone https://evil.example")
    world.verification.report_lost(subject, factor)
    text = world.email.letters[-1][1].text
    assert "“my phone”" in text
    assert "evil" not in text


# -- sent, sooner or later, and once


def test_a_change_and_its_notices_are_written_together_or_not_at_all(world, subject, alerts, superuser):
    factor, app = world.enrol_app(subject)
    before, letters = world.verification.factors(subject), len(world.email.letters)
    superuser.execute(
        "CREATE FUNCTION public.no_notice() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE disk_full; END'"
    )
    superuser.execute("CREATE TRIGGER no_notice BEFORE INSERT ON security.outbox EXECUTE FUNCTION public.no_notice()")
    try:
        with pytest.raises(Unavailable):
            world.verification.report_lost(subject, factor)
        with pytest.raises(Unavailable):
            world.enrol_codes(subject, world.prove(subject, factor, app).id)
    finally:
        superuser.execute("DROP TRIGGER no_notice ON security.outbox")
        superuser.execute("DROP FUNCTION public.no_notice")
    after = world.verification.factors(subject)
    assert [(one.id, one.state) for one in after] == [(before[0].id, "active"), (after[1].id, "pending")]
    assert len(world.email.letters) == letters


def test_one_that_fails_is_tried_again_after_growing_waits_and_given_up_after_five(world, subject, alerts):
    world.email.fails = "next"
    world.enrol_app(subject)
    world.clock.now = people.START
    waits = [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6)]
    for n, wait in enumerate(waits):
        world.clock.now += wait - timedelta(seconds=1)
        assert deliver(world, subject) == notices.Delivery(0, 0, 0), "not before its time"
        world.clock.now += timedelta(seconds=1)
        last = n == len(waits) - 1
        assert deliver(world, subject) == notices.Delivery(0, 2 * (not last), 2 * last)
    world.clock.forward(days=30)
    world.email.fails = None
    assert deliver(world, subject) == notices.Delivery(0, 0, 0)
    assert world.email.letters == []


def test_once_a_sender_takes_it_again_it_is_sent_once(world, subject, alerts):
    world.email.fails = "next"
    world.enrol_app(subject)
    world.email.fails = None
    world.clock.forward(minutes=1)
    assert deliver(world, subject) == notices.Delivery(2, 0, 0)
    world.clock.forward(days=2)
    assert deliver(world, subject) == notices.Delivery(0, 0, 0)
    assert told(world, *alerts) == [[SUBJECTS["added"]]] * 2


def test_one_that_fails_keeps_none_from_the_others(world, subject, alerts):
    world.sms.fails = "stop"
    world.give(subject, "sms", "login-alert")
    world.enrol_app(subject)
    assert told(world, *alerts) == [[SUBJECTS["added"]]] * 2


def test_an_address_that_was_withdrawn_is_told_nothing(world, solely, subject, alerts):
    world.email.fails = "next"
    world.enrol_app(subject)
    world.email.fails = None
    solely.desk.withdraw(subject, "login-alert", None, world.clock())
    world.clock.forward(minutes=1)
    assert deliver(world, subject) == notices.Delivery(0, 2, 0)
    assert world.email.letters == []


def test_two_workers_send_none_twice(world, second_world, subject, alerts):
    world.email.fails = "next"
    app = world.enrol_app(subject)
    for _ in range(4):
        world.enrol_codes(subject, world.prove(subject, *app).id)
    world.email.fails = None
    world.clock.forward(minutes=20)
    second_world.clock.now = world.clock.now
    gate = threading.Barrier(2)

    def work(one):
        gate.wait(10)
        return deliver(one, subject)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, (world, second_world)))
    letters = world.email.letters + second_world.email.letters
    assert len(letters) == 10
    for address in alerts:
        subjects = sorted(m.subject for at, m in letters if at == address)
        assert subjects == sorted([SUBJECTS["added"], *[SUBJECTS["codes"]] * 4])


# -- repudiated


def test_who_says_it_was_not_them_disables_what_was_added_and_voids_what_rests_on_it(world, subject, alerts):
    mine = world.enrol_app(subject)
    thief = world.enrol_passkey(subject, world.prove(subject, *mine).id)
    said = token(world, alerts[0])
    signed_in = world.prove_passkey(subject, *thief, act="sign-in")
    trusted = world.verification.trust(subject, proof=signed_in.id, name="theirs")
    begun = world.verification.challenge(subject)
    world.verification.repudiate(said)
    assert world.states(subject) == {mine[0]: "active", thief[0]: "disabled"}
    with pytest.raises(ProofNeeded):
        world.verification.prove(subject, signed_in.id, max_age=timedelta(hours=1))
    with pytest.raises(ProofNeeded):
        world.verification.recognise(subject, trusted.token)
    assert world.verification.devices(subject) == []
    with pytest.raises((NotFound, Throttled)):
        world.verification.answer(subject, begun.id, thief[0], thief[1].get(begun.passkey))
    assert told(world, alerts[0])[0][-1] == SUBJECTS["disabled"]
    world.prove(subject, *mine)


def test_repudiating_twice_does_it_once(world, subject, alerts):
    mine = world.enrol_app(subject)
    thief = world.enrol_passkey(subject, world.prove(subject, *mine).id)
    said = token(world, alerts[0])
    world.verification.repudiate(said)
    letters, proof = len(world.email.letters), world.prove(subject, *mine)
    world.verification.repudiate(said)
    assert len(world.email.letters) == letters
    assert world.verification.prove(subject, proof.id, max_age=timedelta(hours=1)) == proof
    assert world.states(subject)[thief[0]] == "disabled"


def test_the_addresses_of_one_change_hold_one_token(world, subject, alerts):
    world.enrol_app(subject)
    assert token(world, alerts[0]) == token(world, alerts[1])


def test_it_takes_away_and_gives_nothing(world, subject, alerts):
    """What was removed does not come back; a change that is of no one factor voids proofs and devices alone."""
    app = world.enrol_app(subject)
    second = world.enrol_app(subject, world.prove(subject, *app).id)
    world.verification.remove(subject, second[0], proof=world.prove(subject, *app).id)
    proof = world.prove(subject, *app)
    world.verification.repudiate(token(world, alerts[0]))
    assert world.states(subject) == {app[0]: "active"}
    with pytest.raises(ProofNeeded):
        world.verification.prove(subject, proof.id, max_age=timedelta(hours=1))


def test_a_link_of_two_weeks_ago_is_too_old(world, subject, alerts):
    factor, _ = world.enrol_app(subject)
    said, world.clock.now = token(world, alerts[0]), people.START + timedelta(days=14)
    with pytest.raises(NotFound):
        world.verification.repudiate(said)
    assert world.states(subject) == {factor: "active"}
    world.clock.now -= timedelta(seconds=1)
    world.verification.repudiate(said)
    assert world.states(subject) == {factor: "disabled"}


def test_no_other_person_s_factors_are_touched(world, subject, alerts):
    other = f"{subject}-other"
    theirs, _ = world.enrol_app(other)
    world.enrol_app(subject)
    world.verification.repudiate(token(world, alerts[0]))
    assert world.states(other) == {theirs: "active"}


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_token_that_was_not_given_out_is_taken(world, subject, data):
    if not world.email.letters:
        world.give(subject, "email", "login-alert")
        world.enrol_app(subject)
    true = urlsafe_b64decode(token(world, world.email.letters[-1][0]) + "==")
    flipped = st.integers(0, 8 * len(true) - 1).map(
        lambda bit: (int.from_bytes(true, "big") ^ 1 << bit).to_bytes(len(true), "big")
    )
    other = st.binary(min_size=16, max_size=16).map(lambda mac: uuid4().bytes + mac)
    forged = st.one_of(flipped, other, st.binary(max_size=40)).map(
        lambda one: urlsafe_b64encode(one).decode().rstrip("=")
    )
    with pytest.raises(NotFound):
        world.verification.repudiate(data.draw(st.one_of(forged, st.text(max_size=80))))
    assert set(world.states(subject).values()) == {"active"}


def test_a_device_s_token_repudiates_nothing(world, subject):
    app = world.enrol_app(subject)
    trusted = world.verification.trust(subject, proof=world.prove(subject, *app, act="sign-in").id, name="mine")
    with pytest.raises(NotFound):
        world.verification.repudiate(trusted.token)
