"""How a contact is opened and a message sent to it.

1. The giving stands, or nothing happens.
2. The use is in the ledger, durably; only then is there a permit, and only then is the contact opened.
3. The destination is judged and counted, durably, by its keyed forms: across accounts, sources and prefixes.
4. For each sender that is asked, the sending is in the ledger before; then the message is handed over.

What is refused on the way is in the ledger too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from solely.consent import Permit
from solely.contact import Contact
from solely.errors import NotFound, Refused
from solely.seal import Sealed, open_sealed
from solely.store.database import answering
from solely.store.security import contacts, limits, sends
from solely.store.security.limits import Count
from solely.verification import fraud
from solely.verification.security import Security, words_of
from solely.verification.senders.failover import deliver
from solely.verification.senders.port import CHANNEL_OF, Channel, Message

__all__ = ["Parcel", "send"]

_WINDOW = timedelta(days=1)  # over which verified is held against sent


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent: `of` is the message's template, `compose` makes it for a channel.

    `challenge` is the one a code answers. A notice is not counted against the limits on codes: it follows from a
    change that needed a proof.
    """

    of: str
    giving: UUID
    compose: Callable[[Channel], Message]
    challenge: UUID | None = None
    source: str | None = None


def send(security: Security, pseudonym: UUID, parcel: Parcel) -> bytes:
    """Open the giving's contact and send to it; returns the contact's fingerprint (32 bytes).

    Raises NotFound where the giving does not stand, Refused and Throttled where the destination may not be sent to
    (now), SendFailed where no sender took it, Unavailable where the ledger can't be written: nothing was sent then.
    """
    now = security.clock()
    contact, purpose = _open(security, pseudonym, parcel, now)
    fingerprint = security.fingerprints(b"contact" + contact.key_digest())
    destination = fraud.destination(contact)
    try:
        _admit(security, pseudonym, purpose, parcel, destination, fingerprint, now)
    except Refused as refused:
        raise security.refuse(refused, purpose, parcel.of) from None
    channel = CHANNEL_OF[contact.kind]
    sent = sends.Sent(
        send=security.new_id(),
        pseudonym=pseudonym,
        challenge=parcel.challenge,
        channel=channel,
        sender="",
        reference="",
        country=destination.country,
        sent_at=now,
    )
    with security.transaction() as connection:
        sends.record(connection, sent)  # before: what costs money is counted, whatever becomes of this process
    delivered = deliver(
        security.post.senders,
        contact,
        parcel.compose(channel),
        send=sent.send,
        country=destination.country,
        before=lambda name: _write_sending(security, purpose, parcel, name),
        breaker=security.post.breaker,
    )
    with security.transaction() as connection:
        sends.record(connection, replace(sent, sender=delivered.sender, reference=delivered.reference))
    return fingerprint


def _open(security: Security, pseudonym: UUID, parcel: Parcel, now: datetime) -> tuple[Contact, str]:
    with answering():
        row = contacts.sealed(security.connection, pseudonym, parcel.giving, now)
    if row is None:
        raise NotFound("this contact's giving has ended", cure="use another factor, or give the contact again")
    sequence = security.gate.write_down(words_of("use", row.purpose, parcel.giving, of=parcel.of))
    permit = Permit(row.purpose, parcel.giving, sequence)
    sealed = Sealed(row.wrapped, row.box, row.key_number)
    keys = security.sealers[row.purpose]
    return open_sealed(keys, sealed, permit, pseudonym=pseudonym, kind=row.kind), row.purpose


def _admit(
    security: Security,
    pseudonym: UUID,
    purpose: str,
    parcel: Parcel,
    to: fraud.Destination,
    fingerprint: bytes,
    now: datetime,
) -> None:
    settings = security.post.fraud
    with answering():
        conversion = sends.conversion(security.connection, now - _WINDOW, "sms", now)
    met = fraud.judge(to, conversion, settings).reasons
    if parcel.challenge is not None:
        source = None if parcel.source is None else parcel.source.encode("utf-8", "surrogatepass")
        person, mac = pseudonym.bytes, security.fingerprints
        counts = fraud.counts(to, fingerprint=fingerprint, source=source, person=person, mac=mac, settings=settings)
        met += fraud.admit(counts, lambda some: _take(security, some, now), settings)
    if met:  # in the mode `record`: what would have been refused is in the ledger, to be looked at
        why = ", ".join(met)
        security.gate.write_down(words_of("refusal", purpose, parcel.giving, of=parcel.of, why=why, mode="record"))


def _take(security: Security, counts: list[Count], now: datetime) -> None:
    with security.transaction() as connection:
        limits.take(connection, counts, now)


def _write_sending(security: Security, purpose: str, parcel: Parcel, sender: str) -> None:
    security.gate.write_down(words_of("send", purpose, parcel.giving, of=parcel.of, by=sender))
