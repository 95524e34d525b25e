"""Affected: exactly the subjects whose givings were used as a question says; no one missed, no one extra.

1  which matches     from the ledger's entries: when, for whom, for what purpose, under which policy and software
2  which givings     by notice, import or id, as numbers; all where none is asked for
3  used              the union of the matches' evidence, of the givings in question
4  people            each once, however many of their givings were used and however often
5  elsewhere         what was used beside the matches, entry by entry; who was met in step 4 too counts once

- The ledger alone says what was a use. Evidence that no entry speaks of (of a match that was killed before its entry)
  is none; an entry without its evidence is an error, never a smaller number.
- What has ended since, by withdrawal or expiry, counts: what was used was used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from pyroaring import BitMap

from solely.answer.elsewhere import Used, used_elsewhere
from solely.answer.known import Known, country_fact, import_fact, known, notice_fact
from solely.answer.question import Question
from solely.answer.rolls import Match, Rolls, people, read_match, renew, union, used_by_each
from solely.answer.sources import Sources
from solely.errors import NotFound
from solely.store import registry
from solely.store.durable import locked

__all__ = ["HELD", "UNKNOWN", "Affected", "Counts", "ask"]

HELD = 400_000_000  # uses of one question that are held in memory: two bytes each, at most
UNKNOWN = "unknown"  # the country of whom none is known


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people: in all, and by each name of a kind. Who stands under two names counts under each.

    Months are of UTC, as 2026-11; countries are those of the givings.
    """

    people: int
    by_advertiser: Mapping[str, int]
    by_audience: Mapping[str, int]
    by_month: Mapping[str, int]
    by_country: Mapping[str, int]
    by_purpose: Mapping[str, int]


@dataclass(slots=True)
class _Elsewhere:
    """What is known of one subject's uses beside the matches: a giving that was used, and under which names.

    `series` has each month with an advertiser, or with a purpose where it was for none.
    """

    giving: UUID
    months: set[str] = field(default_factory=set)
    purposes: set[str] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)
    advertisers: set[str] = field(default_factory=set)
    audiences: set[str] = field(default_factory=set)
    series: set[tuple[str, str]] = field(default_factory=set)

    def add(self, used: Used) -> None:
        month = f"{used.at:%Y-%m}"
        self.months.add(month)
        self.purposes.add(used.purpose)
        self.countries |= {used.country} if used.country else set()
        self.advertisers |= {used.advertiser} if used.advertiser else set()
        self.audiences |= {used.audience} if used.audience else set()
        self.series.add((used.advertiser or used.purpose, month))


@dataclass(frozen=True, repr=False)
class Affected:
    """A question with all that its answer needs. `asked` are the givings in question, None where all are.

    `firsts` has the number of whom advertising knows among the subjects met elsewhere, by which each is one person.
    """

    sources: Sources
    matches: tuple[Match, ...]
    asked: BitMap | None
    known: Known
    rolls: Rolls
    elsewhere: Mapping[str, _Elsewhere]
    firsts: Mapping[str, int]

    @cached_property
    def used(self) -> BitMap:
        """The advertising givings that were used, by number."""
        return union(self.sources, self.rolls, self.matches, self.asked)

    @cached_property
    def _each(self) -> Mapping[UUID, BitMap]:
        """What each match used, read once for all counts; nothing where that is too much to hold."""
        if sum(match.count for match in self.matches) > HELD:
            return {}
        return used_by_each(self.sources, self.matches, self.asked)

    def _met_by(self, matches: Sequence[Match]) -> BitMap:
        if each := self._each:
            return self.known.people(BitMap.union(BitMap(), *(each[match.upload] for match in matches)))
        return people(self.sources, self.known, self.rolls, matches, self.asked)

    @cached_property
    def met(self) -> BitMap:
        """The people met in matches, each by the lowest number of their givings."""
        return people(self.sources, self.known, self.rolls, self.matches, self.asked)

    def only_elsewhere(self) -> dict[str, UUID]:
        """The subjects met elsewhere alone, each with a giving of theirs that was used."""
        return {name: one.giving for name, one in self.elsewhere.items() if self.firsts.get(name, 0) not in self.met}

    def people(self) -> int:
        """How many were affected."""
        return self._count(self.met, self.elsewhere)

    def counts(self) -> Counts:
        """The same, with the parts."""
        return Counts(
            self.people(),
            self._by(lambda match: match.advertiser, self._names(lambda one: one.advertisers)),
            self._by(lambda match: f"{match.advertiser}/{match.audience}", self._names(lambda one: one.audiences)),
            self._by(lambda match: match.month, self._names(lambda one: one.months)),
            self._by_country(),
            self._by(lambda match: match.purpose, self._names(lambda one: one.purposes)),
        )

    def over_time(self) -> dict[str, dict[str, int]]:
        """By advertiser, or purpose of uses elsewhere: by month, how many people."""
        others: dict[str, dict[str, set[str]]] = {}
        for subject, one in self.elsewhere.items():
            for name, month in one.series:
                others.setdefault(name, {}).setdefault(month, set()).add(subject)
        series = {}
        for name in sorted({match.advertiser for match in self.matches} | others.keys()):
            mine = [match for match in self.matches if match.advertiser == name]
            series[name] = self._by(lambda match: match.month, others.get(name, {}), mine)
        return series

    @cached_property
    def countries(self) -> dict[str, BitMap]:
        """By country, the people met in matches through a giving of whom it is known."""
        found = {
            name: self.known.people(self.used & self.known.fact(country_fact(name))) for name in self.known.countries()
        }
        return {name: met for name, met in found.items() if met}

    def _by(
        self,
        name_of: Callable[[Match], str],
        elsewhere: Mapping[str, set[str]],
        matches: Iterable[Match] | None = None,
    ) -> dict[str, int]:
        groups: dict[str, list[Match]] = {}
        for match in self.matches if matches is None else matches:
            groups.setdefault(name_of(match), []).append(match)
        counts = {}
        for name in sorted(groups.keys() | elsewhere.keys()):
            counts[name] = self._count(self._met_by(groups.get(name, [])), elsewhere.get(name, ()))
        return {name: count for name, count in counts.items() if count}

    def _by_country(self) -> dict[str, int]:
        met, elsewhere = self.countries, self._names(lambda one: one.countries)
        counts = {
            name: self._count(met.get(name, BitMap()), elsewhere.get(name, ()))
            for name in sorted(met.keys() | elsewhere.keys())
        }
        someone = {subject for subject, one in self.elsewhere.items() if one.countries}
        unknown = self.people() - self._count(BitMap.union(BitMap(), *met.values()), someone)
        return counts | ({UNKNOWN: unknown} if unknown else {})

    def _names(self, names_of: Callable[[_Elsewhere], set[str]]) -> dict[str, set[str]]:
        """By name, the subjects met elsewhere."""
        found: dict[str, set[str]] = {}
        for subject, one in self.elsewhere.items():
            for name in names_of(one):
                found.setdefault(name, set()).add(subject)
        return found

    def _count(self, met: BitMap, subjects: Iterable[str]) -> int:
        return len(met) + sum(self.firsts.get(subject, 0) not in met for subject in subjects)


def ask(sources: Sources, question: Question) -> Affected:
    """Make ready to answer. Raises NotFound for a name that nothing speaks of: a misspelt one affects nobody."""
    every = [read_match(entry) for entry in sources.entries.matches()]
    _check_names(sources, question, every)
    with locked(sources.folder):
        now_known = known(sources)
        rolls = renew(sources, now_known, every)
    elsewhere: dict[str, _Elsewhere] = {}
    for used in used_elsewhere(sources, question):
        elsewhere.setdefault(used.subject, _Elsewhere(used.giving)).add(used)
    pseudonyms = registry.pseudonyms_in(sources.registry, "advertising", list(elsewhere))
    firsts = sources.evidence.firsts_of(list(pseudonyms.values()))
    return Affected(
        sources,
        tuple(match for match in every if _is_meant(match, question)),
        _asked(sources, now_known, question),
        now_known,
        rolls,
        elsewhere,
        {subject: firsts[pseudonym] for subject, pseudonym in pseudonyms.items() if pseudonym in firsts},
    )


def _is_meant(match: Match, question: Question) -> bool:
    return (
        (question.since is None or match.at >= question.since)
        and (question.until is None or match.at < question.until)
        and (not question.advertisers or match.advertiser in question.advertisers)
        and (not question.audiences or f"{match.advertiser}/{match.audience}" in question.audiences)
        and (not question.partners or match.partner in question.partners)
        and question.means(match.purpose, match.software, match.policy)
    )


def _check_names(sources: Sources, question: Question, every: list[Match]) -> None:
    notices = registry.digests_of(sources.registry)
    there: dict[str, tuple[frozenset[str], Iterable[str]]] = {
        "advertiser": (question.advertisers, {match.advertiser for match in every}),
        "audience": (question.audiences, {f"{match.advertiser}/{match.audience}" for match in every}),
        "partner": (question.partners, {match.partner for match in every if match.partner}),
        "purpose": (question.purposes, sources.purposes | {name.partition("/")[0] for name in notices}),
        "notice": (question.notices, notices),
        "import": (question.imports, registry.imported(sources.registry) if question.imports else {}),
    }
    for what, (named, recorded) in there.items():
        if named - set(recorded):
            raise NotFound(f"nothing that was recorded is of this {what}", where="question", cure="check its spelling")


def _asked(sources: Sources, known_: Known, question: Question) -> BitMap | None:
    """The givings in question by number, None where it is about all."""
    parts = []
    if question.notices:
        digests = registry.digests_of(sources.registry)
        facts = [known_.fact(notice_fact(name, digests[name])) for name in question.notices]
        parts.append(BitMap.union(BitMap(), *facts))
    if question.imports:
        parts.append(BitMap.union(BitMap(), *(known_.fact(import_fact(name)) for name in question.imports)))
    if question.givings:
        parts.append(_numbers_of(sources, question.givings))
    return BitMap.intersection(*parts) if parts else None


def _numbers_of(sources: Sources, givings: Iterable[UUID]) -> BitMap:
    about = registry.about(sources.registry, list(givings))
    subjects = list({one.subject for one in about.values()})
    pseudonyms = registry.pseudonyms_in(sources.registry, "advertising", subjects)
    named = [(pseudonyms[one.subject], one.giving) for one in about.values() if one.subject in pseudonyms]
    return BitMap(sources.evidence.numbers_among(named))
