"""Uses outside advertising: contacts that were opened or sent to, each an entry with its givings kept beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from solely.answer.question import Question
from solely.answer.sources import Sources
from solely.ledger.entry import Entry
from solely.store import registry

__all__ = ["Used", "used_elsewhere"]

_TYPES = frozenset({"use", "send"})
_MANY = 5_000  # entries at a time


@dataclass(frozen=True, slots=True)
class Used:
    """A use of one giving: whose, when, for what, and the country that is known of the giving."""

    subject: str
    giving: UUID
    at: datetime
    purpose: str
    country: str | None


def used_elsewhere(sources: Sources, question: Question) -> Iterator[Used]:
    """The uses in question, in order. Cost: the ledger's entries from `since` to `until`."""
    if question.advertisers or question.audiences or question.partners:
        return  # nothing outside advertising is done for one
    digests = registry.digests_of(sources.registry)
    notices = {(name.partition("/")[0], digests[name]) for name in question.notices & digests.keys()}
    imported = registry.imported(sources.registry)
    given = frozenset[int]().union(*(imported.get(name, ()) for name in question.imports))
    for batch in _batches(sources, question):
        about = registry.about(sources.registry, [giving for _, givings in batch for giving in givings])
        for entry, givings in batch:
            for one in filter(None, map(about.get, givings)):
                if question.notices and (one.purpose, one.notice) not in notices:
                    continue
                if question.imports and one.entry not in given:
                    continue
                if question.givings and one.giving not in question.givings:
                    continue
                yield Used(one.subject, one.giving, entry.time, entry.purpose or "", one.country)


def _batches(sources: Sources, question: Question) -> Iterator[list[tuple[Entry, list[UUID]]]]:
    moments = [sources.entries.first_since(moment) if moment else None for moment in (question.since, question.until)]
    with closing(sources.entries.of_givings(moments[0] or 0, moments[1])) as found:
        wanted = ((entry, ids) for entry, ids in found if _is_meant(entry, question))
        while batch := list(islice(wanted, _MANY)):
            yield batch


def _is_meant(entry: Entry, question: Question) -> bool:
    return entry.type in _TYPES and question.means(entry.purpose, entry.software, entry.policy)
