"""How factors come and go: by the table of states, told to the person, voiding what rested on them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from solely.errors import Conflict
from solely.store.security import challenges, factors
from solely.store.security.challenges import Asked
from solely.store.security.factors import FactorRow, PasskeyRow
from solely.verification import notices
from solely.verification.factor import Event, after
from solely.verification.messages import Template
from solely.verification.passkey import Credential
from solely.verification.security import Security

__all__ = ["activated", "disable", "drop", "remove", "take_back"]


def activated(security: Security, pseudonym: UUID, asked: Asked, credential: Credential | None, now: datetime) -> None:
    """A first right answer: the factor is the person's. In the transaction that made the answer count."""
    connection = security.connection
    if credential is not None:
        factors.add_passkey(connection, pseudonym, _row(asked.factor, credential))
    if asked.kind == "recovery-codes":
        for old in factors.of(connection, pseudonym):
            if old.kind == asked.kind and old.factor != asked.factor:  # a new set takes the place of the old
                drop(security, pseudonym, old)
    what: Template = "codes-regenerated" if asked.kind == "recovery-codes" else "factor-added"
    notices.changed(security, pseudonym, what, asked.kind, asked.factor, now)


def _row(factor: UUID, one: Credential) -> PasskeyRow:
    return PasskeyRow(
        factor,
        one.id,
        one.public_key,
        one.sign_count,
        one.user_verified,
        one.backup_eligible,
        one.backed_up,
        list(one.transports),
        one.aaguid,
    )


def remove(security: Security, pseudonym: UUID, row: FactorRow, now: datetime) -> None:
    """Remove a factor: of its secret nothing stays. In the caller's transaction."""
    drop(security, pseudonym, row)
    if row.state != "pending":
        notices.changed(security, pseudonym, "factor-removed", row.kind, row.factor, now)


def drop(security: Security, pseudonym: UUID, row: FactorRow) -> None:
    """The same without a word to the person."""
    _move(security, pseudonym, row, "remove")
    factors.wipe(security.connection, pseudonym, row.factor)
    challenges.void(security.connection, pseudonym, row.factor)


def disable(security: Security, pseudonym: UUID, row: FactorRow, now: datetime) -> None:
    """Disable a factor, as when its loss is reported (SP 800-63B-4 §4.3). In the caller's transaction."""
    _move(security, pseudonym, row, "disable")
    challenges.void(security.connection, pseudonym, row.factor)
    notices.changed(security, pseudonym, "factor-disabled", row.kind, row.factor, now)


def take_back(security: Security, pseudonym: UUID, row: FactorRow) -> None:
    """Of an enrolment nobody confirmed: a new factor goes, one bound again is disabled as it was before.

    In the caller's transaction, without a word to the person.
    """
    if row.used_at is None:
        drop(security, pseudonym, row)
    else:
        _move(security, pseudonym, row, "disable")
        challenges.void(security.connection, pseudonym, row.factor)


def _move(security: Security, pseudonym: UUID, row: FactorRow, event: Event) -> None:
    following = after(row.state, event)
    if not factors.move(security.connection, pseudonym, row.factor, row.state, following):
        raise Conflict("this factor was changed at this moment", cure="look at it again")
