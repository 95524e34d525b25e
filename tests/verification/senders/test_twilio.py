"""Twilio: what it is sent, and what its codes mean."""

from uuid import UUID

import pytest

from gateways import ACCOUNT, TOKEN
from solely.contact import Contact
from solely.errors import BadInput
from solely.verification.senders.port import Message, SendFailed
from solely.verification.senders.twilio import Twilio

SEND = UUID("6f8d9d3e-5a43-4c3b-9b0a-3f1f6f3b8a11")
PHONE = Contact.read("phone", "+4915112345678")
TEXT = 'Example: 417293 "{send}" ¡ありがとう\n@example.com #417293'
MESSAGE = Message("", TEXT)


@pytest.fixture
def twilio(vendors, gateway):
    def make(origin="+12025550199", **options):
        return Twilio(gateway("twilio", (ACCOUNT, TOKEN)), ACCOUNT, origin, base=vendors.base, **options)

    return make


def verdict(sender):
    with pytest.raises(SendFailed) as caught:
        sender.send(PHONE, MESSAGE, send=SEND)
    return caught.value.verdict


def test_twilio_gets_number_text_and_sender_and_calls_back_by_our_id(vendors, twilio):
    reference = twilio(callback="https://sms.example.com/receipts/twilio/").send(PHONE, MESSAGE, send=SEND)
    assert reference.startswith("SM")
    assert vendors.taken == [
        {
            "To": "+4915112345678",
            "From": "+12025550199",
            "Body": TEXT,
            "StatusCallback": f"https://sms.example.com/receipts/twilio/{SEND}",
        }
    ]


def test_twilio_sends_by_a_messaging_service_and_is_asked_to_forget(vendors, twilio):
    twilio("MG0123456789abcdef", redact=True).send(PHONE, MESSAGE, send=SEND)
    (form,) = vendors.taken
    assert form["MessagingServiceSid"] == "MG0123456789abcdef"
    assert "From" not in form
    assert (form["ContentRetention"], form["AddressRetention"]) == ("discard", "obfuscate")


@pytest.mark.parametrize("code", [21211, 21214, 21265, 21266, 21268, 21614, 21635])
def test_twilio_says_that_a_number_takes_no_sms(vendors, twilio, code):
    vendors.says[PHONE.expose()] = (400, code)
    assert verdict(twilio()) == "stop"


@pytest.mark.parametrize(
    ("status", "code"), [(429, 20429), (401, 20003), (403, 21408), (400, 21612), (500, 20500), (503, 20503), (400, 99)]
)
def test_what_twilio_itself_cannot_do_another_may(vendors, twilio, status, code):
    vendors.says[PHONE.expose()] = (status, code)
    assert verdict(twilio()) == "next"


def test_a_wrong_token_is_the_gateways_trouble(vendors, gateway):
    assert verdict(Twilio(gateway("twilio", (ACCOUNT, "old")), ACCOUNT, "Example", base=vendors.base)) == "next"


def test_neither_number_nor_code_stands_in_an_address(vendors, twilio):
    twilio().send(PHONE, MESSAGE, send=SEND)
    ((path, headers, _),) = vendors.asked
    assert "15112345678" not in path + str(headers)
    assert "417293" not in path + str(headers)


@pytest.mark.parametrize("options", [{"base": "http://api.example.com"}, {"callback": "http://sms.example.com"}])
def test_an_address_in_the_open_is_refused(gateway, options):
    with pytest.raises(BadInput):
        Twilio(gateway("twilio"), ACCOUNT, "Example", **options)
