"""The port through which messages leave: what a sender is given, what it returns, how it fails.

- A sender hands one message over once. Trying others is `failover`'s work, and never a sender's own.
- What it raises and returns holds no contact, no code, and none of the provider's words: those may quote both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import UUID

from solely.contact import Contact
from solely.errors import Unavailable

__all__ = ["CHANNEL_OF", "Channel", "Message", "SendFailed", "Sender", "Verdict", "reference_of"]

Channel = Literal["sms", "email"]
Verdict = Literal["next", "stop", "opt-out"]  # try another sender; no other would do; the person wants no messages

CHANNEL_OF: dict[str, Channel] = {"phone": "sms", "email": "email"}
_REFERENCE = re.compile(r"[A-Za-z0-9._:@=-]{1,128}")


class SendFailed(Unavailable):
    """A message was not handed over. `tried` has each sender asked and its verdict, where more than one was."""

    def __init__(self, verdict: Verdict, where: str, *, tried: tuple[tuple[str, Verdict], ...] = ()) -> None:
        super().__init__(f"the message was not taken ({verdict})", where=where, cure=_CURES[verdict])
        self.verdict, self.tried = verdict, tried
        self.args = (verdict, where)  # what a copy is made from


_CURES: dict[Verdict, str] = {
    "next": "try again later, or by another sender",
    "stop": "the destination takes no messages: use another factor",
    "opt-out": "the person asked the provider for no more messages: use another factor",
}


@dataclass(frozen=True, slots=True)
class Message:
    """What a person reads. The subject holds no code; text and HTML may, so neither is shown."""

    subject: str
    text: str = field(repr=False)
    html: str = field(default="", repr=False)


class Sender(Protocol):
    """One way out. tests/verification/senders/test_port.py runs over every one of them."""

    @property
    def name(self) -> str:
        """What the ledger and the table of sends call it."""

    @property
    def channel(self) -> Channel:
        """What it carries."""

    @property
    def countries(self) -> frozenset[str]:
        """Where to (ISO 3166 alpha-2); empty for everywhere."""

    def send(self, contact: Contact, message: Message, *, send: UUID) -> str:
        """Hand it over; returns the provider's reference. Raises SendFailed.

        `send` is our id of it: the idempotency key or Message-ID where the provider takes one. A sender that
        got no answer in time raises too, although the message may be on its way: it is then sent twice.
        """

    def close(self) -> None:
        """Let go of connections. It is not used after."""


def reference_of(given: object, contact: Contact, send: UUID) -> str:
    """The provider's reference, or our id where theirs is of no use or holds the number: it is stored openly."""
    text = given if isinstance(given, str) else ""
    own = contact.expose().lstrip("+").lower()
    return text if _REFERENCE.fullmatch(text) and own not in text.lower() else str(send)
