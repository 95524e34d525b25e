"""Kinds of JSON values: a text is taken for a text alone, a number for a number, true and false for themselves.

Pydantic would read 0 as false, "1" as one and 5 as a moment of 1970; the schema promises otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

__all__ = ["check_kind"]

_UNIONS = (Union, UnionType)
_NUMBERS = frozenset({int, float})
_NO_TEXTS = frozenset({bool, type(None)}) | _NUMBERS


def check_kind(annotation: Any, value: object) -> None:
    """Raise ValueError where a field of that annotation can't be sent as that kind of value."""
    kinds = set(_plain(annotation))
    if isinstance(value, bool):
        fits = bool in kinds
    elif isinstance(value, int | float):
        fits = bool(kinds & _NUMBERS)
    else:
        fits = not isinstance(value, str) or not kinds <= _NO_TEXTS
    if not fits and Any not in kinds:
        raise ValueError("a value of another kind")


def _plain(annotation: Any) -> Iterator[Any]:
    """The types that a field may have, without what else is said of them."""
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        yield from _plain(parts[0])
    elif get_origin(annotation) in _UNIONS:
        for part in parts:
            yield from _plain(part)
    else:
        yield annotation
