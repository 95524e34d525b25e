"""A passkey in software: answers the options a browser would be given, and whatever wrong answer a test asks for."""

import json
import os
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from fido2 import cbor, cose
from fido2.utils import websafe_encode

UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80  # flags of authenticator data (§6.1)
SYNCED = UP | UV | BE | BS  # what a provider of passkeys says


def from_b64(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def new_key(algorithm=-7):
    match algorithm:
        case -8:
            return ed25519.Ed25519PrivateKey.generate()
        case -53:
            return ed448.Ed448PrivateKey.generate()
        case -257:
            return rsa.generate_private_key(65537, 2048)
        case _:
            return ec.generate_private_key({-7: ec.SECP256R1, -35: ec.SECP384R1, -36: ec.SECP521R1}[algorithm]())


def sign(key, algorithm, message):
    """Sign as the algorithm has it; ECDSA with the nonce of RFC 6979, so that vectors come out the same."""
    hashed = {-35: hashes.SHA384, -36: hashes.SHA512}.get(algorithm, hashes.SHA256)()
    match key:
        case ec.EllipticCurvePrivateKey():
            return key.sign(message, ec.ECDSA(hashed, deterministic_signing=True))
        case rsa.RSAPrivateKey():
            return key.sign(message, padding.PKCS1v15(), hashed)
        case _:
            return key.sign(message)


def auth_data(rp_id, flags, count, rest=b""):
    return sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big") + rest


def attested(aaguid, credential_id, cose_key):
    return aaguid + len(credential_id).to_bytes(2, "big") + credential_id + cbor.encode(cose_key)


def client_data(ceremony, challenge, origin, **more):
    """The JSON a browser makes; `challenge` is base64url, as options have it."""
    parts = {"type": ceremony, "challenge": challenge, "origin": origin, "crossOrigin": False} | more
    return json.dumps(parts, separators=(",", ":")).encode()


def answer(credential_id, **inner):
    """The JSON of `PublicKeyCredential.toJSON()`; bytes become base64url."""
    named = websafe_encode(credential_id)
    parts = {name: websafe_encode(one) if isinstance(one, bytes) else one for name, one in inner.items()}
    return {
        "id": named,
        "rawId": named,
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": {},
        "response": parts,
    }


@dataclass(slots=True)
class Authenticator:
    """One passkey. `flags` and `count` are what it says of itself; set `counts` for one that counts."""

    origin: str = "https://example.org"
    algorithm: int = -7
    flags: int = SYNCED
    count: int = 0
    counts: bool = False
    id: bytes = field(default_factory=lambda: os.urandom(32))
    aaguid: bytes = bytes(range(16))
    user_handle: bytes | None = None
    key: object = None

    def __post_init__(self):
        self.key = self.key or new_key(self.algorithm)

    @property
    def public_key(self):
        return cose.CoseKey.for_alg(self.algorithm).from_cryptography_key(self.key.public_key())

    def create(self, options, *, client=None, rp_id=None, flags=None, data=None, fmt="none", statement=None):
        """Answer creation options. `data` replaces the authenticator data, `client` changes the client data."""
        self.user_handle = from_b64(options["user"]["id"])
        said = AT | (self.flags if flags is None else flags)
        held = attested(self.aaguid, self.id, self.public_key)
        data = auth_data(rp_id or options["rp"]["id"], said, self.count, held) if data is None else data
        return answer(
            self.id,
            clientDataJSON=self._client("webauthn.create", options, client),
            attestationObject=cbor.encode({"fmt": fmt, "attStmt": statement or {}, "authData": data}),
            transports=["internal", "hybrid"],
        )

    def get(self, options, *, client=None, rp_id=None, flags=None, data=None, count=None):
        """Answer request options; the count goes up first, where this passkey counts."""
        self.count += self.counts
        said = self.flags if flags is None else flags
        data = data or auth_data(rp_id or options["rpId"], said, self.count if count is None else count)
        raw = self._client("webauthn.get", options, client)
        signature = sign(self.key, self.algorithm, data + sha256(raw).digest())
        return answer(
            self.id, clientDataJSON=raw, authenticatorData=data, signature=signature, userHandle=self.user_handle
        )

    def _client(self, ceremony, options, changes):
        if isinstance(changes, bytes):
            return changes
        parts = {"ceremony": ceremony, "challenge": options["challenge"], "origin": self.origin}
        return client_data(**parts | (changes or {}))
