"""Delivery receipts: who sent one is proved first, then it is read; it says what became of a message.

- Each provider has its way to sign; each reader raises Refused for what is not signed by the key it holds.
- A receipt holds the number too. Nothing but the reference and the status leaves this module.
- A receipt may be played back. It says once more what it said: what the first one changed stays so.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl

from solely.errors import BadInput, Refused
from solely.verification.senders.gateway import at
from solely.verification.senders.twilio import OPTED_OUT as TWILIO_OPTED_OUT
from solely.verification.senders.vonage import OPTED_OUT as VONAGE_OPTED_OUT

__all__ = ["GenericReceipts", "Receipt", "ReceiptReader", "Status", "TwilioReceipts", "VonageReceipts"]

Status = Literal["delivered", "failed", "opt-out", "unknown"]  # the last: still on its way, or a word we don't know

MAX_BODY = 65_536  # bytes
MAX_FIELDS = 100
FRESH = timedelta(minutes=10)  # a signed hook is that young, or its clock and ours differ by less
_REFERENCE = re.compile(r"[A-Za-z0-9._:@=-]{1,128}")

_TWILIO: dict[str, Status] = {
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
_VONAGE: dict[str, Status] = {
    "delivered": "delivered",
    "read": "delivered",
    "undeliverable": "failed",
    "rejected": "failed",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the message that the provider knows by `reference`."""

    reference: str
    status: Status


class ReceiptReader(Protocol):
    """How one provider's receipts are proved and read."""

    def read_receipt(self, *, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Receipt:
        """Read one. `url` is the address as the provider called it; `headers` have names in lower case.

        Raises Refused where the signature is not right, BadInput where what is signed is no receipt.
        """


@dataclass(frozen=True, slots=True)
class TwilioReceipts:
    """HMAC-SHA1 under the account's token, over the address and the form's fields, sorted."""

    token: str = field(repr=False)

    def read_receipt(self, *, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Receipt:  # noqa: ARG002 - nothing in it says when
        fields = _form(body)
        signed = url + "".join(name + value for name, value in sorted(set(fields)))
        mac = hmac.digest(self.token.encode(), signed.encode(errors="replace"), "sha1")
        _same(b64encode(mac), headers.get("x-twilio-signature", ""))
        said = dict(fields)
        if said.get("ErrorCode") == str(TWILIO_OPTED_OUT):
            return _receipt(said.get("MessageSid"), "opt-out")
        return _receipt(said.get("MessageSid"), _TWILIO.get(said.get("MessageStatus", ""), "unknown"))


@dataclass(frozen=True, slots=True)
class VonageReceipts:
    """A JSON Web Token (RFC 7519) under the account's signature secret, HS256 and no other, over the body's digest."""

    secret: str = field(repr=False)

    def read_receipt(self, *, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Receipt:  # noqa: ARG002 - it signs no address
        claims = self._claims(headers.get("authorization", ""))
        issued = at(claims, "iat")
        if type(issued) is not int or abs(issued - now.timestamp()) > FRESH.total_seconds():
            raise _unsigned()
        _same(hashlib.sha256(body).hexdigest().encode(), str(at(claims, "payload_hash")))
        said = _json(body)
        if str(at(said, "error.type")).rpartition("#")[2] == VONAGE_OPTED_OUT:
            return _receipt(at(said, "message_uuid"), "opt-out")
        return _receipt(at(said, "message_uuid"), _VONAGE.get(str(at(said, "status")), "unknown"))

    def _claims(self, authorization: str) -> Any:
        scheme, _, token = authorization.partition(" ")
        signed, _, signature = token.rpartition(".")
        mac = hmac.digest(self.secret.encode(), signed.encode(errors="replace"), "sha256")
        if scheme.lower() != "bearer" or not hmac.compare_digest(mac, _bytes(signature)):
            raise _unsigned()
        head, _, claims = signed.partition(".")
        if at(_json(_bytes(head)), "alg") != "HS256":  # RFC 8725 §3.1
            raise _unsigned()
        return _json(_bytes(claims))


@dataclass(frozen=True, slots=True)
class GenericReceipts:
    """HMAC-SHA256 of the body in a header, in hex; `values` says what the text at `status_at` means."""

    secret: str = field(repr=False)
    reference_at: str
    status_at: str
    values: Mapping[str, Status]
    header: str = "x-signature"

    def read_receipt(self, *, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Receipt:  # noqa: ARG002 - it signs the body alone
        mac = hmac.digest(self.secret.encode(), _bounded(body), "sha256").hex()
        _same(mac.encode(), headers.get(self.header.lower(), "").removeprefix("sha256=").lower())
        said = _json(body)
        return _receipt(at(said, self.reference_at), self.values.get(str(at(said, self.status_at)), "unknown"))


def _same(expected: bytes, given: str) -> None:
    if not hmac.compare_digest(expected, given.encode(errors="replace")):
        raise _unsigned()


def _unsigned() -> Refused:
    return Refused("a receipt is not signed by its provider", where="receipts", cure="compare the secrets and address")


def _unreadable() -> BadInput:
    return BadInput("this is no receipt", where="receipts", cure="compare it with what docs/delivery.md says")


def _receipt(reference: object, status: Status) -> Receipt:
    if not (isinstance(reference, str) and _REFERENCE.fullmatch(reference)):
        raise _unreadable()
    return Receipt(reference, status)


def _bounded(body: bytes) -> bytes:
    if len(body) > MAX_BODY:
        raise _unreadable()
    return body


def _form(body: bytes) -> list[tuple[str, str]]:
    text = _bounded(body).decode(errors="replace")  # what is not UTF-8 is not what was signed
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise _unreadable() from None


def _json(data: bytes) -> Any:
    try:
        return json.loads(_bounded(data))
    except (ValueError, RecursionError):
        return None  # at which nothing stands


def _bytes(text: str) -> bytes:
    """Of Base64 for addresses without padding (RFC 7515 §2); none where it is not that."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
