"""One passkey at example.org, as the tests of passkeys have it: what was asked of it, and what it is checked by."""

import pytest
from fido2 import cbor
from fido2.utils import websafe_encode

from authenticator import AT, SYNCED, Authenticator, attested, auth_data, from_b64, new_key
from solely.errors import WrongAnswer
from solely.verification.passkey import (
    RelyingParty,
    creation_options,
    request_options,
    verify_assertion,
    verify_registration,
)

PARTY = RelyingParty("example.org", "Example", frozenset({"https://example.org", "https://id.example.org:8443"}))
PERSON, CHALLENGE = b"person 1 at random", b"challenge of 32 random bytes ...."
ASKED = creation_options(PARTY, user_handle=PERSON, name="alex", challenge=CHALLENGE, exclude=())
QUESTION = request_options(PARTY, challenge=CHALLENGE)
KEY, ID = new_key(), bytes(range(32))
TEXT = websafe_encode(ID)


def passkey(**parts):
    """One that counts, at 7 when it is registered: its next answer says 8."""
    return Authenticator(**{"key": KEY, "id": ID, "count": 7, "counts": True, "user_handle": PERSON} | parts)


CREDENTIAL = verify_registration(PARTY, passkey().create(ASKED), CHALLENGE)
RIGHT_RAW = from_b64(passkey().create(ASKED)["response"]["attestationObject"])
RIGHT = cbor.decode(RIGHT_RAW)


def asserted(response, credential=CREDENTIAL, party=PARTY):
    return verify_assertion(party, response, CHALLENGE, credential, user_handle=PERSON)


def registered(response, party=PARTY):
    return verify_registration(party, response, CHALLENGE)


def inner(response, **parts):
    """The response with parts of its inner response replaced; bytes become base64url."""
    texts = {name: websafe_encode(one) if isinstance(one, bytes) else one for name, one in parts.items()}
    return response | {"response": response["response"] | texts}


def made(raw):
    """A registration with these bytes for an attestation object."""
    return inner(passkey().create(ASKED), attestationObject=raw)


def holding(rest, flags=SYNCED):
    """Authenticator data with these bytes after its fixed part."""
    return auth_data("example.org", flags | AT, 7, rest)


def with_key(key):
    """A registration with this COSE key, or these bytes for one."""
    raw = key if isinstance(key, bytes) else cbor.encode(key)
    return passkey().create(ASKED, data=holding(attested(bytes(16), ID, {})[:-1] + raw))


def without(mapping, name):
    return {key: value for key, value in mapping.items() if key != name}


def refused(call, words=None):
    """WrongAnswer in those words, and what it was raised from is not shown."""
    with pytest.raises(WrongAnswer, match=words) as caught:
        call()
    assert caught.value.__context__ is None or caught.value.__suppress_context__
