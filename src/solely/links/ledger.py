"""The ledger for who has not its keys: the gate over a link, and the MACs of the desk's entries. Both ends.

- Each entry is checked against the table before it is written. Advertising is never told a place in the ledger: it
  would tell how much is done for other purposes.
- The ledger's head is held for one caller until it says that it is done. Once the link ends, or after so many
  seconds, nothing was written and the head is free.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from solely.errors import BadInput, Refused
from solely.gate import Gate, Still
from solely.ledger.entry import decode
from solely.ledger.log import Macs
from solely.links.client import Links
from solely.links.server import Answers, Conversation, Heard
from solely.links.table import check_entry
from solely.purpose import Policy
from solely.store.ledger import Concern, Words

__all__ = ["HOLD", "NOT_TOLD", "FarGate", "Writer", "far_macs"]

HOLD = 60.0  # seconds that a caller may hold the head without a word in all
NOT_TOLD = -1
_TOLD = frozenset({"security", "service", "registry"})  # who is told where its entries stand


@dataclass(frozen=True, slots=True, repr=False)
class FarGate:
    """The gate, where the ledger is another process's. See `Gate`."""

    links: Links
    clock: Callable[[], datetime]
    policy: str
    software: str

    def write_down(self, words: Words) -> int:
        """See `Gate.write_down`."""
        return int(self.links.call("ledger", "write-down", words))

    @contextmanager
    def still(self) -> Iterator[Still]:
        """See `Gate.still`. An error inside ends the link, and so what was written is taken back."""
        with self.links.talk("ledger", "still") as talk:
            yield Still(
                talk.first,
                write=lambda words: int(talk.ask(words)),
                write_all=lambda words: int(talk.ask(["write", *words])),
                stopped=lambda concerns: frozenset(talk.ask(["stopped", *concerns])),
            )
            talk.ask(None)  # durable once this is answered

    def refuse(self, words: Words, what: str, cure: str) -> NoReturn:
        """See `Gate.refuse`."""
        self.write_down(words)
        raise Refused(what, cure=cure)

    def require(self, words: Words) -> None:
        """See `Gate.require`."""
        self.links.call("ledger", "require", words)

    def contain(self, words: Words, stop: Iterable[Concern], lift: Iterable[Concern], incident: str) -> int:
        """See `Gate.contain`."""
        return int(self.links.call("ledger", "contain", words, list(stop), list(lift), incident))


def far_macs(links: Links) -> Macs:
    """The MACs of the desk's entries, which the ledger's process reads before it gives them."""
    return lambda first, bodies: list(links.call("ledger", "macs", first, list(bodies)))


@dataclass(frozen=True, slots=True, repr=False)
class Writer:
    """One caller's way to the ledger, where its keys are. `size` is how many entries are durable."""

    caller: str
    policy: Policy
    gate: Callable[[], Gate]
    macs: Callable[[], Macs]
    size: Callable[[], int]
    hold: float = HOLD

    def answers(self) -> Answers:
        """What it answers."""
        return {
            "write-down": self._write_down,
            "require": self._require,
            "contain": self._contain,
            "still": lambda: Conversation(self._still),
            "macs": self._macs,
        }

    def _write_down(self, words: Words) -> int:
        return self._told(self.gate().write_down(self._checked(words)))

    def _require(self, words: Words) -> None:
        self.gate().require(self._checked(words))

    def _contain(self, words: Words, stop: list[Concern], lift: list[Concern], incident: str) -> int:
        return self._told(self.gate().contain(self._checked(words), stop, lift, incident))

    def _still(self, heard: Heard) -> None:
        end = time.monotonic() + self.hold
        with self.gate().still() as still:
            heard.say(still.moment)
            while (asked := heard.hear(end - time.monotonic())) is not None:
                heard.say(self._while_still(still, asked))

    def _while_still(self, still: Still, asked: object) -> int | list[Concern]:
        """The answer to what is asked while the head is held: words, or a list that begins with what it is for."""
        match asked:
            case ["write", *words]:
                return self._told(still.write_all([self._checked(one) for one in words]))
            case ["stopped", *concerns] if all(isinstance(one, Concern) for one in concerns):
                return sorted(still.stopped(one for one in concerns if isinstance(one, Concern)))
            case _:
                return self._told(still.write(self._checked(asked)))

    def _macs(self, first: int, bodies: list[bytes]) -> list[bytes]:
        """Of entries that come next, each of a kind that this caller's desk writes."""
        if first < self.size():
            raise Refused("an entry that would stand among those that are durable", where="ledger")
        for place, body in enumerate(bodies, first):
            entry = decode(body)
            check_entry(self.policy, self.caller, entry.type, entry.principal, entry.purpose, desk=True)
            if entry.sequence != place or entry.policy != self.policy.digest:
                raise Refused("an entry that is not what it would stand as", where="ledger")
        return list(self.macs()(first, bodies))

    def _checked(self, words: object) -> Words:
        if not isinstance(words, Words):
            raise BadInput("no words of an entry", where="link")
        check_entry(self.policy, self.caller, words.type, words.principal, words.purpose)
        return words

    def _told(self, sequence: int) -> int:
        return sequence if self.caller in _TOLD else NOT_TOLD
