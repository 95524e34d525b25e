"""Trusted devices: one that need not be asked each time, by a token that changes with each use.

- It raises no assurance: what came before it stays what is proved (SP 800-63B-4 §3.2.1).
- The token is a counter and its MAC: nothing of it is stored. A token of before the last one was copied from the
  device, or to it: the device is no longer trusted. Within a minute the last one still serves, for two requests that
  cross.
- Any change of the person's factors voids it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from solely.errors import NotFound, ProofNeeded
from solely.store.database import answering
from solely.store.security import devices, factors
from solely.store.security.devices import DeviceRow
from solely.verification import notices
from solely.verification.assurance import trusted
from solely.verification.challenge import SIGN_IN
from solely.verification.manage import check_name, prove
from solely.verification.proof import Device, Trusted
from solely.verification.security import Security

__all__ = ["devices_of", "recognise", "revoke", "trust"]

_OF = b"device"  # what a token of this module is of
_COUNTER_BYTES = 8
_CROSSING = timedelta(minutes=1)


def trust(security: Security, pseudonym: UUID, *, proof: UUID, name: str) -> Trusted:
    """Trust the device that just passed a sign-in. Raises ProofNeeded where it did not."""
    check_name(name, "device")
    shown = prove(security, pseudonym, proof, (SIGN_IN,), security.settings.ages.manage)
    now, device = security.clock(), security.new_id()
    expires_at = now + security.settings.ages.device
    with security.transaction() as connection:
        version = factors.version(connection, pseudonym)
        devices.add(connection, pseudonym, device, name=name, version=version, now=now, expires_at=expires_at)
        notices.tell(security, pseudonym, "device-trusted", "device", None, now)
    return Trusted(device, shown.assurance, expires_at, _token(security, device, 0))


def recognise(security: Security, pseudonym: UUID, token: str, *, after_password: bool) -> Trusted:
    """Know a trusted device by its token; it gets a new one. Raises ProofNeeded: then a challenge comes first."""
    now = security.clock()
    device, counter = _read(security, token)
    with answering():
        row = devices.one(security.connection, pseudonym, device)
        version = factors.version(security.connection, pseudonym)
    if row is None or row.revoked_at or row.expires_at <= now or row.version != version:
        raise _unknown()
    following = _move(security, pseudonym, row, counter, now)
    return Trusted(device, trusted(after_password=after_password), row.expires_at, _token(security, device, following))


def _move(security: Security, pseudonym: UUID, row: DeviceRow, counter: int, now: datetime) -> int:
    """The counter of the token that takes the place of the one shown."""
    with security.transaction() as connection:
        if counter == row.counter and devices.rotate(connection, pseudonym, row.device, counter, now):
            return counter + 1
    with answering():
        row = devices.one(security.connection, pseudonym, row.device) or row  # another request may have moved it
    if counter == row.counter - 1 and row.rotated_at + _CROSSING > now and row.revoked_at is None:
        return row.counter
    with security.transaction() as connection:
        devices.revoke(connection, pseudonym, row.device, now)
    raise _unknown()


def _unknown() -> ProofNeeded:
    return ProofNeeded("this device is not trusted (any more)", cure="pass a challenge first")


def _token(security: Security, device: UUID, counter: int) -> str:
    return security.write_token(_OF, device.bytes + counter.to_bytes(_COUNTER_BYTES, "big"))


def _read(security: Security, token: str) -> tuple[UUID, int]:
    said = security.read_token(_OF, token, 16 + _COUNTER_BYTES)
    if said is None:
        raise _unknown()
    return UUID(bytes=said[:16]), int.from_bytes(said[16:], "big")


def devices_of(security: Security, pseudonym: UUID) -> list[Device]:
    """The devices a person trusts now."""
    now = security.clock()
    with answering():
        version = factors.version(security.connection, pseudonym)
        rows = devices.of(security.connection, pseudonym)
    return [
        Device(row.device, row.name, row.created_at, row.rotated_at, row.expires_at)
        for row in rows
        if row.version == version and row.expires_at > now
    ]


def revoke(security: Security, pseudonym: UUID, device: UUID | None) -> int:
    """Trust one device, or all of a person's, no longer; returns how many. Raises NotFound where it is not trusted."""
    with security.transaction() as connection:
        revoked = devices.revoke(connection, pseudonym, device, security.clock())
    if device is not None and not revoked:
        raise NotFound("no such device is trusted", cure="list the devices first")
    return revoked
