"""Twenty at once, with a connection each: one right answer counts, and five wrong ones, in every round.

Read and then written, a one-time code was won by several in 299 of 300 rounds of such a race, and a limit of five
took twenty (Keycloak CVE-2026-1035, CVE-2024-4629 are of this kind).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from attackers import KINDS, SENT, counted, hold, hold_two, other, right, row_of, tried, wrong, wrong_code
from solely.errors import NotFound, SolelyError, Throttled, WrongAnswer
from solely.store.security import limits
from solely.store.security.limits import Limit
from solely.verification import Answering
from solely.verification.proof import Proof, Recovering
from solely.verification.settings import Settings, Tries

pytestmark = [pytest.mark.server, pytest.mark.slow]

MANY = 20
ROUNDS, FEWER = 200, 30
LIMITS = Settings(tries=Tries(**{"challenges-hourly": 1_000}))


@pytest.fixture(scope="module")
def connections(login):
    """The connection is what parts two callers; the rest of a verification has no state."""
    opened = [login("security") for _ in range(MANY)]
    yield opened
    for one in opened:
        one.close()


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(MANY) as pool:
        yield pool


@pytest.fixture
def race(world, connections, threads):
    """A function: so many answers at once, `answers` of (subject, challenge, factor, what); what came of each."""
    security = replace(world.verification.security, settings=LIMITS)
    world.verification = replace(world.verification, security=security)
    pseudonyms = {}
    callers = [
        replace(world.verification, security=replace(security, connection=one), find=lambda _: pseudonyms)
        for one in connections
    ]

    def run(answers):
        pseudonyms.update(world.verification.find({subject for subject, *_ in answers}))
        barrier = Barrier(len(answers))

        def answer(caller, asked):
            barrier.wait()
            try:
                return caller.answer(*asked)
            except SolelyError as error:
                return error

        return list(threads.map(answer, callers, answers))

    return run


def only(outcomes, *kinds):
    """How many there are of each kind; there is no other."""
    found = [sum(isinstance(one, kind) for one in outcomes) for kind in kinds]
    assert sum(found) == len(outcomes), outcomes
    return found


def test_of_twenty_right_answers_with_one_code_one_counts(world, subject, race):
    """In a challenge each: only the step that was taken keeps them apart."""
    held = hold(world, subject, "totp")
    for number in range(ROUNDS):
        world.clock.forward(minutes=2)
        begun = [world.verification.challenge(subject) for _ in range(2)]
        code = held.by.code(world.clock())
        outcomes = race([(subject, begun[n % 2].id, held.factor, code) for n in range(MANY)])
        passed, _, _, _ = only(outcomes, Proof, NotFound, Throttled, WrongAnswer)
        assert passed == 1, number


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "totp"])
def test_of_twenty_right_answers_to_one_challenge_one_counts(world, subject, race, kind):
    app, held = hold_two(world, subject, kind)
    for number in range(10 if kind in SENT else FEWER):
        world.clock.forward(hours=3)
        if kind == "recovery-codes" and not held.by:
            _, codes = world.enrol_codes(subject, proof=world.prove(subject, app.factor, app.by).id)
            held.by[:] = codes
            held.factor = next(one.id for one in world.verification.factors(subject) if one.kind == kind)
        begun = world.verification.challenge(subject)
        given = right(world, held, begun)
        outcomes = race([(subject, begun.id, held.factor, given)] * MANY)
        passed, _, _ = only(outcomes, Proof, NotFound, Throttled)
        assert passed == 1, number
        assert (counted(world, held), tried(world, begun.id)) == (0, 0)


@pytest.mark.parametrize("kind", ["passkey", "recovery-codes"])
def test_a_recovery_code_or_a_counting_passkey_passes_one_of_many_challenges(world, subject, race, kind):
    """A challenge each: what keeps them apart is the code's own row, and the count a passkey keeps."""
    held = hold(world, subject, kind)
    for number in range(9):
        world.clock.forward(hours=3)
        begun = [world.verification.challenge(subject) for _ in range(MANY)]
        if kind == "passkey":
            held.by.count += 1
            given = [held.by.get(one.passkey) for one in begun]
        else:
            given = [right(world, held, begun)] * MANY
        outcomes = race([(subject, one.id, held.factor, what) for one, what in zip(begun, given, strict=True)])
        passed, _, _ = only(outcomes, Proof, WrongAnswer, Throttled)
        assert passed == 1, number
        end_count(world, held)


@pytest.mark.parametrize("kind", KINDS)
def test_of_twenty_wrong_answers_five_are_counted(world, subject, race, kind):
    rounds = FEWER if kind in {"totp", "passkey"} else 5
    held = hold(world, subject, kind)
    for number in range(rounds):
        world.clock.forward(hours=3)
        begun = world.verification.challenge(subject)
        bad = wrong(world, held, begun)
        outcomes = race([(subject, begun.id, held.factor, bad)] * MANY)
        told, refused = only(outcomes, WrongAnswer, Throttled)
        assert (told, refused) == (5, MANY - 5), number
        assert (counted(world, held), tried(world, begun.id)) == (5, 5), number
        end_count(world, held)


def end_count(world, held):
    world.verification.security.connection.execute(
        "UPDATE security.factors SET failures = 0, wait_until = NULL WHERE factor = %s", [held.factor]
    )


def test_of_twenty_wrong_answers_to_as_many_challenges_five_are_counted(world, subject, race):
    """The factor's wait keeps them apart: a challenge each is no way around it."""
    held = hold(world, subject, "totp")
    for number in range(FEWER):
        world.clock.forward(hours=3)
        begun = [world.verification.challenge(subject) for _ in range(MANY)]
        bad = wrong_code(held.by, world.clock())
        outcomes = race([(subject, one.id, held.factor, bad) for one in begun])
        told, refused = only(outcomes, WrongAnswer, Throttled)
        assert (told, refused) == (5, MANY - 5), number
        assert counted(world, held) == sum(tried(world, one.id) for one in begun) == 5, number
        end_count(world, held)


def test_a_source_that_is_full_takes_no_factors_count_back(world, subject):
    """A source with one try left sends five at once: all are looked at, so all are counted, and one is told."""
    people = [hold(world, f"{subject}-{number}", "totp") for number in range(5)]
    security = world.verification.security
    limit = Limit("wrong-by-source", security.settings.tries.per_source_hourly, timedelta(hours=1))
    with security.transaction() as connection:
        limits.take(connection, security.source_counts(subject, limit) * (limit.count - 1), world.clock())
    guesses = []
    for one in people:
        begun = world.verification.challenge(one.subject)
        bad = wrong_code(one.by, world.clock())
        guesses.append(Answering(one.subject, begun.id, one.factor, bad, subject))
    outcomes = world.verification.answer_all(guesses)
    assert sorted(type(one).__name__ for one in outcomes) == ["Throttled"] * 4 + ["WrongAnswer"]
    assert [counted(world, one) for one in people] == [1] * 5


def test_one_that_comes_too_late_is_told_the_same_whether_right_or_wrong(world, subject, race):
    """Of many guesses at once, the error of those that were not counted must not tell which of them was right."""
    for number in range(20):
        held = hold(world, f"{subject}-{number}", "totp")
        begun = world.verification.challenge(held.subject)
        good, bad = held.by.code(world.clock()), wrong_code(held.by, world.clock())
        codes = [good if n == 10 else bad for n in range(MANY)]
        outcomes = race([(held.subject, begun.id, held.factor, code) for code in codes])
        with pytest.raises((NotFound, Throttled)) as refused:
            world.verification.answer(held.subject, begun.id, held.factor, bad)
        told = {(type(one), str(one)) for one in outcomes if not isinstance(one, Proof | WrongAnswer)}
        assert told == {(refused.type, str(refused.value))}, number


def test_right_and_wrong_answers_at_once_are_one_passed_and_five_counted_at_most(world, subject, race):
    """Whatever comes first: no more than five are looked at, and what was told wrong before the right one counted."""
    held = hold(world, subject, "totp")
    for number in range(2 * FEWER):
        world.clock.forward(hours=3)
        begun = world.verification.challenge(subject)
        good, bad = held.by.code(world.clock()), wrong_code(held.by, world.clock())
        outcomes = race([(subject, begun.id, held.factor, bad if n % 4 else good) for n in range(MANY)])
        passed, told, _, _ = only(outcomes, Proof, WrongAnswer, Throttled, NotFound)
        assert passed <= 1, number
        assert told == tried(world, begun.id) <= 5, number
        assert passed or told == 5, number
        assert counted(world, held) == (0 if passed else 5), number
        end_count(world, held)


def test_a_person_is_asked_in_many_ways_at_once_and_passes_once(world, subject, race):
    """One challenge, two factors (Metabase #77458): it makes one proof, and the other factor stays as it was."""
    app, key = hold_two(world, subject, "passkey")
    for number in range(FEWER):
        world.clock.forward(hours=3)
        begun = world.verification.challenge(subject)
        answers = [(app.factor, app.by.code(world.clock())), (key.factor, right(world, key, begun))]
        outcomes = race([(subject, begun.id, *answers[n % 2]) for n in range(MANY)])
        passed, _ = only(outcomes, Proof, NotFound)
        assert passed == 1, number
        used = [row_of(world, one).used_at == world.clock() for one in (app, key)]
        assert sorted(used) == [False, True], number


def test_a_recovery_shown_many_codes_at_once_takes_each_kind_of_thing_once(world, subject, race):
    app, codes = hold_two(world, subject, "recovery-codes")
    begun = world.verification.recover(subject)
    outcomes = race([(subject, begun.id, codes.factor, code) for code in codes.by])
    (shown,) = only(outcomes, Recovering)
    assert shown == 9
    world.clock.forward(seconds=30)
    passed, _ = only(race([(subject, begun.id, app.factor, app.by.code(world.clock()))] * MANY), Proof, NotFound)
    assert passed == 1


@pytest.mark.parametrize("channel", SENT)
def test_twenty_who_ask_at_once_are_sent_one_message(world, subject, race, connections, threads, channel):
    """Each message costs, and may be the one a person gives in to."""
    held = hold(world, subject, channel)
    security = world.verification.security
    world.clock.forward(minutes=10)
    begun = world.verification.challenge(subject)
    known = world.verification.find([subject])
    before = len(world.box(channel).letters)

    def send(connection):
        caller = replace(world.verification, security=replace(security, connection=connection), find=lambda _: known)
        try:
            caller.send(subject, begun.id, held.factor)
        except Throttled as refused:
            return refused
        return None

    outcomes = list(threads.map(send, connections))
    assert outcomes.count(None) == len(world.box(channel).letters) - before == 1
    assert other(world.code(channel, held.by)) != world.code(channel, held.by)
