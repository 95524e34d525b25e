"""What people choose about marketing: what stands, an objection, and what lifts it. Of the registry's compartment."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from solely.app.rights import allow_again, chosen, objected
from solely.errors import GivingError, PolicyError
from solely.preference import Choice, Preference, Source
from solely.preference import Standing as Stands
from solely.web.api.routes import Body, Call, Route, Said, Subject
from solely.web.api.signal import Gpc, Signalled, honour

__all__ = ["ROUTES"]

Marketing = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$", examples=["tailored-audiences"])]


class Stance(Said):
    """What stands for one purpose of marketing. Without a choice nothing is refused, and nothing allowed."""

    purpose: str
    objects: bool
    since: datetime | None
    by: Source | None
    signalled: bool = Field(description="their browser's signal speaks against it")
    told: bool = Field(description="they lifted the objection after being told of that signal")


class Chosen(Said):
    """One choice as it was recorded; for the purpose `*` it was about all marketing."""

    purpose: str
    choice: Choice
    source: Source
    at: datetime
    entry: int = Field(description="its place in the ledger")


class Preferences(Said):
    """What stands for each purpose of marketing, and the choices it came of, oldest first."""

    items: list[Stance]
    history: list[Chosen]
    signal: Signalled | None = Field(description="what came of `Sec-GPC: 1`; null where that was not sent")


class Objection(Body):
    """To one purpose of marketing; to all of it, also what comes later, where none is named."""

    purpose: Marketing | None = None


class Objected(Said):
    """It is recorded, and what it reaches has ended; said again it is not new."""

    new: bool
    ended: dict[str, int] = Field(description="by purpose, how many givings ended", examples=[{}])
    signal: Signalled | None = None


class Lifting(Body):
    """The purpose they no longer object to. `told`: that their browser signals otherwise, if it does."""

    purpose: Marketing
    told: bool = False


class Lifted(Said):
    """Whether an objection stood."""

    lifted: bool
    signal: Signalled | None = None


def preferences(call: Call, subject: Subject, gpc: Gpc = None) -> Preferences:
    """What a person chose about marketing."""
    signal = honour(call.parts, subject, gpc)
    found = chosen(call.parts, subject)
    return Preferences(
        items=[_stance(name, one) for name, one in found.standing.items()],
        history=[_choice(one) for one in found.history],
        signal=signal,
    )


def _stance(purpose: str, one: Stands) -> Stance:
    return Stance(
        purpose=purpose,
        objects=one.objects,
        since=one.since.at if one.since else None,
        by=one.since.source if one.since else None,
        signalled=one.signalled,
        told=one.told,
    )


def _choice(one: Preference) -> Chosen:
    return Chosen(purpose=one.purpose, choice=one.choice, source=one.source, at=one.at, entry=one.entry)


def object_to(call: Call, subject: Subject, objection: Objection | None = None, gpc: Gpc = None) -> Objected:
    """Object to marketing.

    It needs no reason, and can come before anything was given. It has taken effect when this is answered, in audiences
    that stand too; from then on a giving for it is refused.
    """
    purpose = objection.purpose if objection else None
    known = call.ground.policy.purposes.values()
    for name in [one.name for one in known if one.marketing] if purpose is None else [purpose]:
        call.principal.require_purpose(name)
    signal = honour(call.parts, subject, gpc)
    done = objected(call.parts, subject, purpose)
    return Objected(new=done.new, ended=dict(done.ended), signal=signal)


def lift(call: Call, subject: Subject, lifting: Lifting, gpc: Gpc = None) -> Lifted:
    """Lift an objection, by that person's own act.

    It allows nothing by itself: consent is a new giving. Where their browser signals an objection it takes `told`.
    """
    call.principal.require_purpose(lifting.purpose)
    signal = honour(call.parts, subject, gpc)
    return Lifted(lifted=allow_again(call.parts, subject, lifting.purpose, told=lifting.told), signal=signal)


_OBJECTIONS = "/v1/subjects/{subject}/objections"
_WRONG = (PolicyError, GivingError)
ROUTES = (
    Route(
        method="GET",
        path="/v1/subjects/{subject}/preferences",
        homes=("registry",),
        act="preferences",
        endpoint=preferences,
        problems=_WRONG,
    ),
    Route(
        method="POST",
        path=_OBJECTIONS,
        homes=("registry",),
        act="preferences",
        endpoint=object_to,
        problems=_WRONG,
    ),
    Route(
        method="POST",
        path=f"{_OBJECTIONS}/lift",
        homes=("registry",),
        act="preferences",
        endpoint=lift,
        problems=_WRONG,
    ),
)
