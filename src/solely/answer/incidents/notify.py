"""Telling the people: each once, by the contact they gave for service notices, and by no other.

1  Who is affected is written down (`enlist`); who is there already stays as they are.
2  A contact is chosen: e-mail first, else phone. Who has none is unreachable, and nothing else is opened for them.
3  That a message is about to go is durable: from here on it is never sent again by itself.
4  The contact is opened where its keys are (way.py), each sending is in the ledger, the message is handed over.
5  What became of it is durable.

- A run that dies between 3 and 5 leaves one person whose message went or did not: they are `unknown`, and repeated
  only when told so. Where step 4 was refused before anything was handed over, the person waits on.
- A message that no server took waits, longer each time. A contact that takes none is not tried again; another may.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

import psycopg

from solely.answer.incidents.incident import Incident
from solely.answer.incidents.letter import Happening, Letter, language_for, letter
from solely.answer.incidents.settings import Settings
from solely.answer.incidents.way import Carried, Way
from solely.errors import NotFound, SolelyError, Tampered
from solely.store import notified as store
from solely.store.database import answering
from solely.store.notified import Became, State, Waiting
from solely.store.service import Held

__all__ = ["Post", "enlist", "tell"]

_BATCH = 500  # people looked up at a time
_NOT_TAKEN = "no sender took the message"


@dataclass(frozen=True, slots=True, repr=False)
class Post:
    """What telling needs: the registry, the way to people. `pause` waits for so many seconds: true once it ends."""

    connection: psycopg.Connection
    way: Way
    settings: Settings
    clock: Callable[[], datetime]
    pause: Callable[[float], object]


def enlist(
    connection: psycopg.Connection,
    incident: Incident,
    subjects: Iterable[str],
    again: Collection[State],
    new_id: Callable[[], UUID],
    now: datetime,
) -> None:
    """Write down who is to be told; who is there already stays as they are, but in one of the states `again`."""
    left = iter(subjects)
    with answering():
        while people := [(subject, new_id()) for subject in islice(left, _BATCH)]:
            store.fill(connection, incident.id, incident.version, people, now)
        store.drop(connection, incident.id, incident.version, now)
        store.again(connection, incident.id, again, now)


def tell(
    post: Post,
    incident: Incident,
    happened: Callable[[str], Sequence[Happening]],
    *,
    on_progress: Callable[[int], None] = lambda _people: None,
) -> None:
    """Tell all who are due now. One run at a time, and that notices are allowed: the caller sees to both.

    `happened` says what happened to one of the subjects.

    Raises Refused and Unavailable where the next may not, or can't, be told: who was told is told.
    """
    run = _Run(post, incident, happened)
    for number, one in enumerate(run.due(), 1):
        if post.pause(0):
            return
        run.tell(one)
        on_progress(number)


@dataclass(slots=True, repr=False)
class _Run:
    """One run: the people who are due, one after the other, no faster than the rate."""

    post: Post
    incident: Incident
    happened: Callable[[str], Sequence[Happening]]
    known: dict[str, UUID] = field(default_factory=dict)  # of the batch: pseudonyms
    held: dict[UUID, list[Held]] = field(default_factory=dict)
    free_at: datetime | None = None

    def due(self) -> Iterator[Waiting]:
        after, post = "", self.post
        while True:
            with answering():
                some = store.due(post.connection, self.incident.id, after, post.clock(), _BATCH)
                self._look_up([one.subject for one in some])
            if not some:
                return
            yield from some
            after = some[-1].subject

    def _look_up(self, subjects: list[str]) -> None:
        self.known = store.service_pseudonyms(self.post.connection, subjects)
        self.held = {}
        for one in self.post.way.held(list(self.known.values())):
            self.held.setdefault(one.pseudonym, []).append(one)

    def tell(self, one: Waiting, refused: str = "the contact takes no messages") -> None:
        """Steps 2 to 5 for one person; `refused` is why another contact of theirs was not sent to."""
        pseudonym = self.known.get(one.subject)
        held = self.held.get(pseudonym, []) if pseudonym else []
        chosen = next((each for each in held if each.stands and each.giving not in one.refused), None)
        if chosen is None:
            ended = "took back the contact for service notices" if held else "there is no contact for service notices"
            self._settle(one, *("failed", refused) if one.refused else ("unreachable", ended))
            return
        written = self._written(one, chosen)
        if written is None:
            self._settle(one, "failed", "nothing was found that happened to them")
            return
        if self._wait():
            return
        with answering():
            now = self.post.clock()
            claimed = store.claim(self.post.connection, self.incident.id, one.subject, chosen.giving, now)
        if claimed:
            self._send(one, chosen, written)

    def _written(self, one: Waiting, chosen: Held) -> Letter | None:
        """The letter, in the language of the notice they gave under; None where nothing happened to them."""
        happened = self.happened(one.subject)
        if not happened:
            return None
        with answering():
            tag = store.language(self.post.connection, one.subject, chosen.giving)
        language = language_for(self.incident, self.post.settings, tag)
        return letter(self.incident, self.post.settings, language, happened)

    def _send(self, one: Waiting, chosen: Held, written: Letter) -> None:
        handed: list[str] = []
        try:
            carried = self.post.way.carry(
                chosen.pseudonym, chosen.giving, self.incident.id, written, send=one.send, before=handed.append
            )
        except NotFound:  # it ended a moment ago: the next run chooses another, or none
            self._settle(one, "waiting")
        except Tampered:
            self._refuse(one, chosen, "the contact's seal does not open")
        except SolelyError:
            if not handed:
                self._settle(one, "waiting")
            raise
        else:
            self._note(one, chosen, carried)

    def _note(self, one: Waiting, chosen: Held, carried: Carried) -> None:
        waits = self.post.settings.waits
        match carried.outcome:
            case "sent":
                self._settle(one, "sent")
            case "never":
                self._refuse(one, chosen, carried.why)
            case "again" if one.tries < len(waits):
                self._became(one, Became("waiting", _NOT_TAKEN, self.post.clock() + waits[one.tries]))
            case "again":
                self._settle(one, "failed", _NOT_TAKEN)

    def _refuse(self, one: Waiting, chosen: Held, why: str) -> None:
        """This contact is not tried again; another of theirs is, at once."""
        self._settle(one, "waiting", why, refused=chosen.giving)
        self.tell(replace(one, refused=(*one.refused, chosen.giving)), why)

    def _settle(self, one: Waiting, state: State, why: str | None = None, *, refused: UUID | None = None) -> None:
        self._became(one, Became(state, why, refused=refused))

    def _became(self, one: Waiting, became: Became) -> None:
        with answering():
            store.settle(self.post.connection, self.incident.id, one.subject, became, self.post.clock())

    def _wait(self) -> bool:
        """Keep to the rate: each message has its moment, and no time that was lost is made up for. Whether to end."""
        now, ends = self.post.clock(), False
        if self.free_at is not None and now < self.free_at:
            ends = bool(self.post.pause((self.free_at - now).total_seconds()))
            now = self.free_at
        self.free_at = now + timedelta(minutes=1) / self.post.settings.per_minute
        return ends
