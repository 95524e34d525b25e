"""Fail-over: the senders of a channel and a country, in order, until one takes the message.

- Written down first, for each sender anew: what cannot be written down is not sent.
- It ends with success, with a destination that takes nothing, or with a person who wants nothing.
- A sender that fails again and again rests; when all others failed, it is asked all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

from solely.contact import Contact
from solely.verification.senders.port import CHANNEL_OF, Message, Sender, SendFailed, Verdict

__all__ = ["Breaker", "Delivered", "deliver"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """Who took it, under which reference; `tried` are those who failed before."""

    sender: str
    reference: str
    tried: tuple[tuple[str, Verdict], ...] = ()


@dataclass(slots=True)
class Breaker:
    """Which senders rest: each that failed `failures` times running, for `rest`; one more failure, and it rests again.

    It is this process's own memory: others learn for themselves.
    """

    clock: Callable[[], datetime]
    failures: int = 3
    rest: timedelta = timedelta(seconds=60)
    _failed: dict[str, tuple[int, datetime]] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def ordered(self, senders: Sequence[Sender]) -> list[Sender]:
        """Those at work in their order, then those at rest."""
        return sorted(senders, key=lambda sender: self.rests(sender.name))  # a stable sort keeps the order

    def rests(self, name: str) -> bool:
        """Whether that sender is left in peace now."""
        with self._lock:
            failed, last = self._failed.get(name, (0, None))
        return last is not None and failed >= self.failures and self.clock() < last + self.rest

    def worked(self, name: str) -> None:
        """It answered, whatever it said of the destination."""
        with self._lock:
            self._failed.pop(name, None)

    def broke(self, name: str) -> None:
        """It did not take what another may take."""
        with self._lock:
            self._failed[name] = (self._failed.get(name, (0, None))[0] + 1, self.clock())


def deliver(
    senders: Sequence[Sender],
    contact: Contact,
    message: Message,
    *,
    send: UUID,
    country: str,
    before: Callable[[str], None],
    breaker: Breaker | None = None,
) -> Delivered:
    """Hand a message to the first sender that takes it; `before` is told each sender's name, and may raise.

    `country` is `fraud.destination`'s. Raises SendFailed with all that were tried, and the last one's verdict:
    `next` where a later try may do, `stop` too where there is no sender for it at all.
    """
    tried: list[tuple[str, Verdict]] = []
    for sender in _for(senders, contact, country, breaker):
        before(sender.name)
        outcome = _attempt(sender, contact, message, send)
        verdict = outcome.verdict if isinstance(outcome, SendFailed) else None
        if breaker:
            (breaker.broke if verdict == "next" else breaker.worked)(sender.name)
        if not isinstance(outcome, SendFailed):
            return Delivered(sender.name, outcome, tuple(tried))
        tried.append((sender.name, outcome.verdict))
        if outcome.verdict != "next":
            break
    raise SendFailed(tried[-1][1] if tried else "stop", "delivery", tried=tuple(tried))


def _for(senders: Sequence[Sender], contact: Contact, country: str, breaker: Breaker | None) -> Sequence[Sender]:
    channel = CHANNEL_OF[contact.kind]
    fit = [one for one in senders if one.channel == channel and (not one.countries or country in one.countries)]
    return breaker.ordered(fit) if breaker else fit


def _attempt(sender: Sender, contact: Contact, message: Message, send: UUID) -> str | SendFailed:
    try:
        return sender.send(contact, message, send=send)
    except SendFailed as failed:
        return failed
