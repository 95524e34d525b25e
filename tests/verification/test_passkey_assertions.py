"""Each assertion that differs from the right one in one thing is refused, in words that say which."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fido2.utils import websafe_encode

from authenticator import AT, BE, BS, ED, SYNCED, UP, UV, auth_data, client_data, from_b64, new_key
from passkeys import ASKED, CHALLENGE, PERSON, QUESTION, TEXT, asserted, inner, passkey, refused, without

OURS = "https://example.org"
ORIGINS = {
    "subdomain": "https://www.example.org",
    "parent": "https://org",
    "port": "https://example.org:8443",
    "default port": "https://example.org:443",
    "another port": "https://id.example.org:8444",
    "suffix": "https://example.org.evil.example",
    "prefix": "https://evilexample.org",
    "scheme": "http://example.org",
    "null": "null",
    "trailing slash": "https://example.org/",
    "trailing dot": "https://example.org.",
    "case": "https://EXAMPLE.org",
    "path": "https://example.org/login",
    "user": "https://example.org@evil.example",
    "look-alike": "https://ex\u0430mple.org",
    "space": " https://example.org",
    "nul": "https://example.org\0",
    "app": "android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0",
    "none": None,
    "number": 0,
    "list": ["https://example.org"],
    "empty": "",
}
CHALLENGES = {
    "another": websafe_encode(bytes(33)),
    "empty": "",
    "padded": websafe_encode(CHALLENGE) + "=",
    "cut short": websafe_encode(CHALLENGE)[:-1],
    "longer": websafe_encode(CHALLENGE) + "AAAA",
    "as text": CHALLENGE.decode(),
    "none": None,
    "number": 0,
    "list": [websafe_encode(CHALLENGE)],
}
EMBEDDINGS = {
    "crossOrigin": {"crossOrigin": True},
    "crossOrigin text": {"crossOrigin": "true"},
    "crossOrigin 1": {"crossOrigin": 1},
    "crossOrigin none": {"crossOrigin": None},
    "topOrigin": {"crossOrigin": True, "topOrigin": "https://partner.example"},
    "topOrigin alone": {"topOrigin": "https://partner.example"},
    "topOrigin our own": {"topOrigin": "https://example.org"},
    "topOrigin none": {"topOrigin": None},
}
TYPES = {
    "of registering": "webauthn.create",
    "of paying": "payment.get",
    "case": "Webauthn.get",
    "none": None,
    "list": [],
}
CLIENTS = {
    "empty": (b"", "missing"),
    "no JSON": (b"{", "can't be read"),
    "a list": (b"[]", "can't be read"),
    "a number": (b"1" * 5_000, "can't be read"),
    "deep": (b"[" * 8_000, "can't be read"),
    "bytes of no text": (b'{"type": "\xff"}', "can't be read"),
    "byte order mark": (
        b"\xef\xbb\xbf" + client_data("webauthn.get", QUESTION["challenge"], OURS),
        "can't be read",
    ),
    "UTF-16": (client_data("webauthn.get", QUESTION["challenge"], OURS).decode().encode("utf-16"), "can't be read"),
    "a name twice": (
        client_data("webauthn.get", QUESTION["challenge"], "https://evil.example")[:-1]
        + b',"origin":"https://example.org"}',
        "can't be read",
    ),
    "a name twice, deep": (
        client_data("webauthn.get", QUESTION["challenge"], OURS)[:-1] + b',"later":{"a":1,"a":1}}',
        "can't be read",
    ),
    "too long": (client_data("webauthn.get", QUESTION["challenge"], OURS, later="." * 8_192), "too long"),
    "nothing said": (b"{}", "another kind of question"),
}


def signed_by_another(response):
    return passkey(key=new_key()).get(QUESTION)


def fixed_length(response):
    """The two numbers side by side, as JOSE has them, and not in DER."""
    r, s = decode_dss_signature(from_b64(response["response"]["signature"]))
    return inner(response, signature=r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def of_other_data(response):
    return inner(response, authenticatorData=auth_data("example.org", SYNCED, 9))


def of_other_client(response):
    return inner(response, clientDataJSON=client_data("webauthn.get", QUESTION["challenge"], OURS, later=1))


def rename(credential_id):
    return lambda response: response | dict.fromkeys(("id", "rawId"), credential_id)


def signature(text):
    return lambda response: inner(response, signature=text)


def handle(text):
    return lambda response: inner(response, userHandle=text)


def get(words, **changes):
    return (lambda _: passkey().get(QUESTION, **changes)), words


def data(flags, rest=b""):
    return auth_data("example.org", flags, 8, rest)


ASSERTIONS = {
    **{f"origin: {name}": get("another site", client={"origin": one}) for name, one in ORIGINS.items()},
    **{f"challenge: {name}": get("another challenge", client={"challenge": one}) for name, one in CHALLENGES.items()},
    **{f"embedded: {name}": get("inside another site", client=one) for name, one in EMBEDDINGS.items()},
    **{f"type: {name}": get("another kind of question", client={"ceremony": one}) for name, one in TYPES.items()},
    **{f"client data: {name}": get(words, client=one) for name, (one, words) in CLIENTS.items()},
    "hash: of another site": get("for another site", rp_id="example.com"),
    "hash: of our subdomain": get("for another site", rp_id="id.example.org"),
    "hash: of the origin": get("for another site", rp_id="https://example.org"),
    "flags: nobody present": get("nobody was present", flags=UV | BE | BS),
    "flags: none": get("nobody was present", flags=0),
    "flags: backed up, not eligible": get("contradicts itself", flags=UP | UV | BS),
    "flags: eligible no longer": get("another kind", flags=UP | UV),
    "count: falls": get("not grown", count=6),
    "count: stands": get("not grown", count=7),
    "count: is given up": get("not grown", count=0),
    "data: cut short": get("can't be read", data=data(SYNCED)[:-1]),
    "data: one byte": get("can't be read", data=b"\x05"),
    "data: a byte more": get("can't be read", data=data(SYNCED, b"\0")),
    "data: a credential promised": get("can't be read", data=data(SYNCED | AT)),
    "data: a credential cut short": get("can't be read", data=data(SYNCED | AT, bytes(17) + b"\x20" + bytes(8))),
    "data: extensions promised": get("can't be read", data=data(SYNCED | ED)),
    "data: extensions cut short": get("can't be read", data=data(SYNCED | ED, b"\xa1\x61a\x58\x20\0")),
    "data: extensions twice": get("can't be read", data=data(SYNCED | ED, b"\xa2\x61a\0\x61a\0")),
    "data: extensions without end": get("can't be read", data=data(SYNCED | ED, b"\xbb" + b"\xff" * 8)),
    "data: a bomb": get("can't be read", data=data(SYNCED | ED, b"\x81" * 4_000)),
    "data: too long": get("too long", data=data(SYNCED | ED, b"\x40" * 8_000)),
    "data: missing": (lambda r: inner(r, authenticatorData=None), "missing"),
    "data: a number": (lambda r: inner(r, authenticatorData=37), "missing"),
    "signature: of another key": (signed_by_another, "signature"),
    "signature: of other data": (of_other_data, "signature"),
    "signature: of other client data": (of_other_client, "signature"),
    "signature: not in DER": (fixed_length, "signature"),
    "signature: empty": (signature(""), "missing"),
    "signature: a byte": (signature(b"0"), "signature"),
    "signature: zeros": (signature(bytes(70)), "signature"),
    "signature: r and s are 0": (signature(bytes.fromhex("3006020100020100")), "signature"),
    "signature: a byte more": (lambda r: inner(r, signature=from_b64(r["response"]["signature"]) + b"\0"), "signature"),
    "signature: missing": (lambda r: r | {"response": without(r["response"], "signature")}, "missing"),
    "signature: none": (signature(None), "missing"),
    "signature: a list": (signature([1, 2]), "missing"),
    "signature: too long": (signature(bytes(3_000)), "too long"),
    "signature: no base64url": (signature("\u00e9\u00e9\u00e9\u00e9"), "base64url"),
    "signature: half a character": (signature("\ud800"), "base64url"),
    "id: of another": (rename(websafe_encode(bytes(32))), "another credential"),
    "id: not rawId": (lambda r: r | {"id": websafe_encode(bytes(32))}, "two credentials"),
    "id: missing": (lambda r: without(r, "id"), "two credentials"),
    "id: none": (lambda r: r | {"id": None}, "two credentials"),
    "id: padded": (rename(TEXT + "="), "base64url"),
    "id: of the other alphabet": (rename("+/" + TEXT[2:]), "base64url"),
    "id: spare bits": (rename(TEXT[:-1] + "9"), "base64url"),
    "id: a line break": (rename(TEXT + "\n"), "base64url"),
    "id: one sign": (rename("A"), "base64url"),
    "id: empty": (rename(""), "missing"),
    "id: 1024 bytes": (rename(websafe_encode(bytes(1024))), "too long"),
    "id: a million": (rename("A" * 1_000_000), "too long"),
    "id: a number": (rename(7), "missing"),
    "id: a list": (rename([TEXT]), "missing"),
    "rawId: missing": (lambda r: without(r, "rawId"), "missing"),
    "handle: of another person": (handle(b"person 2 at random"), "another person"),
    "handle: a part": (handle(PERSON[:-1]), "another person"),
    "handle: padded": (handle(websafe_encode(PERSON) + "="), "base64url"),
    "handle: a number": (handle(1), "missing"),
    "handle: none of its kinds": (handle({}), "missing"),
    "handle: too long": (handle(bytes(100)), "too long"),
    "kind: missing": (lambda r: without(r, "type"), "not of a passkey"),
    "kind: a password": (lambda r: r | {"type": "password"}, "not of a passkey"),
    "response: missing": (lambda r: without(r, "response"), "not of a passkey"),
    "response: none": (lambda r: r | {"response": None}, "not of a passkey"),
    "response: a list": (lambda r: r | {"response": [r["response"]]}, "not of a passkey"),
    "response: a registration": (lambda _: passkey().create(ASKED), "another kind of question"),
    "all: none": (lambda _: None, "not of a passkey"),
    "all: a list": (lambda r: [r], "not of a passkey"),
    "all: a text": (json.dumps, "not of a passkey"),
}


@pytest.mark.parametrize("name", ASSERTIONS)
def test_an_assertion_is_refused(name):
    change, words = ASSERTIONS[name]
    response = passkey().get(QUESTION)
    asserted(response)  # what is changed was right
    refused(lambda: asserted(change(response)), words)
