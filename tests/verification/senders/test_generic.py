"""Any other gateway: its template is filled in once, its answers mean what the tables say."""

from uuid import UUID

import pytest

from gateways import ANY_KEY
from solely.contact import Contact
from solely.errors import BadInput
from solely.verification.senders.generic import Generic
from solely.verification.senders.port import Message, SendFailed

SEND = UUID("6f8d9d3e-5a43-4c3b-9b0a-3f1f6f3b8a11")
PHONE = Contact.read("phone", "+4915112345678")
TEXT = 'Example: 417293 "{send}" ¡ありがとう\n@example.com #417293'
MESSAGE = Message("", TEXT)


def verdict(sender):
    with pytest.raises(SendFailed) as caught:
        sender.send(PHONE, MESSAGE, send=SEND)
    return caught.value.verdict


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


def test_neither_number_nor_code_stands_in_an_address(vendors, gateway):
    generic(gateway, vendors, TEMPLATE).send(PHONE, MESSAGE, send=SEND)
    ((path, headers, _),) = vendors.asked
    assert "15112345678" not in path + str(headers)
    assert "417293" not in path + str(headers)


def test_an_address_in_the_open_is_refused(gateway):
    with pytest.raises(BadInput):
        Generic(gateway("any"), "http://sms.example.com", TEMPLATE)
