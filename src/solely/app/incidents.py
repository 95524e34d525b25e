"""Incidents wired: who is affected, what is stopped, and the senders that two-step verification has, for notices."""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from solely.answer.incidents import Extent, Incidents, Letter, Settings
from solely.answer.incidents.book import Book
from solely.answer.incidents.happenings import happened
from solely.answer.incidents.notify import Carried, Post
from solely.answer.incidents.opening import PURPOSE, Service
from solely.answer.sources import Sources
from solely.app.affected import Affected
from solely.app.incident_settings import incident_settings_in
from solely.app.parts import Parts
from solely.app.verification import open_post, settings_in
from solely.contact import Contact
from solely.errors import Conflict, Refused
from solely.store.ledger import Concern
from solely.verification import fraud
from solely.verification.security import Post as Senders
from solely.verification.senders.failover import deliver
from solely.verification.senders.port import Message, SendFailed

__all__ = ["carry", "open_incidents"]


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
    directory, clock = parts.ground.directory, parts.ground.clock
    with ExitStack() as stack:
        stack.enter_context(_alone(directory))
        keyring = parts.ground.keyring("service")
        senders = open_post(directory, settings_in(directory), clock)
        for sender in senders.senders:
            stack.callback(sender.close)
        yield Post(
            connection=stack.enter_context(closing(parts.login("registry"))),
            service=Service(stack.enter_context(closing(parts.login("service"))), keyring.sealer(PURPOSE), parts.gate),
            carrier=partial(carry, senders),
            settings=settings,
            clock=clock,
            pause=time.sleep,
            new_id=uuid.uuid4,
        )


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    handle = os.open(directory / "notify.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            what = "people are being told at this moment"
            raise Conflict(
                what, where="notify.lock", cure="wait until that run ends; see how far it is by: progress"
            ) from None
        yield
    finally:
        os.close(handle)


def carry(
    post: Senders, contact: Contact, letter: Letter, *, send: uuid.UUID, before: Callable[[str], None]
) -> Carried:
    """One notice by the senders of the settings, in their order; a number where no SMS may go takes none."""
    to = fraud.destination(contact)
    try:
        fraud.judge(to, {}, post.fraud)
    except Refused:
        return Carried("never", "no SMS goes to such a number, by the settings")
    mail = Message(letter.subject, letter.text, letter.html)
    message = mail if contact.kind == "email" else Message(letter.subject, letter.sms)
    try:
        deliver(post.senders, contact, message, send=send, country=to.country, before=before, breaker=post.breaker)
    except SendFailed as failed:
        return Carried("never" if failed.tried and failed.verdict != "next" else "again")
    return Carried("sent")
