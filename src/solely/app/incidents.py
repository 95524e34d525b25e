"""Incidents wired: who is affected, what is stopped, and the way to the people who are told."""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from solely.answer.incidents import Extent, Incidents, Settings
from solely.answer.incidents.book import Book
from solely.answer.incidents.happenings import happened
from solely.answer.incidents.notify import Post
from solely.answer.sources import Sources
from solely.app.affected import Affected
from solely.app.incident_settings import incident_settings_in
from solely.app.notices import way
from solely.app.parts import Parts
from solely.app.verification import settings_in
from solely.errors import Conflict, Unavailable
from solely.store.ledger import Concern

__all__ = ["open_incidents"]


def open_incidents(parts: Parts) -> Incidents:
    """The officer's verbs, with a connection of their own to the registry: what reads it streams may last long."""
    ground, gate, sources = parts.ground, parts.gate, parts.sources
    settings = incident_settings_in(ground.directory, settings_in(ground.directory).service.name)
    return Incidents(
        book=Book(parts.login("registry"), gate, partial(_details, sources), ground.clock),
        policy=ground.policy,
        settings=settings,
        count=lambda question: _extent(parts.affected(question), ground.clock()),
        subjects=lambda question: parts.affected(question).subjects(),
        happened=partial(happened, sources),
        stopped=partial(_stopped, sources),
        post=partial(_post, parts, settings),
        new_id=uuid.uuid4,
    )


def _extent(answer: Affected, now: datetime) -> Extent:
    """Its counts; how many records that are is for the officer to say."""
    found = answer.counts()
    return Extent(now.astimezone(UTC), found.people, None, found.by_advertiser, found.by_month, found.by_country)


def _details(sources: Sources, sequence: int) -> Mapping[str, str | int]:
    """What the entry of an incident's version says; nothing where there is no such entry."""
    entry = sources.entries.read([sequence]).get(sequence)
    return entry.details if entry is not None and entry.type == "incident" else {}


def _stopped(sources: Sources, incident: str) -> frozenset[Concern]:
    return frozenset(what for what, of, _ in sources.entries.stops() if of == incident)


@contextmanager
def _post(parts: Parts, settings: Settings) -> Iterator[Post]:
    """The way to people, for one at a time: who is found half told by the next run was left so by one that died."""
    with _alone(parts.ground.directory), closing(parts.login("registry")) as connection, way(parts) as found:
        yield Post(connection, found, settings, parts.ground.clock, time.sleep)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    path = directory / "registry" / "notify.lock"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        cure = "see whose file it is: a serving process has a user of its own"
        raise Unavailable("the lock of those who tell people can't be opened", where=path.name, cure=cure) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            cure = "wait until that run ends; see how far it is by: progress"
            raise Conflict("people are being told at this moment", where=path.name, cure=cure) from None
        yield
    finally:
        os.close(handle)
