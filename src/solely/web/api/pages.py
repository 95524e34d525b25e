"""Pages of a list: `next` of one is the `cursor` of the following one. It says what the page ended with, no more."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Query

from solely.errors import BadInput
from solely.web.api.routes import FIRST, LAST

__all__ = ["CURE", "Cursor", "Limit", "after", "cursor_of", "cut", "moment"]

Item = TypeVar("Item")
CURE = "send back `next` of the page before, as it is"
Cursor = Annotated[
    str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,1024}$", description="`next` of the page before; none: the first page")
]
Limit = Annotated[int, Query(ge=1, le=500, description="how many at most")]


def after(cursor: str | None) -> str:
    """What the page before ended with; empty for the first. Raises BadInput for no cursor of ours."""
    if cursor is None:
        return ""
    try:
        found = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        found = ""
    if not found or "\0" in found:
        raise BadInput("not a cursor", where="cursor", cure=CURE)
    return found


def cut(found: Sequence[Item], limit: int, name: Callable[[Item], str]) -> tuple[Sequence[Item], str | None]:
    """A page of what was found, one more than its limit where there is more; and its `next`."""
    page = found[:limit]
    if len(found) <= limit:
        return page, None
    return page, cursor_of(name(page[-1]))


def cursor_of(place: str) -> str:
    """The cursor that says a place."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def moment(text: str) -> datetime:
    """A time of a cursor. Raises ValueError for what is none of ours: without a zone, or long ago or to come."""
    found = datetime.fromisoformat(text)
    if found.utcoffset() is None or not FIRST < found < LAST:
        raise ValueError("no time of ours")
    return found
