"""A sender for a trial: it writes each message to a stream, and nothing leaves the machine.

What it writes holds codes, so it is for a terminal and not for a log. The contact is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TextIO
from uuid import UUID

from solely.contact import Contact
from solely.verification.senders.port import Channel, Message

__all__ = ["Console"]


@dataclass(frozen=True, slots=True)
class Console:
    """Writes to `stream`; it refuses nothing."""

    stream: TextIO = field(repr=False)
    channel: Channel
    name: str = "console"
    countries: frozenset[str] = frozenset()

    def send(self, contact: Contact, message: Message, *, send: UUID) -> str:
        self.stream.write(f"--- {self.channel} to the person's {contact.kind}: {message.subject}\n{message.text}\n")
        self.stream.flush()
        return str(send)

    def close(self) -> None:
        """The stream is the caller's, and stays open."""
