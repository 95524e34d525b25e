"""What a person chose about marketing: objections and what lifted them, and the one rule that reads their history.

- Without a choice nothing is refused and nothing allowed: what permits a use is a giving, never a preference.
- An objection is to all marketing, or to one purpose of it; it stands until that person lifts it for a purpose.
- A browser's signal (Global Privacy Control) is an objection. It yields to a choice its person made after being told
  that the signal says otherwise, and to nothing else: docs/decisions/0017-objections.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = ["ALL", "Choice", "Preference", "Source", "Standing", "refuses", "standing"]

Choice = Literal["object", "allow"]
Source = Literal["person", "gpc"]
ALL = "*"  # all marketing, also what a later policy brings


@dataclass(frozen=True, slots=True)
class Preference:
    """One choice as it was recorded: for a purpose or `ALL`; `entry` is its place in the ledger."""

    purpose: str
    choice: Choice
    source: Source
    at: datetime
    entry: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands for one purpose: whether they object, by which choice (`since`), and when they last objected.

    `signalled`: a browser's signal speaks against it; `told`: they allowed it knowing of that.
    """

    objects: bool = False
    since: Preference | None = None
    objected_at: datetime | None = None
    signalled: bool = False
    told: bool = False


def standing(history: Iterable[Preference], purpose: str) -> Standing:
    """What a person's choices, in the order they were made, come to for a purpose."""
    now = Standing()
    for one in history:
        if one.purpose in {ALL, purpose}:
            now = _after(now, one)
    return now


def _after(now: Standing, one: Preference) -> Standing:
    if one.choice == "allow":
        return Standing(False, one, now.objected_at, now.signalled, told=now.signalled)  # noqa: FBT003 - a value
    signalled = now.signalled or one.source == "gpc"
    if one.source == "gpc" and now.told:
        return now
    return Standing(True, now.since if now.objects else one, one.at, signalled)  # noqa: FBT003 - a value


def refuses(now: Standing, given_at: datetime, *, lifts: bool = False) -> bool:
    """Whether a giving of that time does not count: an objection stands, or came after it.

    With `lifts` the giving itself is the act that ends the objection.
    """
    return (now.objects and not lifts) or (now.objected_at is not None and given_at <= now.objected_at)
