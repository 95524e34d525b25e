"""Vonage: what it is sent, and what its error types mean."""

from uuid import UUID

import pytest

from gateways import KEY, SECRET
from solely.contact import Contact
from solely.errors import BadInput
from solely.verification.senders.port import Message, SendFailed
from solely.verification.senders.vonage import Vonage

SEND = UUID("6f8d9d3e-5a43-4c3b-9b0a-3f1f6f3b8a11")
PHONE = Contact.read("phone", "+4915112345678")
TEXT = 'Example: 417293 "{send}" ¡ありがとう\n@example.com #417293'
MESSAGE = Message("", TEXT)


@pytest.fixture
def vonage(vendors, gateway):
    def make(**options):
        return Vonage(gateway("vonage", (KEY, SECRET)), "Example", base=vendors.base, **options)

    return make


def verdict(sender):
    with pytest.raises(SendFailed) as caught:
        sender.send(PHONE, MESSAGE, send=SEND)
    return caught.value.verdict


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


def test_neither_number_nor_code_stands_in_an_address(vendors, vonage):
    vonage().send(PHONE, MESSAGE, send=SEND)
    ((path, headers, _),) = vendors.asked
    assert "15112345678" not in path + str(headers)
    assert "417293" not in path + str(headers)


@pytest.mark.parametrize("options", [{"base": "http://api.example.com"}, {"callback": "http://sms.example.com"}])
def test_an_address_in_the_open_is_refused(gateway, options):
    with pytest.raises(BadInput):
        Vonage(gateway("vonage"), "Example", **options)
