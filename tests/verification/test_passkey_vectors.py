"""The fifteen test vectors of WebAuthn level 3, §16, are registered and asserted.

Their values are derived here as §16 says they were: each random value by HKDF-SHA-256 from one text, with the
name of the vector as `info` and its place in the vector as `salt`; ECDSA with the nonce of RFC 6979. Statements
of attestation are stand-ins where they hold a certificate: nobody looks at them (decision 8). Signatures that
the specification prints are compared, and cover all that was signed.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fido2 import cbor, cose

from authenticator import AT, BE, BS, UP, UV, answer, attested, auth_data, client_data, from_b64, sign
from solely.errors import WrongAnswer
from solely.verification.passkey import RelyingParty, verify_assertion, verify_registration

PARTY = RelyingParty("example.org", "Example", frozenset({"https://example.org"}))
EMBEDDED = RelyingParty("example.org", "Example", PARTY.origins, frozenset({"https://example.com"}))
NAMES = {  # of the vectors, with the algorithm of each
    "none.ES256": -7,
    "packed-self.ES256": -7,
    "none.ES256.crossOrigin": -7,
    "none.ES256.topOrigin": -7,
    "none.ES256.long-credential-id": -7,
    "packed.ES256": -7,
    "packed.ES384": -35,
    "packed.ES512": -36,
    "packed.RS256": -257,
    "packed.EdDSA": -8,
    "packed.Ed448": -53,
    "tpm.ES256": -7,
    "android-key.ES256": -7,
    "apple.ES256": -7,
    "fido-u2f.ES256": -7,
}
CROSSED = {"none.ES256.crossOrigin", "none.ES256.topOrigin"}
CURVES = {-7: (ec.SECP256R1, 32), -35: (ec.SECP384R1, 48), -36: (ec.SECP521R1, 65)}


@dataclass(frozen=True)
class Vector:
    algorithm: int
    flags: int
    challenge: bytes
    registration: dict
    question: bytes
    assertion: dict

    @property
    def signature(self):
        return from_b64(self.assertion["response"]["signature"]).hex()


class Draws:
    """The values of one vector, in their order."""

    def __init__(self, name):
        self.name, self.place = name, 0

    def __call__(self, length):
        salt, self.place = bytes([self.place]), self.place + 1
        return HKDF(hashes.SHA256(), length, salt, self.name.encode()).derive(b"WebAuthn test vectors")


def private_key(algorithm, draw):
    if algorithm == -257:  # of the two least Mersenne primes that are long enough
        p, q = 2**1279 - 1, 2**2203 - 1
        d = rsa.rsa_recover_private_exponent(65537, p, q)
        parts = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
        return rsa.RSAPrivateNumbers(p, q, d, *parts, rsa.RSAPublicNumbers(65537, p * q)).private_key()
    if algorithm == -8:
        return ed25519.Ed25519PrivateKey.from_private_bytes(draw(32))
    if algorithm == -53:
        return ed448.Ed448PrivateKey.from_private_bytes(draw(57))
    curve, length = CURVES[algorithm]
    return ec.derive_private_key(int.from_bytes(draw(length), "big"), curve())


def client(name, draw, ceremony, challenge):
    more = {"crossOrigin": name in CROSSED}
    if name == "none.ES256.topOrigin":
        more["topOrigin"] = "https://example.com"
    if draw(1)[0] & 1:
        said = "clientDataJSON may be extended with additional fields in the future, such as this: "
        more["extraData"] = said + b64(draw(16))
    return client_data(ceremony, b64(challenge), "https://example.org", **more)


def b64(raw):
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def statement(name, draw, key, signed):
    """Format and statement of attestation."""
    form = name.split(".", maxsplit=1)[0]
    if form == "none":
        return form, {}
    if form == "packed-self":
        return "packed", {"alg": -7, "sig": sign(key, -7, signed)}
    if form in {"packed", "tpm", "fido-u2f"}:
        draw(32)  # the key of the certificate, which the other forms don't have
    return form, {"x5c": [b"certificate " + draw(16)], "sig": b"signature"}


@cache
def vector(name):
    draw, algorithm = Draws(name), NAMES[name]
    challenge = draw(128 if algorithm == -36 else 32)
    key = private_key(algorithm, draw)
    asked = client(name, draw, "webauthn.create", challenge)
    aaguid, credential_id = draw(16), draw(1023 if name.endswith("long-credential-id") else 32)
    flags = UP
    if name != "fido-u2f.ES256":
        drawn = draw(1)[0]
        flags |= drawn & (UV | BE | BS) if drawn & BE else drawn & UV
    public = cose.CoseKey.for_alg(algorithm).from_cryptography_key(key.public_key())
    data = auth_data("example.org", AT | flags, 0, attested(aaguid, credential_id, public))
    fmt, stated = statement(name, draw, key, data + sha256(asked).digest())
    made = cbor.encode({"fmt": fmt, "authData": data, "attStmt": stated})
    question = draw(128 if algorithm == -36 else 32)
    told = client(name, draw, "webauthn.get", question)
    later = auth_data("example.org", UP | flags & BE | draw(1)[0] & (UV | BS if flags & BE else UV), 0)
    signature = sign(key, algorithm, later + sha256(told).digest())
    return Vector(
        algorithm,
        flags,
        challenge,
        answer(credential_id, clientDataJSON=asked, attestationObject=made),
        question,
        answer(credential_id, clientDataJSON=told, authenticatorData=later, signature=signature),
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_is_registered_and_asserted(name):
    one, party = vector(name), EMBEDDED if name in CROSSED else PARTY
    credential = verify_registration(party, one.registration, one.challenge)
    assert cbor.decode(credential.public_key)[3] == one.algorithm
    assert credential.backup_eligible == bool(one.flags & BE)
    proof = verify_assertion(party, one.assertion, one.question, credential, user_handle=b"anyone")
    assert proof.sign_count == 0


@pytest.mark.parametrize("name", sorted(CROSSED))
def test_a_vector_from_inside_another_site_is_refused_where_none_is_named(name):
    one = vector(name)
    with pytest.raises(WrongAnswer, match="inside another site"):
        verify_registration(PARTY, one.registration, one.challenge)
    credential = verify_registration(EMBEDDED, one.registration, one.challenge)
    with pytest.raises(WrongAnswer, match="inside another site"):
        verify_assertion(PARTY, one.assertion, one.question, credential, user_handle=b"anyone")


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_answers_its_own_challenge_alone(name):
    one = vector(name)
    with pytest.raises(WrongAnswer, match="another challenge"):
        verify_registration(EMBEDDED, one.registration, one.question)


# What follows stands so in the specification: https://www.w3.org/TR/webauthn-3/#sctn-test-vectors
PRINTED = {
    "none.ES256": (
        "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
        "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4",
        (
            "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd38"
            "0221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87"
        ),
    ),
    "packed-self.ES256": (
        "7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5",
        "455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c",
        (
            "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf840"
            "02204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66"
        ),
    ),
    "apple.ES256": (
        "f7f688213852007775009cf8c096fda89d60b9a9fb5a50dd81dd9898af5a0609",
        "9c4a5886af9283d9be3e9ec55978dedfdce2e3b365cab193ae850c16238fafb8",
        (
            "3046022100ee35db795ce28044e1f8231d68b3d79a9882f7415aa35c1b5ac74d24251073c8"
            "022100dcc65691650a412d0ceef843710c09827acf26c7845bddac07eec95863e7fc4c"
        ),
    ),
}


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_derived_is_what_the_specification_prints(name):
    one = vector(name)
    challenge, credential_id, signature = PRINTED[name]
    assert one.challenge.hex() == challenge
    assert from_b64(one.registration["rawId"]).hex() == credential_id
    assert one.signature == signature


def test_the_printed_registrations_are_derived_too():
    credential = verify_registration(PARTY, vector("none.ES256").registration, vector("none.ES256").challenge)
    assert credential.aaguid == UUID("8446ccb9-ab1d-b374-750b-2367ff6f3a1f")
    point = cbor.decode(credential.public_key)[-2].hex()
    assert point == "afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61"
    made = cbor.decode(from_b64(vector("packed-self.ES256").registration["response"]["attestationObject"]))
    assert made["attStmt"]["sig"].hex() == (
        "30440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da983"
        "02207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d"
    )
    assert vector("packed.RS256").question.hex().startswith("295f59f5fa8fe62c5aca9e27626c78c8")
    assert vector("packed.RS256").signature.startswith("01063d52d7c39b4d432fc7063c5d93e5")
