"""Messages handed to gateways: what was sent, what its receipt said, and how many codes came back.

- A row holds no contact: a pseudonym, a country, and the gateway's own reference.
- Conversion is what tells toll fraud: numbers that are paid per message receive codes, and nobody types them in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import psycopg

__all__ = ["SETTLED", "Sent", "conversion", "forget", "receipt", "record", "verified"]

SETTLED = timedelta(minutes=10)  # a code's life: until then it may still be typed in

_RECORD = (
    "INSERT INTO security.sends (send, pseudonym, challenge, channel, sender, reference, country, sent_at)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (send) DO UPDATE SET sender = EXCLUDED.sender, reference = EXCLUDED.reference"
)
# The first receipt that says how it ended stays, whatever is played back; an opt-out counts at any time.
_RECEIPT = (
    "UPDATE security.sends SET status = %(status)s, status_at = %(now)s WHERE sender = %(sender)s"
    " AND reference = %(reference)s AND (status = 'sent' OR %(status)s = 'opt-out' AND status <> 'opt-out')"
)
# A challenge that was passed by another factor, or cancelled, says nothing of its message.
_CONVERSION = (
    "SELECT s.country, count(*), count(s.verified_at) FROM security.sends s"
    " LEFT JOIN security.challenges c ON c.pseudonym = s.pseudonym AND c.challenge = s.challenge"
    " WHERE s.channel = %(channel)s AND s.sent_at >= %(since)s AND s.challenge IS NOT NULL"
    " AND (s.verified_at IS NOT NULL OR (s.sent_at <= %(now)s - %(settled)s"
    " AND coalesce(c.state, 'over') NOT IN ('passed', 'cancelled')))"
    " GROUP BY s.country"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A hand-over: `send` is our id, `reference` the gateway's (empty until it gave one); a notice has no challenge."""

    send: UUID
    pseudonym: UUID
    challenge: UUID | None
    channel: Literal["sms", "email"]
    sender: str
    reference: str
    country: str
    sent_at: datetime


def record(connection: psycopg.Connection, sent: Sent) -> None:
    """Write it down: before the hand-over without a reference, and once more after it with the one that was given."""
    values = [sent.send, sent.pseudonym, sent.challenge, sent.channel]
    connection.execute(_RECORD, [*values, sent.sender, sent.reference, sent.country, sent.sent_at])


def receipt(
    connection: psycopg.Connection,
    sender: str,
    reference: str,
    status: Literal["delivered", "failed", "opt-out", "unknown"],
    now: datetime,
) -> bool:
    """Note what became of it; returns whether that was new. `unknown` says nothing, and changes nothing."""
    if status == "unknown" or not reference:
        return False
    words = {"sender": sender, "reference": reference, "status": status, "now": now}
    return connection.execute(_RECEIPT, words).rowcount > 0


def verified(connection: psycopg.Connection, answered: Collection[tuple[UUID, UUID]], now: datetime) -> None:
    """The codes of these challenges (pseudonym, challenge) were typed in: their messages reached a person."""
    pseudonyms, challenges = zip(*answered, strict=True)
    connection.execute(
        "UPDATE security.sends s SET verified_at = %s FROM unnest(%s::uuid[], %s::uuid[]) AS a (pseudonym, challenge)"
        " WHERE s.pseudonym = a.pseudonym AND s.challenge = a.challenge AND s.verified_at IS NULL",
        [now, list(pseudonyms), list(challenges)],
    )


def conversion(
    connection: psycopg.Connection, since: datetime, channel: Literal["sms", "email"], now: datetime
) -> Mapping[str, tuple[int, int]]:
    """By country, how many messages with codes were sent since then, and how many of them were typed in.

    Not counted are those that may still be typed in, and those whose challenge ended in another way.
    """
    words = {"since": since, "channel": channel, "now": now, "settled": SETTLED}
    return {country: (sent, good) for country, sent, good in connection.execute(_CONVERSION, words).fetchall()}


def forget(connection: psycopg.Connection, before: datetime) -> int:
    """Delete what was sent before then; returns how many."""
    return connection.execute("DELETE FROM security.sends WHERE sent_at < %s", [before]).rowcount
