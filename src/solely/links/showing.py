"""What a person is shown of what is held under seal: opened where its keys are, and written down there. Both ends.

- The registry asks by the pseudonym by which that compartment knows the person, and never says whose it is.
- What is asked for masked is masked there: a contact crosses whole only into what its person takes away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args
from uuid import UUID

from solely.answer.rights.held import Device, Factor
from solely.answer.rights.opening import Form
from solely.errors import BadInput
from solely.links.client import Links
from solely.links.server import Answers
from solely.purpose import Compartment

__all__ = ["Contacts", "Known", "answer_factors", "answer_show", "far_contacts", "far_known"]

# By the pseudonym, the givings (by id: the purpose), in which form, in whose name: by giving, what may be shown of it.
Contacts = Callable[[UUID, Mapping[UUID, str], Form, str], Mapping[UUID, str]]


@dataclass(frozen=True, slots=True)
class Known:
    """What two-step verification knows a person by, and nothing it works by."""

    factors: Sequence[Factor] = ()
    devices: Sequence[Device] = ()


def far_contacts(links: Links, compartment: Compartment) -> Contacts:
    """The contacts of a compartment whose keys are another process's."""

    def show(pseudonym: UUID, givings: Mapping[UUID, str], form: Form, by: str) -> dict[UUID, str]:
        return dict(links.call(compartment, "show", pseudonym, dict(givings), form, by))

    return show


def answer_show(contacts: Callable[[], Contacts]) -> Answers:
    """What the process of a sealing compartment shows of its people."""

    def show(pseudonym: UUID, givings: Mapping[UUID, str], form: Form, by: str) -> Mapping[UUID, str]:
        if form not in get_args(Form):
            raise BadInput("no form of a contact", where="link")
        return contacts()(pseudonym, givings, form, by)

    return {"show": show}


def far_known(links: Links, pseudonym: UUID) -> Known:
    """The same of two-step verification."""
    factors, devices = links.call("security", "factors", pseudonym)
    return Known([Factor(*one) for one in factors], [Device(*one) for one in devices])


def answer_factors(known: Callable[[UUID], Known]) -> Answers:
    """What the process of security tells of a person's factors and devices."""

    def factors(pseudonym: UUID) -> list[Any]:
        found = known(pseudonym)
        return [
            [[one.kind, one.name, one.state, one.purpose, one.created_at, one.used_at] for one in found.factors],
            [[one.name, one.trusted_at, one.used_at, one.expires_at] for one in found.devices],
        ]

    return {"factors": factors}
