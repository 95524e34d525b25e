"""Whether an answer is right, by the kind of its factor; nothing is counted or spent here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from solely.errors import WrongAnswer
from solely.store.security import factors
from solely.store.security.challenges import Asked, Shown
from solely.verification import passkey, recovery_code, sent_code, totp
from solely.verification.assurance import Assurance, assure
from solely.verification.security import Security

__all__ = ["DIGITS", "Answer", "Checked", "check", "credential_of", "totp_settings"]

Answer = str | Mapping[str, Any]  # what was typed, or what the browser returned
DIGITS = {"sms": sent_code.SMS_DIGITS, "email": sent_code.EMAIL_DIGITS}


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer that is right: what it showed, what it proves, and a passkey that is to be kept."""

    shown: Shown
    assurance: Assurance
    credential: passkey.Credential | None = None


def check(security: Security, pseudonym: UUID, asked: Asked, given: Answer, now: datetime) -> Checked:
    """What a right answer shows and proves. Raises WrongAnswer."""
    if asked.kind == "passkey":
        return _check_passkey(security, pseudonym, asked, given)
    if not isinstance(given, str):
        raise WrongAnswer("wrong", cure="type the code")
    assurance = assure(asked.kind, after_password=asked.after_password)
    if asked.kind == "totp":
        return Checked(_check_totp(security, pseudonym, asked, given, now), assurance)
    if asked.kind == "recovery-codes":
        code = recovery_code.read_code(given)
        digest = recovery_code.digest(security.saved, pseudonym, asked.factor, code)
        return Checked(Shown(digest=digest), assurance)  # whether it is one of theirs shows when it is spent
    _check_sent(security, pseudonym, asked, given, now)
    return Checked(Shown(), assurance)


@cache
def totp_settings(text: str | None) -> totp.Settings:
    """The settings an authenticator app was enrolled with."""
    return totp.Settings(**json.loads(text or "{}"))


def _check_totp(security: Security, pseudonym: UUID, asked: Asked, given: str, now: datetime) -> Shown:
    assert asked.secret is not None
    assert asked.key_number is not None
    secret = security.open_secret(asked.secret, asked.key_number, pseudonym, asked.factor)
    step = totp.matched_step(
        secret,
        totp_settings(asked.settings),
        given,
        now,
        last_step=asked.last_step,
        drift=security.settings.factors.drift_steps,
    )
    return Shown(step=step)


def _check_sent(security: Security, pseudonym: UUID, asked: Asked, given: str, now: datetime) -> None:
    if asked.code_until is None or asked.code_until <= now:  # a code that nobody was sent is not there to be guessed
        raise WrongAnswer("wrong", cure="ask for a code first")
    sent_code.matches(
        security.sent,
        given,
        pseudonym=pseudonym,
        challenge=asked.challenge,
        factor=asked.factor,
        digits=DIGITS[asked.kind],
    )


def _check_passkey(security: Security, pseudonym: UUID, asked: Asked, given: Answer) -> Checked:
    if isinstance(given, str):
        raise WrongAnswer("wrong", cure="answer with what the browser returned")
    if asked.state == "pending":
        one = passkey.verify_registration(security.party, given, asked.asked)
        proves = assure(
            "passkey",
            after_password=asked.after_password,
            user_verified=one.user_verified,
            backup_eligible=one.backup_eligible,
        )
        return Checked(Shown(), proves, one)
    if asked.passkey is None:
        raise WrongAnswer("wrong", cure="this factor holds no passkey: bind it again")
    stored = credential_of(asked.passkey)
    shown = passkey.verify_assertion(security.party, given, asked.asked, stored, user_handle=pseudonym.bytes)
    proves = assure(
        "passkey",
        after_password=asked.after_password,
        user_verified=shown.user_verified,
        backup_eligible=stored.backup_eligible,
    )
    return Checked(Shown(sign_count=shown.sign_count, backed_up=shown.backed_up), proves)


def credential_of(row: factors.PasskeyRow) -> passkey.Credential:
    """A stored passkey as its ceremony reads it."""
    return passkey.Credential(
        id=row.credential,
        public_key=row.public_key,
        sign_count=row.sign_count,
        user_verified=row.user_verified,
        backup_eligible=row.backup_eligible,
        backed_up=row.backed_up,
        transports=tuple(row.transports),
        aaguid=row.aaguid,
    )
