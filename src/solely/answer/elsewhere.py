"""Uses beside the matches, each an entry with its givings kept beside it.

Contacts that were opened or sent to; decisions, which are for an advertiser's audience as matches are; measurements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from solely.answer.question import Question
from solely.answer.sources import Sources
from solely.ledger.entry import Entry
from solely.store import registry

__all__ = ["Used", "is_use", "used_elsewhere"]

_TYPES = frozenset({"use", "send"})
_ADVERTISER = "advertiser "
_MANY = 5_000  # entries at a time


@dataclass(frozen=True, slots=True)
class Used:
    """A use of one giving: whose, when, for what, and the country that is known of the giving.

    `advertiser` and `audience`, as ADVERTISER/AUDIENCE, are whom it was for, where it was for one.
    """

    subject: str
    giving: UUID
    at: datetime
    purpose: str
    country: str | None
    advertiser: str | None
    audience: str | None


def is_use(type_: str, details: Mapping[str, str | int]) -> bool:
    """Whether an entry of that type and with these details tells of a use: a measurement is one, which is disclosed."""
    return type_ in _TYPES or (type_ == "disclosure" and details.get("of") == "measurement")


def used_elsewhere(sources: Sources, question: Question) -> Iterator[Used]:
    """The uses in question, in order. Cost: the ledger's entries from `since` to `until`."""
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
                names = _advertiser(entry), _audience(entry)
                yield Used(one.subject, one.giving, entry.time, entry.purpose or "", one.country, *names)


def _batches(sources: Sources, question: Question) -> Iterator[list[tuple[Entry, list[UUID]]]]:
    moments = [sources.entries.first_since(moment) if moment else None for moment in (question.since, question.until)]
    with closing(sources.entries.of_givings(moments[0] or 0, moments[1])) as found:
        wanted = ((entry, ids) for entry, ids in found if _is_meant(entry, question))
        while batch := list(islice(wanted, _MANY)):
            yield batch


def _is_meant(entry: Entry, question: Question) -> bool:
    tests = (
        (question.advertisers, _advertiser(entry)),
        (question.audiences, _audience(entry)),
        (question.partners, entry.details.get("partner")),
    )
    return (
        is_use(entry.type, entry.details)
        and all(not names or value in names for names, value in tests)
        and question.means(entry.purpose, entry.software, entry.policy)
    )


def _advertiser(entry: Entry) -> str | None:
    return entry.principal.removeprefix(_ADVERTISER) if entry.principal.startswith(_ADVERTISER) else None


def _audience(entry: Entry) -> str | None:
    advertiser, audience = _advertiser(entry), entry.details.get("audience")
    return None if advertiser is None or audience is None else f"{advertiser}/{audience}"
