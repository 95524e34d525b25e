"""SMS through Vonage's Messages API (v1): one JSON object per message, an error type per failure.

- `client_ref` is our id of the message; Vonage keeps it and cannot redact it, so it says nothing of the person.
- Receipts go to the address that the account, or `callback`, names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from solely.contact import Contact
from solely.settings import check_url
from solely.verification.senders.gateway import Answer, Gateway, at
from solely.verification.senders.port import Channel, Message, SendFailed, Verdict, reference_of

__all__ = ["OPTED_OUT", "Vonage"]

OPTED_OUT = "1240"  # the person sent STOP
_STOP = {"1040", "1050", "1170", "1190"}  # no such prefix, barred, not a number, no longer in use


@dataclass(frozen=True, slots=True)
class Vonage:
    """`origin` is a number or a name that the destination's country allows; `callback` may be empty."""

    gateway: Gateway = field(repr=False)
    origin: str
    callback: str = ""
    countries: frozenset[str] = frozenset()
    base: str = "https://api.nexmo.com"
    channel: ClassVar[Channel] = "sms"

    def __post_init__(self) -> None:
        for url in (self.base, self.callback):
            if url:
                check_url(url)

    @property
    def name(self) -> str:
        return self.gateway.name

    def send(self, contact: Contact, message: Message, *, send: UUID) -> str:
        body = {
            "channel": "sms",
            "message_type": "text",
            "to": contact.expose().removeprefix("+"),
            "from": self.origin,
            "text": message.text,
            "client_ref": str(send),
        }
        if self.callback:
            body["webhook_url"] = f"{self.callback.rstrip('/')}/{send}"
        answer = self.gateway.post(f"{self.base.rstrip('/')}/v1/messages", json=body)
        if verdict := _verdict(answer):
            raise SendFailed(verdict, self.name)
        return reference_of(at(answer.content, "message_uuid"), contact, send)

    def close(self) -> None:
        self.gateway.close()


def _verdict(answer: Answer) -> Verdict | None:
    if answer.status in {200, 202}:
        return None
    kind = at(answer.content, "type")
    code = kind.rpartition("#")[2] if isinstance(kind, str) else ""
    if code == OPTED_OUT:
        return "opt-out"
    return "stop" if code in _STOP else "next"
