"""People's contacts: given for a purpose under a notice, listed, withdrawn. Of the registry's compartment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from solely.app.parts import Parts
from solely.consent import CURES, Notice
from solely.errors import Conflict, ContactError, GivingError, NotFound, Refused, SolelyError
from solely.give.many import give_many
from solely.store import registry
from solely.store.database import answering
from solely.web.api.routes import Body, Call, Given, Route, Said, Subject

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


class Recorded(Said):
    """It is recorded; asked for again it is the same giving."""

    giving: UUID
    purpose: str
    kind: Kind
    given_at: datetime


class Standing(Said):
    """A giving as it stands."""

    giving: UUID
    purpose: str
    kind: Kind
    notice: str
    state: Literal["stands", "ended", "expired"]
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


def give(call: Call, subject: Subject, giving: Giving) -> Recorded:
    """Give a contact for a purpose.

    The same contact given for two purposes is two givings. Marketing needs the person's explicit consent, and what
    they objected to is refused.
    """
    (said,) = give_together(call.parts, [(call, {"subject": subject, "giving": giving})])
    if isinstance(said, SolelyError):
        raise said
    return said


def give_together(parts: Parts, many: Sequence[tuple[Call, Given]]) -> list[Recorded | SolelyError]:
    """The same for several people, in one transaction."""
    outcomes: dict[int, Recorded | SolelyError] = {}
    rows: dict[int, tuple[Mapping[str, str], Notice]] = {}
    now = parts.ground.clock()
    known = _recorded(parts, {given["giving"].purpose for _, given in many})
    for place, (call, given) in enumerate(many):
        try:
            rows[place] = _row(call, given["subject"], given["giving"], known, now)
        except SolelyError as error:
            outcomes[place] = error
    for place, said in zip(rows, give_many(parts.desk, list(rows.values()), now) if rows else [], strict=True):
        giving: Giving = many[place][1]["giving"]
        outcomes[place] = (
            Recorded(giving=said, purpose=giving.purpose, kind=giving.kind, given_at=giving.given_at or now)
            if isinstance(said, UUID)
            else said
        )
    return [outcomes[place] for place in range(len(many))]


def _recorded(parts: Parts, purposes: set[str]) -> dict[tuple[str, str], registry.Words]:
    with answering():
        return registry.notices(parts.registry, sorted(purposes))


def _row(
    call: Call, subject: str, giving: Giving, known: Mapping[tuple[str, str], registry.Words], now: datetime
) -> tuple[Mapping[str, str], Notice]:
    call.principal.require_purpose(giving.purpose)
    row = {
        "subject": subject,
        "kind": giving.kind,
        "value": giving.value,
        "purpose": giving.purpose,
        "notice": f"{giving.purpose}/{giving.notice.version}",
        "given_at": (giving.given_at or now).astimezone(UTC).isoformat(),
        "withdrawn_at": "",
        "country": giving.country,
    }
    return row, _notice(call, giving, known.get((giving.purpose, giving.notice.version)))


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
    ended = one.ended_at is not None and one.ended_at <= now
    expired = one.expires_at is not None and one.expires_at <= now
    content: dict[str, Any] = one._asdict()
    return Standing(**content, state="ended" if ended else "expired" if expired else "stands")


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
)
