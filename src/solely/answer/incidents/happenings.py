"""What of all that was done with a person's contacts an incident is about, as their notice tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from solely.answer.elsewhere import is_use
from solely.answer.incidents.letter import Happening
from solely.answer.question import Question
from solely.answer.sources import Sources
from solely.answer.uses import Act, Uses, uses
from solely.errors import NotFound
from solely.ledger.entry import Entry
from solely.store import registry
from solely.store.registry import Held

__all__ = ["happened", "happenings"]

_ADVERTISER = "advertiser "


def happened(sources: Sources, question: Question, subject: str) -> list[Happening]:
    """What the question finds of one person; nothing for who never gave anything."""
    try:
        found = uses(sources, subject)
    except NotFound:
        return []
    read = sources.entries.read({act.sequence for act in found.acts})
    given = registry.imported(sources.registry) if question.imports else {}
    mine = frozenset(entry for name in question.imports for entry in given.get(name, ()))
    return happenings(found, question, read, mine)


def happenings(
    found: Uses, question: Question, read: Mapping[int, Entry], imported: frozenset[int] = frozenset()
) -> list[Happening]:
    """One for each giving and what it was used for, oldest giving first. `imported` are the entries of its imports."""
    told = []
    for held in found.givings:
        if question.imports and held.entry not in imported:
            continue
        acts = [act for act in found.acts if act.giving == held.giving and is_use(act.what, act.details)]
        acts = [act for act in acts if _asked(question, act, held, read[act.sequence])]
        told += [_happening(held, purpose, acts) for purpose in dict.fromkeys(act.purpose for act in acts)]
    return told


def _asked(question: Question, act: Act, held: Held, entry: Entry) -> bool:
    advertiser = act.by.removeprefix(_ADVERTISER) if act.by.startswith(_ADVERTISER) else None
    tests = (
        (question.advertisers, advertiser),
        (question.audiences, f"{advertiser}/{act.details.get('audience')}"),
        (question.partners, act.details.get("partner")),
        (question.notices, f"{held.purpose}/{held.notice}"),
        (question.givings, act.giving),
    )
    in_time = (question.since is None or act.at >= question.since) and (
        question.until is None or act.at < question.until
    )
    means = question.means(entry.purpose, entry.software, entry.policy)
    return in_time and means and all(not names or value in names for names, value in tests)


def _happening(held: Held, purpose: str | None, acts: Sequence[Act]) -> Happening:
    mine = [act for act in acts if act.purpose == purpose]
    by = sorted({act.by.removeprefix(_ADVERTISER) for act in mine})
    days = [act.at.date() for act in mine]
    kind: Literal["email", "phone"] = "phone" if held.kind == "phone" else "email"
    return Happening(kind, held.given_at.date(), held.purpose, purpose or "", tuple(by), min(days), max(days))
