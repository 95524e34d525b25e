"""Passwords of a platform that keeps none: nothing tells whether there is such a person, and guessing ends."""

import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from solely.errors import BadInput, ProofNeeded, SolelyError, Throttled, WrongAnswer

pytestmark = pytest.mark.server

RIGHT, NEXT, WRONG = "correct horse battery staple 7", "seven staples hold no battery", "Tr0ub4dor-and-three"


class Pepper:
    """A pepper that counts what is hashed under it: each is one Argon2 too."""

    def __init__(self, mac):
        self.mac, self.used = mac, 0
        self._lock = threading.Lock()

    def __call__(self, data):
        with self._lock:
            self.used += 1
        return self.mac(data)


def peppered(world, **peppers):
    """The same world with these peppers, by their numbers."""
    security = replace(world.verification.security, peppers={int(name[1:]): one for name, one in peppers.items()})
    return replace(world, verification=replace(world.verification, security=security))


@pytest.fixture
def pepper(world):
    return Pepper(world.verification.security.peppers[1])


@pytest.fixture
def world(world, pepper):
    return peppered(world, p1=pepper)


@pytest.fixture
def known(world, subject):
    """A person with a password."""
    world.verification.set_password(subject, RIGHT)
    return subject


def miss(world, subject, text=WRONG, **how):
    with pytest.raises(WrongAnswer):
        world.verification.check_password(subject, text, **how)


def refusal(world, subject, text=WRONG, **how):
    with pytest.raises(SolelyError) as refused:
        world.verification.check_password(subject, text, **how)
    return refused.value


# -- set and checked


def test_the_password_that_was_set_is_right_and_no_other_is(world, known):
    world.verification.check_password(known, RIGHT)
    for other in (WRONG, RIGHT.upper(), RIGHT + " ", RIGHT[:-1], "", "x" * 5000, "\ud800"):
        miss(world, known, other)
    miss(world, f"{known}-other", RIGHT)


def test_it_is_read_in_its_one_spelling(world, subject):
    world.verification.set_password(subject, "\uff21ngstr\xf6m \ufb01sh pond")
    world.verification.check_password(subject, "Angström fish pond")


@pytest.mark.parametrize("text", ["seven77", "password123", "x" * 257, "Solely-solely", "\ud800" * 20])
def test_what_is_guessed_first_or_is_no_text_is_refused(world, subject, text):
    with pytest.raises(BadInput) as refused:
        world.verification.set_password(subject, text)
    assert text not in str(refused.value)
    miss(world, subject, text)


def test_the_person_s_own_id_and_words_are_refused(world, subject):
    for text in (subject, "Wuthering"):
        with pytest.raises(BadInput):
            world.verification.set_password(subject, f"{text}{text}"[:30], words=["Wuthering"])


def test_the_platform_s_least_length_holds(world, subject):
    other = world.under(**{"password-least": 15})
    with pytest.raises(BadInput):
        other.verification.set_password(subject, "fourteen chars")
    other.verification.set_password(subject, "fifteen chars!!")


# -- changed


def test_one_that_is_there_changes_only_by_a_fresh_proof(world, known):
    for proof in (None, uuid4()):
        with pytest.raises(ProofNeeded):
            world.verification.set_password(known, NEXT, proof=proof)
    app = world.enrol_app(known)
    for act, wait in (("pay", 0), ("manage-factors", 10)):
        proof = world.prove(known, *app, act=act).id
        world.clock.forward(minutes=wait)
        with pytest.raises(ProofNeeded):
            world.verification.set_password(known, NEXT, proof=proof)
    world.verification.set_password(known, NEXT, proof=world.prove(known, *app).id)
    world.verification.check_password(known, NEXT)
    miss(world, known, RIGHT)


def test_beside_factors_the_first_one_needs_a_proof_too_and_no_weaker_one(world, subject):
    app = world.enrol_app(subject)
    email, _ = world.enrol_sent(subject, "email", proof=world.prove(subject, *app).id)
    for proof in (None, world.prove_sent(subject, email, "email").id):
        with pytest.raises(ProofNeeded):
            world.verification.set_password(subject, RIGHT, proof=proof)
    world.verification.set_password(subject, RIGHT, proof=world.prove(subject, *app).id)
    with pytest.raises(ProofNeeded):
        world.verification.set_password(subject, NEXT, proof=world.prove_sent(subject, email, "email").id)


def test_another_person_s_proof_changes_nothing(world, known):
    world.enrol_app(known)
    other = f"{known}-other"
    theirs = world.prove(other, *world.enrol_app(other)).id
    with pytest.raises(ProofNeeded):
        world.verification.set_password(known, NEXT, proof=theirs)


# -- known and unknown alike


def test_who_is_unknown_costs_the_same_work_and_is_told_the_same(world, known, pepper):
    """ASVS 5.0 6.3.8. The times follow from the work; they are not measured here."""
    factor_only = f"{known}-factor"
    world.enrol_app(factor_only)
    told, work = [], []
    for subject in (known, f"{known}-nobody", factor_only, "no\x00id"):
        before = pepper.used
        error = refusal(world, subject)
        told.append((type(error), str(error)))
        work.append(pepper.used - before)
    assert work == [1] * 4
    assert len(set(told)) == 1


def test_tries_are_limited_by_the_id_that_is_named_whether_anyone_has_it_or_not(world, known, pepper):
    told = []
    for subject in (known, f"{known}-nobody"):
        for _ in range(10):
            miss(world, subject)
        before = pepper.used
        error = refusal(world, subject, RIGHT)
        assert isinstance(error, Throttled)
        assert pepper.used == before, "not looked at"
        told.append((str(error), error.retry_at))
    assert len(set(told)) == 1
    world.clock.now = told[0][1]
    world.verification.check_password(known, RIGHT)


def test_right_ones_are_not_counted(world, known):
    for _ in range(12):
        world.verification.check_password(known, RIGHT)
    for _ in range(9):
        miss(world, known)
    world.verification.check_password(known, RIGHT)


def test_tries_are_limited_by_source_over_all_ids(world, known):
    other = world.under(tries={"per-source-hourly": 3})
    for n in range(3):
        miss(other, f"{known}-{n}", source="192.0.2.7")
    error = refusal(other, known, RIGHT, source="192.0.2.7")
    assert (type(error), error.where) == (Throttled, "wrong-by-source")
    other.verification.check_password(known, RIGHT, source="192.0.2.8")


def test_of_many_at_once_no_more_are_looked_at_than_may_be(world, second_world, known, pepper):
    second_world.clock.now = world.clock.now
    worlds = (world, peppered(second_world, p1=pepper))
    before = pepper.used
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda one: [type(refusal(one, known)) for _ in range(9)], worlds)
    assert pepper.used - before == 10
    assert (first + second).count(WrongAnswer) == 10
    assert (first + second).count(Throttled) == 8


def test_after_a_hundred_in_a_row_it_is_set_anew_not_guessed_on(world, known, pepper, superuser):
    """SP 800-63B-4 §3.2.2. What a guesser is told stays the same, and so does the work."""
    app = world.enrol_app(known)
    asked = "UPDATE security.passwords SET failures = 98 WHERE pseudonym = %s"
    superuser.execute(asked, [world.verification.find([known])[known]])
    world.verification.check_password(known, RIGHT)
    superuser.execute(asked, [world.verification.find([known])[known]])
    miss(world, known)
    miss(world, known)
    before = pepper.used
    miss(world, known, RIGHT)
    assert pepper.used == before + 1
    world.clock.forward(days=30)
    miss(world, known, RIGHT)
    world.verification.set_password(known, NEXT, proof=world.prove(known, *app).id)
    world.verification.check_password(known, NEXT)


# -- peppers


def test_under_a_new_pepper_it_is_hashed_anew_once_it_was_right(world, known, pepper, superuser):
    def number():
        asked = "SELECT pepper FROM security.passwords WHERE pseudonym = %s"
        return superuser.execute(asked, [world.verification.find([known])[known]]).fetchone()[0]

    new = Pepper(world.verification.security.tokens)
    both, only_new = peppered(world, p1=pepper, p2=new), peppered(world, p2=new)
    miss(both, known)
    assert number() == 1
    both.verification.check_password(known, RIGHT)
    assert number() == 2
    only_new.verification.check_password(known, RIGHT)
    miss(only_new, known)


def test_the_stored_hash_alone_is_worth_nothing(world, known, superuser):
    """Without the pepper, or moved to another person whose password it would then be."""
    other = Pepper(world.verification.security.tokens)
    miss(peppered(world, p1=other), known, RIGHT)
    asked = "SELECT hash FROM security.passwords WHERE pseudonym = %s"
    (text,) = superuser.execute(asked, [world.verification.find([known])[known]]).fetchone()
    assert text.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


# -- nothing said


def test_no_error_and_no_traceback_holds_what_was_typed(world, known):
    for text in (WRONG, RIGHT[:-1], "x" * 300):
        try:
            world.verification.check_password(known, text)
        except WrongAnswer as error:
            said = "".join(traceback.format_exception(error)) + repr(error) + repr(error.args) + str(vars(error))
        assert text not in said
    for text in ("qwerty", "letmein99", "y" * 300):
        try:
            world.verification.set_password(f"{known}-new", text)
        except BadInput as error:
            said = repr(error) + str(error) + repr(error.args)
        assert text not in said


def test_a_try_is_counted_for_an_hour_at_most(world, known):
    for _ in range(10):
        miss(world, known)
    world.clock.forward(seconds=(timedelta(hours=1) / 10).total_seconds())
    miss(world, known)
    assert isinstance(refusal(world, known), Throttled)
