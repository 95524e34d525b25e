"""Getting back in: two codes by different methods, or one and a factor that is left; or two officers."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import psycopg
import pytest

from solely.errors import BadInput, NotFound, ProofNeeded, Refused, Throttled, Unavailable, WrongAnswer
from solely.ledger.entry import decode
from solely.verification import Answering, Assurance, Proof, Recovering, Wanted

pytestmark = pytest.mark.server

# What a person has at most, and how each counts (SP 800-63B-4 §4.2.2.2).
METHODS = {"codes": "saved", "sms": "issued", "email": "issued", "totp": "factor", "passkey": "factor"}
RECOVERED = "Your Solely account was recovered"


class Person:
    """Someone with every method there is, and what answers for each."""

    def __init__(self, world, subject):
        self.world, self.subject = world, subject
        self.codes, self._codes = world.enrol_codes(subject)
        self.sms, _ = world.enrol_sent(subject, "sms", "account-recovery")
        self.email, _ = world.enrol_sent(subject, "email", "account-recovery")
        self.totp, self.app = world.enrol_app(subject)
        self.passkey, self.key = world.enrol_passkey(subject, world.prove(subject, self.totp, self.app).id)

    def right(self, method, begun):
        """A right answer by a method, each time another one."""
        match method:
            case "codes":
                *self._codes, code = self._codes
                return code
            case "totp":
                self.world.clock.forward(seconds=30)
                return self.app.code(self.world.clock())
            case "passkey":
                return self.key.get(begun.passkey)
        self.world.verification.send(self.subject, begun.id, getattr(self, method))
        return self.world.code(method)

    def show(self, method, begun, given=None):
        given = given or self.right(method, begun)
        return self.world.verification.answer(self.subject, begun.id, getattr(self, method), given)


@pytest.fixture
def person(world, subject):
    return Person(world, subject)


def enough(shown, *, after_password):
    """Independently of the code: two of the three ways in, of which one is a code."""
    ways = {METHODS[method] for method in shown}
    return ways in ({"saved", "issued"}, {"saved", "factor"}, {"issued", "factor"}) or (
        after_password and bool(ways - {"factor"})
    )


def test_what_was_shown_first_is_told_again_to_the_same_request(world, person):
    begun = world.verification.recover(person.subject)
    one = Answering(person.subject, begun.id, person.codes, person.right("codes", begun), request=b"one")
    (first,) = world.verification.answer_all([one])
    assert isinstance(first, Recovering)
    assert world.verification.answer_all([one]) == [first]
    assert isinstance(person.show("totp", begun), Proof)


# -- what is enough


@pytest.mark.parametrize("after_password", [True, False])
def test_any_two_methods_in_any_order_recover_where_they_are_enough(world, person, after_password):
    for methods in permutations(METHODS, 2):
        world.clock.forward(days=1)  # or limits are met on the way
        begun = world.verification.recover(person.subject, after_password=after_password)
        for n, method in enumerate(methods):
            if enough(methods[:n], after_password=after_password):
                with pytest.raises(NotFound):
                    person.show(method, begun, "000000")
                continue
            shows(person, begun, methods[: n + 1], after_password=after_password)


def shows(person, begun, methods, *, after_password):
    """The last of these methods is shown: it is enough, or more is asked for and nothing proved."""
    outcome = person.show(methods[-1], begun)
    if enough(methods, after_password=after_password):
        assert isinstance(outcome, Proof)
        assert (outcome.act, outcome.assurance) == ("recover", Assurance(("mfa",), "aal2"))
        return
    assert isinstance(outcome, Recovering)
    assert set(outcome.shown) == {METHODS[one] for one in methods}
    assert {one.id for one in outcome.factors} == {getattr(person, one) for one in METHODS}
    with pytest.raises(ProofNeeded):
        person.world.verification.enrol(person.subject, Wanted("passkey"), proof=begun.id)


@pytest.mark.parametrize("method", METHODS)
def test_no_method_counts_twice(world, person, method):
    begun = world.verification.recover(person.subject)
    assert isinstance(person.show(method, begun), Recovering)
    if method == "sms":  # the same code again proves nothing more
        again = world.code("sms")
    elif method == "email":
        again = world.code("email")
    else:
        again = person.right(method, begun)
    outcome = person.show(method, begun, again)
    assert isinstance(outcome, Recovering)
    assert outcome.shown == (METHODS[method],)


def test_three_of_two_ways_are_no_more_than_two(world, person):
    begun = world.verification.recover(person.subject)
    for method in ("totp", "passkey"):
        assert isinstance(person.show(method, begun), Recovering)
    assert isinstance(person.show("sms", begun), Proof)
    begun = world.verification.recover(person.subject)
    for method in ("sms", "email"):
        assert isinstance(person.show(method, begun), Recovering)
    assert isinstance(person.show("codes", begun), Proof)


def test_what_one_recovery_showed_does_not_count_in_another(world, person):
    first, second = (world.verification.recover(person.subject) for _ in range(2))
    person.show("codes", first)
    assert isinstance(person.show("sms", second), Recovering)


def test_a_used_code_shows_nothing(world, person):
    first, code = world.verification.recover(person.subject), person._codes[-1]
    person.show("codes", first)
    second = world.verification.recover(person.subject)
    with pytest.raises(WrongAnswer):
        person.show("codes", second, code)


def test_a_contact_given_for_sign_in_recovers_nothing(world, subject):
    factor, _ = world.enrol_sent(subject, "sms")
    begun = world.verification.recover(subject, after_password=True)
    assert begun.factors == ()
    with pytest.raises(NotFound):
        world.verification.send(subject, begun.id, factor)


# -- how long


def test_an_issued_code_lives_ten_minutes_by_sms_and_a_day_by_mail(world, person):
    """SP 800-63B-4 §4.2.1.2."""
    begun = world.verification.recover(person.subject, after_password=True)
    assert begun.expires_at == world.clock() + timedelta(hours=24)
    for method in ("sms", "email"):
        world.verification.send(person.subject, begun.id, getattr(person, method))
    sms, email = world.code("sms"), world.code("email")
    world.clock.forward(minutes=10)
    with pytest.raises(WrongAnswer):
        person.show("sms", begun, sms)
    world.clock.now = begun.expires_at - timedelta(seconds=1)
    assert isinstance(person.show("email", begun, email), Proof)


def test_by_sms_it_still_serves_a_moment_before(world, person):
    begun = world.verification.recover(person.subject, after_password=True)
    world.verification.send(person.subject, begun.id, person.sms)
    world.clock.forward(minutes=9, seconds=59)
    assert isinstance(person.show("sms", begun, world.code("sms")), Proof)


def test_after_a_day_a_recovery_is_over(world, person):
    begun = world.verification.recover(person.subject, after_password=True)
    world.clock.now = begun.expires_at
    with pytest.raises(NotFound):
        person.show("codes", begun)


def test_it_is_no_way_around_a_limit(world, person):
    """Wrong answers count for the factor and the challenge, as everywhere."""
    begun = world.verification.recover(person.subject)
    for _ in range(5):
        with pytest.raises(WrongAnswer):
            person.show("codes", begun, "0000-0000-0000-0000-0000-0000")
    with pytest.raises(Throttled):
        person.show("codes", begun)
    other = world.verification.recover(person.subject)
    with pytest.raises(Throttled):
        person.show("codes", other)


# -- what follows


def test_it_is_told_at_every_address_given_for_alerts(world, person):
    alerts = {world.give(person.subject, "email", "login-alert") for _ in range(2)}
    number = world.give(person.subject, "sms", "login-alert")
    begun = world.verification.recover(person.subject)
    person.show("codes", begun)
    assert [m for _, m in world.email.letters if m.subject == RECOVERED] == [], "not yet"
    person.show("email", begun)
    assert {to for to, message in world.email.letters if message.subject == RECOVERED} == alerts
    assert [to for to, message in world.sms.letters if message.subject == RECOVERED] == [number]


def test_it_binds_a_new_factor_and_removes_no_last_strong_one(world, subject):
    """Who got in by codes adds a factor of their own first, by which they then act."""
    app = world.enrol_app(subject)
    _, codes = world.enrol_codes(subject, world.prove(subject, *app).id)
    begun = world.verification.recover(subject, after_password=True)
    factor = next(one.id for one in begun.factors if one.kind == "recovery-codes")
    proof = world.verification.answer(subject, begun.id, factor, codes[0])
    with pytest.raises(ProofNeeded):
        world.verification.remove(subject, app[0], proof=proof.id)
    key = world.enrol_passkey(subject, proof.id)
    world.verification.remove(subject, app[0], proof=world.prove_passkey(subject, *key).id)
    world.clock.forward(minutes=10)
    with pytest.raises(ProofNeeded):
        world.verification.enrol(subject, Wanted("totp", account="ann"), proof=proof.id)


def test_nobody_has_nothing_to_recover_and_is_told_no_more(world, subject):
    begun = world.verification.recover(f"{subject}-nobody")
    assert begun.factors == ()
    with pytest.raises(NotFound):
        world.verification.answer(f"{subject}-nobody", begun.id, uuid4(), "000000")


# -- officers


@dataclass
class WatchedGate:
    """A gate that notes what `read` says before each entry."""

    gate: object
    read: object
    noted: list = field(default_factory=list)

    def write_down(self, words):
        self.noted.append(self.read())
        return self.gate.write_down(words)


def reset(world, subject, asked="officer-a", approved="officer-b"):
    world.verification.approve_reset(subject, world.verification.ask_reset(subject, asked), approved)


def test_two_officers_reset_all_factors_and_nobody_has_a_proof_by_it(world, person):
    proof = world.prove(person.subject, person.totp, person.app)
    signed_in = world.prove(person.subject, person.totp, person.app, act="sign-in")
    trusted = world.verification.trust(person.subject, proof=signed_in.id, name="laptop")
    begun = world.verification.challenge(person.subject)
    asked = world.verification.ask_reset(person.subject, "officer-a")
    assert len(world.states(person.subject)) == 5, "asking changes nothing"
    assert world.verification.approve_reset(person.subject, asked, "officer-b") is None
    assert world.states(person.subject) == {}
    for old in (proof, signed_in):
        with pytest.raises(ProofNeeded):
            world.verification.prove(person.subject, old.id, max_age=timedelta(hours=1))
    for claimed in (asked, begun.id):
        with pytest.raises(ProofNeeded):
            world.verification.prove(person.subject, claimed, max_age=timedelta(hours=1))
    with pytest.raises(ProofNeeded):
        world.verification.recognise(person.subject, trusted.token)
    with pytest.raises(NotFound):
        world.verification.answer(person.subject, begun.id, person.passkey, person.key.get(begun.passkey))
    world.enrol_app(person.subject)


def test_one_officer_alone_resets_nothing(world, person):
    asked = world.verification.ask_reset(person.subject, "officer-a")
    with pytest.raises(Refused):
        world.verification.approve_reset(person.subject, asked, "officer-a")
    assert len(world.states(person.subject)) == 5
    world.verification.approve_reset(person.subject, asked, "officer-b")
    with pytest.raises(Refused):
        world.verification.approve_reset(person.subject, asked, "officer-c")


@pytest.mark.parametrize("wait", [timedelta(days=1), timedelta(days=1, seconds=-1)])
def test_the_other_approves_within_a_day(world, person, wait):
    asked = world.verification.ask_reset(person.subject, "officer-a")
    world.clock.now += wait
    if wait < timedelta(days=1):
        world.verification.approve_reset(person.subject, asked, "officer-b")
        assert world.states(person.subject) == {}
    else:
        with pytest.raises(Refused):
            world.verification.approve_reset(person.subject, asked, "officer-b")
        assert len(world.states(person.subject)) == 5


def test_a_reset_of_one_person_resets_no_other(world, person, subject):
    other = f"{subject}-other"
    world.enrol_app(other)
    asked = world.verification.ask_reset(other, "officer-a")
    for wrong in (asked, uuid4()):
        with pytest.raises(Refused):
            world.verification.approve_reset(person.subject, wrong, "officer-b")
    reset(world, person.subject)
    assert len(world.states(other)) == 1


@pytest.mark.parametrize("officer", ["", "Ann", "ann@example.org", "+4915112345678", "a b", "x" * 65, "ann\n"])
def test_an_officer_has_a_plain_name(world, person, officer):
    asked = world.verification.ask_reset(person.subject, "officer-a")
    with pytest.raises(BadInput):
        world.verification.ask_reset(person.subject, officer)
    with pytest.raises(BadInput):
        world.verification.approve_reset(person.subject, asked, officer)
    assert len(world.states(person.subject)) == 5


def test_both_steps_are_in_the_ledger_before_anything_is_changed(world, person, superuser):
    def stands():
        state = "SELECT count(*) FROM security.factors WHERE factor = %s AND state = 'active'"
        asked = "SELECT count(*), count(approved_by) FROM security.resets r JOIN security.factors f USING (pseudonym)"
        asked += " WHERE f.factor = %s"
        return superuser.execute(state, [person.totp]).fetchone() + superuser.execute(asked, [person.totp]).fetchone()

    (size,) = superuser.execute("SELECT count(*) FROM ledger.entries").fetchone()
    gate = WatchedGate(world.verification.security.gate, stands)
    security = replace(world.verification.security, gate=gate)
    reset(replace(world, verification=replace(world.verification, security=security)), person.subject)
    assert gate.noted[:2] == [(1, 0, 0), (1, 1, 0)]
    rows = superuser.execute("SELECT body FROM ledger.entries WHERE sequence >= %s ORDER BY sequence", [size])
    entries = [entry for (body,) in rows if (entry := decode(bytes(body))).type == "reset"]
    assert [(one.principal, one.details["step"]) for one in entries] == [
        ("officer officer-a", "asked"),
        ("officer officer-b", "approved"),
    ]
    assert all(one.members.count == 1 for one in entries), "of whom is committed to, not said"


def test_where_the_ledger_can_t_be_written_nothing_is_reset(world, person, superuser):
    asked = world.verification.ask_reset(person.subject, "officer-a")
    security = world.verification.security
    info = security.gate.connection.info
    cut = psycopg.connect(info.dsn, password=info.password)
    cut.close()
    broken = replace(world.verification, security=replace(security, gate=replace(security.gate, connection=cut)))
    with pytest.raises(Unavailable):
        broken.ask_reset(person.subject, "officer-a")
    with pytest.raises(Unavailable):
        broken.approve_reset(person.subject, asked, "officer-b")
    assert len(world.states(person.subject)) == 5
    assert superuser.execute("SELECT approved_by FROM security.resets WHERE reset = %s", [asked]).fetchone() == (None,)
    world.verification.approve_reset(person.subject, asked, "officer-b")


def test_a_reset_is_told_and_touches_no_giving_and_no_password(world, solely, person):
    alert = world.give(person.subject, "email", "login-alert")
    proof = world.prove(person.subject, person.totp, person.app).id
    world.verification.set_password(person.subject, "correct horse battery staple 7", proof=proof)
    reset(world, person.subject)
    assert [to for to, m in world.email.letters if "were reset" in m.subject] == [alert]
    assert len(solely.desk.standing(person.subject, "account-recovery", world.clock())) == 2
    world.verification.check_password(person.subject, "correct horse battery staple 7")
