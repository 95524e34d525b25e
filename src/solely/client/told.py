"""What the service answers, as small objects that do not change. What they have beside is let be: it may be newer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

__all__ = ["Page", "Signalled", "Told"]

Item = TypeVar("Item")


class Told(BaseModel):
    """What is told."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Page(Told, Generic[Item]):
    """Some of a list; `next` leads to the following, None after the last."""

    items: tuple[Item, ...]
    next: str | None = None


class Signalled(Told):
    """What a browser's signal came to; said again it is not new, and ends nothing."""

    new: bool
    ended: Mapping[str, int]
