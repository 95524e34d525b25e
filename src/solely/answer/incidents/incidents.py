"""The officer's verbs: open, narrow, contain, release, decide, draft, notify, close; and what stands.

- Each that changes something makes a new version (book.py), and none changes an old one.
- Containing is one step with its entry (gate.py): nothing is used after `contain` returned.
- People are told only once it was decided, and only by what they gave for that (notify.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from solely.answer.document import Document
from solely.answer.incidents import letter, report
from solely.answer.incidents.book import Book, Change
from solely.answer.incidents.clocks import Deadline, deadlines
from solely.answer.incidents.facts import MAX_LINE, Facts, by_hand, described, owed_reason, past, read_line, read_text
from solely.answer.incidents.incident import Decision, Extent, Incident, Report, Subject
from solely.answer.incidents.letter import Happening
from solely.answer.incidents.notify import Post, enlist, tell
from solely.answer.incidents.settings import Settings
from solely.answer.question import Question
from solely.errors import BadInput, Conflict, NotFound
from solely.purpose import Policy
from solely.store import notified
from solely.store.database import answering
from solely.store.ledger import Concern, Words
from solely.store.notified import Line, Progress, State

__all__ = ["Incidents"]

_NAME = re.compile(r"[\w][\w .\-]{0,63}")
_NO_FACTS = Facts()
_UNDER_WAY = timedelta(minutes=15)  # longer than all senders take: another machine's run may be at it until then


@dataclass(frozen=True, slots=True, repr=False)
class Incidents:
    """All incidents. `count`, `subjects` and `happened` answer a question: how many, who, and what to one of them.

    `stopped` is what the ledger holds stopped for an incident; `post` opens the way to people, held alone; `new_id`
    names a message.
    """

    book: Book
    policy: Policy
    settings: Settings
    count: Callable[[Question], Extent]
    subjects: Callable[[Question], Iterator[str]]
    happened: Callable[[Question, str], Sequence[Happening]]
    stopped: Callable[[str], frozenset[Concern]]
    post: Callable[[], AbstractContextManager[Post]]
    new_id: Callable[[], UUID]

    # -- what stands

    def show(self, incident: str) -> Incident:
        """The version that stands. Raises NotFound, and Tampered where it is not what its entry says."""
        return self.book.newest(incident)

    def list(self, after: str = "", most: int | None = None) -> tuple[Incident, ...]:
        """The version of each that stands, in the order of their names, after that one: all, or so many."""
        return self.book.every(after, most)

    def seen(self, version: int) -> Incidents:
        """The same for who read that version: what they change is Outdated where another stands by then."""
        return replace(self, book=replace(self.book, expected=version))

    def versions(self, incident: str) -> tuple[Incident, ...]:
        """Every version, the first one first."""
        return self.book.versions(incident)

    def deadlines(self, incident: Incident) -> tuple[Deadline, ...]:
        """What is due when, by the rules of the settings."""
        with answering():
            told_at = notified.told_at(self.book.connection, incident.id)
        return tuple(deadlines(incident, self.settings.rules, self.book.now(), told_at))

    def progress(self, incident: str) -> Progress:
        """How far telling people has come."""
        self.show(incident)
        with answering():
            return notified.progress(self.book.connection, incident)

    def told(
        self,
        incident: str,
        states: Collection[State] = notified.STATES,
        *,
        by: str = "officer",
        after: str = "",
        most: int | None = None,
    ) -> Iterator[Line]:
        """Who was told, or was not, and when: a disclosure, in the ledger before the first one is returned.

        Of those after that subject: all, or so many.

        The caller owes that it may be told to whom it is told: see app/disclosures.py.
        """
        self.show(incident)
        details = MappingProxyType({"of": "who is told", "incident": incident})
        self.book.gate.write_down(Words("disclosure", by, details=details))
        return notified.lines(self.book.connection, incident, states, after, most)

    def question_of(self, incident: str) -> Question:
        """What was asked of it. Raises NotFound where nothing was."""
        return _asked(self.show(incident))

    # -- changes

    def open(self, title: str, *, officer: str, name: str | None = None, facts: Facts = _NO_FACTS) -> Incident:
        """Open one; it is called by its name, or by the year and a number. Noticed now, if nothing else is said."""
        fresh = described(self.book.fresh(name), replace(facts, title=title), self.book.now())
        return self.book.add(fresh, Change("open", officer))

    def describe(self, incident: str, facts: Facts, *, officer: str, why: str = "") -> Incident:
        """Write down what notices and reports need."""
        present = self.book.before(incident, "describe")
        changed = described(present, facts, self.book.now())
        return self.book.add(replace(changed, why=read_line(why, "--why")), Change("describe", officer))

    def narrow(
        self,
        incident: str,
        question: Question | None = None,
        *,
        records: int | None = None,
        officer: str,
        why: str = "",
    ) -> Incident:
        """Say which uses were wrong, and count whom they affect; without a question the present one is counted anew.

        `records`, how many contacts that are about (GDPR Art. 33(3)(a)), is what the officer says.
        """
        present = self.book.before(incident, "narrow")
        asked, kept = question or self.question_of(incident), present.extent.records if present.extent else None
        counted = self.count(asked)
        extent = by_hand(counted, counted.people, kept if records is None else records)
        changed = replace(present, question=asked.as_json(), extent=extent, why=read_line(why, "--why"))
        return self.book.add(changed, Change("narrow", officer))

    def count_by_hand(
        self, incident: str, people: int, records: int | None = None, *, officer: str, why: str = ""
    ) -> Incident:
        """Say how many are affected where no question can be asked: of another system's data. Nobody can be told."""
        present = self.book.before(incident, "narrow")
        extent = by_hand(Extent(self.book.now(), 0), people, records)
        changed = replace(present, question=None, extent=extent, why=read_line(why, "--why"))
        return self.book.add(changed, Change("narrow", officer))

    def contain(self, incident: str, stops: Collection[Concern], *, officer: str, why: str = "") -> Incident:
        """Stop an advertiser, an audience, a partner, a purpose: in force, everywhere, when it returns."""
        present = self.book.before(incident, "contain")
        if not stops:
            raise BadInput("nothing is named to be stopped", cure="an advertiser, an audience, a partner or a purpose")
        for one in stops:
            self._check(one)
        changed = replace(present, stops=tuple(sorted({*present.stops, *stops})), why=read_line(why, "--why"))
        return self.book.add(changed, Change("contain", officer, stop=stops))

    def release(self, incident: str, stops: Collection[Concern], *, officer: str, why: str) -> Incident:
        """Lift stops of this incident; what another incident stopped too stays stopped. A reason is owed."""
        present = self.book.before(incident, "release")
        if not stops or not set(stops) <= {*present.stops, *self.stopped(incident)}:
            raise NotFound("not stopped for this incident", cure="see what is: solely incident show")
        left = tuple(one for one in present.stops if one not in set(stops))
        changed = replace(present, stops=left, why=owed_reason(why))
        return self.book.add(changed, Change("release", officer, lift=stops))

    def decide(self, incident: str, answers: Mapping[Subject, bool], *, officer: str, why: str) -> Incident:
        """Decide whether it is a breach, whether authority and people are told; or say why that is `late`."""
        present, now, why = self.book.before(incident, "decide"), self.book.now(), owed_reason(why)
        if not answers:
            raise BadInput("nothing is decided", cure="--breach, --authority, --people, each yes or no; or --late")
        made = tuple(Decision(what, answer, why, now, officer) for what, answer in answers.items())
        return self.book.add(replace(present, decisions=present.decisions + made, why=why), Change("decide", officer))

    def notify_authority(
        self, incident: str, rule: str, *, officer: str, reference: str, at: datetime | None = None
    ) -> Incident:
        """Note that somebody was told as a rule asks, when, and under which reference; we send nothing to them."""
        present, now = self.book.before(incident, "notify"), self.book.now()
        known = [one.name for one in self.settings.rules]
        if rule not in known:
            raise BadInput("no such rule", where="--authority", cure=f"one of: {', '.join(known)}")
        reference = read_text(reference, "--reference", MAX_LINE)
        made = Report(rule, now if at is None else past(at, now, "--at"), reference, officer)
        return self.book.add(replace(present, reports=(*present.reports, made), why=""), Change("notify", officer))

    def close(self, incident: str, *, officer: str, why: str) -> Incident:
        """End it. Raises Conflict, with what is left to do, where something is owed."""
        present = self.book.before(incident, "close")
        if owed := self._owed(present):
            raise Conflict(f"it can't be closed yet: {'; '.join(owed)}", where="incident", cure="see it to its end")
        return self.book.add(replace(present, why=owed_reason(why)), Change("close", officer))

    # -- drafts and notices

    def draft(
        self,
        incident: str,
        to: Literal["people", "authority"],
        *,
        language: str | None = None,
        subject: str | None = None,
    ) -> Document:
        """The notice to the people, or to one of them, or the report to the authority: as far as it is known."""
        present = self.show(incident)
        if to == "authority":
            clocks, progress = self.deadlines(present), self.progress(incident)
            return report.document(present, self.settings, clocks, self.versions(incident), progress)
        tongue = letter.check_language(language or self.settings.language)
        happened = None if subject is None else self.happened(self.question_of(incident), subject)
        if happened is not None and not happened:
            raise NotFound("this person is not affected", where="--subject")
        return letter.document(present, self.settings, tongue, happened)

    def notify(
        self,
        incident: str,
        *,
        officer: str,
        again: Collection[State] = (),
        on_progress: Callable[[int], None] = lambda _people: None,
    ) -> Progress:
        """Tell all people who are due now, each once; to be called again until nobody waits. See notify.py.

        Raises Conflict where it is not decided, another run is under way, or the notice lacks a part.
        """
        present = self._to_be_told(incident)
        with self.post() as post:
            post.way.require()
            self._give_up(incident, self.book.now())
            tell(post, self._enlist(present, officer, again), self._happened(present), on_progress=on_progress)
        return self.progress(incident)

    def enlist(self, incident: str, *, officer: str, again: Collection[State] = ()) -> Progress:
        """Have the people told by a process that serves: it goes on until nobody waits. Raises as `notify` does."""
        self._enlist(self._to_be_told(incident), officer, again)
        return self.progress(incident)

    def owed(self) -> Sequence[str]:
        """The incidents of which somebody is due to be told now."""
        now = self.book.now()
        with answering():
            return notified.owed(self.book.connection, now, now - _UNDER_WAY)

    def go_on(self, incident: str, pause: Callable[[float], bool]) -> None:
        """Tell whom is due of an incident, until `pause` says that it is to end. Raises as `notify` does."""
        present = self._to_be_told(incident)
        with self.post() as post:
            self._give_up(incident, self.book.now() - _UNDER_WAY)
            post.way.require()
            tell(replace(post, pause=pause), present, self._happened(present))

    def _to_be_told(self, incident: str) -> Incident:
        present = self.book.before(incident, "notify")
        if not present.is_decided("people"):
            raise Conflict("it is not decided that the people are told", where="incident", cure="decide it first")
        _asked(present)
        letter.require(present, self.settings, self.settings.language)
        return present

    def _give_up(self, incident: str, since: datetime) -> None:
        """Nobody knows whether a message that has been under way since then left."""
        with answering():
            notified.lost(self.book.connection, incident, self.book.now(), since)

    def _enlist(self, present: Incident, officer: str, again: Collection[State]) -> Incident:
        if present.state != "notified":
            present = self.book.add(replace(present, why="the people are told"), Change("notify", officer))
        enlist(self.book.connection, present, self.subjects(_asked(present)), again, self.new_id, self.book.now())
        return present

    def _happened(self, present: Incident) -> Callable[[str], Sequence[Happening]]:
        return partial(self.happened, _asked(present))

    # -- their parts

    def _check(self, one: Concern) -> None:
        names = one.name.split("/") if one.what == "audience" else [one.name]
        if one.what == "purpose":
            self.policy.purpose(one.name)
        elif len(names) != 1 + (one.what == "audience") or not all(map(_NAME.fullmatch, names)):
            cure = "up to 64 letters, digits, spaces, dots, dashes; an audience is ADVERTISER/AUDIENCE"
            raise BadInput("not a name that could be stopped", where=f"--{one.what}", cure=cure)

    def _owed(self, present: Incident) -> Sequence[str]:
        """What stands in the way of its end."""
        owed = [f"{what}: not decided" for what in ("breach", "authority", "people") if not present.decided(what)]
        clocks, open_ = self.deadlines(present), {"uncounted", "due", "overdue", "no-date"}
        owed += [f"{one.rule.name}: {one.standing}" for one in clocks if one.standing in open_]
        if any(one.late for one in clocks) and not present.decided("late"):
            owed.append("somebody was told late, and nobody said why")
        return owed


def _asked(incident: Incident) -> Question:
    """What was asked of this version. Raises NotFound where nothing was."""
    if incident.question is None:
        raise NotFound("nobody asked yet who is affected", where="incident", cure="see: solely incident narrow")
    return Question.from_json(incident.question)
