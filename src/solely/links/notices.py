"""Notices of incidents: the registry writes them, the process that has the contacts' keys hands them over. Both ends.

- The registry names a giving; what was given is opened where its keys are, and does not come back.
- Before a sender is asked the registry is told so: what breaks off sooner was not sent, and after that nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

from solely.answer.incidents.letter import Letter
from solely.answer.incidents.way import Carried, Way
from solely.errors import Unavailable
from solely.links.client import WAIT, Links
from solely.links.server import Answers, Conversation, Heard
from solely.store.service import Held

__all__ = ["FarWay", "answer_notices"]


@dataclass(frozen=True, slots=True, repr=False)
class FarWay:
    """By the process of the service compartment."""

    links: Links

    def require(self) -> None:
        """See `Way.require`."""
        self.links.call("service", "may-notify")

    def held(self, pseudonyms: list[UUID]) -> list[Held]:
        """See `Way.held`."""
        return list(self.links.call("service", "held", pseudonyms))

    def carry(
        self, pseudonym: UUID, giving: UUID, incident: str, letter: Letter, *, send: UUID, before: Callable[[str], None]
    ) -> Carried:
        """See `Way.carry`."""
        words = [letter.subject, letter.text, letter.html, letter.sms]
        became = None
        asked = self.links.stream("service", "notify", pseudonym, giving, incident, words, send, wait=WAIT)
        with closing(asked) as parts:
            for what, *rest in parts:
                if what == "before":
                    before(*rest)
                else:
                    became = Carried(*rest)
        if became is None:
            raise Unavailable("the process of service did not say what became of a message", where="link")
        return became


def answer_notices(way: Callable[[], Way]) -> Answers:
    """What the process of the service compartment does for incidents."""

    def notify(pseudonym: UUID, giving: UUID, incident: str, words: Sequence[str], send: UUID) -> Conversation:
        def run(heard: Heard) -> None:
            carried = way().carry(
                pseudonym,
                giving,
                incident,
                Letter(*words),
                send=send,
                before=lambda sender: heard.say(["before", sender]),
            )
            heard.say(["became", carried.outcome, carried.why])

        return Conversation(run)

    return {
        "may-notify": lambda: way().require(),
        "held": lambda pseudonyms: way().held(pseudonyms),
        "notify": notify,
    }
