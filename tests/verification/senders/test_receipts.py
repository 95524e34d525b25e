"""Receipts: believed only where the provider signed them, and then read for two things."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways import SECRET, TOKEN, _base64, token, twilio_receipt, vonage_receipt
from solely.errors import BadInput, Refused
from solely.verification.senders.receipts import GenericReceipts, Receipt, TwilioReceipts, VonageReceipts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://sms.example.com/receipts/twilio/6f8d9d3e-5a43-4c3b-9b0a-3f1f6f3b8a11"
READERS = {
    "twilio": TwilioReceipts(TOKEN),
    "vonage": VonageReceipts(SECRET),
    "generic": GenericReceipts(SECRET, "data.id", "data.state", {"DELIVRD": "delivered", "REJECTD": "failed"}),
}
FIELDS = {
    "MessageSid": "SM77",
    "MessageStatus": "delivered",
    "To": "+4915112345678",
    "AccountSid": "AC1",
    "ErrorCode": "",
}


def any_receipt(content, secret=SECRET, prefix="sha256="):
    body = json.dumps(content).encode()
    return {"x-signature": prefix + hmac.digest(secret.encode(), body, "sha256").hex()}, body


def read(kind, headers, body, url=URL, now=NOW):
    return READERS[kind].read_receipt(url=url, headers=headers, body=body, now=now)


def refused(kind, headers, body, **more):
    with pytest.raises(Refused):
        read(kind, headers, body, **more)


def test_the_signature_is_the_one_twilio_publishes():
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    _, body = twilio_receipt(url, fields)
    headers = {"x-twilio-signature": "0/KCTR6DLpKmkAf8muzZqo1nDgQ="}
    with pytest.raises(BadInput):  # signed rightly, and no receipt
        TwilioReceipts("12345").read_receipt(url=url, headers=headers, body=body, now=NOW)
    with pytest.raises(Refused):
        TwilioReceipts("12346").read_receipt(url=url, headers=headers, body=body, now=NOW)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"MessageStatus": "delivered"}, "delivered"),
        ({"MessageStatus": "read"}, "delivered"),
        ({"MessageStatus": "undelivered", "ErrorCode": "30005"}, "failed"),
        ({"MessageStatus": "failed", "ErrorCode": "30006"}, "failed"),
        ({"MessageStatus": "failed", "ErrorCode": "21610"}, "opt-out"),
        ({"MessageStatus": "sent"}, "unknown"),
        ({"MessageStatus": "something-new"}, "unknown"),
    ],
)
def test_twilios_words(said, status):
    assert read("twilio", *twilio_receipt(URL, FIELDS | said)) == Receipt("SM77", status)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"status": "delivered"}, "delivered"),
        ({"status": "rejected", "error": {"type": "https://x/api-errors/messages#1050"}}, "failed"),
        ({"status": "undeliverable", "error": {"type": "https://x/api-errors/messages#1240"}}, "opt-out"),
        ({"status": "submitted"}, "unknown"),
        ({"status": None}, "unknown"),
    ],
)
def test_vonages_words(said, status):
    fields = {"message_uuid": "aaaa-bbbb", "to": "4915112345678", **said}
    assert read("vonage", *vonage_receipt(fields, NOW)) == Receipt("aaaa-bbbb", status)


def test_any_gateways_words():
    for word, status in (("DELIVRD", "delivered"), ("REJECTD", "failed"), ("ACCEPTD", "unknown"), (7, "unknown")):
        assert read("generic", *any_receipt({"data": {"id": "x-1", "state": word}})) == Receipt("x-1", status)
    assert read("generic", *any_receipt({"data": {"id": "x-1"}}, prefix="")) == Receipt("x-1", "unknown")


SIGNED = {
    "twilio": twilio_receipt(URL, FIELDS),
    "vonage": vonage_receipt({"message_uuid": "SM77", "status": "delivered"}, NOW),
    "generic": any_receipt({"data": {"id": "SM77", "state": "DELIVRD"}}),
}


@pytest.mark.parametrize("kind", READERS)
def test_a_receipt_without_its_signature_or_with_another_keys_is_refused(kind):
    headers, body = SIGNED[kind]
    assert read(kind, headers, body) == Receipt("SM77", "delivered")
    (name,) = headers
    for given_ in ({}, {name: ""}, {name: "Bearer ..é"}, {name: headers[name][:-2]}, {name: "x"}):
        refused(kind, given_, body)
    refused(kind, headers, body.replace(b"SM77", b"SM78"))
    others = {
        "twilio": twilio_receipt(URL, FIELDS, "other"),
        "vonage": vonage_receipt({"message_uuid": "SM77"}, NOW, "other"),
        "generic": any_receipt({"data": {"id": "SM77"}}, "other"),
    }
    refused(kind, *others[kind])


def test_twilios_signature_is_of_the_address_too():
    refused("twilio", *SIGNED["twilio"], url=f"{URL}0")


def test_a_second_field_of_the_same_name_breaks_twilios_signature():
    headers, body = SIGNED["twilio"]
    refused("twilio", headers, body + b"&MessageStatus=failed")


def test_vonages_token_is_young_of_this_body_and_of_no_other_algorithm():
    fields = {"message_uuid": "SM77", "status": "delivered"}
    headers, body = vonage_receipt(fields, NOW)
    for late in (timedelta(minutes=11), -timedelta(minutes=11)):
        refused("vonage", headers, body, now=NOW + late)
    assert read("vonage", headers, body, now=NOW + timedelta(minutes=9))
    refused("vonage", *vonage_receipt(fields, NOW, payload_hash="0" * 64))
    refused("vonage", *vonage_receipt(fields, NOW, iat="now"))
    claims = {"iat": int(NOW.timestamp()), "payload_hash": hashlib.sha256(body).hexdigest()}
    assert read("vonage", {"authorization": f"bearer {token(claims, SECRET)}"}, body)
    for algorithm in ("none", "HS512", None):
        refused("vonage", {"authorization": f"Bearer {token(claims, SECRET, algorithm)}"}, body)
    unsigned = ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": "none"}, claims)) + "."
    refused("vonage", {"authorization": f"Bearer {unsigned}"}, body)
    for scheme in ("Basic ", ""):
        refused("vonage", {"authorization": headers["authorization"].replace("Bearer ", scheme)}, body)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("reference", [None, 7, "", "a b", "x" * 129, "+49"])
def test_what_is_signed_and_no_receipt_is_bad_input(kind, reference):
    made = {
        "twilio": twilio_receipt(URL, FIELDS | {"MessageSid": str(reference or "")}) if reference != 7 else None,
        "vonage": vonage_receipt({"message_uuid": reference}, NOW),
        "generic": any_receipt({"data": {"id": reference}}),
    }[kind]
    if made:
        with pytest.raises(BadInput):
            read(kind, *made)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 50_000, b"7"])
def test_what_is_signed_and_not_json_is_bad_input(body):
    signature = hmac.digest(SECRET.encode(), body, "sha256").hex()
    with pytest.raises(BadInput):
        read("generic", {"x-signature": signature}, body)


def test_a_body_too_large_or_of_too_many_fields_is_not_read_although_it_is_signed():
    large = {"message_uuid": "SM77", "data": {"id": "SM77"}, "more": "x" * 70_000}
    for kind, (headers, body) in {
        "twilio": twilio_receipt(URL, FIELDS | {"More": "x" * 70_000}),
        "vonage": vonage_receipt(large, NOW),
        "generic": any_receipt(large),
    }.items():
        with pytest.raises(BadInput):
            read(kind, headers, body)
    assert read("twilio", *twilio_receipt(URL, FIELDS | {f"F{n}": "x" for n in range(95)}))
    with pytest.raises(BadInput):
        read("twilio", *twilio_receipt(URL, FIELDS | {f"F{n}": "x" for n in range(96)}))


@given(
    kind=st.sampled_from(sorted(READERS)),
    header=st.text(max_size=80)
    | st.binary(max_size=60).map(lambda b: f"Bearer {_base64(b)}.{_base64(b)}.{_base64(b)}"),
    body=st.binary(max_size=200),
)
def test_whatever_comes_is_refused_or_bad_input(kind, header, body):
    with pytest.raises((Refused, BadInput)):
        read(kind, {"x-twilio-signature": header, "authorization": header, "x-signature": header}, body)
