"""Guessing, and ways around what bounds it: each test is an attack that worked on somebody, or one of its sisters."""

from contextlib import suppress
from datetime import timedelta

import pytest

import people
from attackers import KINDS, SENT, Held, again, counted, hold, hold_two, other, right, row_of, tried, wrong, wrong_code
from solely.errors import NotFound, ProofNeeded, Throttled, WrongAnswer
from solely.verification import Wanted
from solely.verification.settings import Settings, Tries
from solely.verification.throttle import DISABLE_AT, WAITS

pytestmark = pytest.mark.server

DAY = timedelta(days=1)


def miss(world, held, times=1, challenge=None, **how):
    """Answer wrongly so many times, each in a challenge of its own where none is given."""
    for _ in range(times):
        begun = challenge or world.verification.challenge(held.subject)
        with pytest.raises(WrongAnswer):
            world.verification.answer(held.subject, begun.id, held.factor, wrong(world, held, begun), **how)


def guesses_in(world, held, span):
    """How many answers are looked at within a time, by one who starts a new challenge whenever one is used up."""
    taken, end = 0, world.clock() + span
    while world.clock() < end:
        try:
            begun = world.verification.challenge(held.subject)
            for _ in range(5):
                with pytest.raises(WrongAnswer):
                    world.verification.answer(held.subject, begun.id, held.factor, wrong_code(held.by, world.clock()))
                taken += 1
        except Throttled as refused:
            world.clock.now = max(refused.retry_at or end, world.clock() + timedelta(seconds=1))
        except NotFound:
            continue  # the challenge is over
    return taken


# -- brute force


def test_a_day_of_guessing_over_ever_new_challenges_gets_few_guesses(world, subject):
    """AuthQuake (2024): no limit over sessions, a code was found within 70 minutes; Kratos without any: 40 minutes."""
    held = hold(world, subject, "totp")
    assert guesses_in(world, held, DAY) < 40
    assert guesses_in(world, held, 30 * DAY) < DISABLE_AT


@pytest.mark.parametrize("kind", KINDS)
def test_a_challenge_takes_five_wrong_answers_and_then_no_right_one(world, subject, kind):
    """AIL CVE-2026-56450, keycloak-2fa-email-authenticator #146: 500 wrong codes in four seconds, then success."""
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject)
    miss(world, held, 5, begun)
    world.clock.forward(minutes=5)
    with pytest.raises(Throttled, match="this challenge"):
        world.verification.answer(subject, begun.id, held.factor, right(world, held, begun))


@pytest.mark.parametrize("kind", KINDS)
def test_a_factor_counts_over_challenges_and_sources_and_restarts(world, subject, kind):
    """RubyGems GHSA-c55g-q6f4-5qxr: a limit by address alone is passed by changing it; Keycloak CVE-2026-9802."""
    held = hold(world, subject, kind)
    for number in range(5):
        world.clock.forward(minutes=3)
        miss(again(world) if number % 2 else world, held, source=f"192.0.2.{number}")
    begun = world.verification.challenge(subject)
    assert counted(world, held) == 5
    assert held.factor not in [one.id for one in begun.factors]
    with pytest.raises(Throttled) as refused:
        world.verification.answer(subject, begun.id, held.factor, "000000", source="192.0.2.99")
    assert refused.value.retry_at == world.clock() + WAITS[4]


@pytest.mark.parametrize(
    "spelling", [str.upper, str.title, " {}".format, "{} ".format, "{}\u200b".format, "{}\0".format]
)
def test_another_spelling_of_the_subject_opens_no_other_count(world, subject, spelling):
    """Authelia CVE-2026-47203 (case), CVE-2025-24806 (alias), Vault CVE-2025-6004: a count for each spelling."""
    held = hold(world, subject, "totp")
    begun = world.verification.challenge(subject)
    code = held.by.code(world.clock())
    with pytest.raises(NotFound):
        world.verification.answer(spelling(subject), begun.id, held.factor, code)
    assert world.verification.challenge(spelling(subject)).factors == ()


def test_spellings_of_one_wrong_code_are_a_guess_each(world, subject):
    """Vault CVE-2025-6014: what is normalised after it is counted is tried twice."""
    held = hold(world, subject, "totp")
    begun, code = world.verification.challenge(subject), wrong_code(held.by, world.clock())
    for number, spelled in enumerate((code, f" {code}", f"{code[:3]} {code[3:]}", f"{code} "), 1):
        with pytest.raises(WrongAnswer):
            world.verification.answer(subject, begun.id, held.factor, spelled)
        assert (counted(world, held), tried(world, begun.id)) == (number, number)


def test_a_source_is_held_back_over_all_accounts(world, subject):
    """Password spraying turned on codes: one guess at each of many people."""
    world = people.world(world.solely, tries(per_source_hourly=6), verification=world.verification)
    for number in range(6):
        miss(world, hold(world, f"{subject}-{number}", "totp"), source=f"spray {subject}")
    last = hold(world, f"{subject}-last", "totp")
    begun = world.verification.challenge(last.subject)
    with pytest.raises(Throttled) as refused:
        world.verification.answer(
            last.subject, begun.id, last.factor, last.by.code(world.clock()), source=f"spray {subject}"
        )
    assert refused.value.where == "wrong-by-source"
    assert counted(world, last) == 0
    assert world.verification.answer(last.subject, begun.id, last.factor, last.by.code(world.clock()), source="home")


def tries(**limits):
    return Settings(tries=Tries(**{name.replace("_", "-"): most for name, most in limits.items()}))


@pytest.mark.parametrize(
    ("channel", "first", "second"),
    [
        ("sms", "+4915199990001", "+4915199990001"),
        ("sms", "+4915199990002", "0049 151 99990002"),
        ("email", "an.attacked.person@gmail.com", "anattackedperson+x@googlemail.com"),
    ],
)
def test_a_contact_is_guarded_across_the_accounts_it_is_in(world, subject, channel, first, second):
    """login.gov counts by the number's keyed form: guesses at one phone from many accounts are guesses at one phone."""
    world = people.world(world.solely, tries(per_contact_hourly=4), verification=world.verification)
    helds = []
    for number, value in enumerate((first, second)):
        one = f"{subject}-{number}"
        world.give(one, channel, "two-factor", value)
        begun = world.verification.enrol(one, Wanted(channel))
        stored = world.box(channel).letters[-1][0]
        world.verification.answer(one, begun.challenge, begun.factor, world.code(channel))
        helds.append(Held(one, channel, begun.factor, stored))
        world.clock.forward(minutes=10)
    assert row_of(world, helds[0]).fingerprint == row_of(world, helds[1]).fingerprint
    begun = world.verification.challenge(helds[0].subject)
    miss(world, helds[0], 4, begun)
    begun = world.verification.challenge(helds[1].subject)
    world.clock.forward(minutes=2)
    world.verification.send(helds[1].subject, begun.id, helds[1].factor)
    with pytest.raises(Throttled) as refused:
        world.verification.answer(helds[1].subject, begun.id, helds[1].factor, world.code(channel))
    assert refused.value.where == "wrong-by-contact"


# -- a count that is lost


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_answer_is_counted_before_its_error_leaves(world, subject, login, kind):
    """Vikunja CVE-2026-35597 (rolled back with the request), Vaultwarden CVE-2026-27801 (never saved)."""
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject)
    miss(world, held, 1, begun)
    with login("security") as other_connection:  # what another connection sees is committed
        (seen,) = other_connection.execute(
            "SELECT failures FROM security.factors WHERE factor = %s", [held.factor]
        ).fetchone()
    assert (seen, counted(again(world), held), tried(again(world), begun.id)) == (1, 1, 1)


def test_a_count_outlives_new_challenges_codes_restarts_and_other_factors(world, subject):
    """SP 800-63B-4 §3.1.3.2: a new code does not reset failures; Keycloak GHSA-85v8-vx4w-q684 took a first factor's."""
    app, phone = hold_two(world, subject, "sms")
    begun = world.verification.challenge(subject)
    miss(world, phone, 2, begun)
    world.clock.forward(seconds=30)
    world.verification.send(subject, begun.id, phone.factor)
    assert counted(world, phone) == 2
    world.verification.cancel(subject, begun.id)
    world.prove(subject, app.factor, app.by)
    world.verification.challenge(subject)
    world.verification.recover(subject)
    world.verification.rename(subject, phone.factor, "mine")
    assert (counted(again(world), phone), counted(world, app)) == (2, 0)
    world.clock.forward(days=90)
    world.verification.forget()
    assert counted(world, phone) == 2


# -- side paths


def test_a_recovery_is_no_way_around_a_factors_wait(world, subject):
    """Keycloak CVE-2026-9798: a side path (CIBA) without the check of the main one."""
    held = hold(world, subject, "totp")
    miss(world, held, 5)
    begun = world.verification.recover(subject)
    assert held.factor not in [one.id for one in begun.factors]
    with pytest.raises(Throttled):
        world.verification.answer(subject, begun.id, held.factor, held.by.code(world.clock()))


def test_asking_a_phone_again_is_no_way_around_its_count(world, subject):
    phone = hold(world, subject, "sms")
    miss(world, phone, 5, world.verification.challenge(subject))
    with pytest.raises(NotFound, match="takes no code"):  # none is sent, so none is there to be guessed
        world.verification.ask_again(subject, phone.factor)
    world.clock.forward(seconds=30)
    begun = world.verification.ask_again(subject, phone.factor)
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, begun.id, phone.factor, other(world.code("sms")))
    assert counted(world, phone) == 6


def test_no_message_goes_out_for_a_factor_that_waits_or_a_challenge_that_is_used_up(world, subject):
    phone = hold(world, subject, "sms")
    begun = world.verification.challenge(subject)
    miss(world, phone, 5, begun)
    fresh, before = world.verification.challenge(subject), len(world.sms.letters)
    for seconds in (0, 60):  # while the factor waits, and when only the challenge is used up
        world.clock.forward(seconds=seconds)
        with pytest.raises(NotFound):
            world.verification.send(subject, begun.id if seconds else fresh.id, phone.factor)
    assert len(world.sms.letters) == before


def test_enrolling_anew_is_no_way_around_a_count(world, subject):
    """A disabled or waiting factor still guards: who guesses at it can't bind their own in its place."""
    held = hold(world, subject, "totp")
    miss(world, held, 5)
    for wanted in (Wanted("totp", account="x"), Wanted("totp", account="x", again=held.factor)):
        with pytest.raises(ProofNeeded):
            world.verification.enrol(subject, wanted)
    world.verification.report_lost(subject, held.factor)
    with pytest.raises(ProofNeeded):
        world.verification.enrol(subject, Wanted("totp", account="x", again=held.factor))
    assert counted(world, held) == 5


def test_a_hundred_in_a_row_disable_and_only_binding_again_helps(world, subject):
    """SP 800-63B-4 §3.2.2; most systems that were looked at have no such end."""
    app, codes = hold_two(world, subject, "recovery-codes")
    for number in range(DISABLE_AT):
        assert row_of(world, app).state == "active", number
        miss(world, app)
        world.clock.forward(hours=1, seconds=30)
    assert (row_of(world, app).state, counted(world, app)) == ("disabled", DISABLE_AT)
    world.clock.forward(days=365)
    begun = again(world).verification.challenge(subject, after_password=True)
    assert [one.id for one in begun.factors] == [codes.factor]
    with pytest.raises(Throttled) as refused:
        world.verification.answer(subject, begun.id, app.factor, app.by.code(world.clock()))
    assert refused.value.retry_at is None
    proof = world.verification.answer(subject, begun.id, codes.factor, right(world, codes, begun))
    bound = world.verification.enrol(subject, Wanted("totp", account="x", again=app.factor), proof=proof.id)
    new = people.App(bound.uri)
    world.verification.answer(subject, bound.challenge, app.factor, new.code(world.clock()))
    assert (row_of(world, app).state, counted(world, app)) == ("active", 0)
    assert new.secret != app.by.secret


# -- lock-out as a weapon, floods


def test_guessing_at_one_factor_locks_no_other_and_nobody_else(world, subject):
    """Of privacyIDEA #471, CommCare #28483: a code tried against all of a person's devices burns all their counts."""
    app, key = hold_two(world, subject, "passkey")
    neighbour = hold(world, f"{subject}-neighbour", "totp")
    miss(world, app, 5)
    begun = world.verification.challenge(subject)
    assert [one.id for one in begun.factors] == [key.factor]
    assert world.verification.answer(subject, begun.id, key.factor, right(world, key, begun))
    assert (counted(world, key), counted(world, neighbour)) == (0, 0)
    begun = world.verification.challenge(neighbour.subject)
    assert world.verification.answer(neighbour.subject, begun.id, neighbour.factor, right(world, neighbour, begun))


def test_a_wait_ends_and_its_owner_gets_in(world, subject):
    """However long others guess, the owner waits an hour at most (ASVS 5.0 6.1.1: no malicious lock-out)."""
    held = hold(world, subject, "totp")
    for _ in range(20):
        miss(world, held)
        world.clock.forward(hours=1)
    begun = world.verification.challenge(subject)
    assert world.verification.answer(subject, begun.id, held.factor, held.by.code(world.clock()))
    assert counted(world, held) == 0


@pytest.mark.parametrize("channel", SENT)
def test_a_challenge_sends_four_times_at_most_and_waits_in_between(world, subject, channel):
    """Uber 2022 and others: a person is worn down by messages until they give in; pumped SMS cost ("SMS pumping")."""
    held = hold(world, subject, channel)
    begun, before = world.verification.challenge(subject), len(world.box(channel).letters)
    sent = 0
    for _ in range(9 * 12):
        try:
            world.verification.send(subject, begun.id, held.factor)
            sent += 1
        except Throttled:
            pass
        world.clock.forward(seconds=5)
    assert sent == len(world.box(channel).letters) - before == 4
    assert len({message.text for _, message in world.box(channel).letters[before:]}) <= 4
    world.verification.cancel(subject, begun.id)


def test_ever_new_challenges_send_no_flood_to_one_mailbox(world, subject):
    held = hold(world, subject, "email")
    before = len(world.email.letters)
    for _ in range(60):
        begun = world.verification.challenge(subject)
        with suppress(Throttled):
            world.verification.send(subject, begun.id, held.factor)
        world.clock.forward(minutes=2)
    assert len(world.email.letters) - before <= 10


def test_a_person_starts_sixty_challenges_in_an_hour_and_no_more(world, subject):
    hold(world, subject, "totp")
    for _ in range(59):  # one was the app's own
        world.verification.challenge(subject)
    with pytest.raises(Throttled, match="challenges"):
        world.verification.challenge(subject)
    world.clock.forward(minutes=2)
    assert world.verification.challenge(subject)
