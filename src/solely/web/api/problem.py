"""Problems (RFC 9457): every error of errors.py as `application/problem+json`, with a type that stays.

`type` is `urn:solely:problem:` and the error's name in small letters; `detail`, `where` and `cure` are the error's own
words, which never hold what somebody typed.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field

from solely.app.environment import now
from solely.errors import ContactError, GivingError, SolelyError, Throttled, Unauthenticated, Unavailable
from solely.web.api.answer import Answer

__all__ = ["MEDIA_TYPE", "Problem", "other", "problem", "type_of"]

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:solely:problem:"
_PARTS = re.compile(r"(?<!^)(?=[A-Z])")


class Problem(BaseModel):
    """What went wrong, where, and the cure."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="stays the same: programs go by it", examples=["urn:solely:problem:not-found"])
    title: str
    status: int
    detail: str
    where: str = ""
    cure: str = ""
    reason: str | None = Field(None, description="of a contact or a giving: why it can't be taken")
    retry_at: datetime | None = Field(None, description="when it may be tried again")


def type_of(error: type[SolelyError]) -> str:
    """The type of an error's problem."""
    return _TYPE + _PARTS.sub("-", error.__name__).lower()


def problem(error: SolelyError) -> Answer:
    """An error as it is answered."""
    kind = type(error)
    content: dict[str, str | int] = {
        "type": type_of(kind),
        "title": _PARTS.sub(" ", kind.__name__).capitalize(),
        "status": error.status,
        "detail": error.what,
        "where": error.where,
        "cure": error.cure,
    }
    if isinstance(error, ContactError | GivingError):
        content["reason"] = error.reason
    headers = {}
    if isinstance(error, Throttled) and error.retry_at is not None:
        content["retry_at"] = error.retry_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        headers["retry-after"] = str(_seconds_until(error.retry_at))
    elif isinstance(error, Unavailable):
        headers["retry-after"] = "1"
    elif isinstance(error, Unauthenticated):
        headers["www-authenticate"] = "Bearer"
    return Answer(error.status, json.dumps(content).encode(), MEDIA_TYPE, headers)


def _seconds_until(moment: datetime) -> int:
    return max(1, math.ceil((moment - now()).total_seconds()))


def other(status: int, what: str, cure: str = "", headers: dict[str, str] | None = None) -> Answer:
    """What is HTTP's own, and no error of ours."""
    title = HTTPStatus(status).phrase
    content = {
        "type": _TYPE + title.lower().replace(" ", "-"),
        "title": title.capitalize(),
        "status": status,
        "detail": what,
        "where": "",
        "cure": cure,
    }
    return Answer(status, json.dumps(content).encode(), MEDIA_TYPE, headers or {})
