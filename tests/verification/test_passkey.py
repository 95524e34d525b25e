"""A passkey is asked, registered and asserted; whatever else is sent is refused, and nothing but our error leaves."""

import dataclasses
import json

import pytest
from fido2 import cbor
from fido2.utils import websafe_encode
from fido2.webauthn import PublicKeyCredentialCreationOptions, PublicKeyCredentialRequestOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from authenticator import AT, BE, ED, SYNCED, UP, UV, Authenticator, auth_data, from_b64
from passkeys import (
    ASKED,
    CHALLENGE,
    CREDENTIAL,
    ID,
    PARTY,
    PERSON,
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
from solely.errors import BadInput, WrongAnswer
from solely.verification.passkey import (
    ALGORITHMS,
    Asserted,
    Credential,
    RelyingParty,
    creation_options,
    named,
    request_options,
    verify_assertion,
)

EMBEDDED = dataclasses.replace(PARTY, cross_origin_from=frozenset({"https://partner.example"}))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_passkey_of_each_algorithm_offered_is_registered_and_asserted(algorithm):
    one = Authenticator(algorithm=algorithm)
    credential = registered(one.create(ASKED))
    assert (credential.id, credential.sign_count) == (one.id, 0)
    assert asserted(one.get(QUESTION), credential) == Asserted(0, user_verified=True, backed_up=True)


def test_what_is_kept_of_a_passkey_is_what_it_said():
    assert dataclasses.replace(CREDENTIAL, public_key=b"") == Credential(
        id=ID,
        public_key=b"",
        sign_count=7,
        user_verified=True,
        backup_eligible=True,
        backed_up=True,
        transports=("hybrid", "internal"),
        aaguid=CREDENTIAL.aaguid,
    )
    assert CREDENTIAL.aaguid.bytes == bytes(range(16))
    assert cbor.decode(CREDENTIAL.public_key) == passkey().public_key


def test_a_key_without_verification_is_taken_and_told_apart():
    key = Authenticator(flags=UP)
    credential = registered(key.create(ASKED))
    assert (credential.user_verified, credential.backup_eligible, credential.backed_up) == (False, False, False)
    assert asserted(key.get(QUESTION), credential) == Asserted(0, user_verified=False, backed_up=False)


def test_verification_and_backup_may_change_from_one_assertion_to_the_next():
    assert asserted(passkey().get(QUESTION, flags=UP | BE)) == Asserted(8, user_verified=False, backed_up=False)


def test_a_count_that_grows_by_any_number_is_told():
    assert asserted(passkey().get(QUESTION, count=2**32 - 1)).sign_count == 2**32 - 1


def test_the_handle_may_be_left_out_or_empty():
    for handle in (None, ""):
        asserted(inner(passkey().get(QUESTION), userHandle=handle))
    response = passkey().get(QUESTION)
    asserted(response | {"response": without(response["response"], "userHandle")})


def test_an_answer_verifies_as_often_as_its_challenge_is_passed_so_the_caller_spends_it():
    response = passkey().get(QUESTION)
    assert asserted(response) == asserted(response)


def test_any_origin_the_party_names_may_ask():
    asserted(passkey(origin="https://id.example.org:8443").get(QUESTION))


def test_outputs_of_extensions_and_parts_unknown_are_passed_over():
    extended = auth_data("example.org", SYNCED | ED, 8, cbor.encode({"uvm": [[2, 4, 2]]}))
    asserted(passkey().get(QUESTION, data=extended, client={"later": {"more": None}}) | {"later": 1})


def test_a_page_that_may_embed_ours_is_named_by_the_party():
    for client in ({"crossOrigin": True}, {"crossOrigin": True, "topOrigin": "https://partner.example"}):
        asserted(passkey().get(QUESTION, client=client), party=EMBEDDED)
        registered(passkey().create(ASKED, client=client), EMBEDDED)


@pytest.mark.parametrize(
    "client",
    [
        {"crossOrigin": True, "topOrigin": "https://evil.example"},
        {"crossOrigin": True, "topOrigin": "https://example.org"},
        {"crossOrigin": True, "topOrigin": ["https://partner.example"]},
        {"crossOrigin": True, "topOrigin": None},
        {"crossOrigin": False, "topOrigin": "https://partner.example"},
        {"crossOrigin": "true"},
    ],
)
def test_no_other_page_may_embed_ours(client):
    refused(lambda: asserted(passkey().get(QUESTION, client=client), party=EMBEDDED), "inside another site")
    refused(lambda: registered(passkey().create(ASKED, client=client), EMBEDDED), "inside another site")


def test_any_form_of_attestation_is_taken_and_none_looked_at():
    for fmt, statement in (("none", {}), ("packed", {"sig": b"no signature"}), ("of-tomorrow", {"x5c": [b"", {}]})):
        assert registered(passkey().create(ASKED, fmt=fmt, statement=statement)) == CREDENTIAL


def test_an_answer_names_its_credential_and_person():
    response = passkey().get(QUESTION)
    assert named(response) == (ID, PERSON)
    assert named(inner(response, userHandle=None)) == (ID, None)


# --- what is asked


def test_creation_options_are_those_of_the_house():
    options = creation_options(PARTY, user_handle=PERSON, name="alex", challenge=CHALLENGE, exclude=[CREDENTIAL])
    read = PublicKeyCredentialCreationOptions.from_dict(json.loads(json.dumps(options)))
    assert (read.rp.id, read.user.id, read.challenge, read.timeout) == ("example.org", PERSON, CHALLENGE, 300_000)
    assert [one.alg for one in read.pub_key_cred_params] == [-7, -8, -257, -35, -36, -53]
    assert [one.id for one in read.exclude_credentials] == [ID]
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"] == {
        "residentKey": "preferred",
        "requireResidentKey": False,
        "userVerification": "preferred",
    }


def test_request_options_name_credentials_or_leave_the_choice_to_the_person():
    options = request_options(PARTY, challenge=CHALLENGE, allow=[CREDENTIAL])
    read = PublicKeyCredentialRequestOptions.from_dict(json.loads(json.dumps(options)))
    assert (read.rp_id, read.challenge, read.timeout) == ("example.org", CHALLENGE, 300_000)
    assert options["allowCredentials"] == [
        {"type": "public-key", "id": websafe_encode(ID), "transports": ["hybrid", "internal"]}
    ]
    assert (QUESTION["allowCredentials"], QUESTION["userVerification"]) == ([], "preferred")


def test_a_short_challenge_or_no_handle_is_not_asked_with():
    for handle, challenge in ((PERSON, b"15 bytes of it."), (b"", CHALLENGE), (bytes(65), CHALLENGE)):
        with pytest.raises(BadInput):
            creation_options(PARTY, user_handle=handle, name="alex", challenge=challenge, exclude=())
    with pytest.raises(BadInput):
        request_options(PARTY, challenge=b"")


def test_a_challenge_that_was_lost_matches_no_answer():
    for challenge in (b"", b"15 bytes of it."):
        response = passkey().get({"rpId": "example.org", "challenge": websafe_encode(challenge)})
        refused(
            lambda r=response, c=challenge: verify_assertion(PARTY, r, c, CREDENTIAL, user_handle=PERSON), "challenge"
        )


@pytest.mark.parametrize(
    ("domain", "origins"),
    [
        ("example.org", []),
        ("", ["https://example.org"]),
        ("example.org", ["null"]),
        ("example.org", ["http://example.org"]),
        ("example.org", ["https://example.org/"]),
        ("example.org", ["https://Example.org"]),
        ("example.org", ["https://badexample.org"]),
        ("example.org", ["https://example.org", "https://example.com"]),
        ("example.org", ["http://localhost:8000"]),
        ("example.org", ["https://example.org@example.com"]),
    ],
)
def test_a_party_has_origins_of_its_own_domain(domain, origins):
    with pytest.raises(BadInput):
        RelyingParty(domain, "Example", frozenset(origins))


def test_a_party_may_be_this_machine_and_names_whole_origins_that_embed_it():
    RelyingParty("localhost", "Here", frozenset({"http://localhost:8000"}))
    with pytest.raises(BadInput):
        dataclasses.replace(PARTY, cross_origin_from=frozenset({"*"}))


@pytest.mark.parametrize("part", ["authenticatorData", "clientDataJSON", "signature"])
def test_no_bit_of_an_assertion_can_be_another(part):
    response = passkey().get(QUESTION)
    raw = from_b64(response["response"][part])
    for place in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[place // 8] ^= 1 << place % 8
        changed = inner(response, **{part: bytes(flipped)})
        refused(lambda one=changed: asserted(one))


def test_a_passkey_does_not_become_one_that_is_backed_up():
    device = passkey(flags=UP | UV)
    credential = registered(device.create(ASKED))
    refused(lambda: asserted(device.get(QUESTION, flags=SYNCED), credential), "another kind")


def test_a_passkey_that_never_counted_may_begin_to_and_not_stop():
    one = passkey(count=0, counts=False)
    credential = registered(one.create(ASKED))
    assert asserted(one.get(QUESTION, count=1), credential).sign_count == 1
    refused(lambda: asserted(one.get(QUESTION), dataclasses.replace(credential, sign_count=1)), "not grown")


# --- nothing but our errors

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary().map(websafe_encode),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=8), inside, max_size=4),
    max_leaves=12,
)
NAMES = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle", "transports")
RESPONSES = st.fixed_dictionaries(
    {},
    optional={
        "id": JSON | st.just(TEXT),
        "rawId": JSON | st.just(TEXT),
        "type": JSON | st.just("public-key"),
        "response": JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON)),
    },
)


@settings(deadline=None)
@given(RESPONSES | JSON)
def test_whatever_is_sent_is_read_or_refused(response):
    for read in (named, registered, asserted):
        try:
            read(response)
        except WrongAnswer:
            continue


CBOR = st.recursive(
    st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.text(max_size=8) | st.binary(max_size=80),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.integers(-4, 4) | st.text(max_size=4), inside),
    max_leaves=12,
).map(cbor.encode)
BYTES = st.binary(max_size=200) | CBOR
PIECES = st.one_of(
    BYTES.map(made),
    BYTES.map(with_key),
    BYTES.map(lambda raw: made(cbor.encode(RIGHT | {"authData": holding(raw)}))),
    st.binary().map(lambda raw: passkey().create(ASKED, client=raw)),
    st.builds(lambda raw, at: made(RIGHT_RAW[:at] + raw + RIGHT_RAW[at:]), BYTES, st.integers(0, len(RIGHT_RAW))),
    JSON.map(lambda one: passkey().create(ASKED, client=json.dumps(one).encode())),
)


@settings(deadline=None)
@given(PIECES)
def test_whatever_stands_in_a_registration_is_read_or_refused(response):
    try:
        credential = registered(response)
    except WrongAnswer:
        return
    assert credential.id == ID


@settings(deadline=None)
@given(BYTES, st.sampled_from([SYNCED, SYNCED | ED, SYNCED | AT, 0xFF]))
def test_whatever_stands_in_an_assertion_is_read_or_refused(raw, flags):
    for content in (raw, auth_data("example.org", flags, 8, raw)):
        try:
            asserted(passkey().get(QUESTION, data=content))
        except WrongAnswer:
            continue


@settings(deadline=None)
@given(BYTES, BYTES)
def test_whatever_stands_for_key_and_signature_is_refused(public_key, signed):
    credential = dataclasses.replace(CREDENTIAL, public_key=public_key)
    refused(lambda: asserted(inner(passkey().get(QUESTION), signature=signed), credential))
