"""What takes two officers: one asks, another approves, it is open for a time; each compartment its own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from solely.app.approvals import MINUTES, MOST_MINUTES, Approvals, Reason, Wish, person_in
from solely.errors import BadInput
from solely.principal import HOMES
from solely.store.approvals import Approval, State
from solely.web.api.caller import principals
from solely.web.api.pages import CURE, Cursor, Limit, after, cut, moment
from solely.web.api.routes import Body, Call, Route, Said

__all__ = ["ROUTES"]

Act = Literal["officers", "break-glass", "disclosure"]
Person = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-.0-~]+$")]


class Wanted(Body):
    """What is asked for: about one person (`break-glass`), or about a scope.

    That is an audience as ADVERTISER/AUDIENCE or an incident (`disclosure`), or an officer's name (`officers`).
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"act": "disclosure", "scope": "acme/spring", "reason": "data-breach", "case": "DPO-2026/17"}]
        }
    )

    act: Act
    scope: str | None = Field(None, max_length=130)
    person: Person | None = Field(None, description="the platform's own id")
    reason: Reason = Field(examples=["data-breach"])
    case: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$", description="a reference, and no words")
    minutes: int = Field(MINUTES, ge=1, le=MOST_MINUTES, description="how long it is to be open")


class ApprovalShown(Said):
    """How far it came. `person` is a random name that only the ledger has too."""

    approval: UUID
    state: State
    act: str
    scope: str | None
    person: UUID | None
    reason: str
    case: str
    minutes: int
    asked_by: str
    asked_at: datetime
    approved_by: str | None
    until: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    uses: int


class ApprovalPage(Said):
    """What was asked for, newest first."""

    items: list[ApprovalShown]
    next: str | None


def _there(call: Call) -> Approvals:
    return principals(call.parts, call.home).approvals


def every(call: Call, cursor: Cursor = None, limit: Limit = 100) -> ApprovalPage:
    """List what was asked for."""
    rows = _there(call).list(call.principal, limit + 1, _before(after(cursor)))
    page, more = cut(rows, limit, lambda one: f"{one.asked_at.isoformat()} {one.approval}")
    return ApprovalPage(items=[_shown(one, call.now) for one in page], next=more)


def _before(place: str) -> tuple[datetime, UUID] | None:
    at, _, approval = place.partition(" ")
    try:
        return (moment(at), UUID(approval)) if place else None
    except ValueError:
        raise BadInput("not a cursor", where="cursor", cure=CURE) from None


def ask(call: Call, wanted: Wanted) -> ApprovalShown:
    """Ask for what one officer alone may not do.

    Another officer approves it within a day; then it is open to you for the minutes you asked for.
    """
    person = None if wanted.person is None else person_in(call.parts, call.home, wanted.person)
    wish = Wish(
        act=wanted.act,
        scope=wanted.scope,
        person=person,
        reason=wanted.reason,
        case=wanted.case,
        minutes=wanted.minutes,
    )
    return _shown(_there(call).ask(call.principal, wish), call.now)


def show(call: Call, approval: UUID) -> ApprovalShown:
    """Show one."""
    return _shown(_there(call).show(call.principal, approval), call.now)


def approve(call: Call, approval: UUID) -> ApprovalShown:
    """Approve what another officer asked for: it is open from now on.

    Nobody approves their own, and who approved can't use it.
    """
    return _shown(_there(call).approve(call.principal, approval), call.now)


def end(call: Call, approval: UUID) -> ApprovalShown:
    """Refuse what is asked for, or end what is open, at once; any officer may, who asked too."""
    return _shown(_there(call).end(call.principal, approval), call.now)


def _shown(one: Approval, now: datetime) -> ApprovalShown:
    return ApprovalShown(
        approval=one.approval,
        state=one.state(now),
        act=one.act,
        scope=one.scope,
        person=one.person,
        reason=one.reason,
        case=one.case_ref,
        minutes=one.minutes,
        asked_by=one.asked_by,
        asked_at=one.asked_at,
        approved_by=one.approved_by,
        until=one.until,
        ended_by=one.ended_by,
        ended_at=one.ended_at,
        uses=one.uses,
    )


_ALL, _ONE = "/v1/approvals", "/v1/approvals/{approval}"
ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        homes=HOMES,
        act="approvals.read",
        endpoint=every,
        yields={"approval": "/items/0/approval"},
    ),
    Route(
        method="POST",
        path=_ALL,
        homes=HOMES,
        act="approvals",
        endpoint=ask,
        status=201,
        again=False,
        yields={"approval": "/approval"},
    ),
    Route(method="GET", path=_ONE, homes=HOMES, act="approvals.read", endpoint=show),
    Route(method="POST", path=f"{_ONE}/approve", homes=HOMES, act="approvals", endpoint=approve, again=False),
    Route(method="POST", path=f"{_ONE}/end", homes=HOMES, act="approvals", endpoint=end, again=False),
)
