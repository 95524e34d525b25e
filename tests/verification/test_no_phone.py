"""Promise 4: whatever happens to a person, two-step verification at AAL2 is open to them without a phone.

People here never give one. A machine does to them what may happen, in any order; then they get in, really.
"""

import contextlib
from itertools import chain, combinations, count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from attackers import wrong_code
from authenticator import Authenticator
from people import App
from solely.errors import Conflict, NotFound, ProofNeeded, Refused, SettingsError
from solely.verification import Proof, Wanted
from solely.verification.assurance import best, enough, method_of
from solely.verification.factor import KINDS, STRONG
from solely.verification.settings import Factors, read_settings

NOT_NOW = (ProofNeeded, Refused, NotFound, Conflict)  # what a person may be told; nothing else may come
_people = count(1)


def subsets(some):
    return chain.from_iterable(combinations(some, n) for n in range(len(some) + 1))


ENABLED = [set(some) for some in subsets(KINDS) if set(some) >= {"passkey", "recovery-codes"}]


# -- by rule: each set of factors, under each setting


@pytest.mark.parametrize("enabled", ENABLED, ids=lambda some: " ".join(sorted(some)))
def test_without_the_phone_no_set_of_factors_reaches_less_than_aal2(enabled):
    """With what a person can always add; and for signing in no phone is ever the better factor."""
    addable = enabled - {"sms", "email"}
    for some in subsets(KINDS):
        without = set(some) - {"sms"} | addable
        assert best(without, after_password=True) == "aal2"
        assert best(without, after_password=False) == best(without | {"sms"}, after_password=False)
        assert without & STRONG


def test_no_recovery_needs_a_code_that_is_sent():
    """Saved codes and the password, or saved codes and a factor that is left."""
    saved = method_of("recovery-codes")
    assert enough([saved], after_password=True)
    for kind in STRONG:
        assert enough([saved, method_of(kind)], after_password=False)


@pytest.mark.parametrize(
    "enabled", [set(some) for some in subsets(KINDS)], ids=lambda some: " ".join(sorted(some)) or "none"
)
def test_settings_that_would_need_a_phone_are_none(enabled):
    text = f"[factors]\nenabled = {sorted(enabled)}"
    if enabled in ENABLED:
        assert read_settings(text.encode()).factors.enabled == enabled
    else:
        with pytest.raises(SettingsError):
            read_settings(text.encode())


# -- by doing it


class Person:
    """Someone without a phone, and what they hold: by factor, its kind and what answers for it."""

    def __init__(self, world):
        self.world, self.verification = world, world.verification
        self.subject = f"no-phone-{next(_people)}"
        self.held = {}

    def active(self, *kinds):
        """Factors of these kinds that are active and whose answers the person still has."""
        states = self.world.states(self.subject)
        return [one for one, (kind, _) in self.held.items() if kind in kinds and states.get(one) == "active"]

    def answer(self, challenge, factor):
        kind, by = self.held[factor]
        match kind:
            case "passkey":
                if challenge.passkey is None:
                    raise NotFound("it waits, and so is not asked for")
                given = by.get(challenge.passkey)
            case "totp":
                self.world.clock.forward(seconds=30)
                given = by.code(self.world.clock())
            case "recovery-codes":
                given = by.pop()
            case _:
                self.verification.send(self.subject, challenge.id, factor)
                given = self.world.code("email", by)
        return self.verification.answer(self.subject, challenge.id, factor, given)

    def proof(self):
        """The best proof they can give now; None where there is none."""
        return self.left() or self.recovered()

    def left(self):
        """A proof by a factor that is left."""
        for factor in self.active("passkey", "totp", "email"):
            with contextlib.suppress(*NOT_NOW):
                begun = self.verification.challenge(self.subject, act="sign-in", after_password=True)
                return self.answer(begun, factor)
        return None

    def recovered(self):
        """A recovery by the password and one code: saved, or sent to an address for recovery."""
        for factor in self.active("recovery-codes", "recovery-email"):
            kind, by = self.held[factor]
            if kind == "recovery-email" or by:
                with contextlib.suppress(*NOT_NOW):
                    outcome = self.answer(self.verification.recover(self.subject, after_password=True), factor)
                    return outcome if isinstance(outcome, Proof) else None
        return None

    def enrol(self, kind, *, proof, again=None, confirm=True):
        """Enrol a factor, and confirm it or leave it."""
        purpose = "account-recovery" if kind == "recovery-email" else "two-factor"
        real = kind.removeprefix("recovery-") if kind == "recovery-email" else kind
        value, giving = self._give(purpose) if real == "email" else (None, None)
        wanted = Wanted(real, account="ann", purpose=purpose, giving=giving, again=again)
        begun = self.verification.enrol(self.subject, wanted, proof=proof.id if proof else None)
        if not confirm:
            return
        match real:
            case "totp":
                by = App(begun.uri)
                given = by.code(self.world.clock())
            case "passkey":
                by = Authenticator(origin="http://localhost:8000")
                given = by.create(begun.passkey)
            case "recovery-codes":
                given, *by = begun.codes
            case _:
                given, by = self.world.code("email", value), value
        self.verification.answer(self.subject, begun.challenge, begun.factor, given)
        self.held[begun.factor] = (kind, by)

    def _give(self, purpose):
        """An address for a purpose: its value, and its giving."""
        before = {one.id for one in self.world.solely.desk.standing(self.subject, purpose, self.world.clock())}
        value = self.world.give(self.subject, "email", purpose)
        after = {one.id for one in self.world.solely.desk.standing(self.subject, purpose, self.world.clock())}
        (giving,) = after - before
        return value, giving

    def get_in(self):
        """Sign in at AAL2 without a phone, whatever it takes; returns what it took."""
        self.world.clock.forward(hours=2)  # no wait is longer than an hour
        how = "a strong factor"
        if not self.active(*STRONG):
            how = self._add_a_passkey()
        (factor, *_) = self.active("passkey") or self.active("totp")
        begun = self.verification.challenge(self.subject, after_password=True)
        proof = self.answer(begun, factor)
        assert proof.assurance.aal == "aal2"
        assert not proof.assurance.restricted
        return how

    def _add_a_passkey(self):
        for how, proof in (
            ("enrolment", lambda: None),
            ("a factor that is left", self.left),
            ("recovery", self.recovered),
        ):
            with contextlib.suppress(*NOT_NOW):
                self.enrol("passkey", proof=proof())
                return how
        asked = self.verification.ask_reset(self.subject, "officer-a")
        self.verification.approve_reset(self.subject, asked, "officer-b")
        self.enrol("passkey", proof=None)
        return "two officers"


class Life(RuleBasedStateMachine):
    """What may happen to a person without a phone."""

    world = None  # set by the test
    superuser = None
    ways = None

    @initialize(enabled=st.sampled_from(ENABLED))
    def begin(self, enabled):
        self.one = Person(self.world.under(factors=Factors(enabled=frozenset(enabled))))
        self.enabled = enabled

    @rule(
        kind=st.sampled_from(["passkey", "totp", "recovery-codes", "email", "recovery-email"]),
        with_proof=st.booleans(),
        confirm=st.integers(0, 3).map(bool),
    )
    def enrol(self, kind, with_proof, confirm):
        with contextlib.suppress(*NOT_NOW):
            self.one.enrol(kind, proof=self.one.proof() if with_proof else None, confirm=confirm)

    @precondition(lambda self: self.one.held)
    @rule(data=st.data(), confirm=st.booleans())
    def bind_again(self, data, confirm):
        factor = data.draw(st.sampled_from(list(self.one.held)))
        with contextlib.suppress(*NOT_NOW):
            self.one.enrol(self.one.held[factor][0], proof=self.one.proof(), again=factor, confirm=confirm)

    @precondition(lambda self: self.one.held)
    @rule(data=st.data(), times=st.integers(1, 6))
    def fail(self, data, times):
        self._fail(data.draw(st.sampled_from(list(self.one.held))), times)

    @precondition(lambda self: self.one.held)
    @rule(data=st.data())
    def fail_a_hundred_times(self, data):
        factor = data.draw(st.sampled_from(list(self.one.held)))
        self.superuser.execute("UPDATE security.factors SET failures = 99 WHERE factor = %s", [factor])
        self._fail(factor, 1)

    def _fail(self, factor, times):
        kind, by = self.one.held[factor]
        given = wrong_code(by, self.world.clock()) if kind == "totp" else "0" * 24
        begun = self.one.verification.challenge(self.one.subject)
        for _ in range(times):
            with contextlib.suppress(*NOT_NOW):
                self.one.verification.answer(self.one.subject, begun.id, factor, given)

    @precondition(lambda self: self.one.held)
    @rule(data=st.data())
    def report_lost(self, data):
        with contextlib.suppress(*NOT_NOW):
            self.one.verification.report_lost(self.one.subject, data.draw(st.sampled_from(list(self.one.held))))

    @precondition(lambda self: self.one.held)
    @rule(data=st.data())
    def lose_without_a_word(self, data):
        del self.one.held[data.draw(st.sampled_from(list(self.one.held)))]

    @precondition(lambda self: self.one.held)
    @rule(data=st.data(), with_proof=st.booleans())
    def remove(self, data, with_proof):
        factor = data.draw(st.sampled_from(list(self.one.held)))
        proof = self.one.proof() if with_proof else None
        with contextlib.suppress(*NOT_NOW):
            self.one.verification.remove(self.one.subject, factor, proof=proof.id if proof else None)

    @rule()
    def recover(self):
        proof = self.one.recovered()
        assert proof is None or proof.assurance.aal == "aal2"

    @rule(officers=st.sampled_from([("a", "a"), ("a", "b")]))
    def reset(self, officers):
        with contextlib.suppress(*NOT_NOW):
            asked = self.one.verification.ask_reset(self.one.subject, officers[0])
            self.one.verification.approve_reset(self.one.subject, asked, officers[1])

    @rule(step=st.sampled_from([{"minutes": 10}, {"hours": 1}, {"days": 1}, {"days": 200}]))
    def wait(self, step):
        self.world.clock.forward(**step)

    @invariant()
    def no_phone_comes_into_it(self):
        if hasattr(self, "one"):
            assert "sms" not in {kind for kind, _ in self.world.kinds(self.one.subject)}
            assert self.world.sms.letters == []

    def teardown(self):
        if hasattr(self, "one"):
            self.ways.append(self.one.get_in())
            assert self.world.sms.letters == []


@pytest.mark.server
def test_whatever_happens_a_person_without_a_phone_gets_in_at_aal2(world, superuser):
    machine = type("Life", (Life,), {"world": world, "superuser": superuser, "ways": []})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert len(machine.ways) >= 40


@pytest.mark.server
@pytest.mark.parametrize("way", ["a strong factor", "enrolment", "a factor that is left", "recovery", "two officers"])
def test_each_way_in_is_there_and_is_the_one_that_is_taken(world, way):
    one = Person(world)
    match way:
        case "a strong factor":
            one.enrol("totp", proof=None)
        case "a factor that is left":
            one.enrol("email", proof=None)
        case "recovery":
            one.enrol("recovery-codes", proof=None)
            one.enrol("totp", proof=None)
            del one.held[one.active("totp")[0]]
        case "two officers":
            one.enrol("totp", proof=None)
            one.held.clear()
    assert one.get_in() == way
    assert world.sms.letters == []
