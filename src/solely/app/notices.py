"""Notices to people wired: the way to their contacts, and a process that serves goes on telling whom is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from threading import Event
from uuid import UUID

from solely.answer.incidents import Letter
from solely.answer.incidents.opening import PURPOSE, Service
from solely.answer.incidents.way import Carried, OwnWay, Way
from solely.app.beside import Act, Beside
from solely.app.ground import Ground
from solely.app.parts import Parts
from solely.app.verification import open_post, settings_in
from solely.contact import Contact
from solely.errors import Conflict, Refused, SolelyError
from solely.links.notices import FarWay
from solely.verification import fraud
from solely.verification.security import Post as Senders
from solely.verification.senders.failover import deliver
from solely.verification.senders.port import Message, SendFailed

__all__ = ["carry", "telling", "way"]

_EVERY = 5.0  # seconds between two looks for who is due
_AFTER = 60.0  # and after a look that something kept from its end
Report = Callable[[BaseException], None]


@contextmanager
def way(parts: Parts) -> Iterator[Way]:
    """By this process's own keys and senders, or by the process that has them."""
    if links := parts.ground.far("service"):
        yield FarWay(links)
        return
    ground = parts.ground
    with ExitStack() as stack:
        senders = open_post(ground.directory, settings_in(ground.directory), ground.clock)
        for sender in senders.senders:
            stack.callback(sender.close)
        connection = stack.enter_context(closing(parts.login("service")))
        service = Service(connection, ground.keyring("service").sealer(PURPOSE), parts.gate)
        yield OwnWay(service, partial(carry, senders), ground.clock)


@contextmanager
def telling(ground: Ground, report: Report) -> Iterator[None]:
    """While it is open, who was enlisted is told. `report` is told of what keeps it from that."""
    ended = Event()
    with Beside(lambda: _telling(ground, report, ended.wait), _EVERY):
        try:
            yield
        finally:
            ended.set()


@contextmanager
def _telling(ground: Ground, report: Report, pause: Callable[[float], bool]) -> Iterator[Act]:
    with Parts(ground) as parts:

        def act() -> None:
            if errors := list(_go_on(parts.renew(), pause)):
                for one in errors:
                    report(one)
                pause(_AFTER)

        yield act


def _go_on(parts: Parts, pause: Callable[[float], bool]) -> Iterator[SolelyError]:
    """Tell whom is due; yields what kept it from that: one incident that can't be told keeps none from the others."""
    try:
        owed = parts.incidents.owed()
    except SolelyError as error:
        yield error
        return
    for incident in owed:
        try:
            with Parts(parts.ground) as own:  # a run opens connections that are closed with these parts
                own.incidents.go_on(incident, pause)
        except Conflict:  # another process tells them; or it was closed, or decided otherwise, since they were enlisted
            continue
        except SolelyError as error:
            yield error


def carry(post: Senders, contact: Contact, letter: Letter, *, send: UUID, before: Callable[[str], None]) -> Carried:
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
