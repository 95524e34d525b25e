"""Challenges: started for one act, sent a code for, cancelled; answers are answer.py.

- A challenge is for one act of one person, lives ten minutes (SP 800-63B-4 §3.1.3.2) and is passed once, whichever
  factor answers it.
- A code is sent for the purpose its contact was given for: signing in asks `two-factor`, everything else a signed-in
  person does asks `reauthentication`, a recovery `account-recovery`.
- A resend is the same code, and lengthens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from solely.errors import BadInput, NotFound, Throttled
from solely.store.database import answering
from solely.store.security import challenges, contacts, factors, limits
from solely.store.security.challenges import Asked
from solely.store.security.factors import FactorRow
from solely.store.security.limits import Count, Limit
from solely.verification import passkey, sent_code
from solely.verification.check import DIGITS, credential_of
from solely.verification.factor import SENT, STRONG, Factor
from solely.verification.messages import Template, compose
from solely.verification.post import Parcel, send
from solely.verification.proof import Challenge
from solely.verification.security import Security
from solely.verification.senders.port import Channel, Message

__all__ = [
    "ENROL",
    "MANAGE",
    "RECOVER",
    "SIGN_IN",
    "cancel",
    "factor_of",
    "purpose_of",
    "send_code",
    "start",
    "start_nobody",
    "start_unknown",
]

SIGN_IN, MANAGE, ENROL, RECOVER = "sign-in", "manage-factors", "enrol", "recover"
SECRET_BYTES = 32  # WebAuthn level 3 §13.4.3 asks for 16
_ACT = re.compile(r"[a-z][a-z0-9-]{0,63}")
_RESEND = (timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120))
_TEMPLATES: dict[str, Template] = {
    "two-factor": "sign-in-code",
    "reauthentication": "step-up-code",
    "account-recovery": "recovery-code",
}
_SMS_LIFE = timedelta(minutes=10)  # SP 800-63B-4 §3.1.3.2, §4.2.1.2


def purpose_of(act: str) -> str:
    """The purpose a code is sent for. Raises BadInput for an act that is no plain name."""
    if not _ACT.fullmatch(act):
        raise BadInput("an act is a lower-case name such as sign-in", where="act")
    return {SIGN_IN: "two-factor", RECOVER: "account-recovery"}.get(act, "reauthentication")


def factor_of(security: Security, row: FactorRow, now: datetime) -> Factor:
    """A stored factor as its person sees it."""
    return Factor(
        row.factor,
        row.kind,
        row.name,
        row.state,
        row.purpose,
        row.created_at,
        row.activated_at,
        row.used_at,
        stale=_stale(security, row, now),
    )


def _stale(security: Security, row: FactorRow | Asked, now: datetime) -> bool:
    """Whether a phone was not proved for so long that its number may be someone else's."""
    life = timedelta(days=security.settings.factors.sms_proved_days)
    proved = row.used_at or row.activated_at
    return row.kind == "sms" and proved is not None and proved + life <= now


def start(
    security: Security,
    pseudonym: UUID,
    act: str,
    *,
    after_password: bool,
    only: UUID | None = None,
    purpose: str | None = None,
    life: timedelta | None = None,
) -> Challenge:
    """Start a challenge. `only` is a factor to be confirmed or asked again; without it any that counts may answer.

    A person without factors gets one that nothing answers: who asks learns no more than that.
    """
    now, new, secret = security.clock(), security.new_id(), security.entropy(SECRET_BYTES)
    purpose = purpose or purpose_of(act)
    life = life or security.settings.ages.challenge
    with security.transaction() as connection:
        limits.take(connection, [_each(security, purpose, pseudonym.bytes)], now)
        challenges.add(
            connection,
            pseudonym,
            new,
            act=act,
            purpose=purpose,
            only=only,
            after_password=after_password,
            secret=secret,
            now=now,
            expires_at=now + life,
        )
        rows = _with_contact(security, pseudonym, factors.of(connection, pseudonym), purpose, now)
        able = [one for row in rows if _may(one := factor_of(security, row, now), row, purpose, only, now)]
        options = _passkey_options(security, pseudonym, able, secret) if only is None else None
    return Challenge(new, act, now + life, tuple(sorted(able, key=_strong_first)), options)


def start_nobody(security: Security, subject: str, act: str, *, life: timedelta | None = None) -> Challenge:
    """What `start` returns of a subject nobody knows, and no more often: nothing answers it, and none is stored."""
    now = security.clock()
    with security.transaction() as connection:
        who = subject.encode("utf-8", "surrogatepass")
        limits.take(connection, [_each(security, purpose_of(act), who)], now)
    return Challenge(security.new_id(), act, now + (life or security.settings.ages.challenge), ())


def _each(security: Security, purpose: str, who: bytes) -> Count:
    limit = Limit("challenges", security.settings.tries.challenges_hourly, timedelta(hours=1))
    return Count(limit, security.fingerprints(purpose.encode() + who))


def _with_contact(
    security: Security, pseudonym: UUID, rows: list[FactorRow], purpose: str, now: datetime
) -> list[FactorRow]:
    """Those that can answer: of the factors that codes are sent by, those whose giving stands."""
    if not any(row.kind in SENT for row in rows):
        return rows
    standing = {one.giving for one in contacts.standing(security.connection, pseudonym, purpose, now)}
    return [row for row in rows if row.kind not in SENT or row.giving in standing]


def _may(one: Factor, row: FactorRow, purpose: str, only: UUID | None, now: datetime) -> bool:
    if only is not None:
        return one.id == only
    fit = one.kind not in SENT or one.purpose == purpose
    return one.state == "active" and fit and not one.stale and (row.wait_until is None or row.wait_until <= now)


def _strong_first(one: Factor) -> tuple[bool, bool, datetime]:
    return (one.kind not in STRONG, not one.phishing_resistant, one.created_at)


def _passkey_options(
    security: Security, pseudonym: UUID, able: Sequence[Factor], secret: bytes
) -> dict[str, object] | None:
    ids = {one.id for one in able if one.kind == "passkey"}
    if not ids:
        return None
    rows = [row for row in factors.passkeys(security.connection, pseudonym) if row.factor in ids]
    return passkey.request_options(security.party, challenge=secret, allow=[credential_of(row) for row in rows])


def start_unknown(security: Security, *, source: str | None = None) -> Challenge:
    """A challenge for whoever answers it with a passkey (conditional mediation): it stands under its own id."""
    now, new, secret = security.clock(), security.new_id(), security.entropy(SECRET_BYTES)
    life = security.settings.ages.challenge
    each = Limit("sign-ins-by-source", security.settings.tries.sign_ins_per_source_hourly, timedelta(hours=1))
    with security.transaction() as connection:
        limits.take(connection, security.source_counts(source, each), now)
        challenges.add(
            connection,
            new,
            new,
            act=SIGN_IN,
            purpose="two-factor",
            only=None,
            after_password=False,
            secret=secret,
            now=now,
            expires_at=now + life,
        )
    return Challenge(new, SIGN_IN, now + life, (), passkey.request_options(security.party, challenge=secret))


def send_code(
    security: Security, pseudonym: UUID, challenge: UUID, factor: UUID, *, source: str | None = None
) -> datetime:
    """Send the challenge's code by a factor, or send it again; returns when the code ends.

    Raises NotFound where the challenge is not open or the contact's giving ended, Throttled where it is too soon,
    and what `post.send` raises.
    """
    now = security.clock()
    with answering():
        to = challenges.Answering(pseudonym, challenge, pseudonym, factor)
        asked = challenges.read(security.connection, [to]).get(0)
    if asked is None or not _sendable(security, asked, now):
        raise NotFound("this challenge takes no code of that factor", cure="start another, or use another factor")
    life = min(asked.expires_at - now, _SMS_LIFE) if asked.kind == "sms" else asked.expires_at - now
    with security.transaction() as connection:
        until = contacts.take_send(connection, pseudonym, challenge, factor, waits=_RESEND, life=life, now=now)
    if until is None:
        raise _too_soon(security, pseudonym, challenge, factor)
    assert asked.giving is not None
    parcel = Parcel(
        _template(asked),
        asked.giving,
        lambda channel: _message(security, pseudonym, asked, channel, until - now),
        challenge,
        source,
    )
    fingerprint = send(security, pseudonym, parcel)
    with security.transaction() as connection:
        factors.fingerprint(connection, pseudonym, factor, fingerprint)
    return until


def _sendable(security: Security, asked: Asked, now: datetime) -> bool:
    is_open = asked.standing == "open" and asked.expires_at > now
    fit = asked.kind in SENT and asked.giving is not None and asked.factor_purpose == asked.purpose
    tries_left = asked.wrong < security.settings.tries.per_challenge
    waits = asked.wait_until is not None and asked.wait_until > now
    known = asked.state == "active" or (asked.state == "pending" and asked.only == asked.factor)
    meant = asked.only == asked.factor or (asked.only is None and not _stale(security, asked, now))
    return is_open and fit and tries_left and known and not waits and meant


def _too_soon(security: Security, pseudonym: UUID, challenge: UUID, factor: UUID) -> Throttled:
    with answering():
        found = contacts.sent_until(security.connection, pseudonym, challenge, factor)
    sends, sent_at, until = found or (0, None, None)
    if sent_at is None or until is None or until <= security.clock() or sends > len(_RESEND):
        return Throttled("this code is over, or was sent as often as it may be", cure="start another challenge")
    return Throttled("sent just now", cure="wait for it, then ask again", retry_at=sent_at + _RESEND[sends - 1])


def _template(asked: Asked) -> Template:
    return "confirm-code" if asked.state == "pending" else _TEMPLATES[asked.purpose]


def _message(security: Security, pseudonym: UUID, asked: Asked, channel: Channel, left: timedelta) -> Message:
    service = security.settings.service
    with answering():
        language = factors.language(security.connection, pseudonym)
    code = sent_code.code(
        security.sent,
        pseudonym=pseudonym,
        challenge=asked.challenge,
        factor=asked.factor,
        digits=DIGITS[asked.kind],
    )
    return compose(
        _template(asked),
        language,
        channel,
        service=service.name,
        code=code,
        minutes=max(1, round(left.total_seconds() / 60)),
        domain=service.domain if channel == "sms" else None,
    )


def cancel(security: Security, pseudonym: UUID, challenge: UUID) -> None:
    """Cancel an open challenge; its codes are worth nothing then. Raises NotFound."""
    with security.transaction() as connection:
        if not challenges.cancel(connection, pseudonym, challenge):
            raise NotFound("no such challenge is open", cure="nothing is left to cancel")
