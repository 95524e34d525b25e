"""Trusted devices: a token that changes with each use, and that proves nothing on its own."""

import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solely.errors import BadInput, NotFound, ProofNeeded
from solely.verification import Assurance, Wanted

pytestmark = pytest.mark.server


@pytest.fixture
def app(world, subject):
    """The person's authenticator app: (factor, app)."""
    return world.enrol_app(subject)


@pytest.fixture
def trusted(world, subject, app):
    """A device trusted just now."""
    return trust(world, subject, app)


def trust(world, subject, app, name="laptop"):
    proof = world.prove(subject, *app, act="sign-in")
    return world.verification.trust(subject, proof=proof.id, name=name)


def refused(world, subject, token):
    with pytest.raises(ProofNeeded):
        world.verification.recognise(subject, token, after_password=True)


def bytes_of(token):
    return urlsafe_b64decode(token + "==")


def test_a_device_is_known_by_its_token_and_gets_another_each_time(world, subject, trusted):
    tokens = [trusted.token]
    for _ in range(5):
        world.clock.forward(days=2)
        known = world.verification.recognise(subject, tokens[-1], after_password=True)
        assert known.device == trusted.device
        assert known.expires_at == trusted.expires_at, "use does not lengthen it"
        tokens.append(known.token)
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize("after_password", [True, False])
def test_it_raises_no_assurance(world, subject, trusted, after_password):
    """SP 800-63B-4 §3.2.1: what came before stays what is proved, though the device once passed AAL2."""
    assert trusted.assurance.aal == "aal2"
    known = world.verification.recognise(subject, trusted.token, after_password=after_password)
    expected = Assurance(("pwd",), "aal1") if after_password else Assurance((), "none")
    assert known.assurance == expected


def test_a_device_is_no_proof_for_anything(world, subject, trusted):
    with pytest.raises(ProofNeeded):
        world.verification.prove(subject, trusted.device, max_age=timedelta(days=1))
    with pytest.raises(ProofNeeded):
        world.verification.enrol(subject, Wanted("passkey"), proof=trusted.device)


def test_two_requests_that_cross_within_a_minute_both_get_in(world, subject, trusted):
    first = world.verification.recognise(subject, trusted.token)
    world.clock.forward(seconds=59)
    second = world.verification.recognise(subject, trusted.token)
    assert second.token == first.token, "one line of tokens goes on"
    third = world.verification.recognise(subject, second.token)
    assert third.token not in {first.token, trusted.token}


def test_of_two_requests_at_once_both_get_in_and_the_token_moves_once(world, second_world, subject, trusted):
    second_world.clock.now = world.clock.now
    gate, token = threading.Barrier(2), trusted.token

    def ask(one):
        gate.wait(10)
        return one.verification.recognise(subject, token).token

    with ThreadPoolExecutor(2) as pool:
        for _ in range(20):
            first, second = pool.map(ask, (world, second_world))
            assert first == second != token
            token = first
            world.clock.forward(minutes=2)
            second_world.clock.forward(minutes=2)


def test_the_last_token_serves_no_longer_than_a_minute(world, subject, trusted):
    known = world.verification.recognise(subject, trusted.token)
    world.clock.forward(seconds=60)
    refused(world, subject, trusted.token)
    refused(world, subject, known.token)


def test_a_token_of_before_the_last_one_was_copied_and_ends_the_trust_for_both(world, subject, trusted):
    thief = trusted.token
    second = world.verification.recognise(subject, thief)
    third = world.verification.recognise(subject, second.token)
    refused(world, subject, thief)
    refused(world, subject, third.token)
    assert world.verification.devices(subject) == []


@pytest.mark.parametrize("change", ["added", "removed", "lost", "codes"])
def test_any_change_of_the_person_s_factors_voids_it(world, subject, app, change):
    extra, _ = world.enrol_codes(subject, proof=world.prove(subject, *app).id)
    trusted = trust(world, subject, app)
    world.verification.recognise(subject, trusted.token)
    proof = world.prove(subject, *app).id
    match change:
        case "added":
            world.enrol_passkey(subject, proof)
        case "removed":
            world.verification.remove(subject, extra, proof=proof)
        case "lost":
            world.verification.report_lost(subject, app[0])
        case "codes":
            world.enrol_codes(subject, proof)
    refused(world, subject, trusted.token)
    assert world.verification.devices(subject) == []


def test_a_name_is_no_change_of_factors(world, subject, app, trusted):
    world.verification.rename(subject, app[0], "my phone")
    world.verification.recognise(subject, trusted.token)


def test_it_ends_with_its_thirty_days(world, subject, trusted):
    assert trusted.expires_at == world.clock() + timedelta(days=30)
    world.clock.now = trusted.expires_at - timedelta(seconds=1)
    known = world.verification.recognise(subject, trusted.token)
    world.clock.forward(seconds=1)
    refused(world, subject, known.token)
    assert world.verification.devices(subject) == []


def test_one_or_all_are_revoked_and_no_other_person_s(world, subject, app, trusted):
    other = f"{subject}-other"
    theirs = trust(world, other, world.enrol_app(other))
    second, third = (trust(world, subject, app, name) for name in ("tablet", "phone"))
    assert [one.name for one in world.verification.devices(subject)] == ["laptop", "tablet", "phone"]
    assert world.verification.revoke_device(subject, second.device) == 1
    refused(world, subject, second.token)
    with pytest.raises(NotFound):
        world.verification.revoke_device(subject, second.device)
    with pytest.raises(NotFound):
        world.verification.revoke_device(subject, theirs.device)
    assert world.verification.recognise(subject, third.token).device == third.device
    assert world.verification.revoke_device(subject) == 2
    assert world.verification.revoke_device(subject) == 0
    refused(world, subject, trusted.token)
    assert world.verification.recognise(other, theirs.token).device == theirs.device


def test_only_a_fresh_sign_in_of_one_s_own_trusts_a_device(world, subject, app):
    other = f"{subject}-other"
    theirs = world.prove(other, *world.enrol_app(other), act="sign-in")
    for proof in (world.prove(subject, *app, act="manage-factors"), theirs):
        with pytest.raises(ProofNeeded):
            world.verification.trust(subject, proof=proof.id, name="laptop")
    old = world.prove(subject, *app, act="sign-in")
    world.clock.forward(minutes=10)
    with pytest.raises(ProofNeeded):
        world.verification.trust(subject, proof=old.id, name="laptop")
    assert world.verification.devices(subject) == []


@pytest.mark.parametrize("name", ["", "x" * 65, "two\nlines", "bell\a"])
def test_a_name_is_short_and_printable(world, subject, app, name):
    proof = world.prove(subject, *app, act="sign-in")
    with pytest.raises(BadInput):
        world.verification.trust(subject, proof=proof.id, name=name)


def test_a_token_is_good_for_its_person_alone_and_tries_harm_nobody(world, subject, trusted):
    other = f"{subject}-other"
    world.enrol_app(other)
    refused(world, other, trusted.token)
    refused(world, "nobody-at-all", trusted.token)
    assert world.verification.recognise(subject, trusted.token).device == trusted.device


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_token_that_was_not_given_out_is_taken(world, subject, trusted, data):
    """Any text, and any change of a true one. Nor does a forged one end the trust: it was not copied from anyone."""
    true = bytes_of(trusted.token)
    flipped = st.integers(0, 8 * len(true) - 1).map(
        lambda bit: (int.from_bytes(true, "big") ^ 1 << bit).to_bytes(len(true), "big")
    )
    cut = st.integers(0, len(true) - 1).map(lambda end: true[:end])
    forged = st.one_of(flipped, cut, st.binary(max_size=60)).map(
        lambda one: urlsafe_b64encode(one).decode().rstrip("=")
    )
    refused(world, subject, data.draw(st.one_of(forged, st.text(max_size=80))))
    assert [one.id for one in world.verification.devices(subject)] == [trusted.device]


def test_a_token_does_not_print(trusted):
    assert trusted.token not in repr(trusted)
