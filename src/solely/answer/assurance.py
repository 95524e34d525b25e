"""Assurance: clause by clause, what a law or an order demands, what answers it here, which tests prove it, and figures.

- The clauses are data: `assurance.toml`. Each sentence in it is ours; where a text was not read, it says so.
- `shown` is claimed only with a mechanism, tests and figures, and with nothing missing. All else says what is.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from solely.answer.assurance_figures import FIGURES, Facts, Figure, figure
from solely.answer.assurance_register import NOT_KNOWN, RegisterLine, register
from solely.ledger.proof import Verified

__all__ = ["STATUSES", "Answered", "Assurance", "Clause", "Law", "Status", "assess", "read_laws"]

Status = Literal["shown", "partly", "not built", "organisation"]
STATUSES: tuple[Status, ...] = get_args(Status)
_FILE = Path(__file__).with_name("assurance.toml")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-"))


class Clause(_Table):
    """One demand, and what there is to say to it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    place: str
    title: str
    demands: str
    known_from: str
    status: Status
    answered_by: tuple[str, ...] = ()
    tests: tuple[Annotated[str, Field(pattern=r"^tests/[\w/]+\.py::test_\w+$")], ...] = ()
    figures: tuple[str, ...] = ()
    missing: str = ""

    @model_validator(mode="after")
    def _claims_what_it_shows(self) -> Self:
        if unknown := set(self.figures) - set(FIGURES):
            raise ValueError(f"no such figures: {', '.join(sorted(unknown))}")
        if (self.status == "shown") == bool(self.missing):
            raise ValueError("what is shown misses nothing, and whatever else says what is missing")
        if self.status == "shown" and not (self.answered_by and self.tests and self.figures):
            raise ValueError("what is shown has a mechanism, tests and figures")
        if self.status == "partly" and not (self.answered_by and self.tests):
            raise ValueError("what is partly shown has a mechanism and tests")
        return self


class Law(_Table):
    """A law or an order, with what is to be known of how its text was read."""

    name: str
    short: str
    note: str
    clause: tuple[Clause, ...]


class _Laws(_Table):
    law: tuple[Law, ...]


def read_laws() -> tuple[Law, ...]:
    """The clauses that are shipped."""
    return _Laws.model_validate(tomllib.loads(_FILE.read_text(encoding="utf-8"))).law


@dataclass(frozen=True, slots=True)
class Answered:
    """A clause with this directory's figures."""

    clause: Clause
    figures: tuple[Figure, ...]

    def as_json(self) -> dict[str, Any]:
        told = self.clause.model_dump(mode="json", exclude={"figures"})
        return told | {"figures": {one.name: one.as_json() for one in self.figures}}


@dataclass(frozen=True, slots=True)
class Assurance:
    """The whole answer. `head` is the newest signed head, as it was signed."""

    made_at: datetime
    software: str
    policy: str
    verified: Verified
    head: str
    laws: tuple[tuple[Law, tuple[Answered, ...]], ...]
    register: tuple[RegisterLine, ...]

    def clauses(self) -> Iterator[Answered]:
        for _, answers in self.laws:
            yield from answers

    def statuses(self) -> dict[Status, int]:
        """How many clauses have each status."""
        found = Counter(one.clause.status for one in self.clauses())
        return {status: found[status] for status in STATUSES}

    def as_json(self) -> dict[str, Any]:
        """The object `solely assurance --json` prints."""
        proven = self.verified
        return {
            "made_at": self.made_at.isoformat(),
            "software": self.software,
            "policy": self.policy,
            "ledger": {
                "verified": True,
                "entries": proven.size,
                "root": proven.root.hex(),
                "checkpoints": proven.checkpoints,
                "covered": proven.covered,
                "anchored": proven.anchored,
                "head": self.head,
            },
            "statuses": self.statuses(),
            "laws": [
                {"name": law.name, "note": law.note, "clauses": [one.as_json() for one in answers]}
                for law, answers in self.laws
            ],
            "register": {"lines": [line.as_json() for line in self.register], "not_known": list(NOT_KNOWN)},
        }


def assess(facts: Facts, *, head: str, software: str, now: datetime) -> Assurance:
    """Each clause with the figures it names."""
    return Assurance(
        made_at=now,
        software=software,
        policy=facts.policy.digest,
        verified=facts.verified,
        head=head,
        laws=tuple((law, tuple(_answer(clause, facts) for clause in law.clause)) for law in read_laws()),
        register=register(facts),
    )


def _answer(clause: Clause, facts: Facts) -> Answered:
    return Answered(clause, tuple(figure(name, facts) for name in clause.figures))
