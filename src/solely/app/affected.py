"""Affected, wired: what is told of people is written down before it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from solely.answer import affected as answer
from solely.answer.affected import Counts
from solely.answer.affected_people import Piece, Place, Row, page, pieces
from solely.answer.kept import DamagedError, forget
from solely.answer.question import Question
from solely.answer.sources import Sources
from solely.store.ledger import Words

__all__ = ["Affected"]

T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class Affected:
    """An officer's question; its answer is of the first time it is asked for.

    Each method writes down what it tells before it tells it, as `by`; where names may not be told, `permit` raises.
    """

    sources: Sources
    question: Question
    write_down: Callable[[Words], int]
    permit: Callable[[], None]
    by: str = "officer"

    def counts(self) -> Counts:
        """How many people, in all and by advertiser, audience, month, country and purpose."""
        self._note("affected")
        return self._answer(lambda found: found.counts())

    @cached_property
    def people(self) -> int:
        """How many people, and nothing else: the quickest to ask."""
        self._note("affected")
        return self._answer(lambda found: found.people())

    def over_time(self) -> dict[str, dict[str, int]]:
        """By advertiser, or purpose of what is done outside advertising: by month, how many people."""
        self._note("affected over time")
        return self._answer(lambda found: found.over_time())

    def subjects(self) -> Iterator[str]:
        """The subjects, each once; see `rows`."""
        return (row.subject for row in self.rows())

    def rows(self) -> Iterator[Row]:
        """The subjects with their countries, each once.

        Each piece is an entry that commits to those in it, durable before one of them is told.
        """
        self.permit()
        self._answer(lambda found: found.countries)  # what may be damaged is read before the first is told
        for place, piece in enumerate(pieces(self._found), 1):
            self._disclose(piece, {"piece": place})
            yield from piece.rows

    def page(self, place: Place, size: int) -> tuple[tuple[Row, ...], Place | None]:
        """So many of the subjects from a place on, and the next place; see `affected_people.page`."""
        self.permit()
        piece, after = self._answer(lambda found: page(found, place, size))
        if piece.rows:
            self._disclose(piece, {})
        return piece.rows, after

    def _disclose(self, piece: Piece, place: Mapping[str, int]) -> None:
        details: MappingProxyType[str, str | int]
        details = MappingProxyType({"of": "affected", "question": self.question.digest(), **place})
        self.write_down(Words("disclosure", self.by, ids=piece.ids, details=details, keep=True))

    def _note(self, of: str) -> None:
        details = MappingProxyType({"of": of, "question": self.question.digest()})
        self.write_down(Words("disclosure", self.by, details=details))

    def _answer(self, tell: Callable[[answer.Affected], T]) -> T:
        try:
            return tell(self._found)
        except DamagedError:
            forget(self.sources.folder)
            vars(self).pop("_found", None)
            return tell(self._found)

    @cached_property
    def _found(self) -> answer.Affected:
        self.sources.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return answer.ask(self.sources, self.question)
