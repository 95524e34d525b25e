"""Twilio, Vonage and any other gateway: what they are sent, and what their codes mean."""

import time
from uuid import UUID

import pytest

from gateways import ACCOUNT, ANY_KEY, KEY, SECRET, TOKEN, Vendors
from solely.contact import Contact
from solely.errors import BadInput
from solely.verification.senders.gateway import Gateway
from solely.verification.senders.generic import Generic
from solely.verification.senders.port import Message, SendFailed
from solely.verification.senders.twilio import Twilio
from solely.verification.senders.vonage import Vonage

SEND = UUID("6f8d9d3e-5a43-4c3b-9b0a-3f1f6f3b8a11")
PHONE = Contact.read("phone", "+4915112345678")
TEXT = 'Example: 417293 "{send}" ¡ありがとう\n@example.com #417293'
MESSAGE = Message("", TEXT)


@pytest.fixture
def vendors():
    with Vendors() as vendors:
        yield vendors


@pytest.fixture
def gateway():
    """A function that makes one, closed afterwards."""
    made = []

    def make(name, auth=None):
        made.append(Gateway(name, ticks=time.monotonic, auth=auth))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def twilio(vendors, gateway):
    def make(origin="+12025550199", **options):
        return Twilio(gateway("twilio", (ACCOUNT, TOKEN)), ACCOUNT, origin, base=vendors.base, **options)

    return make


@pytest.fixture
def vonage(vendors, gateway):
    def make(**options):
        return Vonage(gateway("vonage", (KEY, SECRET)), "Example", base=vendors.base, **options)

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


def test_vonage_gets_digits_text_and_our_id(vendors, vonage):
    assert vonage(callback="https://sms.example.com/receipts").send(PHONE, MESSAGE, send=SEND) == str(SEND)[::-1]
    assert vendors.taken == [
        {
            "channel": "sms",
            "message_type": "text",
            "to": "4915112345678",
            "from": "Example",
            "text": TEXT,
            "client_ref": str(SEND),
            "webhook_url": f"https://sms.example.com/receipts/{SEND}",
        }
    ]


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (422, 1170, "stop"),
        (422, 1040, "stop"),
        (422, 1050, "stop"),
        (422, 1190, "stop"),
        (422, 1240, "opt-out"),
        (429, 1000, "next"),
        (402, 1070, "next"),
        (422, 1120, "next"),
        (500, 1030, "next"),
        (401, "unauthorized", "next"),
    ],
)
def test_vonages_error_types_have_a_verdict_each(vendors, vonage, status, code, expected):
    vendors.says[PHONE.expose()] = (status, code)
    assert verdict(vonage()) == expected


def generic(gateway, vendors, template, **options):
    return Generic(gateway("any"), f"{vendors.base}/any/send", template, **{"headers": {"X-Key": ANY_KEY}} | options)


TEMPLATE = {"message": {"to": "{to}", "body": "<{text}>", "parts": ["{digits}", 1, None]}, "id": "{send}"}


def test_any_gateway_gets_its_template_filled_in_once(vendors, gateway):
    sender = generic(gateway, vendors, TEMPLATE, headers={"X-Key": ANY_KEY, "Idempotency-Key": "{send}"})
    assert sender.send(PHONE, MESSAGE, send=SEND) == str(SEND)
    (form,) = vendors.taken
    assert form["message"] == {"to": "+4915112345678", "body": f"<{TEXT}>", "parts": ["4915112345678", 1, None]}
    assert form["id"] == str(SEND)
    assert vendors.asked[0][1]["Idempotency-Key"] == str(SEND)


@pytest.mark.parametrize(
    ("said", "expected"),
    [((410, "gone"), "stop"), ((200, "blocked"), "opt-out"), ((200, 7), "stop"), ((503, "any"), "next")],
)
def test_any_gateways_words_are_mapped_first_and_then_its_status(vendors, gateway, said, expected):
    vendors.says[PHONE.expose()] = said
    options = {
        "statuses": {410: "stop"},
        "verdict_at": "results.0.state",
        "values": {"blocked": "opt-out", "7": "stop"},
    }
    assert verdict(generic(gateway, vendors, TEMPLATE, **options)) == expected


def test_any_gateways_success_is_a_status_of_its_own(vendors, gateway):
    assert verdict(generic(gateway, vendors, TEMPLATE, success=frozenset({201}))) == "next"


@pytest.mark.parametrize("template", [{}, {"a": "{to}"}, {"a": ["{text}"]}, {"{to}": "{text}"}])
def test_a_template_without_number_or_text_is_refused(vendors, gateway, template):
    with pytest.raises(BadInput):
        generic(gateway, vendors, template)


def test_an_address_in_the_open_is_refused(gateway):
    with pytest.raises(BadInput):
        Generic(gateway("any"), "http://sms.example.com", TEMPLATE)
    with pytest.raises(BadInput):
        Twilio(gateway("t"), ACCOUNT, "Example", callback="http://sms.example.com")
    with pytest.raises(BadInput):
        Vonage(gateway("v"), "Example", base="http://api.example.com")


def test_neither_number_nor_code_stands_in_an_address(vendors, twilio, vonage, gateway):
    for sender in (twilio(), vonage(), generic(gateway, vendors, TEMPLATE)):
        sender.send(PHONE, MESSAGE, send=SEND)
    for path, headers, _ in vendors.asked:
        assert "15112345678" not in path + str(headers)
        assert "417293" not in path + str(headers)
