"""A person's rights, wired: what they chose about marketing."""

from __future__ import annotations

from solely.app.solely import Solely
from solely.give.choosing import Chosen, Objected, allow, choices, object_to
from solely.preference import Source

__all__ = ["SIGNAL", "allow_again", "chosen", "objected"]

SIGNAL = "1"  # the one value of the header Sec-GPC that says anything; its absence says nothing


def objected(solely: Solely, subject: str, purpose: str | None = None, *, source: Source = "person") -> Objected:
    """Object to all marketing or to one purpose of it, for the person; see `choosing.object_to`."""
    return object_to(solely.desk, subject.strip(), purpose, source, solely.clock())


def allow_again(solely: Solely, subject: str, purpose: str, *, told: bool = False) -> bool:
    """Lift an objection to a purpose, by that person's own act; see `choosing.allow`."""
    return allow(solely.desk, subject.strip(), purpose, solely.clock(), told=told)


def chosen(solely: Solely, subject: str) -> Chosen:
    """What a person chose about marketing."""
    return choices(solely.desk, subject.strip())
