"""Passkeys: what a browser is asked, and what its answers prove (WebAuthn level 3, §7, as the relying party).

- Answers are the JSON of `PublicKeyCredential.toJSON()`. Every answer that is not right raises WrongAnswer in
  words of ours, and nothing else leaves this module; sizes are bounded before anything is parsed.
- Origins are compared as whole texts. A page inside a page of another origin is refused unless the party names it.
- A person's presence is always required (CVE-2021-38299); verification is asked for and told (SP 800-63B-4 §3.1.7.2).
- Any attestation is accepted and none trusted: its lack must not keep people out (SP 800-63B-4 app. B.3).
- What the caller still owes: challenges of 16 random bytes or more that live minutes and are used once, whatever
  the outcome; that a new credential's id is known of nobody (§7.1 step 26); that a credential is looked up by
  `named`, and belongs to the person whose `user_handle` is passed; to store what `Asserted` says.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticatorData

from solely.errors import BadInput, WrongAnswer

__all__ = [
    "ALGORITHMS",
    "Asserted",
    "Credential",
    "RelyingParty",
    "creation_options",
    "named",
    "request_options",
    "verify_assertion",
    "verify_registration",
]

# COSE algorithm -> the key type that goes with it (§5.8.5, RFC 9053 §7); most preferred first.
OKP, EC2, RSA = 1, 2, 3
ALGORITHMS = {
    -7: EC2,  # ES256
    -8: OKP,  # EdDSA, which is Ed25519
    -257: RSA,  # RS256
    -35: EC2,  # ES384
    -36: EC2,  # ES512
    -53: OKP,  # Ed448
}
TIMEOUT = 300_000  # milliseconds, the default that §15.1 recommends
MIN_CHALLENGE = 16  # bytes (§13.4.3)
USER_HANDLE = range(1, 65)  # bytes (§5.4.3)
CREDENTIAL_ID = range(1, 1024)  # bytes (§7.1 step 25)
RSA_MODULUS = range(256, 1025)  # bytes: 2048 bits at least, and no more than is checked quickly
RSA_EXPONENT = range(1, 9)  # bytes

# The most bytes read of each part. The library's CBOR copies the rest for each item it reads, so the work
# grows with the square: 16 KiB cost some tens of milliseconds at worst, and a statement with a chain has 4.
MAX_CLIENT_DATA, MAX_ATTESTATION, MAX_AUTH_DATA, MAX_SIGNATURE = 8_192, 16_384, 4_096, 2_048
_FIXED = 37  # bytes of authenticator data before what may be there: hash, flags, count (§6.1)
_TRANSPORT = re.compile(r"[a-z0-9-]{1,32}")
_MAX_TRANSPORTS = 16
_ORIGIN = re.compile(r"(?:https://(?P<host>[a-z0-9.-]+)|http://localhost)(?::[0-9]{1,5})?")

# What json, base64, fido2's CBOR and COSE, and cryptography raise for bytes that are not what they should be.
_OF_PYTHON = (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError)
_UNREADABLE = (*_OF_PYTHON, UnsupportedAlgorithm, struct.error)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks: `id` is a domain, `name` is shown to people, `origins` are those whose pages may ask.

    `cross_origin_from` are the origins of pages that may embed ours. Raises BadInput where an origin is
    not `https://host[:port]` within the domain (`http://localhost[:port]` for the domain `localhost`).
    """

    id: str
    name: str
    origins: frozenset[str]
    cross_origin_from: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.id or not self.origins:
            raise BadInput("a relying party has no domain or origin", cure="name https://host of its pages")
        for origin in self.origins | self.cross_origin_from:
            read = _ORIGIN.fullmatch(origin)
            host = (read["host"] or "localhost") if read else ""
            within = host == self.id or host.endswith(f".{self.id}")
            if not host or (origin in self.origins and not within):
                raise BadInput("a relying party has an origin not its own", cure="write https://host, in its domain")


@dataclass(frozen=True, slots=True)
class Credential:
    """What is kept of a passkey (§4, credential record); none of it is secret.

    `public_key` is a COSE key in CBOR. `user_verified` says whether a person was ever verified
    (`uvInitialized`); `backup_eligible` never changes, `backed_up` may at each assertion.
    """

    id: bytes
    public_key: bytes
    sign_count: int
    user_verified: bool
    backup_eligible: bool
    backed_up: bool
    transports: tuple[str, ...]
    aaguid: UUID


@dataclass(frozen=True, slots=True)
class Asserted:
    """The proof of an assertion: it was signed for this challenge, with a person present.

    Without `user_verified` it is one factor, not two (SP 800-63B-4 §3.1.7.2).
    """

    sign_count: int
    user_verified: bool
    backed_up: bool


def creation_options(
    party: RelyingParty, *, user_handle: bytes, name: str, challenge: bytes, exclude: Sequence[Credential]
) -> dict[str, Any]:
    """The JSON for `parseCreationOptionsFromJSON` (§5.1.8). Raises BadInput for a challenge or handle too short.

    `user_handle` is random, 1 to 64 bytes, and says nothing of the person; `exclude` are those they have.
    """
    if len(user_handle) not in USER_HANDLE:
        raise BadInput("a user handle has 1 to 64 bytes", cure="make it of random bytes")
    return {
        "rp": {"id": party.id, "name": party.name},
        "user": {"id": websafe_encode(user_handle), "name": name, "displayName": name},
        "challenge": _challenge(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": one} for one in ALGORITHMS],
        "timeout": TIMEOUT,
        "excludeCredentials": _descriptors(exclude),
        # Providers of passkeys make discoverable ones when asked; a U2F key, which can't, is welcome too.
        "authenticatorSelection": {
            "residentKey": "preferred",
            "requireResidentKey": False,
            "userVerification": "preferred",
        },
        "attestation": "none",
    }


def request_options(party: RelyingParty, *, challenge: bytes, allow: Sequence[Credential] = ()) -> dict[str, Any]:
    """The JSON for `parseRequestOptionsFromJSON` (§5.1.9); without `allow` the person picks one they have.

    Raises BadInput for a challenge too short.
    """
    return {
        "challenge": _challenge(challenge),
        "timeout": TIMEOUT,
        "rpId": party.id,
        "allowCredentials": _descriptors(allow),
        "userVerification": "preferred",
    }


def named(response: Mapping[str, Any]) -> tuple[bytes, bytes | None]:
    """The credential id an assertion names, and the user handle where it names one; neither is proven yet.

    Where no person is known beforehand, an answer without a handle is refused by the caller (§7.2 step 6).
    """
    return _credential_id(response), _user_handle(_inner(response))


def verify_registration(party: RelyingParty, response: Mapping[str, Any], challenge: bytes) -> Credential:
    """The passkey that an answer to `creation_options` holds (§7.1). Raises WrongAnswer."""
    raw_id, inner = _credential_id(response), _inner(response)
    _check_client(party, _bytes(inner, "clientDataJSON", MAX_CLIENT_DATA), "webauthn.create", challenge)
    data = _attested(_bytes(inner, "attestationObject", MAX_ATTESTATION))
    _check_data(party, data)
    attested = data.credential_data
    if attested is None:
        raise WrongAnswer("the answer holds no credential")
    if attested.credential_id != raw_id:
        raise WrongAnswer("the answer names another credential than it holds")
    return Credential(
        id=raw_id,
        public_key=_usable_key(attested.public_key),
        sign_count=data.counter,
        user_verified=data.is_user_verified(),
        backup_eligible=data.is_backup_eligible(),
        backed_up=data.is_backed_up(),
        transports=_transports(inner.get("transports")),
        aaguid=UUID(bytes=bytes(attested.aaguid)),
    )


def verify_assertion(
    party: RelyingParty, response: Mapping[str, Any], challenge: bytes, credential: Credential, *, user_handle: bytes
) -> Asserted:
    """The proof that `credential` signed an answer to `request_options` (§7.2). Raises WrongAnswer.

    `user_handle` is of the person the credential is stored for.
    """
    inner = _inner(response)
    if _credential_id(response) != credential.id:  # step 5
        raise WrongAnswer("the answer is of another credential")
    if _user_handle(inner) not in (None, user_handle):  # step 6
        raise WrongAnswer("the answer is of another person")
    client_data = _bytes(inner, "clientDataJSON", MAX_CLIENT_DATA)
    _check_client(party, client_data, "webauthn.get", challenge)  # steps 8 to 14
    data = _auth_data(_bytes(inner, "authenticatorData", MAX_AUTH_DATA))
    _check_data(party, data)  # steps 15, 16 and 18
    if data.is_backup_eligible() != credential.backup_eligible:  # step 19
        raise WrongAnswer("the passkey has become another kind")
    signed = bytes(data) + hashlib.sha256(client_data).digest()  # step 20
    _check_signature(credential.public_key, signed, _bytes(inner, "signature", MAX_SIGNATURE))  # step 21
    # Step 22: synced passkeys stay at 0; one that counts and does not grow may be a copy.
    if (data.counter or credential.sign_count) and data.counter <= credential.sign_count:
        raise WrongAnswer("the passkey's count has not grown")
    return Asserted(data.counter, data.is_user_verified(), data.is_backed_up())


@contextmanager
def _reading(what: str) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE:
        raise WrongAnswer(what) from None


def _challenge(challenge: bytes) -> str:
    if len(challenge) < MIN_CHALLENGE:
        raise BadInput(f"a challenge has {MIN_CHALLENGE} bytes at least", cure="make it of random bytes")
    return websafe_encode(challenge)


def _descriptors(credentials: Sequence[Credential]) -> list[dict[str, Any]]:
    return [
        {"type": "public-key", "id": websafe_encode(one.id), "transports": list(one.transports)} for one in credentials
    ]


def _inner(response: object) -> Mapping[str, Any]:
    inner = response.get("response") if isinstance(response, Mapping) else None
    if not isinstance(inner, Mapping):
        raise WrongAnswer("the answer is not of a passkey")
    return inner


def _bytes(source: Mapping[str, Any], name: str, most: int) -> bytes:
    """A base64url field (RFC 4648 §5) in its one spelling: no padding, no other sign, no spare bits."""
    text = source.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= most * 4 // 3 + 3:
        raise WrongAnswer(f"{name} is missing or too long")
    with _reading(f"{name} is not base64url"):
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if websafe_encode(raw) != text:
        raise WrongAnswer(f"{name} is not base64url")
    return raw


def _credential_id(response: object) -> bytes:
    if not isinstance(response, Mapping) or response.get("type") != "public-key":
        raise WrongAnswer("the answer is not of a passkey")
    raw = _bytes(response, "rawId", CREDENTIAL_ID.stop)
    if len(raw) not in CREDENTIAL_ID:  # §7.1 step 25
        raise WrongAnswer("the credential id is too long")
    if response.get("id") != response["rawId"]:
        raise WrongAnswer("the answer names two credentials")
    return raw


def _user_handle(inner: Mapping[str, Any]) -> bytes | None:
    # Some browsers say "" for none; a handle of no bytes can't be (§5.4.3), so nothing is mistaken.
    return _bytes(inner, "userHandle", USER_HANDLE.stop) if inner.get("userHandle") not in (None, "") else None


def _transports(names: object) -> tuple[str, ...]:
    """Kept for the browser's sake, unknown ones too (§5.2.1); sorted, each once."""
    if names is None:
        return ()
    if not isinstance(names, list) or len(names) > _MAX_TRANSPORTS:
        raise WrongAnswer("transports is not a short list")
    if not all(isinstance(one, str) and _TRANSPORT.fullmatch(one) for one in names):
        raise WrongAnswer("transports holds what is no name")
    return tuple(sorted(set(names)))


def _check_client(party: RelyingParty, raw: bytes, ceremony: str, challenge: bytes) -> None:
    """§7.1 steps 5 to 11, §7.2 steps 8 to 14."""
    client = _client_data(raw)
    if client.get("type") != ceremony:  # §7.1 step 7, §7.2 step 10
        raise WrongAnswer("the answer is to another kind of question")
    # §7.1 step 8, §7.2 step 11; a challenge that was lost on the way must not match an empty one
    if len(challenge) < MIN_CHALLENGE or client.get("challenge") != websafe_encode(challenge):
        raise WrongAnswer("the answer is to another challenge")
    origin = client.get("origin")
    if not isinstance(origin, str) or origin not in party.origins:  # §7.1 step 9, §7.2 step 12
        raise WrongAnswer("the answer comes from another site")
    _check_embedding(party, client)


def _client_data(raw: bytes) -> dict[str, Any]:
    with _reading("clientDataJSON can't be read"):
        client = json.loads(raw.decode("utf-8"), object_pairs_hook=_once)
    if not isinstance(client, dict):
        raise WrongAnswer("clientDataJSON can't be read")
    return client


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """No name twice: which one counts would be for each reader to say."""
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError
    return read


def _check_embedding(party: RelyingParty, client: Mapping[str, Any]) -> None:
    """§7.1 steps 10 and 11, §7.2 steps 13 and 14. Older browsers say `crossOrigin` without `topOrigin`."""
    crossed = client.get("crossOrigin", False)
    if crossed is not False and not (crossed is True and party.cross_origin_from):
        raise WrongAnswer("the answer comes from inside another site")
    if "topOrigin" in client:
        top = client["topOrigin"]
        if not crossed or not isinstance(top, str) or top not in party.cross_origin_from:
            raise WrongAnswer("the answer comes from inside another site")


def _attested(raw: bytes) -> AuthenticatorData:
    """§7.1 step 13. The library's own class would make any type of `authData` bytes, a number to as many zeros."""
    with _reading("attestationObject can't be read"):
        read: Any = cbor.decode(raw)
        types = [type(read[part]) for part in ("fmt", "attStmt", "authData")]
        if types != [str, dict, bytes] or len(cbor.encode(read)) != len(raw):
            raise ValueError
    return _auth_data(read["authData"])


def _auth_data(raw: bytes) -> AuthenticatorData:
    """§6.1. The library reads what was cut short or stands twice; written again, that has another length."""
    with _reading("authenticatorData can't be read"):
        data = AuthenticatorData(raw)
        tail = b"" if data.extensions is None else cbor.encode(data.extensions)
        if _FIXED + len(data.credential_data or b"") + len(tail) != len(raw):
            raise ValueError
    return data


def _check_data(party: RelyingParty, data: AuthenticatorData) -> None:
    if data.rp_id_hash != hashlib.sha256(party.id.encode()).digest():  # §7.1 step 14, §7.2 step 15
        raise WrongAnswer("the passkey is for another site")
    if not data.is_user_present():  # §7.1 step 15, §7.2 step 16
        raise WrongAnswer("nobody was present")
    if data.is_backed_up() and not data.is_backup_eligible():  # §7.1 step 17, §7.2 step 18
        raise WrongAnswer("the passkey contradicts itself")


def _usable_key(key: CoseKey) -> bytes:
    """The key in CBOR, seen to be of an algorithm that was offered (§7.1 step 20) and to check signatures."""
    with _reading("the passkey's key can't be used"):
        _check_algorithm(key)
        encoded = cbor.encode(key)
        try:
            key.verify(b"", b"")  # a key that is none (a point off its curve) is refused here, not later
        except InvalidSignature:
            return encoded
        raise ValueError


def _check_algorithm(key: CoseKey) -> None:
    """The library goes by algorithm and curve, not by the type of key. Raises one of _UNREADABLE."""
    if key[1] != ALGORITHMS[key[3]]:
        raise ValueError
    if key[1] == RSA and (len(key[-1]) not in RSA_MODULUS or len(key[-2]) not in RSA_EXPONENT):
        raise ValueError


def _check_signature(public_key: bytes, signed: bytes, signature: bytes) -> None:
    try:
        with _reading("the passkey's key can't be used"):
            stored: Any = cbor.decode(public_key)
            key = CoseKey.parse(stored)
            _check_algorithm(key)
            key.verify(signed, signature)
    except InvalidSignature:
        raise WrongAnswer("the signature is not the passkey's") from None
