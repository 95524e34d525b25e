"""Tokens: equal contacts meet within one purpose, and nowhere else."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.contact import Contact
from solely.errors import BadInput, Unavailable
from solely.keys import TokenKeys, new_keyring
from solely.tokens import Tokeniser

RING = new_keyring("advertising", ["tailored-audiences", "partner-audiences"], os.urandom)
TAILORED = Tokeniser(RING.tokeniser("tailored-audiences"))
PARTNER = Tokeniser(RING.tokeniser("partner-audiences"))

# FIPS 197 appendix C.3; NIST SP 800-38A F.1.5 (ECB-AES256.Encrypt)
VECTORS = [
    (
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "00112233445566778899aabbccddeeff",
        "8ea2b7ca516745bfeafc49904b496089",
    ),
    (
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        (
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
            "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
        ),
        (
            "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
            "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7"
        ),
    ),
]


@pytest.mark.parametrize(("key", "blocks", "tokens"), VECTORS)
def test_a_token_is_aes_256_of_one_block_as_published(key, blocks, tokens):
    tokeniser = Tokeniser(TokenKeys("p", 1, {1: bytes.fromhex(key)}))
    assert tokeniser.tokenise(bytes.fromhex(blocks)).hex() == tokens


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=50))
def test_bytes_and_arrays_and_single_blocks_give_the_same_tokens_in_order(blocks):
    whole = TAILORED.tokenise(b"".join(blocks))
    array = np.frombuffer(b"".join(blocks), np.uint8).reshape(-1, 16)
    tokens = TAILORED.tokenise(array)
    assert tokens.shape == array.shape
    assert tokens.tobytes() == whole == b"".join(TAILORED.tokenise(block) for block in blocks)


def test_an_array_that_is_cut_from_a_wider_one_is_tokenised_by_its_own_bytes():
    digests = np.arange(320, dtype=np.uint8).reshape(10, 32)
    assert TAILORED.tokenise(digests[:, :16]).tobytes() == TAILORED.tokenise(digests[:, :16].tobytes())


def test_equal_digests_meet_within_a_purpose_and_never_across():
    digests = np.frombuffer(os.urandom(16_000), np.uint8).reshape(-1, 16)
    assert np.array_equal(TAILORED.tokenise(digests), TAILORED.tokenise(digests.copy()))
    ours = {row.tobytes() for row in TAILORED.tokenise(digests)}
    theirs = {row.tobytes() for row in PARTNER.tokenise(digests)}
    assert len(ours) == len(theirs) == 1000
    assert not ours & theirs


@pytest.mark.parametrize(
    "digests",
    [
        bytes(17),
        np.zeros((2, 32), np.uint8),
        np.zeros((2, 16), np.int8),
        np.zeros(16, np.uint8),
        np.zeros((1, 1, 16), np.uint8),
    ],
)
def test_another_shape_is_bad_input(digests):
    with pytest.raises(BadInput):
        TAILORED.tokenise(digests)


@pytest.mark.parametrize(("kind", "text"), [("email", "ada.l+x@gmail.com"), ("phone", "+4915112345678")])
def test_a_contact_has_a_token_for_every_digest_variant(kind, text):
    contact = Contact.read(kind, text)
    expected = {TAILORED.tokenise(digest[:16]) for digest in contact.digests()}
    assert set(TAILORED.for_contact(contact)) == expected
    assert len(expected) == len(contact.digests())


def test_during_a_rotation_both_keys_tokenise_and_the_new_one_is_the_default():
    ring = RING.rotate("tailored-audiences", "token", os.urandom)
    both = Tokeniser(ring.tokeniser("tailored-audiences"))
    block = os.urandom(16)
    assert (both.numbers, both.primary) == ((1, 2), 2)
    assert both.tokenise(block, 1) == TAILORED.tokenise(block)
    assert both.tokenise(block) == both.tokenise(block, 2) != TAILORED.tokenise(block)
    new = Tokeniser(ring.destroy("tailored-audiences", "token", 1).tokeniser("tailored-audiences"))
    with pytest.raises(Unavailable):
        new.tokenise(block, 1)
    contact = Contact.read("email", "a@example.com")
    assert both.for_contact(contact, 1) == TAILORED.for_contact(contact)
