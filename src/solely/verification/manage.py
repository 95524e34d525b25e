"""A person's own factors: enrolled, confirmed by a first answer, renamed, removed, reported lost.

- A first factor needs nothing but the session the platform vouches for. Each change after it needs a fresh proof of
  the highest level the person's factors reach (SP 800-63B-4 §4.1.2.1); a lost or disabled factor still asks for one.
- Removing the last strong factor needs a fresh proof of a strong factor.
- What one factor becomes changes no other factor and no preference.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from solely.errors import BadInput, Conflict, NotFound, ProofNeeded, Refused, SolelyError
from solely.store.database import answering
from solely.store.security import challenges, contacts, factors
from solely.store.security.factors import FactorRow
from solely.verification import binding, passkey, recovery_code, totp
from solely.verification.assurance import Assurance, best
from solely.verification.challenge import ENROL, MANAGE, RECOVER, SIGN_IN, factor_of, send_code, start
from solely.verification.check import credential_of
from solely.verification.factor import KINDS, SENT, STRONG, Factor, Kind
from solely.verification.proof import Challenge, Enrolment, Proof
from solely.verification.security import Security

__all__ = [
    "PURPOSES",
    "Wanted",
    "ask_again",
    "authorise",
    "check_name",
    "enrol",
    "factors_of",
    "prove",
    "remove",
    "rename",
    "report_lost",
]

# What a contact that codes are sent to may have been given for (`login-alert` is for notices alone).
PURPOSES = ("two-factor", "reauthentication", "account-recovery")
_NAMES: dict[Kind, str] = {
    "passkey": "Passkey",
    "totp": "Authenticator app",
    "sms": "Phone",
    "email": "E-mail",
    "recovery-codes": "Recovery codes",
}
_MAX_NAME = 64


def factors_of(security: Security, pseudonym: UUID) -> list[Factor]:
    """The person's factors, oldest first; a pending one too."""
    now, found = security.clock(), []
    with answering():
        for row in factors.of(security.connection, pseudonym):
            one = factor_of(security, row, now)
            if row.kind == "recovery-codes":
                one = replace(one, left=factors.codes_left(security.connection, pseudonym, row.factor))
            found.append(one)
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """A factor to be enrolled, or (`again`) a disabled one to be bound anew.

    `account` is what an authenticator app and a passkey show beside the service's name. `giving` is the contact codes
    are sent to, `purpose` what it was given for; where just one giving fits, it need not be named.
    """

    kind: Kind
    account: str = ""
    name: str = ""
    purpose: str = "two-factor"
    giving: UUID | None = None
    again: UUID | None = None


def enrol(
    security: Security, pseudonym: UUID, wanted: Wanted, *, proof: UUID | None, source: str | None = None
) -> Enrolment:
    """Begin to enrol a factor: it is pending until its challenge gets a first right answer.

    Raises Refused for a kind the platform does not take, ProofNeeded, NotFound where no giving stands for codes.
    """
    now = security.clock()
    _check_wanted(security, wanted)
    with answering():
        rows = factors.of(security.connection, pseudonym)
    _authorise(security, pseudonym, proof, rows, codes=wanted.kind == "recovery-codes")
    rows = _clear_pending(security, pseudonym, rows, now)
    if wanted.again is not None:
        _check_again(wanted, rows)
    elif len(rows) >= security.settings.factors.most:
        raise Refused("this person has as many factors as there may be", cure="remove one first")
    factor = wanted.again or security.new_id()
    row, uri, codes = _made(security, pseudonym, wanted, factor, rows, now)
    with security.transaction() as connection:
        if wanted.again is None:
            factors.add(connection, pseudonym, row)
        elif not factors.bind(connection, pseudonym, row):
            raise Conflict("only a disabled factor is bound again", cure="look at its state first")
        digests = [_digest(security, pseudonym, factor, one) for one in codes]
        factors.add_codes(connection, pseudonym, factor, digests)
    return _asked(security, pseudonym, wanted, row, uri, codes, source)


def _check_wanted(security: Security, wanted: Wanted) -> None:
    if wanted.kind not in KINDS:
        raise BadInput("no such kind of factor", where="kind", cure=f"one of: {', '.join(KINDS)}")
    if wanted.kind not in security.settings.factors.enabled:
        raise Refused("this platform does not take this kind of factor", cure="choose another kind")
    if wanted.kind in SENT and wanted.purpose not in PURPOSES:
        raise Refused("codes are not sent for that purpose", cure=f"one of: {', '.join(PURPOSES)}")
    if wanted.name:
        check_name(wanted.name, "factor")


def check_name(name: str, of: str) -> None:
    """Raise BadInput where a factor or a device can't be called that."""
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        raise BadInput(f"a {of}'s name has 1 to {_MAX_NAME} printable characters", where="name")


def _clear_pending(security: Security, pseudonym: UUID, rows: list[FactorRow], now: datetime) -> list[FactorRow]:
    """What is left once enrolments that were not confirmed in time are gone; a factor bound again stays disabled."""
    old = [row for row in rows if row.state == "pending" and row.created_at + security.settings.ages.challenge <= now]
    if not old:
        return rows
    with security.transaction() as connection:
        for row in old:
            binding.take_back(security, pseudonym, row)
        return factors.of(connection, pseudonym)


def _check_again(wanted: Wanted, rows: Sequence[FactorRow]) -> None:
    """A factor is bound again as what it was: its counts, and what its contact was given for, stay its own."""
    row = next((one for one in rows if one.factor == wanted.again), None)
    if row is None or row.state != "disabled":
        raise Conflict("only a disabled factor is bound again", cure="look at its state first")
    if row.kind != wanted.kind or (row.kind in SENT and row.purpose != wanted.purpose):
        raise Conflict("a factor is bound again as what it was", cure="enrol another, and remove this one")


def _made(
    security: Security, pseudonym: UUID, wanted: Wanted, factor: UUID, rows: Sequence[FactorRow], now: datetime
) -> tuple[FactorRow, str | None, tuple[str, ...]]:
    """The row, and what is shown once: an app's URI, or recovery codes."""
    row = FactorRow(factor, wanted.kind, wanted.name or _NAMES[wanted.kind], "pending", "two-factor", now)
    if wanted.kind == "totp":
        chosen = security.settings.factors
        settings = totp.Settings(chosen.totp_algorithm, chosen.totp_digits)
        secret = totp.new_secret(settings, security.entropy)
        box, number = security.seal_secret(secret, pseudonym, factor)
        uri = totp.uri(secret, settings, issuer=security.settings.service.name, account=wanted.account)
        return replace(row, secret=box, key_number=number, settings=json.dumps(asdict(settings))), uri, ()
    if wanted.kind == "recovery-codes":
        return row, None, recovery_code.new_codes(security.entropy)
    if wanted.kind in SENT:
        giving = _giving(security, pseudonym, wanted, rows, now)
        return replace(row, purpose=wanted.purpose, giving=giving), None, ()
    return row, None, ()


def _digest(security: Security, pseudonym: UUID, factor: UUID, code: str) -> bytes:
    return recovery_code.digest(security.saved, pseudonym, factor, recovery_code.read_code(code))


def _giving(security: Security, pseudonym: UUID, wanted: Wanted, rows: Sequence[FactorRow], now: datetime) -> UUID:
    kind = {"sms": "phone", "email": "email"}[wanted.kind]
    taken = {row.giving for row in rows if row.factor != wanted.again}
    with answering():
        standing = contacts.standing(security.connection, pseudonym, wanted.purpose, now)
    free = [one.giving for one in standing if one.kind == kind and one.giving not in taken]
    if wanted.giving is not None:
        free = [one for one in free if one == wanted.giving]
    if not free:
        raise NotFound(
            f"no {kind} given for {wanted.purpose} is free",
            cure="give the contact for that purpose first, with a notice",
        )
    if len(free) > 1:
        raise BadInput(f"several contacts were given for {wanted.purpose}", cure="name the giving that is meant")
    return free[0]


def _asked(
    security: Security,
    pseudonym: UUID,
    wanted: Wanted,
    row: FactorRow,
    uri: str | None,
    codes: tuple[str, ...],
    source: str | None,
) -> Enrolment:
    begun = start(security, pseudonym, ENROL, after_password=False, only=row.factor, purpose=row.purpose)
    options = None
    if row.kind == "passkey":
        options = _creation_options(security, pseudonym, wanted, begun.id)
    if row.kind in SENT:
        _send_first(security, pseudonym, row, begun.id, source)
    return Enrolment(row.factor, wanted.kind, begun.id, begun.expires_at, uri, codes, options)


def _send_first(security: Security, pseudonym: UUID, row: FactorRow, challenge: UUID, source: str | None) -> None:
    """Send the code that confirms; where it can't be sent, the enrolment is taken back and its contact free again."""
    try:
        send_code(security, pseudonym, challenge, row.factor, source=source)
    except SolelyError:
        with security.transaction() as connection:
            (pending,) = [one for one in factors.of(connection, pseudonym) if one.factor == row.factor]
            binding.take_back(security, pseudonym, pending)
        raise


def _creation_options(security: Security, pseudonym: UUID, wanted: Wanted, challenge: UUID) -> dict[str, object]:
    with answering():
        known = factors.passkeys(security.connection, pseudonym)
        secret = challenges.secret(security.connection, pseudonym, challenge)
    return passkey.creation_options(
        security.party,
        user_handle=pseudonym.bytes,
        name=wanted.account or security.settings.service.name,
        challenge=secret,
        exclude=[credential_of(one) for one in known if one.factor != wanted.again],
    )


def prove(security: Security, pseudonym: UUID, proof: UUID, acts: Collection[str] | None, max_age: timedelta) -> Proof:
    """A challenge the person passed, for one of these acts and no longer ago than `max_age`. Raises ProofNeeded."""
    with answering():
        found = challenges.passed(security.connection, pseudonym, proof)
        rows = factors.of(security.connection, pseudonym)
    if found is None or (acts is not None and found[0] not in acts):
        raise ProofNeeded("this proves nothing for that", cure="pass a challenge first, then give its id")
    act, at, factor, assurance = found
    if at + max_age <= security.clock():
        raise ProofNeeded("this proof is too old", cure="pass another challenge")
    kind = next((row.kind for row in rows if row.factor == factor), None)
    return Proof(proof, act, kind, factor, at, Assurance.from_text(assurance))


def _guarded(rows: Sequence[FactorRow], *, codes: bool) -> list[Kind]:
    """What a change has to be proved by: each factor that was ever used, in whatever state it is by now.

    Were a disabled one or one being bound again left out, who disables it could bind their own. One that was never
    confirmed is nobody's yet: it guards nothing, and keeps nobody out. Recovery codes guard only their own renewal
    (`codes`): they are what a person begins with.
    """
    return [
        row.kind
        for row in rows
        if row.used_at is not None and (codes or row.kind != "recovery-codes") and row.purpose != "account-recovery"
    ]


def authorise(security: Security, pseudonym: UUID, proof: UUID | None) -> bool:
    """Return where a change may be made by a fresh proof of what guards it (True), or nothing does (False)."""
    with answering():
        rows = factors.of(security.connection, pseudonym)
    _authorise(security, pseudonym, proof, rows)
    return bool(_guarded(rows, codes=False))


def _authorise(
    security: Security,
    pseudonym: UUID,
    proof: UUID | None,
    rows: Sequence[FactorRow],
    *,
    strong: bool = False,
    codes: bool = False,
) -> None:
    guarded = _guarded(rows, codes=codes)
    if not guarded:
        return
    if proof is None:
        raise ProofNeeded("a fresh proof comes first", cure=f"pass a challenge for {MANAGE}, then give its id")
    shown = prove(security, pseudonym, proof, (SIGN_IN, MANAGE, RECOVER), security.settings.ages.manage)
    with answering():
        verifies = any(one.user_verified for one in factors.passkeys(security.connection, pseudonym))
    if not shown.assurance.reaches(best(guarded, after_password="pwd" in shown.assurance.amr, verifies=verifies)):
        raise ProofNeeded("this proof is weaker than the factors that are there", cure="use a stronger factor")
    if strong and shown.kind not in STRONG:
        raise ProofNeeded("the last strong factor goes only by a strong factor", cure="use it, or add another first")


def remove(security: Security, pseudonym: UUID, factor: UUID, *, proof: UUID | None) -> None:
    """Remove a factor. Raises NotFound and ProofNeeded."""
    with answering():
        rows = factors.of(security.connection, pseudonym)
    row = _one(rows, factor)
    others = [one for one in rows if one.kind in STRONG and one.state == "active" and one.factor != factor]
    last = row.kind in STRONG and row.used_at is not None and not others  # a lost one too: else it were lost, then gone
    _authorise(security, pseudonym, proof, rows, strong=last)
    with security.transaction():
        binding.remove(security, pseudonym, row, security.clock())


def report_lost(security: Security, pseudonym: UUID, factor: UUID) -> None:
    """Disable a factor at once, as its person says it is lost (SP 800-63B-4 §4.3): a sign-in of one factor is enough.

    It takes no proof, so it gives no ground: changes still ask for one, and the factor can only be bound again.
    """
    with answering():
        row = _one(factors.of(security.connection, pseudonym), factor)
    with security.transaction():
        binding.disable(security, pseudonym, row, security.clock())


def rename(security: Security, pseudonym: UUID, factor: UUID, name: str) -> None:
    """Give a factor another name. Raises NotFound, and BadInput for a name that is none."""
    check_name(name, "factor")
    with security.transaction() as connection:
        if not factors.rename(connection, pseudonym, factor, name):
            raise NotFound("this person has no such factor", cure="list the factors first")


def ask_again(security: Security, pseudonym: UUID, factor: UUID, *, source: str | None = None) -> Challenge:
    """Ask a phone again that was not proved for long: a signed-in person answers, and it counts from then on."""
    with answering():
        row = _one(factors.of(security.connection, pseudonym), factor)
    if row.kind not in SENT or row.state != "active":
        raise Conflict("only an active factor that codes are sent to is asked again", cure="look at its state first")
    begun = start(security, pseudonym, ENROL, after_password=False, only=factor, purpose=row.purpose)
    send_code(security, pseudonym, begun.id, factor, source=source)
    return begun


def _one(rows: Sequence[FactorRow], factor: UUID) -> FactorRow:
    for row in rows:
        if row.factor == factor:
            return row
    raise NotFound("this person has no such factor", cure="list the factors first")
