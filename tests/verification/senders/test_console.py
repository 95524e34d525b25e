"""The console shows a trial's codes, and nobody's contact."""

import io
from uuid import UUID

from solely.contact import Contact
from solely.verification.senders.console import Console
from solely.verification.senders.port import Message

SEND = UUID("6f8d9d3e-5a43-4c3b-9b0a-3f1f6f3b8a11")
CODE = "417293"
MESSAGE = Message("A subject", f"Your code is {CODE}.")
PHONE = Contact.read("phone", "+4915112345678")
EMAIL = Contact.read("email", "anna.lindqvist@example.org")


def test_the_console_shows_the_code_and_not_the_contact():
    stream = io.StringIO()
    for contact, channel in ((PHONE, "sms"), (EMAIL, "email")):
        Console(stream, channel).send(contact, MESSAGE, send=SEND)
    assert CODE in stream.getvalue()
    assert PHONE.expose() not in stream.getvalue()
    assert EMAIL.expose() not in stream.getvalue()
