"""A question about what was done: which uses, of which givings. Each part is optional; any of its names will do.

It is written into incidents and, as a digest, into the ledger, so it has one form as JSON, read back strictly.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from solely.errors import BadInput

__all__ = ["Question"]

_WHERE = "question"
_MAX_NAME, _MAX_NAMES = 128, 100_000
_DIGEST = re.compile(r"[0-9a-f]{8,64}")
_FORMS = {  # what a name has to look like, beyond being one
    "audiences": (re.compile(r"[^/]+/[^/]+"), "ADVERTISER/AUDIENCE"),
    "notices": (re.compile(r"[^/]+/[^/]+"), "PURPOSE/VERSION"),
    "policies": (_DIGEST, "a digest in hex, or its first 8 digits or more"),
}
_TIMES = ("since", "until")
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Uses from `since` to before `until`, by and for these, of givings under these notices or of these imports.

    Times have a zone. An audience is ADVERTISER/AUDIENCE, a notice PURPOSE/VERSION, a policy its digest in hex or
    the beginning of it. Raises BadInput where a part is none, or where nothing is asked.
    """

    since: datetime | None = None
    until: datetime | None = None
    advertisers: frozenset[str] = _NONE
    audiences: frozenset[str] = _NONE
    partners: frozenset[str] = _NONE
    purposes: frozenset[str] = _NONE
    notices: frozenset[str] = _NONE
    imports: frozenset[str] = _NONE
    software: frozenset[str] = _NONE
    policies: frozenset[str] = _NONE
    givings: frozenset[UUID] = frozenset()

    def __post_init__(self) -> None:
        parts = self.parts()
        if not parts:
            cure = "name a time, an advertiser, a purpose, a notice or another of what it may be about"
            raise BadInput("an empty question", where=_WHERE, cure=cure)
        for name, value in parts.items():
            if name in _TIMES:
                if value.utcoffset() is None:
                    raise BadInput("a time has a zone", where=f"{_WHERE}: {name}", cure="write it as 2026-11-01T00:00Z")
            elif name != "givings":
                for one in value:
                    _check(name, one)
        if self.since and self.until and self.since >= self.until:
            raise BadInput("it ends before it begins", where=f"{_WHERE}: until")

    def parts(self) -> dict[str, Any]:
        """What is asked, by the name of the part; nothing of what is not."""
        every = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in every.items() if value not in (None, frozenset())}

    def means(self, purpose: str | None, software: str, policy: str) -> bool:
        """Whether an entry is for one of the purposes, by one of the programs and under one of the policies asked."""
        return (
            (not self.purposes or purpose in self.purposes)
            and (not self.software or software in self.software)
            and (not self.policies or policy.startswith(tuple(self.policies)))
        )

    def as_json(self) -> dict[str, str | list[str]]:
        """What is asked and nothing else, the names in order; `from_json` reads it back."""
        return {
            name: value.astimezone(UTC).isoformat() if name in _TIMES else sorted(str(one) for one in value)
            for name, value in self.parts().items()
        }

    @classmethod
    def from_json(cls, content: object) -> Question:
        """Read `as_json`. Raises BadInput for anything else."""
        known = {one.name for one in fields(cls)}
        if not isinstance(content, Mapping) or not set(content) <= known:
            raise BadInput("it asks for what there is not", where=_WHERE, cure=f"ask for {', '.join(sorted(known))}")
        return cls(**{name: _read(name, value) for name, value in content.items()})

    def digest(self) -> str:
        """The SHA-256, in hex, of its form as JSON: the same question has the same."""
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _check(name: str, one: object) -> None:
    form, words = _FORMS.get(name, (None, f"1 to {_MAX_NAME} plain characters"))
    fit = isinstance(one, str) and 0 < len(one) <= 2 * _MAX_NAME and one.isprintable()
    if not fit or (form and not form.fullmatch(str(one))):
        raise BadInput("not a name of that", where=f"{_WHERE}: {name}", cure=f"give {words}")


def _read(name: str, value: object) -> Any:
    try:
        if name in _TIMES and isinstance(value, str):
            return datetime.fromisoformat(value)
        if isinstance(value, list) and len(value) <= _MAX_NAMES and all(isinstance(one, str) for one in value):
            if not value:
                raise BadInput("an empty list asks nothing", where=f"{_WHERE}: {name}", cure="leave it out")
            return frozenset(map(UUID, value)) if name == "givings" else frozenset(value)
    except ValueError:
        pass
    raise BadInput("a time or a list of names", where=f"{_WHERE}: {name}")
