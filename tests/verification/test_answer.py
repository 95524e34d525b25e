"""Answers: each counts once, right or wrong, alone or among many; what is over, spent or waiting is not looked at."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import people
from attackers import KINDS, SENT, counted, hold, hold_two, right, row_of, tried, wrong, wrong_code
from solely.errors import NotFound, SolelyError, Tampered, Throttled, WrongAnswer
from solely.verification import Wanted
from solely.verification.proof import Proof
from solely.verification.settings import Settings, Tries
from solely.verification.throttle import DISABLE_AT, WAITS
from solely.verification.verification import Answering

pytestmark = pytest.mark.server


def outcome(world, *answer, **how):
    """What comes of an answer: the proof, or the error."""
    try:
        return world.verification.answer(*answer, **how)
    except SolelyError as error:
        return error


# -- a right one


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_answer_passes_its_challenge_and_proves_its_act(world, subject, kind):
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject)
    proof = world.verification.answer(subject, begun.id, held.factor, right(world, held, begun))
    assert (proof.id, proof.act, proof.kind, proof.factor) == (begun.id, "sign-in", kind, held.factor)
    assert proof.at == world.clock()
    assert world.verification.prove(subject, begun.id, max_age=timedelta(minutes=1)) == proof
    assert row_of(world, held).used_at == world.clock()


@pytest.mark.parametrize("kind", KINDS)
def test_it_ends_the_count_of_its_factor_and_of_no_other(world, subject, kind):
    app, held = hold_two(world, subject, kind) if kind != "totp" else (None, hold(world, subject, kind))
    begun = world.verification.challenge(subject)
    for one in (held, held, held) + ((app,) if app else ()):
        assert isinstance(outcome(world, subject, begun.id, one.factor, wrong(world, one, begun)), WrongAnswer)
    assert world.verification.answer(subject, begun.id, held.factor, right(world, held, begun))
    assert (counted(world, held), row_of(world, held).wait_until) == (0, None)
    assert not app or counted(world, app) == 1
    assert tried(world, begun.id) == (4 if app else 3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_right_answer_makes_a_pending_factor_the_persons(world, subject, kind):
    held = hold(world, subject, kind)
    (one,) = world.verification.factors(subject)
    assert (one.state, one.activated_at, one.kind) == ("active", row_of(world, held).activated_at, kind)


def test_after_a_password_it_proves_more(world, subject):
    held = hold(world, subject, "totp")
    proved = {}
    for after_password in (True, False):
        world.clock.forward(seconds=30)
        begun = world.verification.challenge(subject, after_password=after_password)
        answer = world.verification.answer(subject, begun.id, held.factor, held.by.code(world.clock()))
        proved[after_password] = answer.assurance.aal
    assert proved == {True: "aal2", False: "aal1"}


def test_the_step_that_was_taken_is_kept(world, subject):
    held = hold(world, subject, "totp")
    begun = world.verification.challenge(subject)
    world.verification.answer(subject, begun.id, held.factor, held.by.code(world.clock(), 1))  # the app is ahead
    assert row_of(world, held).last_step == int(world.clock().timestamp()) // 30 + 1


# -- a wrong one


def test_a_factor_waits_longer_with_each_wrong_answer_after_the_fourth(world, subject):
    held = hold(world, subject, "totp")
    waits = []
    for _ in range(14):
        begun = world.verification.challenge(subject)
        refused = outcome(world, subject, begun.id, held.factor, wrong_code(held.by, world.clock()))
        assert isinstance(refused, WrongAnswer)
        waits.append(row_of(world, held).wait_until - world.clock())
        world.clock.now += waits[-1]
    assert waits == list(WAITS[:14])
    assert waits[3:7] == [timedelta(0), *(timedelta(seconds=s) for s in (30, 60, 120))]
    assert waits[-1] == timedelta(hours=1)


def test_what_comes_while_it_waits_is_neither_looked_at_nor_counted(world, subject):
    held = hold(world, subject, "totp")
    for _ in range(5):
        begun = world.verification.challenge(subject)
        outcome(world, subject, begun.id, held.factor, wrong_code(held.by, world.clock()))
    until, begun = row_of(world, held).wait_until, world.verification.challenge(subject)
    world.clock.now = until - timedelta(microseconds=1)
    for code in (held.by.code(world.clock()), wrong_code(held.by, world.clock())):
        refused = outcome(world, subject, begun.id, held.factor, code)
        assert isinstance(refused, Throttled)
        assert refused.retry_at == until
    assert (counted(world, held), tried(world, begun.id)) == (5, 0)
    world.clock.now = until
    assert isinstance(outcome(world, subject, begun.id, held.factor, held.by.code(world.clock())), Proof)


def test_the_hundredth_disables_the_factor_and_its_person_is_told(world, subject):
    address = world.give(subject, "email", "login-alert")
    held = hold(world, subject, "totp")
    world.verification.security.connection.execute(
        "UPDATE security.factors SET failures = %s WHERE factor = %s", [DISABLE_AT - 2, held.factor]
    )
    told = []
    for _ in range(2):
        world.clock.forward(hours=1)
        begun, before = world.verification.challenge(subject), len(world.email.letters)
        outcome(world, subject, begun.id, held.factor, wrong_code(held.by, world.clock()))
        told.append(world.email.letters[before:])
    assert [len(one) for one in told] == [0, 1]
    assert told[1][0][0] == address
    assert row_of(world, held).state == "disabled"
    assert world.verification.challenge(subject).factors == ()


def test_a_pending_factor_counts_and_is_disabled_as_any(world, subject):
    begun = world.verification.enrol(subject, Wanted("totp", account="x"))
    app = people.App(begun.uri)
    world.verification.security.connection.execute(
        "UPDATE security.factors SET failures = %s WHERE factor = %s", [DISABLE_AT - 1, begun.factor]
    )
    assert isinstance(
        outcome(world, subject, begun.challenge, begun.factor, wrong_code(app, world.clock())), WrongAnswer
    )
    assert [one.state for one in world.verification.factors(subject)] == ["disabled"]
    refused = outcome(world, subject, begun.challenge, begun.factor, app.code(world.clock()))
    assert isinstance(refused, Throttled)


def test_a_right_answer_from_a_source_counts_nothing_against_it(world, subject):
    world = people.world(
        world.solely, Settings(tries=Tries(**{"per-source-hourly": 1})), verification=world.verification
    )
    held = hold(world, subject, "totp")
    for _ in range(3):
        begun = world.verification.challenge(subject)
        answer = outcome(world, subject, begun.id, held.factor, held.by.code(world.clock()), source=subject)
        assert isinstance(answer, Proof)
        world.clock.forward(seconds=30)
    begun = world.verification.challenge(subject)
    told = [outcome(world, subject, begun.id, held.factor, "no code", source=subject) for _ in range(2)]
    assert [type(one) for one in told] == [WrongAnswer, Throttled]
    assert told[1].retry_at == world.clock() + timedelta(hours=1)


# -- none to be answered


def test_a_challenge_is_over_at_its_end(world, subject):
    held = hold(world, subject, "totp")
    begun = world.verification.challenge(subject)
    world.clock.now = begun.expires_at
    assert isinstance(outcome(world, subject, begun.id, held.factor, held.by.code(world.clock())), NotFound)
    world.clock.now = begun.expires_at - timedelta(microseconds=1)
    assert isinstance(outcome(world, subject, begun.id, held.factor, held.by.code(world.clock())), Proof)


def test_removed_and_lost_factors_answer_nothing(world, subject):
    app, key = hold_two(world, subject, "passkey")
    begun = world.verification.challenge(subject)
    world.verification.report_lost(subject, key.factor)
    assert isinstance(outcome(world, subject, begun.id, key.factor, key.by.get(begun.passkey)), Throttled)
    world.verification.remove(subject, key.factor, proof=world.prove(subject, app.factor, app.by).id)
    begun = world.verification.challenge(subject)
    refused = outcome(world, subject, begun.id, key.factor, {"type": "public-key"})
    assert isinstance(refused, SolelyError)
    assert not isinstance(refused, WrongAnswer)


@pytest.mark.parametrize("kind", SENT)
def test_a_code_ends_with_its_message(world, subject, kind):
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject)
    world.clock.forward(minutes=9)
    code = right(world, held, begun)
    world.clock.now = begun.expires_at
    assert isinstance(outcome(world, subject, begun.id, held.factor, code), NotFound)


# -- asked again


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_answer_that_the_same_request_brings_again_is_told_what_it_proved(world, subject, kind):
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject)
    one = Answering(subject, begun.id, held.factor, right(world, held, begun), request=b"one")
    (first,) = world.verification.answer_all([one])
    assert isinstance(first, Proof)
    world.clock.forward(minutes=20)
    for request in (b"another", None):
        (refused,) = world.verification.answer_all([replace(one, request=request)])
        assert isinstance(refused, NotFound)
    assert world.verification.answer_all([one]) == [first]
    assert tried(world, begun.id) == 0


def test_a_wrong_answer_that_the_same_request_brings_again_is_wrong_again(world, subject):
    held = hold(world, subject, "totp")
    begun = world.verification.challenge(subject)
    one = Answering(subject, begun.id, held.factor, wrong(world, held, begun), request=b"one")
    assert [type(world.verification.answer_all([one])[0]) for _ in range(2)] == [WrongAnswer] * 2
    good = Answering(subject, begun.id, held.factor, right(world, held, begun), request=b"two")
    assert isinstance(world.verification.answer_all([good])[0], Proof)
    assert isinstance(world.verification.answer_all([one])[0], NotFound)


def test_what_a_lost_factor_proved_is_not_told_again(world, subject):
    held = hold(world, subject, "totp")
    begun = world.verification.challenge(subject)
    one = Answering(subject, begun.id, held.factor, right(world, held, begun), request=b"one")
    assert isinstance(world.verification.answer_all([one])[0], Proof)
    world.verification.report_lost(subject, held.factor)
    assert isinstance(world.verification.answer_all([one])[0], NotFound)


# -- many at once


def test_many_at_once_are_each_answered_as_if_alone(world, subject):
    """Right, wrong, unknown and spent ones in one batch: each gets its own, and only the wrong are counted."""
    helds = [hold(world, f"{subject}-{kind}", kind) for kind in KINDS]
    world.clock.forward(minutes=3)
    begun = [world.verification.challenge(one.subject) for one in helds]
    bad = [
        Answering(one.subject, to.id, one.factor, wrong(world, one, to)) for one, to in zip(helds, begun, strict=True)
    ]
    good = [
        Answering(one.subject, to.id, one.factor, right(world, one, to)) for one, to in zip(helds, begun, strict=True)
    ]
    strangers = [Answering(f"{subject}-nobody", uuid4(), uuid4(), "1"), Answering("\0", uuid4(), uuid4(), {})]
    came = world.verification.answer_all([*bad, *strangers, *good, *good])
    kinds = [WrongAnswer] * 5 + [NotFound] * 2 + [Proof] * 5 + [NotFound] * 5
    assert [type(one) for one in came] == kinds
    assert [came[n + 7].kind for n in range(5)] == list(KINDS)
    assert [(counted(world, one), tried(world, to.id)) for one, to in zip(helds, begun, strict=True)] == [(0, 1)] * 5
    assert world.verification.answer_all([]) == []


def test_the_trouble_of_one_in_a_batch_is_not_the_others(world, subject, superuser):
    """A row that was tampered with is its own answer's error; right and wrong ones beside it count as always."""
    spoiled, other, bad = (hold(world, f"{subject}-{n}", "totp") for n in range(3))
    superuser.execute("UPDATE security.factors SET secret = 'x' || secret WHERE factor = %s", [spoiled.factor])
    codes = [one.by.code(world.clock()) for one in (spoiled, other)] + [wrong_code(bad.by, world.clock())]
    came = world.verification.answer_all(
        [
            Answering(one.subject, world.verification.challenge(one.subject).id, one.factor, code)
            for one, code in zip((spoiled, other, bad), codes, strict=True)
        ]
    )
    assert [type(one) for one in came] == [Tampered, Proof, WrongAnswer]
    assert [counted(world, one) for one in (spoiled, other, bad)] == [0, 0, 1]


def test_a_batch_is_no_way_around_a_limit(world, subject):
    """A hundred guesses in one request are five guesses."""
    held = hold(world, subject, "totp")
    begun = [world.verification.challenge(subject) for _ in range(10)]
    bad, good = wrong_code(held.by, world.clock()), held.by.code(world.clock())
    many = [Answering(subject, begun[n % 10].id, held.factor, bad) for n in range(100)]
    came = world.verification.answer_all([*many, Answering(subject, begun[0].id, held.factor, good)])
    assert [type(one) for one in came] == [WrongAnswer] * 5 + [Throttled] * 96
    assert counted(world, held) == 5


def test_a_code_twice_in_a_batch_counts_once(world, subject):
    held = hold(world, subject, "totp")
    begun = [world.verification.challenge(subject) for _ in range(2)]
    code = held.by.code(world.clock())
    came = world.verification.answer_all([Answering(subject, one.id, held.factor, code) for one in begun])
    assert [type(one) for one in came] == [Proof, WrongAnswer]


EVENTS = st.lists(st.sampled_from(["right", "wrong", "wrong", "wrong", "new", "wait", "hour"]), max_size=30)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_whatever_the_order_the_counts_are_those_of_the_rule(world, subject, events):
    """Held against the rule as one writes it down: five for a challenge, waits by the factor's own count."""
    held = hold(world, f"{subject}-{uuid4()}", "totp")
    begun, of_challenge, of_factor, wait_until, is_open = None, 0, 0, world.clock(), False
    for event in ["new", *events]:
        if event == "new":
            world.clock.forward(minutes=1)  # sixty an hour may be started
            begun, of_challenge, is_open = world.verification.challenge(held.subject), 0, True
        elif event in {"wait", "hour"}:
            world.clock.forward(**({"seconds": 30} if event == "wait" else {"hours": 1}))
        else:
            code = wrong_code(held.by, world.clock()) if event == "wrong" else held.by.code(world.clock())
            came = outcome(world, held.subject, begun.id, held.factor, code)
            if not is_open or world.clock() >= begun.expires_at:
                expected = NotFound
            elif of_challenge >= 5 or world.clock() < wait_until:
                expected = Throttled
            elif event == "right" and int(world.clock().timestamp()) // 30 > row_step(world, held, came):
                expected, of_factor, is_open, wait_until = Proof, 0, False, world.clock()
            else:
                expected, of_challenge, of_factor = WrongAnswer, of_challenge + 1, of_factor + 1
                wait_until = world.clock() + WAITS[of_factor - 1]
            assert type(came) is expected
        assert (counted(world, held), tried(world, begun.id)) == (of_factor, of_challenge)


def row_step(world, held, came):
    """The step taken before this answer: where it was right, the one before is not known any more."""
    return -1 if isinstance(came, Proof) else row_of(world, held).last_step
