"""What was handed over, what its receipt said first, and how many codes came back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest

from solely.store.security.sends import SETTLED, Sent, conversion, forget, receipt, record, verified

pytestmark = pytest.mark.server

_years = count(2030)


@pytest.fixture
def connection(login):
    with login("security") as connection:
        yield connection


@pytest.fixture
def now():
    """A time of the test's own: what others sent is not within its window."""
    return datetime(next(_years), 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def sent(now):
    """A function that makes a hand-over nobody else has."""
    return lambda **more: replace(
        Sent(uuid4(), uuid4(), uuid4(), "sms", "twilio", f"SM{uuid4().hex}", "DE", now), **more
    )


def row(connection, send):
    return connection.execute(
        "SELECT sender, reference, status, status_at, verified_at FROM security.sends WHERE send = %s", [send]
    ).fetchone()


def challenge(connection, one, state, passed_by=None):
    connection.execute(
        "INSERT INTO security.challenges (pseudonym, challenge, act, purpose, after_password, secret, created_at,"
        " expires_at, state, passed_by) VALUES (%s, %s, 'sign-in', 'two-factor', true, '', %s, %s, %s, %s)",
        [one.pseudonym, one.challenge, one.sent_at, one.sent_at + SETTLED, state, passed_by],
    )


def test_a_message_is_written_down_before_and_gets_its_reference_after(connection, sent):
    one = sent(sender="vonage", reference="")
    record(connection, one)
    assert row(connection, one.send) == ("vonage", "", "sent", None, None)
    record(connection, replace(one, sender="twilio", reference="SM1"))
    assert row(connection, one.send) == ("twilio", "SM1", "sent", None, None)


def test_a_receipt_finds_its_message_by_gateway_and_reference(connection, sent, now):
    one, other = sent(), sent()
    record(connection, one)
    record(connection, other)
    assert not receipt(connection, "vonage", one.reference, "delivered", now)
    assert not receipt(connection, "twilio", "SM-none", "delivered", now)
    assert receipt(connection, "twilio", one.reference, "delivered", now)
    assert row(connection, one.send)[2:4] == ("delivered", now)
    assert row(connection, other.send)[2] == "sent"


def test_the_first_end_stays_save_that_an_opt_out_counts_at_any_time(connection, sent, now):
    one, later = sent(), now + timedelta(minutes=1)
    record(connection, one)
    assert not receipt(connection, "twilio", one.reference, "unknown", now)
    assert receipt(connection, "twilio", one.reference, "failed", now)
    assert not receipt(connection, "twilio", one.reference, "delivered", later)
    assert row(connection, one.send)[2:4] == ("failed", now)
    assert receipt(connection, "twilio", one.reference, "opt-out", later)
    assert not receipt(connection, "twilio", one.reference, "opt-out", later + timedelta(minutes=1))
    assert not receipt(connection, "twilio", one.reference, "delivered", later)
    assert row(connection, one.send)[2:4] == ("opt-out", later)


def test_an_empty_reference_is_nobodys(connection, sent, now):
    record(connection, sent(reference=""))
    assert not receipt(connection, "twilio", "", "delivered", now)


def test_conversion_is_codes_sent_and_typed_in_by_country(connection, sent, now):
    early = now - timedelta(hours=1)
    for country, typed in (("DE", True), ("DE", False), ("DE", False), ("FR", True)):
        one = sent(country=country, sent_at=early)
        record(connection, one)
        if typed:
            verified(connection, [(one.pseudonym, one.challenge)], now)
    record(connection, sent(channel="email", country="ZZ", sent_at=early))
    assert conversion(connection, early, "sms", now) == {"DE": (3, 1), "FR": (1, 1)}
    assert conversion(connection, early, "email", now) == {"ZZ": (1, 0)}
    assert conversion(connection, now, "sms", now) == {}


def test_a_code_sent_again_is_typed_in_once_and_counts_for_both(connection, sent, now):
    first = sent(sent_at=now - timedelta(hours=1))
    again = replace(first, send=uuid4(), reference="SM-again")
    record(connection, first)
    record(connection, again)
    verified(connection, [(first.pseudonym, first.challenge)], now)
    verified(connection, [(first.pseudonym, first.challenge)], now + timedelta(minutes=1))
    assert conversion(connection, first.sent_at, "sms", now) == {"DE": (2, 2)}
    assert row(connection, first.send)[4] == now
    other = sent(challenge=first.challenge)  # another person's: a challenge is told by both
    record(connection, other)
    verified(connection, [(first.pseudonym, first.challenge)], now)
    assert row(connection, other.send)[4] is None


def test_what_may_still_be_typed_in_is_not_counted_yet(connection, sent, now):
    one = sent()
    record(connection, one)
    challenge(connection, one, "open")
    assert conversion(connection, now, "sms", now + SETTLED - timedelta(seconds=1)) == {}
    assert conversion(connection, now, "sms", now + SETTLED) == {"DE": (1, 0)}


@pytest.mark.parametrize(("state", "counted"), [("passed", 0), ("cancelled", 0), ("open", 1), ("over", 1), (None, 1)])
def test_a_challenge_that_ended_in_another_way_says_nothing_of_its_message(connection, sent, now, state, counted):
    one = sent()
    record(connection, one)
    if state:
        challenge(connection, one, state, UUID(int=1) if state == "passed" else None)
    assert conversion(connection, now, "sms", now + timedelta(hours=1)) == ({"DE": (1, 0)} if counted else {})


def test_a_notice_is_not_expected_back(connection, sent, now):
    record(connection, sent(challenge=None))
    assert conversion(connection, now, "sms", now + timedelta(hours=1)) == {}


def test_what_is_old_is_forgotten(connection, sent, now):
    old, new = sent(sent_at=now - timedelta(days=1)), sent()
    record(connection, old)
    record(connection, new)
    assert forget(connection, now) >= 1
    assert row(connection, old.send) is None
    assert row(connection, new.send)
