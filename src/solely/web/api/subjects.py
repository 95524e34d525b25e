"""People's contacts: given for a purpose under a notice, listed, withdrawn. Of the registry's compartment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from solely.answer.rights.held import State, state_of
from solely.app.decisions import handle_of
from solely.app.parts import Parts
from solely.consent import CURES, Notice
from solely.errors import Conflict, ContactError, GivingError, NotFound, Refused, SolelyError
from solely.give.many import give_many
from solely.store import registry
from solely.store.database import answering
from solely.web.api.routes import Body, Call, Given, Route, Said, Subject
from solely.web.api.signal import Gpc, Signalled, honour

__all__ = ["ROUTES"]

Purpose = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$", examples=["two-factor"])]
Kind = Literal["email", "phone"]


class NoticeShown(Body):
    """The notice the person saw. Its text may be left out where that version is recorded already."""

    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["1"])
    language: str = Field("en", pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$")
    text: str | None = Field(None, min_length=1, max_length=100_000, examples=["We use this to sign you in."])


class Giving(Body):
    """A contact that is given for a purpose, under a notice."""

    kind: Kind
    value: str = Field(min_length=1, max_length=512, repr=False, examples=["ana@example.com"])
    purpose: Purpose
    notice: NoticeShown
    country: str = Field("", pattern=r"^([A-Za-z]{2})?$", description="of a phone written nationally: ISO 3166-1")
    given_at: AwareDatetime | None = Field(None, description="now, where it is left out")
    told: bool = Field(
        False,  # noqa: FBT003 - a default
        description="for marketing: this is the act by which the person lifts their objection, and they were told what"
        " stood against it, their browser's signal too",
    )


class Recorded(Said):
    """It is recorded; asked for again it is the same giving."""

    giving: UUID
    purpose: str
    kind: Kind
    given_at: datetime
    signal: Signalled | None = Field(None, description="what came of `Sec-GPC: 1`, before this was given")


class Standing(Said):
    """A giving as it stands."""

    giving: UUID
    purpose: str
    kind: Kind
    notice: str
    state: State
    given_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None


class Givings(Said):
    """All that a person gave, oldest first; the contacts themselves are not told."""

    items: list[Standing]


class Withdrawal(Body):
    """What ends: all the person gave for a purpose, or one kind of it."""

    purpose: Purpose
    kind: Kind | None = None


class Withdrawn(Said):
    """How many givings ended; in audiences that stand too."""

    ended: int


class Handle(Said):
    """How advertising knows a person: it names them there, and nowhere else."""

    handle: str


def give(call: Call, subject: Subject, giving: Giving, gpc: Gpc = None) -> Recorded:
    """Give a contact for a purpose.

    The same contact given for two purposes is two givings. Marketing needs the person's explicit consent, and what
    they objected to is refused. A browser's signal that comes with a giving for marketing is an objection before it.
    """
    (said,) = give_together(call.parts, [(call, {"subject": subject, "giving": giving, "gpc": gpc})])
    if isinstance(said, SolelyError):
        raise said
    return said


def give_together(parts: Parts, many: Sequence[tuple[Call, Given]]) -> list[Recorded | SolelyError]:
    """The same for several people: in one transaction, but for what lifts an objection, which is alone."""
    known = _recorded(parts, {given["giving"].purpose for _, given in many})
    rows = [_row_or_error(call, given, known) for call, given in many]
    together = {n: row for n, row in enumerate(rows) if isinstance(row, _Row) and not row.lifts}
    outcomes: dict[int, UUID | SolelyError] = {n: row for n, row in enumerate(rows) if isinstance(row, SolelyError)}
    if together:
        said = give_many(parts.desk, [(one.cells, one.notice) for one in together.values()], parts.ground.clock())
        outcomes.update(zip(together, said, strict=True))
    for n, row in enumerate(rows):
        if n not in outcomes and isinstance(row, _Row):
            outcomes[n] = _give_alone(parts, row)
    return [_outcome(row, outcomes[n]) for n, row in enumerate(rows)]


@dataclass(frozen=True, slots=True, repr=False)
class _Row:
    giving: Giving
    cells: Mapping[str, str]
    notice: Notice
    lifts: bool
    given_at: datetime
    signal: Signalled | None


def _give_alone(parts: Parts, row: _Row) -> UUID | SolelyError:
    try:
        return give_many(parts.desk, [(row.cells, row.notice)], parts.ground.clock(), lifts=True)[0]
    except SolelyError as error:
        return error


def _outcome(row: _Row | SolelyError, said: UUID | SolelyError) -> Recorded | SolelyError:
    if isinstance(row, SolelyError):
        return row
    if isinstance(said, GivingError) and said.reason == "objected" and row.signal:
        return GivingError("objected", _SIGNALLED)
    if isinstance(said, SolelyError):
        return said
    one = row.giving
    return Recorded(giving=said, purpose=one.purpose, kind=one.kind, given_at=row.given_at, signal=row.signal)


def _row_or_error(call: Call, given: Given, known: Mapping[tuple[str, str], registry.Words]) -> _Row | SolelyError:
    try:
        return _row(call, given["subject"], given["giving"], known, given.get("gpc"))
    except SolelyError as error:
        return error


def _recorded(parts: Parts, purposes: set[str]) -> dict[tuple[str, str], registry.Words]:
    with answering():
        return registry.notices(parts.registry, sorted(purposes))


def _row(
    call: Call, subject: str, giving: Giving, known: Mapping[tuple[str, str], registry.Words], gpc: str | None
) -> _Row:
    """A giving ready to be recorded. A browser's signal against it is honoured before."""
    call.principal.require_purpose(giving.purpose)
    purpose = call.ground.policy.purposes.get(giving.purpose)
    marketing = purpose is not None and purpose.marketing
    signal = honour(call.parts, subject, gpc) if marketing else None
    notice = _notice(call, giving, known.get((giving.purpose, giving.notice.version)))
    given_at = giving.given_at or call.asked_at
    cells = {
        "subject": subject,
        "kind": giving.kind,
        "value": giving.value,
        "purpose": giving.purpose,
        "notice": f"{giving.purpose}/{giving.notice.version}",
        "given_at": given_at.astimezone(UTC).isoformat(),
        "withdrawn_at": "",
        "country": giving.country,
    }
    return _Row(giving, cells, notice, marketing and giving.told, given_at, signal)


def _notice(call: Call, giving: Giving, recorded: registry.Words | None) -> Notice:
    """The notice with its text: what is recorded, or what a service says. A person names one that is recorded."""
    shown = giving.notice
    if shown.text is not None and (recorded is None or recorded.text != shown.text):
        if call.principal.kind == "subject":
            what = "a person gives under a notice that the platform recorded"
            raise Refused(what, where="notice.text", cure="leave the text out, and name a version that is recorded")
        return Notice(giving.purpose, shown.version, shown.text, shown.language)
    if recorded is None:
        raise GivingError("unknown-notice", CURES["unknown-notice"])
    return Notice(giving.purpose, shown.version, recorded.text, recorded.language)


def givings(call: Call, subject: Subject) -> Givings:
    """What a person gave, for what, under which notice, until when."""
    with answering():
        found = registry.held(call.parts.registry, subject)
    now = call.now
    return Givings(items=[_standing(one, now) for one in found])


def _standing(one: registry.Held, now: datetime) -> Standing:
    content: dict[str, Any] = one._asdict()
    return Standing(**content, state=state_of(one, now))


def withdraw(call: Call, subject: Subject, withdrawal: Withdrawal) -> Withdrawn:
    """Withdraw what was given for a purpose.

    It has taken effect when this is answered. Whoever gave nothing for it is answered 0.
    """
    call.principal.require_purpose(withdrawal.purpose)
    try:
        ended = call.parts.desk.withdraw(subject, withdrawal.purpose, withdrawal.kind, call.now)
    except NotFound:
        ended = 0
    return Withdrawn(ended=ended)


def handle(call: Call, subject: Subject) -> Handle:
    """The handle by which the platform's ad server asks for decisions about a person.

    Everyone has one, whatever they gave; asked again it is the same.
    """
    return Handle(handle=handle_of(call.parts, subject))


_SIGNALLED = (
    "their browser signals an objection (Sec-GPC: 1), and it is recorded: tell the person so, and if they give it"
    " nevertheless send told: true and no given_at"
)
_GIVINGS = "/v1/subjects/{subject}/givings"
_TAKEN = (GivingError, ContactError, Conflict)
ROUTES = (
    Route(
        method="POST",
        path=_GIVINGS,
        homes=("registry",),
        act="give",
        endpoint=give,
        status=201,
        together=give_together,
        problems=_TAKEN,
    ),
    Route(method="GET", path=_GIVINGS, homes=("registry",), act="read", endpoint=givings),
    Route(
        method="POST",
        path="/v1/subjects/{subject}/withdrawals",
        homes=("registry",),
        act="withdraw",
        endpoint=withdraw,
        problems=(GivingError,),
    ),
    Route(
        method="POST",
        path="/v1/subjects/{subject}/handle",
        homes=("registry",),
        act="handles",
        endpoint=handle,
        problems=(GivingError,),
    ),
)
