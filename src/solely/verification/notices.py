"""Changes of factors told to the person, at every address they gave for that, and how they say "this was not me".

- A change and its notices are written in one transaction; the notices are sent after it, and again until they are.
- A notice leads to a token by which the change is repudiated (SP 800-63B-4 §4.6): the factor it speaks of is
  disabled, every trusted device and every proof is void. The token is derived, never stored.
- Repudiating needs no sign-in: who is locked out by a thief has none. It takes away, and gives nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from solely.errors import NotFound, SolelyError
from solely.store.database import answering
from solely.store.security import challenges, contacts, devices, factors
from solely.store.security import notices as store
from solely.verification.messages import TEMPLATES, Template, compose
from solely.verification.post import Parcel, send
from solely.verification.security import Security
from solely.verification.senders.port import Channel, Message

__all__ = ["Delivery", "changed", "deliver", "repudiate", "tell", "token_of"]

_OF = b"change"  # what a token of this module is of
_WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the notices that were due: `failed` are tried again later, `given_up` are not."""

    sent: int
    failed: int
    given_up: int


def changed(security: Security, pseudonym: UUID, what: Template, kind: str, factor: UUID | None, now: datetime) -> None:
    """Record a change in the caller's transaction: devices trusted before are not, and its notices are due."""
    factors.bump(security.connection, pseudonym)
    tell(security, pseudonym, what, kind, factor, now)


def tell(security: Security, pseudonym: UUID, what: Template, kind: str, factor: UUID | None, now: datetime) -> None:
    """Record what a person is to be told of, in the caller's transaction; no factor changed by it."""
    connection, change = security.connection, security.new_id()
    store.add_change(connection, pseudonym, change, what, kind, factor, now)
    for one in contacts.standing(connection, pseudonym, "login-alert", now):
        store.add_notice(connection, pseudonym, security.new_id(), change, one.giving, now)


def deliver(security: Security, pseudonym: UUID | None = None) -> Delivery:
    """Send the notices that are due: all people's, or one person's. One that fails keeps none from the others."""
    with answering():
        due = store.due(security.connection, pseudonym, len(_WAITS), security.clock())
    outcomes = Counter(_deliver(security, one) for one in due)
    return Delivery(outcomes["sent"], outcomes["failed"], outcomes["given up"])


def _deliver(security: Security, one: store.Due) -> Literal["sent", "failed", "given up", "another's"]:
    now = security.clock()
    with security.transaction() as connection:
        if not store.claim(connection, one, _WAITS[one.tries], now):
            return "another's"
    try:
        send(security, one.pseudonym, Parcel(one.what, one.giving, lambda channel: _message(security, one, channel)))
    except SolelyError:
        return "given up" if one.tries + 1 == len(_WAITS) else "failed"
    with security.transaction() as connection:
        store.sent(connection, one, now)
    return "sent"


def _message(security: Security, one: store.Due, channel: Channel) -> Message:
    service = security.settings.service
    with answering():
        language = factors.language(security.connection, one.pseudonym)
        names = {row.factor: row.name for row in factors.of(security.connection, one.pseudonym)}
    link = f"{service.not_me}?token={token_of(security, one.change)}" if service.not_me else None
    return compose(
        _template(one),
        language,
        channel,
        service=service.name,
        link=link,
        kind=one.kind,
        factor_name=names.get(one.factor) if one.factor else None,
    )


def _template(one: store.Due) -> Template:
    return next(template for template in TEMPLATES if template == one.what)  # `changed` wrote it


def token_of(security: Security, change: UUID) -> str:
    """What repudiates a change: its id and a MAC of it, 43 characters fit for a URL."""
    return security.write_token(_OF, change.bytes)


def repudiate(security: Security, token: str) -> UUID:
    """Take a change back as far as it can be; returns whose it was. Safe to repeat. Raises NotFound."""
    now = security.clock()
    said = security.read_token(_OF, token, 16)
    change = UUID(bytes=said) if said else None
    with answering():
        found = store.change(security.connection, change) if change else None
    if change is None or found is None or found[3] + security.settings.ages.not_me <= now:
        raise NotFound("this link is not known, or too old", cure="report it to the service's support")
    pseudonym, _, factor, _, _ = found
    with security.transaction() as connection:
        if store.repudiate(connection, pseudonym, change, now):
            _undo(security, pseudonym, factor, now)
    return pseudonym


def _undo(security: Security, pseudonym: UUID, factor: UUID | None, now: datetime) -> None:
    connection = security.connection
    challenges.void(connection, pseudonym)
    devices.revoke(connection, pseudonym, None, now)
    for row in factors.of(connection, pseudonym):
        if row.factor == factor and row.state in {"pending", "active"}:
            factors.move(connection, pseudonym, row.factor, row.state, "disabled")
            changed(security, pseudonym, "factor-disabled", row.kind, row.factor, now)
