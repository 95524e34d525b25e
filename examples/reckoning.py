"""From what was found to the story that is told, and to what of it is not the truth. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from importlib.metadata import version

from naive import Giving, only_security, subjects
from work import Found, Matched

from solely.web.story import AuditLine, Flow, LedgerLine, ListLine, Purpose, Story, Use

__all__ = ["differences", "tell"]

TAILORED, PARTNER = "tailored-audiences", "partner-audiences"
USES: dict[str, Purpose] = {TAILORED: "tailored", PARTNER: "partner"}


def tell(found: Found) -> Story:
    """The story of what was found."""
    everything = set[Giving]().union(*found.met.values())
    tailored, partner = (_everyone(found, purpose) for purpose in (TAILORED, PARTNER))
    ledger = found.ledger
    return Story(
        software=version("solely"),
        people=found.truth["people"],
        seed=found.truth["seed"],
        met=len(tailored | partner),
        withdrawn=found.platform.withdrawn,
        lists=tuple(_line(name, one, found.met[name]) for name, one in found.matched.items()),
        total=ListLine(
            name="",
            rows=sum(one.rows for one in found.matched.values()),
            usable=sum(one.usable for one in found.matched.values()),
            tailored=len(tailored),
            partner=len(partner),
            without=len(subjects(everything)),
            only_security=len(only_security(everything)),
        ),
        solely=_flows(found.platform.standing, _used(found)),
        without=_flows(found.platform.standing, dict.fromkeys(everything, "any")),
        audit=tuple(AuditLine(name, a.audience_rows, a.affected) for name, a in found.audit.advertisers.items()),
        affected=found.audit.affected,
        ledger=LedgerLine(ledger.size, ledger.root.hex(), ledger.checkpoints, found.refusal),
    )


def _everyone(found: Found, purpose: str) -> set[str]:
    return set[str]().union(*(one.members[purpose] for one in found.matched.values()))


def _line(name: str, one: Matched, met: Collection[Giving]) -> ListLine:
    return ListLine(
        name=name,
        rows=one.rows,
        usable=one.usable,
        tailored=len(one.members[TAILORED]),
        partner=len(one.members[PARTNER]),
        without=len(subjects(met)),
        only_security=len(only_security(met)),
    )


def _used(found: Found) -> dict[Giving, Use]:
    """The givings that led to Solely's members.

    A member whom no giving for that purpose led to is charged to every giving that could have: a leak would show.
    """
    used: dict[Giving, Use] = {}
    for name, one in found.matched.items():
        for purpose, use in USES.items():
            members, met = set(one.members[purpose]), found.met[name]
            lawful = {giving for giving in met if giving.purpose == use and giving.subject in members}
            leaked = members - subjects(lawful)
            used |= dict.fromkeys(lawful | {giving for giving in met if giving.subject in leaked}, use)
    return used


def _flows(standing: list[Giving], used: dict[Giving, Use]) -> tuple[Flow, ...]:
    counts = Counter((giving.kind, giving.purpose, used.get(giving, "none")) for giving in standing)
    return tuple(Flow(*path, givings) for path, givings in sorted(counts.items()))


def differences(found: Found) -> list[str]:
    """What differs from the world's truth; empty where nothing does."""
    told = found.truth["legacy_affected"]
    answered = {name: list(answer.subjects or ()) for name, answer in found.audit.advertisers.items()}
    audits = [f"audit of {name}" for name in sorted(told | answered) if told.get(name) != answered.get(name)]
    return [words for name in found.truth["lists"] for words in _list_differences(found, name)] + audits


def _list_differences(found: Found, name: str) -> Iterator[str]:
    truth, one, met = found.truth["lists"][name], found.matched[name], found.met[name]
    if (one.rows, one.rows - one.usable) != (truth["rows"], truth["unusable_rows"]):
        yield f"{name}, rows"
    for purpose, use in USES.items():
        if one.members[purpose] != truth["match"][purpose]:
            yield f"{name}, {purpose}"
        if sorted(subjects(met, use)) != truth["match"][purpose]:
            yield f"{name}, {purpose} (recount)"
    if sorted(subjects(met)) != truth["match"]["naive"]:
        yield f"{name}, without purposes"
