"""E-mail by SMTP (RFC 5321), under TLS unless the server is this machine.

- One message to one mailbox: no copy, no tracking, and `Auto-Submitted` (RFC 3834 §5), so that nothing answers it.
- The Message-ID is our id of the message: a server that knows it already can tell.
- A mailbox that is refused for good (5yz) ends the matter, save where the server's policy refuses it (5.7.z,
  RFC 3463 §3.8): another server may take it.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import ClassVar, Literal
from uuid import UUID

from solely.contact import Contact, read_email
from solely.errors import BadInput
from solely.settings import LOCAL
from solely.verification.senders.port import Channel, Message, SendFailed, Verdict

__all__ = ["Smtp"]

TIMEOUT = 10.0  # seconds, of each step
_PERMANENT = 500
_POLICY = b"5.7."


@dataclass(frozen=True, slots=True)
class Smtp:
    """`address` is whom it is from; `user` is empty where no login is needed. Raises BadInput for plain text abroad."""

    name: str
    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    address: str
    clock: Callable[[], datetime] = field(repr=False)
    display: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    trust: ssl.SSLContext | None = field(default=None, repr=False)
    timeout: float = TIMEOUT
    countries: frozenset[str] = frozenset()
    channel: ClassVar[Channel] = "email"

    def __post_init__(self) -> None:
        read_email(self.address)
        if self.security == "none" and self.host not in LOCAL:
            raise BadInput("mail goes under TLS, save to this machine", where=self.name, cure="use tls or starttls")
        if not 0 < self.timeout <= TIMEOUT:
            raise BadInput("a timeout is up to 10 seconds", where=self.name, cure="leave it out")

    def send(self, contact: Contact, message: Message, *, send: UUID) -> str:
        verdict = self._hand_over(self._mail(contact, message, send))
        if verdict:  # raised here, not in an `except`: smtplib's errors hold the address and the server's words
            raise SendFailed(verdict, self.name)
        return str(send)

    def close(self) -> None:
        """Each message has a connection of its own; none is held."""

    def _mail(self, contact: Contact, message: Message, send: UUID) -> EmailMessage:
        local, domain = contact.expose().rsplit("@", 1)
        own, host = self.address.rsplit("@", 1)
        mail = EmailMessage()
        mail["From"] = Address(self.display, own, host)
        mail["To"] = Address("", local, domain)
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(self.clock())
        mail["Message-ID"] = f"<{send}@{host}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        if message.html:
            mail.add_alternative(message.html, subtype="html")
        return mail

    def _hand_over(self, mail: EmailMessage) -> Verdict | None:
        try:
            with self._connected() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            return _of_recipient(refused.recipients)
        except (smtplib.SMTPException, OSError, UnicodeError, ValueError):  # the last: what a server's words may do
            return "next"
        return None

    def _connected(self) -> smtplib.SMTP:
        trust = self.trust or ssl.create_default_context()
        host = self.address.rsplit("@", 1)[1]  # who we say we are: asking the machine could take long
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, host, timeout=self.timeout, context=trust)
        else:
            server = smtplib.SMTP(self.host, self.port, host, timeout=self.timeout)
        try:
            if self.security == "starttls":
                server.starttls(context=trust)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _of_recipient(refused: dict[str, tuple[int, bytes]]) -> Verdict:
    for_good = all(code >= _PERMANENT and not said.startswith(_POLICY) for code, said in refused.values())
    return "stop" if refused and for_good else "next"
