"""Two-step verification through the client: enrolled, challenged, proved, stepped up, removed; with a passkey too."""

from datetime import UTC, datetime, timedelta

import pytest

from authenticator import Authenticator
from people import App
from solely.errors import NotFound, ProofNeeded, WrongAnswer

pytestmark = pytest.mark.server
ORIGIN = "http://localhost:8000"


def with_app(client, subject):
    """An authenticator app, confirmed: its factor and the app."""
    begun = client.enrol(subject, "totp", name="phone", account=subject)
    app = App(begun.uri)
    client.answer(subject, begun.challenge, app.code(datetime.now(UTC)), begun.factor)
    return begun.factor, app


def proof(client, subject, factor, app, act="sign-in", steps=1):
    begun = client.challenge(subject, act, after_password=True)
    return client.answer(subject, begun.id, app.code(datetime.now(UTC), steps=steps), factor).proof


def test_a_factor_is_enrolled_and_proves_its_person(client, subject):
    factor, app = with_app(client, subject)
    (listed,) = client.factors(subject)
    assert (listed.id, listed.kind, listed.state, listed.name) == (factor, "totp", "active", "phone")
    shown = proof(client, subject, factor, app)
    assert (shown.act, shown.kind, "otp" in shown.amr) == ("sign-in", "totp", True)
    assert client.prove(subject, shown.id, act="sign-in", max_age=timedelta(minutes=1)).id == shown.id
    with pytest.raises(ProofNeeded):
        client.prove(subject, shown.id, act="pay")


def test_a_wrong_answer_is_told_as_that_and_never_sent_again(shaken, network, client, subject):
    factor, _ = with_app(client, subject)
    begun = client.challenge(subject)
    with pytest.raises(WrongAnswer) as told:
        shaken.answer(subject, begun.id, "000000", factor)
    assert "000000" not in str(told.value)
    assert network.met == ["pass"]


def test_a_right_answer_whose_telling_was_lost_is_told_again(shaken, network, client, subject):
    """Without its key, the second time would be an answer to a challenge that is over."""
    factor, app = with_app(client, subject)
    begun = client.challenge(subject)
    network.plan.append("drop")
    assert shaken.answer(subject, begun.id, app.code(datetime.now(UTC), steps=1), factor).proof.id == begun.id
    assert network.met == ["drop", "pass"]


def test_a_factor_is_renamed_lost_and_removed(client, subject):
    factor, app = with_app(client, subject)
    with pytest.raises(ProofNeeded):
        client.enrol(subject, "recovery-codes")
    fresh = proof(client, subject, factor, app, "manage-factors")
    codes = client.enrol(subject, "recovery-codes", proof=fresh.id)
    client.answer(subject, codes.challenge, codes.codes[0], codes.factor)
    assert codes.codes[0] not in repr(codes)
    assert len(client.factors(subject)) == 2
    client.rename_factor(subject, factor, "tablet")
    assert client.factors(subject)[0].name == "tablet"
    client.remove_factor(subject, codes.factor, proof=fresh.id)
    client.report_lost(subject, factor)
    assert [(one.id, one.state) for one in client.factors(subject)] == [(factor, "disabled")]


def test_a_passkey_signs_in_without_a_name(client, subject):
    passkey = Authenticator(origin=ORIGIN)
    begun = client.enrol(subject, "passkey", account=subject)
    client.answer(subject, begun.challenge, passkey.create(begun.passkey), begun.factor)
    asked = client.sign_in()
    signed_in = client.sign_in_answer(asked.id, passkey.get(asked.passkey))
    assert signed_in.subject == subject
    assert signed_in.proof.phishing_resistant


def test_a_challenge_that_is_cancelled_is_over(client, subject):
    with_app(client, subject)
    begun = client.challenge(subject)
    client.cancel(subject, begun.id)
    with pytest.raises(NotFound):
        client.cancel(subject, begun.id)


def test_a_code_can_not_be_sent_by_an_app(client, subject):
    factor, _ = with_app(client, subject)
    with pytest.raises(NotFound):
        client.send_code(subject, client.challenge(subject).id, factor)
    with pytest.raises(NotFound):
        client.ask_again(subject, client.challenge(subject).id)
