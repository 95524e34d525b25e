"""What holds for every sender: it hands over once, says whose fault a failure is, and tells nothing of the person."""

import io
import logging
import pickle
import time
import traceback
from datetime import UTC, datetime
from uuid import UUID

import pytest

from gateways import ACCOUNT, ANY_KEY, KEY, SECRET, TOKEN, WORDS
from mailboxes import Mailboxes
from solely.contact import Contact
from solely.errors import Unavailable
from solely.verification.senders.console import Console
from solely.verification.senders.gateway import Gateway
from solely.verification.senders.generic import Generic
from solely.verification.senders.port import Message, SendFailed, reference_of
from solely.verification.senders.smtp import Smtp
from solely.verification.senders.twilio import Twilio
from solely.verification.senders.vonage import Vonage

SEND = UUID("6f8d9d3e-5a43-4c3b-9b0a-3f1f6f3b8a11")
CODE = "417293"
MESSAGE = Message("A subject", f"Example: your code is {CODE}.\n@example.com #{CODE}", f"<p>{CODE}</p>")
PHONE = Contact.read("phone", "+4915112345678")
EMAIL = Contact.read("email", "anna.lindqvist@example.org")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def mailboxes():
    with Mailboxes() as mailboxes:
        yield mailboxes


_open = []


@pytest.fixture(autouse=True)
def _closed():
    yield
    while _open:
        _open.pop().close()


def gateway(name, auth):
    _open.append(Gateway(name, ticks=time.monotonic, auth=auth))
    return _open[-1]


def twilio(vendors, **options):
    return Twilio(gateway("twilio", (ACCOUNT, TOKEN)), ACCOUNT, "+12025550199", base=vendors.base, **options)


def vonage(vendors, **options):
    return Vonage(gateway("vonage", (KEY, SECRET)), "Example", base=vendors.base, **options)


def generic(vendors, **options):
    return Generic(
        gateway("any", None),
        f"{vendors.base}/any/send",
        {"message": {"to": "{to}", "body": "{text}", "parts": ["{digits}", 1]}, "id": "{send}"},
        headers={"X-Key": ANY_KEY, "Idempotency-Key": "{send}"},
        verdict_at="results.0.state",
        values={"blocked": "opt-out", "bad-number": "stop", "busy": "next"},
        reference_at="results.0.id",
        **{"statuses": {410: "stop"}} | options,
    )


def smtp(mailboxes, **options):
    return Smtp("mail", "localhost", mailboxes.port, "none", "no-reply@example.com", lambda: NOW, **options)


KINDS = {"twilio": twilio, "vonage": vonage, "generic": generic, "smtp": smtp, "console": None}
# What each is told, in its own way, for each verdict it may give.
SAYS = {
    "twilio": {"next": (429, 20429), "stop": (400, 21211), "opt-out": (400, 21610)},
    "vonage": {"next": (429, 1000), "stop": (422, 1170), "opt-out": (422, 1240)},
    "generic": {"next": (200, "busy"), "stop": (200, "bad-number"), "opt-out": (403, "blocked")},
    "smtp": {"next": "451 4.7.1 greylisted", "stop": "550 5.1.1 no such user"},
    "console": {},
}


@pytest.fixture(params=KINDS)
def case(request, vendors, mailboxes):
    """Each sender, with the contact it is for and where to say what its provider answers."""
    kind = request.param
    if kind == "console":
        sender, contact, says = Console(io.StringIO(), "sms"), PHONE, {}
    elif kind == "smtp":
        sender, contact, says = smtp(mailboxes), EMAIL, mailboxes.says
    else:
        sender, contact, says = KINDS[kind](vendors), PHONE, vendors.says
    yield kind, sender, contact, says
    sender.close()


def everything(error):
    """All that an error and those behind it could show, contexts that are not printed too."""
    parts = []
    while error is not None:
        parts += [repr(error), str(error), repr(vars(error)), "".join(traceback.format_exception(error))]
        error = error.__cause__ or error.__context__
    return "\n".join(parts)


def unseen(text, *more):
    values = (PHONE.expose(), PHONE.expose()[1:], EMAIL.expose(), CODE, WORDS, TOKEN, SECRET, ANY_KEY, *more)
    assert not [value for value in values if value in text]


def test_it_hands_a_message_over_and_returns_a_reference(case):
    _kind, sender, contact, _ = case
    reference = sender.send(contact, MESSAGE, send=SEND)
    assert 1 <= len(reference) <= 128
    unseen(reference)
    assert sender.channel == ("email" if contact.kind == "email" else "sms")
    assert sender.countries == frozenset()
    assert sender.name


def test_it_says_whether_another_sender_may_do(case):
    kind, sender, contact, says = case
    for verdict, said in SAYS[kind].items():
        says[contact.expose()] = said
        with pytest.raises(SendFailed) as caught:
            sender.send(contact, MESSAGE, send=SEND)
        assert caught.value.verdict == verdict
        assert isinstance(caught.value, Unavailable)
        assert caught.value.__context__ is None  # a library's errors hold the address, the answer, or both
        unseen(everything(caught.value))
        del says[contact.expose()]
        assert sender.send(contact, MESSAGE, send=SEND)


def test_neither_its_logs_nor_its_repr_show_contact_code_or_key(case, caplog):
    kind, sender, contact, says = case
    caplog.set_level(logging.DEBUG)
    sender.send(contact, MESSAGE, send=SEND)
    for said in SAYS[kind].values():
        says[contact.expose()] = said
        with pytest.raises(SendFailed):
            sender.send(contact, MESSAGE, send=SEND)
    ours = [record for record in caplog.records if record.name != "mail.log"]  # the test's own mail server
    unseen("\n".join(f"{record.getMessage()} {record.args}" for record in ours))
    unseen(repr(sender))
    assert kind not in {"twilio", "vonage", "generic"} or ours  # httpx does write its lines


@pytest.mark.parametrize("kind", ["twilio", "vonage", "generic"])
@pytest.mark.parametrize("way", ["drop", "redirect", "nonsense", "flood"])
def test_a_gateway_that_breaks_is_no_fault_of_the_number(vendors, kind, way):
    sender = KINDS[kind](vendors)
    vendors.says[PHONE.expose()] = way
    with pytest.raises(SendFailed) as caught:
        sender.send(PHONE, MESSAGE, send=SEND)
    assert caught.value.verdict == "next"
    assert len(vendors.asked) == 1  # neither elsewhere nor again
    assert not vendors.taken
    assert caught.value.__context__ is None  # httpx's errors hold the request


def test_a_message_does_not_show_its_text():
    assert repr(MESSAGE) == "Message(subject='A subject')"


def test_a_failure_crosses_processes_as_it_is():
    copy = pickle.loads(pickle.dumps(SendFailed("stop", "twilio")))
    assert (copy.verdict, copy.where, str(copy)) == ("stop", "twilio", str(SendFailed("stop", "twilio")))


@pytest.mark.parametrize("given", [None, 7, "", "a b", "x" * 129, "to-4915112345678-1", "+4915112345678", "é"])
def test_a_reference_that_says_more_than_it_should_is_ours_instead(given):
    assert reference_of(given, PHONE, SEND) == str(SEND)
