"""What the service answers, as small objects that do not change. What they have beside is let be: it may be newer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

__all__ = ["Giving", "Kind", "Notice", "Recorded", "Told", "Withdrawn"]

Kind = Literal["email", "phone"]


class Told(BaseModel):
    """What is told."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Notice(Told):
    """The notice a person saw. Its text may be left out where that version is recorded already."""

    version: str
    text: str | None = None
    language: str = "en"


class Recorded(Told):
    """A giving that is recorded; asked for again it is the same giving."""

    giving: UUID
    purpose: str
    kind: Kind
    given_at: datetime


class Giving(Told):
    """A giving as it stands. The contact itself is not told."""

    giving: UUID
    purpose: str
    kind: Kind
    notice: str
    state: Literal["stands", "ended", "expired"]
    given_at: datetime
    expires_at: datetime | None = None
    ended_at: datetime | None = None


class Givings(Told):
    """All that a person gave, oldest first."""

    items: tuple[Giving, ...]


class Withdrawn(Told):
    """How many givings ended."""

    ended: int
