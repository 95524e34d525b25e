"""A person's password, for a platform that keeps none of its own: set, and checked.

- Tries are limited by the id that was named, whether anyone has it or not, and by source: nothing in an answer, its
  time or its refusal tells whether there is such a person, or whether they have a password.
- After a hundred wrong ones in a row it is set anew, not guessed on (SP 800-63B-4 §3.2.2).
- A password that is right after its parameters or its pepper grew old is hashed anew.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from solely.errors import ProofNeeded, WrongAnswer
from solely.store.database import answering
from solely.store.security import limits
from solely.store.security import passwords as store
from solely.store.security.limits import Count, Limit
from solely.verification import notices
from solely.verification.challenge import MANAGE, RECOVER, SIGN_IN
from solely.verification.manage import authorise, prove
from solely.verification.password import (
    SALT_BYTES,
    Hashed,
    Password,
    check_nobody,
    check_password,
    hash_password,
    read_password,
)
from solely.verification.security import Security
from solely.verification.throttle import DISABLE_AT

__all__ = ["check", "set_password"]

_TRIES = Limit("wrong-password", 10, timedelta(hours=1))
_HOUR = timedelta(hours=1)


def set_password(
    security: Security,
    subject: str,
    pseudonym: UUID,
    text: str,
    *,
    current: str | None,
    proof: UUID | None,
    words: Collection[str],
) -> None:
    """Set a person's password. One that is there changes by a fresh proof of a factor; without factors, by itself.

    A password is an authenticator too (SP 800-63B-4 §4.1.2.1): beside factors even the first one needs a proof of the
    highest level they reach. Raises BadInput, with a reason of `password.CURES`, ProofNeeded, and what `check` raises.
    """
    service = security.settings.service.name
    password = read_password(text, least=security.settings.password_least, words=[service, *words])
    guarded = authorise(security, pseudonym, proof)
    with answering():
        there = store.of(security.connection, pseudonym) is not None
    if there and not guarded:
        if proof is not None:
            prove(security, pseudonym, proof, (SIGN_IN, MANAGE, RECOVER), security.settings.ages.manage)
        elif current is None:
            raise ProofNeeded("the password that is there comes first", cure="give it too, or a proof")
        else:
            check(security, subject, pseudonym, current, source=None)
    _put(security, pseudonym, password)
    if there:
        with security.transaction():
            notices.tell(security, pseudonym, "password-changed", "password", None, security.clock())


def _put(security: Security, pseudonym: UUID, password: Password) -> None:
    hashed = hash_password(password, security.peppers, security.entropy(SALT_BYTES))
    with security.transaction() as connection:
        store.put(connection, pseudonym, hashed.text, hashed.pepper, security.clock())


def check(security: Security, subject: str, pseudonym: UUID | None, text: str, *, source: str | None) -> None:
    """Return where the password is right. Raises WrongAnswer, counted, and Throttled, before it is looked at."""
    now = security.clock()
    counts = [
        Count(_TRIES, security.fingerprints(b"password" + subject.encode("utf-8", "surrogatepass"))),
        *security.source_counts(source, Limit("wrong-by-source", security.settings.tries.per_source_hourly, _HOUR)),
    ]
    with security.transaction() as connection:
        limits.take(connection, counts, now)  # before: of many at once no more are looked at than may be
    with answering():
        row = store.of(security.connection, pseudonym) if pseudonym else None
    password = Password.typed(text)
    if row is None or pseudonym is None or row.failures >= DISABLE_AT:
        check_nobody(password, security.peppers)
    try:
        old = check_password(password, Hashed(row.hash, row.pepper), security.peppers)
    except WrongAnswer:
        with security.transaction() as connection:
            store.fail(connection, pseudonym)
        raise
    with security.transaction() as connection:
        if not store.right(connection, pseudonym, DISABLE_AT):
            raise WrongAnswer("wrong", where="password")
        limits.give_back(connection, counts)
    if old:
        _put(security, pseudonym, password)
