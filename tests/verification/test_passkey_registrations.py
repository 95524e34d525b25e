"""Each registration that differs from the right one in one thing is refused, in words that say which."""

import dataclasses

import pytest
from fido2 import cbor
from fido2.utils import websafe_encode

from authenticator import BE, BS, ED, SYNCED, UP, UV, auth_data
from passkeys import (
    ASKED,
    CREDENTIAL,
    QUESTION,
    RIGHT,
    RIGHT_RAW,
    TEXT,
    asserted,
    holding,
    inner,
    made,
    passkey,
    refused,
    registered,
    with_key,
    without,
)


def create(words, **changes):
    return (lambda: passkey().create(ASKED, **changes)), words


def key(**parts):
    changed = passkey().public_key | {{"kty": 1, "alg": 3, "crv": -1, "x": -2, "y": -3}[k]: v for k, v in parts.items()}
    return (lambda: with_key(changed)), "key can't be used|can't be read"


def rsa(modulus, exponent=b"\1\0\1"):
    return (lambda: with_key({1: 3, 3: -257, -1: modulus, -2: exponent})), "key can't be used"


def transports(names):
    return (lambda: inner(passkey().create(ASKED), transports=names)), "transports"


def objects(raw):
    return (lambda: made(raw)), "attestationObject can't be read"


REGISTRATIONS = {
    "origin": create("another site", client={"origin": "https://www.example.org"}),
    "challenge": create("another challenge", client={"challenge": websafe_encode(bytes(33))}),
    "type": create("another kind of question", client={"ceremony": "webauthn.get"}),
    "embedded": create("inside another site", client={"crossOrigin": True}),
    "hash": create("for another site", rp_id="example.com"),
    "nobody present": create("nobody was present", flags=UV | BE | BS),
    "backed up, not eligible": create("contradicts itself", flags=UP | BS),
    "no credential": create("holds no credential", data=auth_data("example.org", SYNCED, 7)),
    "another credential": (
        lambda: passkey().create(ASKED) | dict.fromkeys(("id", "rawId"), TEXT[:-4]),
        "than it holds",
    ),
    "id not rawId": (lambda: passkey().create(ASKED) | {"id": TEXT[:-4]}, "two credentials"),
    "id of 1024 bytes": (lambda: passkey(id=bytes(1024)).create(ASKED), "too long"),
    "id of no bytes": (lambda: passkey(id=b"").create(ASKED), "missing"),
    "an assertion": (lambda: passkey().get(QUESTION), "another kind of question"),
    "key: an algorithm not offered": key(alg=-47, crv=8),
    "key: no algorithm": key(alg=0),
    "key: algorithm a list": key(alg=[-7]),
    "key: algorithm a text": key(alg="ES256"),
    "key: another type": key(kty=1),
    "key: another curve": key(crv=2),
    "key: another algorithm": key(alg=-257),
    "key: off its curve": key(y=bytes(32)),
    "key: compressed": key(y=True),
    "key: longer": key(x=b"\1" * 33),
    "key: numbers": key(x=1, y=2),
    "key: texts": key(x="x", y="y"),
    "key: a list": (lambda: with_key([1, 2, 3]), "can't be read"),
    "key: cut short": (lambda: with_key(cbor.encode(passkey().public_key)[:-1]), "key can't be used"),
    "key: twice a part": (lambda: with_key(b"\xa6\1\2" + cbor.encode(passkey().public_key)[1:]), "can't be read"),
    "key: lengths padded": (lambda: with_key(b"\xb8\5" + cbor.encode(passkey().public_key)[1:]), "can't be read"),
    "key: a bomb": (lambda: with_key(b"\x81" * 4_000), "can't be read"),
    "key: Ed25519 of 31 bytes": (lambda: with_key({1: 1, 3: -8, -1: 6, -2: bytes(31)}), "key can't be used"),
    "key: Ed25519 as Ed448": (lambda: with_key({1: 1, 3: -8, -1: 7, -2: bytes(57)}), "key can't be used"),
    "key: RSA of 1024 bits": rsa(b"\xff" * 128),
    "key: RSA of 16384 bits": rsa(b"\xff" * 2048),
    "key: RSA, large exponent": rsa(b"\xff" * 256, b"\xff" * 200),
    "key: RSA, even exponent": rsa(b"\xff" * 256, b"\2"),
    "key: RSA of numbers": rsa(3, 3),
    "transports: a text": transports("usb"),
    "transports: a mapping": transports({"usb": 1}),
    "transports: numbers": transports([1]),
    "transports: mark-up": transports(["<b>"]),
    "transports: many": transports(["usb"] * 17),
    "object: missing": ((lambda: made(None)), "missing"),
    "object: a number": ((lambda: made(1)), "missing"),
    "object: too long": ((lambda: made(cbor.encode(RIGHT | {"attStmt": {"a": bytes(16_400)}}))), "too long"),
    "object: padded": ((lambda: made(websafe_encode(RIGHT_RAW + b"\0") + "==")), "base64url"),
    "object: a byte more": objects(RIGHT_RAW + b"\0"),
    "object: a list": objects(cbor.encode([RIGHT])),
    "object: a zero": objects(b"\0"),
    "object: a part twice": objects(b"\xa4" + RIGHT_RAW[1:] + b"\x63fmt\x64none"),
    "object: lengths padded": objects(b"\xb8\3" + RIGHT_RAW[1:]),
    "object: without end": objects(b"\xbf" + RIGHT_RAW[1:] + b"\xff"),
    "object: tagged": objects(b"\xd8\x18" + RIGHT_RAW),
    "object: a bomb": objects(b"\x81" * 16_000),
    "object: a bomb of mappings": objects(b"\xa1\0" * 8_000),
    "object: a list of all numbers": objects(b"\x9b" + b"\xff" * 8),
    "object: a length of all numbers": objects(b"\x5b" + b"\xff" * 8 + RIGHT_RAW),
    "object: a list for a name": objects(b"\xa1\x80\0"),
    "object: no format": objects(cbor.encode(without(RIGHT, "fmt"))),
    "object: no statement": objects(cbor.encode(without(RIGHT, "attStmt"))),
    "object: no data": objects(cbor.encode(without(RIGHT, "authData"))),
    "object: format a number": objects(cbor.encode(RIGHT | {"fmt": 1})),
    "object: statement a list": objects(cbor.encode(RIGHT | {"attStmt": []})),
    "object: data a number of zeros": objects(cbor.encode(RIGHT | {"authData": 2**40})),
    "object: data a list": objects(cbor.encode(RIGHT | {"authData": list(RIGHT["authData"])})),
    "object: data a text": objects(cbor.encode(RIGHT | {"authData": "data"})),
    "data: a byte more": create("can't be read", data=RIGHT["authData"] + b"\0"),
    "data: extensions promised": create("can't be read", data=holding(RIGHT["authData"][37:], SYNCED | ED)),
}


@pytest.mark.parametrize("name", REGISTRATIONS)
def test_a_registration_is_refused(name):
    change, words = REGISTRATIONS[name]
    refused(lambda: registered(change()), words)


def test_a_registration_cut_short_anywhere_is_refused():
    for length in range(len(RIGHT_RAW)):
        refused(lambda n=length: registered(made(RIGHT_RAW[:n])))
    for length in range(len(RIGHT["authData"])):
        cut = cbor.encode(RIGHT | {"authData": RIGHT["authData"][:length]})
        refused(lambda raw=cut: registered(made(raw)))


STORED = {
    "SHA-1": {1: 3, 3: -65535, -1: b"\xff" * 256, -2: b"\1\0\1"},
    "a shared secret": {1: 4, 3: 5, -1: b"k" * 32},
    "an unknown algorithm": passkey().public_key | {3: -1},
    "another algorithm": passkey().public_key | {3: -257},
    "another hash": passkey().public_key | {3: -35},
    "another type": passkey().public_key | {1: 3},
    "another curve": passkey().public_key | {-1: 8},
    "no algorithm": without(passkey().public_key, 3),
    "no key": [],
}


@pytest.mark.parametrize("name", STORED)
def test_a_stored_key_of_another_algorithm_checks_nothing(name):
    credential = dataclasses.replace(CREDENTIAL, public_key=cbor.encode(STORED[name]))
    refused(lambda: asserted(passkey().get(QUESTION), credential), "key can't be used")
    refused(lambda: registered(with_key(STORED[name])), "key can't be used|can't be read")
