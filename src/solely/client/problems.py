"""A problem as it was answered (RFC 9457), as the very error that was raised in the service."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType
from typing import Any

from solely import errors
from solely.errors import BadInput, ContactError, GivingError, SolelyError, Throttled, Unavailable

__all__ = ["error_of"]

_TYPE = "urn:solely:problem:"
_WORDS = re.compile(r"(?<!^)(?=[A-Z])")
_KINDS: Mapping[str, type[SolelyError]] = MappingProxyType(
    {_TYPE + _WORDS.sub("-", name).lower(): vars(errors)[name] for name in errors.__all__}
)
# What HTTP or a proxy answered itself, by its status: of two errors with one status, the wider.
_STATUSES: Mapping[int, type[SolelyError]] = MappingProxyType(
    {
        400: BadInput,
        401: errors.Unauthenticated,
        403: errors.Refused,
        404: errors.NotFound,
        408: errors.TooSlow,
        409: errors.Conflict,
        412: errors.Outdated,
        413: errors.TooLarge,
        415: errors.WrongType,
        429: Throttled,
        502: Unavailable,
        503: Unavailable,
        504: Unavailable,
    }
)
_FAULT, _CLIENT_FAULT = 500, 400


def error_of(status: int, body: bytes) -> SolelyError:
    """The error that an answer tells of."""
    said = _read(body)
    kind = _KINDS.get(str(said.get("type"))) or _by_status(status)
    what, where, cure = (_text(said, name) for name in ("detail", "where", "cure"))
    what = what or f"answered with status {status}"
    error: SolelyError
    if issubclass(kind, ContactError | GivingError):
        error = kind(_text(said, "reason") or what, cure)
        error.where = where
    elif issubclass(kind, Throttled):
        error = kind(what, where=where, cure=cure, retry_at=_moment(said.get("retry_at")))
    else:
        error = kind(what, where=where, cure=cure)
    return error


def _by_status(status: int) -> type[SolelyError]:
    if status in _STATUSES:
        return _STATUSES[status]
    return BadInput if _CLIENT_FAULT <= status < _FAULT else SolelyError


def _read(body: bytes) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        said = json.loads(body)
        if isinstance(said, dict):
            return said
    return {}


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _moment(text: object) -> datetime | None:
    with suppress(ValueError):
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
        return found if found and found.tzinfo else None
    return None
