"""A handle: how the platform's servers name a person to one compartment, and to no other.

It is the pseudonym by which that compartment knows the person, with the compartment's mark in front. Everyone has
one, whatever they gave; only the registry knows whose it is, and which two are of one person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from solely.errors import BadInput

__all__ = ["Side", "read_handle", "write_handle"]

Side = Literal["advertising", "measurement"]
_MARKS: Mapping[Side, str] = {"advertising": "ad", "measurement": "me"}
_HANDLE = re.compile(r"[a-z]{2}-([0-9a-f]{32})")


def write_handle(side: Side, pseudonym: UUID) -> str:
    """The handle of whom a compartment knows by that pseudonym."""
    return f"{_MARKS[side]}-{pseudonym.hex}"


def read_handle(side: Side, text: str) -> UUID:
    """The pseudonym behind a handle. Raises BadInput for what is none, or one of another compartment's."""
    found = _HANDLE.fullmatch(text)
    if not found or not text.startswith(_MARKS[side]):
        cure = "ask the registry for it, by the subject's id; each compartment has its own"
        raise BadInput(f"not a handle of {side}", where="handle", cure=cure)
    return UUID(found[1])
