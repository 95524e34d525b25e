"""Answers to challenges: checked, counted, and made to count once.

1. What is asked and what answers it are read together; what is over, spent or waiting is refused and not counted.
2. The answer is checked, by the factor's kind. A wrong one is counted, durably, before its error leaves.
3. A right one spends the challenge, ends the factor's count and takes the code, step or counter it used, in one
   transaction whose conditions are those of the count. Where another was faster it counts as wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from solely.errors import NotFound, Throttled, WrongAnswer
from solely.store.database import answering
from solely.store.security import challenges, limits, sends
from solely.store.security.challenges import Asked
from solely.store.security.limits import Count, Limit
from solely.verification import binding, notices
from solely.verification.assurance import Assurance
from solely.verification.challenge import RECOVER
from solely.verification.check import DIGITS, Answer, Checked, check
from solely.verification.factor import after
from solely.verification.recovery import settle
from solely.verification.security import Security
from solely.verification.throttle import WAITS

__all__ = ["answer"]

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, repr=False)
class _Try:
    """One answer on its way: what is asked, who answers, what counts it."""

    security: Security
    home: UUID
    pseudonym: UUID
    asked: Asked
    counts: list[Count]
    now: datetime


def answer(
    security: Security,
    pseudonym: UUID,
    challenge: UUID,
    factor: UUID,
    given: Answer,
    *,
    source: str | None,
    home: UUID | None = None,
) -> tuple[Asked, Assurance | None, datetime]:
    """Check an answer and make it count; returns what was asked, what the challenge proves, and when.

    It proves nothing yet (None) where a recovery asks for more. `home` is what the challenge stands under, where not
    its person. Raises NotFound where no such challenge is open, Throttled where it may not be tried now, WrongAnswer
    after the wrong answer was counted.
    """
    now, home = security.clock(), home or pseudonym
    asked = _read(security, home, pseudonym, challenge, factor, now)
    one = _Try(security, home, pseudonym, asked, _counts(security, asked, source), now)
    with answering():
        limits.check(security.connection, one.counts, now)
    try:
        checked = check(security, pseudonym, asked, given, now)
    except WrongAnswer:
        _count(one)
        raise
    try:
        with security.transaction() as connection:
            return asked, _spend(one, connection, checked), now
    except _LostError:
        _read(security, home, pseudonym, challenge, factor, now)
    _count(one)
    raise WrongAnswer("used", cure="take a code that was not used yet")


def _read(security: Security, home: UUID, pseudonym: UUID, challenge: UUID, factor: UUID, now: datetime) -> Asked:
    with answering():
        asked = challenges.read(security.connection, home, challenge, pseudonym, factor)
    if asked is None or asked.standing != "open" or asked.expires_at <= now or asked.only not in {None, factor}:
        raise NotFound("no such challenge is open", cure="start another")
    if asked.wrong >= security.settings.tries.per_challenge:
        raise Throttled("too many wrong answers to this challenge", cure="start another", retry_at=now)
    if asked.state not in ({"active"} if asked.only is None else {"active", "pending"}):
        raise Throttled("this factor is disabled", cure="use another, or bind it again")
    if asked.wait_until and asked.wait_until > now:
        raise Throttled("too many wrong answers of this factor", cure="wait", retry_at=asked.wait_until)
    if asked.kind in DIGITS and asked.factor_purpose != asked.purpose:
        raise NotFound("this contact was not given for that", where=asked.purpose, cure="use another factor")
    return asked


def _counts(security: Security, asked: Asked, source: str | None) -> list[Count]:
    tries = security.settings.tries
    counts = security.source_counts(source, Limit("wrong-by-source", tries.per_source_hourly, _HOUR))
    if asked.kind in DIGITS and asked.fingerprint is not None:
        counts.append(Count(Limit("wrong-by-contact", tries.per_contact_hourly, _HOUR), asked.fingerprint))
    return counts


def _count(one: _Try) -> None:
    """Count a wrong answer. Raises Throttled where others came before it and it may not be tried now."""
    security, most = one.security, one.security.settings.tries.per_challenge
    with security.transaction() as connection:
        state = challenges.fail(connection, one.home, one.pseudonym, one.asked, waits=WAITS, most=most, now=one.now)
        if state is None:
            raise Throttled("too many answers at once", cure="start another challenge")
        limits.take(connection, one.counts, one.now)
        if state == "disabled":
            notices.changed(security, one.pseudonym, "factor-disabled", one.asked.kind, one.asked.factor, one.now)


class _LostError(Exception):
    """Rolls a transaction back whose conditions did not hold."""


def _spend(one: _Try, connection: psycopg.Connection, checked: Checked) -> Assurance | None:
    """Make a right answer count. Raises _LostError where another was faster, or it may not be tried now."""
    asked = one.asked
    pending = asked.state == "pending"
    proved = checked.assurance if asked.act != RECOVER else settle(one.security, one.pseudonym, asked, one.now)
    spent = challenges.spend(
        connection,
        one.home,
        one.pseudonym,
        asked,
        checked.shown,
        new=after("pending", "confirm") if pending else asked.state,
        most=one.security.settings.tries.per_challenge,
        whole=proved is not None,
        assurance=(proved or checked.assurance).to_text(),
        now=one.now,
    )
    if not spent:
        raise _LostError
    limits.check(connection, one.counts, one.now)
    if asked.kind in DIGITS:
        sends.verified(connection, one.pseudonym, asked.challenge, one.now)
    if pending:
        binding.activated(one.security, one.pseudonym, asked, checked.credential, one.now)
    return proved
