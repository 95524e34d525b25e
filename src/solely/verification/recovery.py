"""Getting back in without one's factors: by the rules of SP 800-63B-4 §4.2, or by two officers.

- A recovery shows two codes got by different methods (saved, issued to a recovery address), or one and a factor that
  is left, the password included. Then it proves AAL2, for binding a new factor. The person is told at every address.
- Wrong answers are counted as everywhere (answer.py); a recovery is no way around a limit.
- A reset takes two officers, one who asks and another who approves within a day; it is in the ledger before it is
  done. It removes every factor, so that the person binds new ones; it gives nobody a proof.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

import numpy as np

from solely.errors import BadInput, Refused
from solely.store.database import answering
from solely.store.ledger import Words
from solely.store.security import challenges, devices, factors
from solely.store.security import notices as store
from solely.store.security.challenges import Asked
from solely.verification import binding, notices
from solely.verification.assurance import Assurance, enough, method_of
from solely.verification.challenge import RECOVER, start
from solely.verification.proof import Challenge
from solely.verification.security import Security

__all__ = ["approve_reset", "ask_reset", "settle", "shown", "start_recovery"]

_OFFICER = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_RESET_LIFE = timedelta(days=1)


def start_recovery(security: Security, pseudonym: UUID, *, after_password: bool) -> Challenge:
    """Start a recovery; its factors are what may show something."""
    return start(security, pseudonym, RECOVER, after_password=after_password, life=security.settings.ages.recovery)


def settle(security: Security, pseudonym: UUID, asked: Asked, now: datetime) -> Assurance | None:
    """Note what a right answer shows, in the transaction that makes it count; what is proved, once it is enough."""
    connection = security.connection
    challenges.show(connection, pseudonym, asked.challenge, method_of(asked.kind), asked.factor, now)
    methods = challenges.evidence(connection, pseudonym, asked.challenge)
    return Assurance(("mfa",), "aal2") if enough(methods, after_password=asked.after_password) else None


def shown(security: Security, pseudonym: UUID, challenge: UUID) -> tuple[str, ...]:
    """What a recovery has shown so far."""
    with answering():
        return tuple(sorted(challenges.evidence(security.connection, pseudonym, challenge)))


def ask_reset(security: Security, pseudonym: UUID, officer: str) -> UUID:
    """An officer asks for a reset of all of a person's factors; returns what another officer approves by."""
    reset = security.new_id()
    _write_down(security, pseudonym, officer, "asked")
    with security.transaction() as connection:
        store.ask_reset(connection, pseudonym, reset, officer, security.clock())
    return reset


def approve_reset(security: Security, pseudonym: UUID, reset: UUID, officer: str) -> None:
    """Another officer approves, and it is done. Raises Refused for the one who asked, and after a day."""
    now = security.clock()
    with security.transaction() as connection:
        if not store.approve(connection, pseudonym, reset, _checked(officer), now - _RESET_LIFE, now):
            raise Refused(
                "no reset waits for this officer", cure="another officer than who asked approves, within a day"
            )
        _write_down(security, pseudonym, officer, "approved")
        for row in factors.of(connection, pseudonym):
            binding.drop(security, pseudonym, row)
        challenges.void(connection, pseudonym)
        devices.revoke(connection, pseudonym, None, now)
        notices.changed(security, pseudonym, "reset", "all", None, now)


def _checked(officer: str) -> str:
    if not _OFFICER.fullmatch(officer):
        raise BadInput("an officer is named by an id of lower-case letters, digits, . _ and -", where="officer")
    return officer


def _write_down(security: Security, pseudonym: UUID, officer: str, step: str) -> None:
    ids = np.frombuffer(pseudonym.bytes, np.uint8).reshape(1, 16)
    principal = f"officer {_checked(officer)}"
    security.gate.write_down(
        Words("reset", principal, ids=ids, details=MappingProxyType({"of": "factors", "step": step}), keep=True)
    )
