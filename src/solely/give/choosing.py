"""What people choose about marketing, at the desk: to object, to lift that, and what stands.

- Objecting needs nobody's leave and no reason (GDPR Art. 21(2)-(3)), and nobody need be known here to do it. It is
  effective when it returns: givings end as by a withdrawal, and no import brings any back.
- Lifting is for one purpose, by that person's act. It allows nothing by itself and revives nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import numpy as np

from solely.consent import check_subject
from solely.errors import BadInput, Refused
from solely.give import objection
from solely.give.desk import Desk
from solely.preference import ALL, Preference, Source, Standing, standing
from solely.purpose import Policy, Purpose
from solely.store import desk as store
from solely.store import preferences
from solely.store.database import answering
from solely.store.ledger import Words

__all__ = ["Chosen", "Objected", "allow", "choices", "chosen", "object_to"]


@dataclass(frozen=True, slots=True)
class Objected:
    """What an objection did: whether it is new, and how many givings it ended, by purpose."""

    new: bool
    ended: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person chose, oldest first, and what that comes to for each purpose of marketing."""

    history: tuple[Preference, ...]
    standing: Mapping[str, Standing]


def _marketing(desk: Desk, purpose: str | None) -> list[Purpose]:
    """The purposes an objection reaches. Raises PolicyError for one that is none, BadInput for one of another kind."""
    if purpose is None:
        return [one for one in desk.policy.purposes.values() if one.marketing]
    one = desk.policy.purpose(purpose)
    if not one.marketing:
        raise BadInput(
            "an objection is to marketing", where=one.name, cure="withdraw what was given for another purpose"
        )
    return [one]


def object_to(desk: Desk, subject: str, purpose: str | None, source: Source, now: datetime) -> Objected:
    """Object to all marketing, or to one purpose of it; `source` is `gpc` for a browser's signal, which is to all.

    What it reaches ends, in audiences that stand too, and is refused from now on. Said again it changes nothing.
    Raises GivingError for an id that is none.
    """
    check_subject(subject)
    reached = _marketing(desk, None if source == "gpc" else purpose)
    if source == "gpc" and _is_said(desk, subject, reached):
        return Objected(new=False, ended=MappingProxyType({}))
    with answering(), desk.connection.transaction():
        desk.pen.hold(desk.connection)
        history = preferences.of(desk.connection, subject)
        before = [standing(history, one.name) for one in reached]
        new = objection.is_new(source, purpose, before, history)
        if new:
            name = ALL if source == "gpc" or purpose is None else purpose
            objection.note(desk.connection, desk.pen, subject, name, "object", source, now)
            history = preferences.of(desk.connection, subject)
        objected = [one for one in reached if standing(history, one.name).objects]
        return Objected(new, MappingProxyType(_end(desk, subject, objected, now)))


def _is_said(desk: Desk, subject: str, reached: Sequence[Purpose]) -> bool:
    """Whether a signal says nothing new: it comes with each request, and holds the ledger up for none of those."""
    with answering():
        history = preferences.of(desk.connection, subject)
    return not objection.is_new("gpc", None, [standing(history, one.name) for one in reached], history)


def _end(desk: Desk, subject: str, purposes: Sequence[Purpose], now: datetime) -> dict[str, int]:
    givings = [one for one in store.all_givings(desk.connection, subject) if store.may_end(one, now)]
    ended = {}
    for purpose in purposes:
        ending = [one for one in givings if one.purpose == purpose.name]
        if ending:
            ids = np.frombuffer(b"".join(one.id.bytes for one in ending), np.uint8).reshape(-1, 16)
            words = Words("withdrawal", "subject", purpose.name, ids, MappingProxyType({"of": "objection"}))
            entry = desk.pen.write(desk.connection, [words], now)
            store.end(desk.connection, ending, purpose.compartment, now, entry)
            ended[purpose.name] = len(ending)
    return ended


def allow(desk: Desk, subject: str, purpose: str, now: datetime, *, told: bool = False) -> bool:
    """Lift an objection to one purpose, by its person's own act; returns whether one stood.

    Where their browser's signal says otherwise they must have been told so first (`told`), else Refused.
    """
    check_subject(subject)
    (one,) = _marketing(desk, purpose)
    with answering(), desk.connection.transaction():
        desk.pen.hold(desk.connection)
        before = standing(preferences.of(desk.connection, subject), one.name)
        if before.objects and before.signalled and not told:
            what = "their browser signals an objection (Global Privacy Control)"
            raise Refused(what, where=one.name, cure="tell the person so, and ask again with told (--told)")
        return objection.lift(desk.connection, desk.pen, subject, one.name, now)


def choices(desk: Desk, subject: str) -> Chosen:
    """What a person chose about marketing; of one who chose nothing, nothing."""
    with answering():
        history = preferences.of(desk.connection, subject) if subject.isprintable() else []
    return chosen(history, desk.policy)


def chosen(history: Sequence[Preference], policy: Policy) -> Chosen:
    """What choices, in their order, come to under a policy."""
    purposes = (one.name for one in policy.purposes.values() if one.marketing)
    return Chosen(tuple(history), MappingProxyType({name: standing(history, name) for name in purposes}))
