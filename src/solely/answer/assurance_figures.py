"""The figures of an assurance report: counted from the ledger's entries, the registry and the policy, each by a name.

- The entries counted are those that were verified: their root is recomputed here.
- A figure is counts and dates. None holds a contact or a person's id.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from solely.errors import Tampered
from solely.ledger.proof import Verified
from solely.ledger.tree import Frontier, leaf_hash
from solely.purpose import HOLDS, Policy, Purpose

__all__ = ["FIGURES", "Facts", "Figure", "Tally", "figure", "tally"]

Values = Mapping[str, int | str]
_BATCH = 4_096  # entries whose hashes are put into the tree at once
_OF = ("of", "event", "incident")  # what an entry says it is of: of these the first it has
_OTHERS = "the entries counted are not those that were verified"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, what it counts, and label -> value."""

    name: str
    what: str
    values: Values

    def as_json(self) -> dict[str, Any]:
        return {"what": self.what, "values": dict(self.values)}


@dataclass(frozen=True, slots=True)
class Tally:
    """What the ledger's entries say in sum. `members` counts what an entry commits to, such as givings."""

    entries: Counter[str]  # by type
    members: Counter[tuple[str, str]]  # by type and purpose
    by_purpose: Counter[tuple[str, str]]  # entries, by type and purpose
    of: Counter[tuple[str, str]]  # entries, by type and what they say they are of
    recipients: Mapping[str, frozenset[str]]  # by purpose: advertisers and partners matched for, carriers sent by
    policies: Mapping[str, datetime]  # digest -> the first entry written under it
    first: datetime | None
    last: datetime | None
    oldest_use: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What figures are made of. `counts`: by purpose, givings and how many of them ended; `notices`: texts kept."""

    policy: Policy
    tally: Tally
    counts: Mapping[str, tuple[int, int]]
    notices: Mapping[str, int]
    verified: Verified
    cosigned: int  # by how many witnesses the newest head is


def tally(bodies: Iterable[bytes], verified: Verified) -> Tally:
    """Count the entries of a verified ledger. Raises Tampered where they are not the ones that were verified."""
    told = _Told()
    frontier, leaves = Frontier(), []
    for body in bodies:
        leaves.append(leaf_hash(body))
        if len(leaves) == _BATCH:
            frontier, leaves = frontier.extend(leaves), []
        try:  # read plainly, at a third of the cost: they were verified, and the root says that these are they
            told.add(json.loads(body))
        except (ValueError, LookupError, TypeError, AttributeError):
            raise Tampered(_OTHERS, where="ledger") from None
    frontier = frontier.extend(leaves)
    if (frontier.size, frontier.root()) != (verified.size, verified.root):
        raise Tampered(_OTHERS, where="ledger")
    return told.tally()


class _Told:
    """A tally in the making."""

    def __init__(self) -> None:
        self._entries: Counter[str] = Counter()
        self._members: Counter[tuple[str, str]] = Counter()
        self._by_purpose: Counter[tuple[str, str]] = Counter()
        self._of: Counter[tuple[str, str]] = Counter()
        self._recipients: dict[str, set[str]] = {}
        self._policies: dict[str, str] = {}
        self._times: dict[str, str] = {}

    def add(self, entry: dict[str, Any]) -> None:
        """Count one entry, as its JSON says it."""
        type_, time, details = entry["type"], entry["time"], entry.get("details", {})
        purpose = entry.get("purpose", "")
        self._entries[type_] += 1
        self._by_purpose[type_, purpose] += 1
        self._members[type_, purpose] += entry["members"]["count"] if "members" in entry else 0
        self._of[type_, str(next((details[name] for name in _OF if name in details), ""))] += 1
        for name in _recipients(type_, entry["principal"], details):
            self._recipients.setdefault(purpose, set()).add(name)
        self._policies.setdefault(entry["policy"], time)
        self._times.setdefault("first", time)
        self._times["last"] = time
        if type_ == "use":
            self._times.setdefault("oldest use", time)

    def tally(self) -> Tally:
        """What was counted so far."""
        return Tally(
            entries=self._entries,
            members=self._members,
            by_purpose=self._by_purpose,
            of=self._of,
            first=self._time("first"),
            last=self._time("last"),
            oldest_use=self._time("oldest use"),
            recipients={purpose: frozenset(names) for purpose, names in self._recipients.items()},
            policies={digest: datetime.fromisoformat(since) for digest, since in self._policies.items()},
        )

    def _time(self, name: str) -> datetime | None:
        return datetime.fromisoformat(self._times[name]) if name in self._times else None


def _recipients(type_: str, principal: str, details: Mapping[str, Any]) -> Iterable[str]:
    if type_ == "use" and principal.startswith("advertiser "):
        yield principal
    if type_ == "use" and "partner" in details:
        yield f"partner {details['partner']}"
    if type_ == "send":
        yield f"carrier {details.get('by', '')}".rstrip()


def figure(name: str, facts: Facts) -> Figure:
    """The figure of that name, one of FIGURES."""
    what, count = FIGURES[name]
    return Figure(name, what, MappingProxyType(dict(count(facts))))


def _givings(facts: Facts) -> Values:
    return {purpose: given for purpose, (given, _) in sorted(facts.counts.items())}


def _ended(facts: Facts) -> Values:
    return {purpose: ended for purpose, (_, ended) in sorted(facts.counts.items()) if ended}


def _typed(type_: str) -> Callable[[Facts], Values]:
    """Entries of a type, by purpose."""

    def count(facts: Facts) -> Values:
        found = {purpose: number for (kind, purpose), number in facts.tally.by_purpose.items() if kind == type_}
        return {purpose or "any": number for purpose, number in sorted(found.items())}

    return count


def _said(type_: str) -> Callable[[Facts], Values]:
    """Entries of a type, by what they say they are of."""

    def count(facts: Facts) -> Values:
        found = {of: number for (kind, of), number in facts.tally.of.items() if kind == type_}
        return {of or "other": number for of, number in sorted(found.items())}

    return count


def _reached(facts: Facts) -> Values:
    found = {purpose: number for (kind, purpose), number in facts.tally.members.items() if kind == "use" and number}
    return dict(sorted(found.items()))


def _policies(facts: Facts) -> Values:
    found = {f"from {_day(since)}": digest[:16] for digest, since in facts.tally.policies.items()}
    return found | {"now": facts.policy.digest[:16]}


def _ledger(facts: Facts) -> Values:
    proven = facts.verified
    return {
        "entries": proven.size,
        "signed heads": proven.checkpoints,
        "under a signed head": proven.covered,
        "witnesses that cosigned the newest": facts.cosigned,
        "root": proven.root.hex(),
    }


def _span(facts: Facts) -> Values:
    told = facts.tally
    days = {"first entry": told.first, "last entry": told.last, "oldest use kept": told.oldest_use}
    return {label: "none" if day is None else _day(day) for label, day in days.items()}


def _grouped(facts: Facts, of: Callable[[Purpose], str]) -> Values:
    """The policy's purposes, by what they have in common."""
    found: dict[str, list[str]] = {}
    for one in facts.policy.purposes.values():
        found.setdefault(of(one), []).append(one.name)
    return {common: ", ".join(names) for common, names in found.items()}


def _lifetimes(facts: Facts) -> Values:
    return _grouped(facts, lambda one: f"{one.lifetime_days:,} days" if one.lifetime_days else "until withdrawn")


def _compartments(facts: Facts) -> Values:
    return _grouped(facts, lambda one: f"{one.compartment} ({HOLDS[one.compartment]})")


def _bases(facts: Facts) -> Values:
    return _grouped(facts, lambda one: one.legal_basis)


def _erased(facts: Facts) -> Values:
    return {"people": facts.tally.entries["erasure"]}  # an entry each


def _recipient_counts(facts: Facts) -> Values:
    return {purpose: len(names) for purpose, names in sorted(facts.tally.recipients.items())}


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


FIGURES: Mapping[str, tuple[str, Callable[[Facts], Values]]] = MappingProxyType(
    {
        "givings": ("givings recorded", _givings),
        "notices": ("texts that people saw, kept word for word", lambda facts: dict(sorted(facts.notices.items()))),
        "ended": ("givings that ended", _ended),
        "withdrawals": ("entries of withdrawals", _typed("withdrawal")),
        "uses": ("entries of uses", _typed("use")),
        "reached": ("givings that uses went through", _reached),
        "sends": ("messages sent", _typed("send")),
        "refusals": ("refusals, by what was refused", _said("refusal")),
        "disclosures": ("disclosures, by what was disclosed", _said("disclosure")),
        "accesses": ("contacts opened to be shown to their own people", _typed("access")),
        "choices": ("choices about marketing", _typed("preference")),
        "resets": ("resets by officers, by what was reset", _said("reset")),
        "incidents": ("incidents, by what was done", _said("incident")),
        "told": ("notices to people, by incident", _said("notice")),
        "erasures": ("people erased", _erased),
        "entries": ("entries, by type", lambda facts: dict(sorted(facts.tally.entries.items()))),
        "policies": ("policies that entries were written under, by digest", _policies),
        "ledger": ("the ledger, verified for this report", _ledger),
        "span": ("how far the ledger reaches back", _span),
        "lifetimes": ("how long a giving lives", _lifetimes),
        "compartments": ("compartments, what they hold, and their purposes", _compartments),
        "bases": ("legal bases, as the policy names them", _bases),
        "recipients": ("recipients", _recipient_counts),
    }
)
