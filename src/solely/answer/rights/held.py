"""What is held of a person: each giving with the words it was given under, who used it, and all they set here.

Nothing of another person is in it. Contacts come in as texts that may be shown, from whoever may open them
(opening.py); the compartments that hold tokens alone have none to show, and each giving says so in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from solely.answer.sources import Sources
from solely.answer.uses import Act, Uses, uses
from solely.give.choosing import Chosen, chosen
from solely.purpose import HOLDS, Compartment, Policy, Purpose
from solely.store import preferences, registry

__all__ = ["Contacts", "Device", "Factor", "Given", "Holding", "State", "hold", "sealed_of", "state_of"]

State = Literal["stands", "ended", "expired"]
# By a compartment, the givings to be shown (by id: the purpose); what may be shown of each.
Contacts = Callable[[Compartment, Mapping[UUID, str]], Mapping[UUID, str]]

SEALED_OVER = "kept sealed; it has ended, and is opened for nothing any more"
TOKENS = "not kept: only tokens, by which equal contacts meet and which nothing turns back into it"
GONE = "not kept: this policy has no such purpose any more"


@dataclass(frozen=True, slots=True)
class Given:
    """One giving as its person is told of it. `contact` is what may be shown; where it is None, `why_not` says why.

    `how`: through an import, or at the desk. `ended_by`: the person, their objection, a file, an erasure.
    """

    giving: registry.Held
    purpose: Purpose | None
    notice: registry.Words | None
    state: State
    how: str
    ended_by: str
    contact: str | None
    why_not: str
    used: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of two-step verification: that there is one, and nothing it works by."""

    kind: str
    name: str
    state: str
    purpose: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Device:
    """A device that is trusted for a while."""

    name: str
    trusted_at: datetime
    used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Holding:
    """All of it, as it was at a time. `others` are acts about the person that are of no single giving."""

    subject: str
    at: datetime
    givings: tuple[Given, ...]
    others: tuple[Act, ...]
    chosen: Chosen
    factors: tuple[Factor, ...]
    devices: tuple[Device, ...]
    uses: Uses


def sealed_of(givings: Sequence[registry.Held], policy: Policy, now: datetime) -> dict[Compartment, dict[UUID, str]]:
    """The standing givings whose contacts can be opened, by compartment: by id, the purpose."""
    found: dict[Compartment, dict[UUID, str]] = {}
    for one in givings:
        purpose = policy.purposes.get(one.purpose)
        if purpose and HOLDS[purpose.compartment] == "sealed" and state_of(one, now) == "stands":
            found.setdefault(purpose.compartment, {})[one.giving] = one.purpose
    return found


def hold(
    sources: Sources,
    policy: Policy,
    subject: str,
    now: datetime,
    *,
    contacts: Contacts,
    factors: Sequence[Factor],
    devices: Sequence[Device],
) -> Holding:
    """All that is held of a subject. Raises NotFound for one nobody knows."""
    shown: dict[UUID, str] = {}
    for compartment, sealed in sealed_of(registry.held(sources.registry, subject), policy, now).items():
        shown |= contacts(compartment, sealed)
    found = uses(sources, subject)  # after the opening: what was opened now is among it
    notices = registry.notices(sources.registry, sorted({one.purpose for one in found.givings}))
    history = preferences.of(sources.registry, subject)
    givings = tuple(_given(one, found.acts, policy, notices, shown, now) for one in found.givings)
    others = tuple(act for act in found.acts if act.giving is None)
    return Holding(subject, now, givings, others, chosen(history, policy), tuple(factors), tuple(devices), found)


def _given(
    one: registry.Held,
    acts: Sequence[Act],
    policy: Policy,
    notices: Mapping[tuple[str, str], registry.Words],
    shown: Mapping[UUID, str],
    now: datetime,
) -> Given:
    mine = [act for act in acts if act.giving == one.giving]
    purpose = policy.purposes.get(one.purpose)
    contact, state = shown.get(one.giving), state_of(one, now)
    return Given(
        one,
        purpose,
        notices.get((one.purpose, one.notice)),
        state,
        how=_how(mine),
        ended_by=_ended_by(mine) if state == "ended" else ("its time was over" if state == "expired" else ""),
        contact=contact,
        why_not="" if contact is not None else _why_not(purpose),
        used=tuple(act for act in mine if act.what not in {"giving", "withdrawal", "erasure"}),
    )


def state_of(one: registry.Held, now: datetime) -> State:
    """Whether a giving stands, or how it is over."""
    if one.ended_at is not None and one.ended_at <= now:
        return "ended"
    return "expired" if one.expires_at is not None and one.expires_at <= now else "stands"


def _how(acts: Sequence[Act]) -> str:
    details = next((act.details for act in acts if act.what == "giving"), {})
    return f"import {details['import']}" if "import" in details else "at the desk"


def _ended_by(acts: Sequence[Act]) -> str:
    ending = next((act for act in acts if act.what in {"withdrawal", "erasure"}), None)
    if ending is None:
        return ""
    if ending.details.get("of") == "objection":
        return "your objection"
    return "you" if ending.by == "subject" else "a file that said so"


def _why_not(purpose: Purpose | None) -> str:
    if purpose is None:
        return GONE
    return TOKENS if HOLDS[purpose.compartment] == "tokens" else SEALED_OVER
