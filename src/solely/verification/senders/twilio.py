"""SMS through Twilio's Programmable Messaging: one form per message, an error code per failure.

- It takes no idempotency key: a message whose answer got lost may come twice, with the same code.
- The address it calls with a receipt holds our id of the message and nothing else.
- `redact` asks it not to keep the text, nor the number's last digits (its account must be allowed to ask).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from solely.contact import Contact
from solely.settings import check_url
from solely.verification.senders.gateway import Answer, Gateway, at
from solely.verification.senders.port import Channel, Message, SendFailed, Verdict, reference_of

__all__ = ["OPTED_OUT", "Twilio"]

OPTED_OUT = 21610
# The number itself takes no SMS: not a number, unreachable, no mobile, a short code, our own, premium, a landline.
_STOP = {21211, 21214, 21265, 21266, 21268, 21614, 21635}


@dataclass(frozen=True, slots=True)
class Twilio:
    """`account` begins with AC; `origin` is a number, a name, or a messaging service (MG…); `callback` may be empty."""

    gateway: Gateway = field(repr=False)
    account: str
    origin: str
    callback: str = ""
    redact: bool = False
    countries: frozenset[str] = frozenset()
    base: str = "https://api.twilio.com"
    channel: ClassVar[Channel] = "sms"

    def __post_init__(self) -> None:
        for url in (self.base, self.callback):
            if url:
                check_url(url)

    @property
    def name(self) -> str:
        return self.gateway.name

    def send(self, contact: Contact, message: Message, *, send: UUID) -> str:
        url = f"{self.base.rstrip('/')}/2010-04-01/Accounts/{self.account}/Messages.json"
        answer = self.gateway.post(url, data=self._form(contact, message, send))
        if verdict := _verdict(answer):
            raise SendFailed(verdict, self.name)
        return reference_of(at(answer.content, "sid"), contact, send)

    def close(self) -> None:
        self.gateway.close()

    def _form(self, contact: Contact, message: Message, send: UUID) -> dict[str, str]:
        form = {"To": contact.expose(), "Body": message.text}
        form["MessagingServiceSid" if self.origin.startswith("MG") else "From"] = self.origin
        if self.callback:
            form["StatusCallback"] = f"{self.callback.rstrip('/')}/{send}"
        if self.redact:
            form |= {"ContentRetention": "discard", "AddressRetention": "obfuscate"}
        return form


def _verdict(answer: Answer) -> Verdict | None:
    code = at(answer.content, "code")
    if answer.status in {200, 201}:
        return None
    if code == OPTED_OUT:
        return "opt-out"
    # All else is of the gateway, not of the number: throttled (20429), a region not allowed (21408), our account.
    return "stop" if code in _STOP else "next"
