"""A platform's backend gives, lists and withdraws people's contacts through the client."""

from datetime import UTC, datetime, timedelta

import pytest

from solely.client import Client, Notice
from solely.errors import GivingError, Refused

pytestmark = pytest.mark.server
SHOWN = Notice(version="client-1", text="We use this to sign you in.")


def test_what_is_given_stands_until_it_is_withdrawn(client, subject):
    given_at = datetime.now(UTC) - timedelta(minutes=5)
    recorded = client.give(subject, "email", "ana@example.com", "two-factor", SHOWN, given_at=given_at)
    (one,) = client.givings(subject)
    assert (one.giving, one.given_at, one.state, one.notice) == (recorded.giving, given_at, "stands", "client-1")
    assert client.withdraw(subject, "two-factor", "phone") == 0
    assert client.withdraw(subject, "two-factor") == 1
    assert client.givings(subject)[0].state == "ended"


def test_a_phone_is_read_as_its_country_writes_it(client, subject):
    client.give(subject, "phone", "030 1234567", "two-factor", SHOWN, country="DE")
    with pytest.raises(GivingError) as told:
        client.give(subject, "phone", "12", "two-factor", SHOWN)
    assert told.value.reason == "not-a-phone"
    assert told.value.cure


def test_a_person_is_spoken_for_by_their_token_alone(api, client, subject):
    client.give(subject, "email", "ana@example.com", "two-factor", SHOWN)
    with Client(api.base, api.token(subject)) as own:
        assert len(own.givings(subject)) == 1
        with pytest.raises(Refused):
            own.givings(f"{subject}-other")


def test_what_is_told_does_not_change(client, subject):
    recorded = client.give(subject, "email", "ana@example.com", "two-factor", SHOWN)
    with pytest.raises(ValueError, match="frozen"):
        recorded.purpose = "tailored-audiences"
