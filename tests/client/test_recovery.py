"""Devices, passwords, recoveries and officers' resets through the client."""

from datetime import UTC, datetime

import pytest

from people import App
from solely.client import Client
from solely.errors import NotFound, Refused, WrongAnswer

pytestmark = pytest.mark.server


def signed_in(client, subject):
    """An authenticator app, and a sign-in by it."""
    begun = client.enrol(subject, "totp", account=subject)
    app = App(begun.uri)
    client.answer(subject, begun.challenge, app.code(datetime.now(UTC)), begun.factor)
    asked = client.challenge(subject, after_password=True)
    return client.answer(subject, asked.id, app.code(datetime.now(UTC), steps=1), begun.factor).proof


def test_a_device_is_trusted_known_by_its_token_once_and_trusted_no_longer(client, subject):
    trusted = client.trust(subject, signed_in(client, subject).id, "laptop")
    known = client.recognise(subject, trusted.token, after_password=True)
    assert known.device == trusted.device
    assert known.token != trusted.token
    assert known.token not in repr(known)
    (listed,) = client.devices(subject)
    assert (listed.id, listed.name) == (trusted.device, "laptop")
    assert client.revoke_device(subject, trusted.device) == 1
    assert client.revoke_device(subject) == 0


def test_a_password_is_set_and_checked(client, subject):
    client.set_password(subject, "a river runs through 7 towns", words=["Solely"])
    client.check_password(subject, "a river runs through 7 towns", source="here")
    with pytest.raises(WrongAnswer):
        client.check_password(subject, "a river ran through 7 towns")
    client.set_password(subject, "a hill stands by 9 lakes", current="a river runs through 7 towns")
    client.check_password(subject, "a hill stands by 9 lakes")


def test_a_recovery_is_begun_and_messages_get_a_language(client, subject):
    signed_in(client, subject)
    assert client.recover(subject).act == "recover"
    client.speak(subject, "pt-BR")
    with pytest.raises(NotFound):
        client.speak(f"{subject}-nobody", "pt-BR")


def test_a_reset_takes_two_officers(api, client, subject):
    signed_in(client, subject)
    one, other = (api.key("officer", "security", name) for name in ("officer-of-security", "second-officer"))
    with Client(api.base, one) as first, Client(api.base, other) as second:
        asked = first.ask_reset(subject)
        with pytest.raises(Refused):
            first.approve_reset(subject, asked)
        second.approve_reset(subject, asked)
    assert client.factors(subject) == ()
