"""What the registry's process and the others do for each other: intakes and names. Both ends.

- The desk hands a contact to the process of its purpose, once, in memory; it goes with the pseudonym by which that
  compartment knows its person, never with the platform's own id.
- A compartment asks for names in itself alone: which compartment that is comes from the link, not from the call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from solely.consent import Asked
from solely.contact import Contact
from solely.errors import BadInput, Refused
from solely.give.intake import Intake, Taken
from solely.links.client import Links
from solely.links.server import Answers
from solely.purpose import KINDS, Compartment, Kind, Policy, Purpose

__all__ = ["FarIntake", "Names", "answer_names", "answer_take", "far_names"]


@dataclass(frozen=True, slots=True, repr=False)
class FarIntake:
    """The intake of a compartment whose keys are another process's. See `Intake`."""

    compartment: Compartment
    links: Links

    def take(self, asked: Sequence[tuple[Asked, UUID]]) -> list[Taken]:
        """See `Intake.take`."""
        if not asked:
            return []
        rows = [
            [one.contact.kind, one.contact.expose(), one.notice, one.given_at, pseudonym] for one, pseudonym in asked
        ]
        return list(self.links.call(self.compartment, "take", asked[0][0].purpose.name, rows))


def answer_take(policy: Policy, compartment: str, intake: Callable[[], Intake]) -> Answers:
    """What a compartment's process takes, for its own purposes."""

    def take(name: str, rows: list[Any]) -> list[Taken]:
        purpose = policy.purpose(name)
        if purpose.compartment != compartment:
            raise Refused("this purpose is another compartment's", where="link")
        return intake().take([(_asked(purpose, *row[:-1]), row[-1]) for row in rows])

    return {"take": take}


def _asked(purpose: Purpose, kind: Kind, value: str, notice: bytes, given_at: datetime) -> Asked:
    if kind not in KINDS:
        raise BadInput("no kind of contact", where="link")
    return Asked("", purpose, Contact(kind, value), notice, given_at, None, None)


@dataclass(frozen=True, slots=True, repr=False)
class Names:
    """The names by which one compartment knows its people: of those who are known, made where there is none, back."""

    find: Callable[[Collection[str]], Mapping[str, UUID]]
    introduce: Callable[[str], UUID]
    subject_of: Callable[[UUID], str]


def far_names(links: Links) -> Names:
    """Those of one's own compartment, asked of the registry's process."""
    return Names(
        find=lambda subjects: dict(links.call("registry", "find", list(subjects))),
        introduce=partial(links.call, "registry", "introduce"),
        subject_of=partial(links.call, "registry", "subject-of"),
    )


def answer_names(names: Callable[[], Names]) -> Answers:
    """What the registry's process tells a compartment of its own people."""
    return {
        "find": lambda subjects: names().find(subjects),
        "introduce": lambda subject: names().introduce(subject),
        "subject-of": lambda pseudonym: names().subject_of(pseudonym),
    }
