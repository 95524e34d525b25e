"""Errors as they cross a link: by name, with what, where and cure; never a value, and never where in the code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from solely import errors
from solely.errors import (
    BadInput,
    Conflict,
    ContactError,
    GivingError,
    NotFound,
    Refused,
    SolelyError,
    Throttled,
    Unavailable,
)

__all__ = ["ends_link", "error_from", "parts_of"]

_NAMED: Mapping[str, type[SolelyError]] = MappingProxyType(
    {name: vars(errors)[name] for name in errors.__all__ if name not in {"SolelyError", "Throttled"}}
)


def parts_of(error: SolelyError) -> list[Any]:
    """What is sent of an error."""
    more = getattr(error, "reason", None) or getattr(error, "retry_at", None)
    return [type(error).__name__, error.what, error.where, error.cure, more]


def error_from(parts: Any) -> SolelyError:
    """The error again; one that is of no kind we know is Unavailable."""
    name, what, where, cure, more = parts
    if name in {"ContactError", "GivingError"}:
        return (ContactError if name == "ContactError" else GivingError)(more, cure)
    if name == "Throttled":
        return Throttled(what, where=where, cure=cure, retry_at=more if isinstance(more, datetime) else None)
    return _NAMED.get(name, Unavailable)(what, where=where, cure=cure)


def ends_link(error: BaseException) -> bool:
    """Whether both ends let the link go after this: what is behind it may be broken, and the next begins anew."""
    return not isinstance(error, (BadInput, Refused, NotFound, Conflict))
