"""Recovery codes hold 120 bits, are read as people write them, and are stored as a hash bound to their owner."""

import contextlib
import hashlib
import hmac
import math
import os
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import BadInput, Unavailable, WrongAnswer
from solely.verification.recovery_code import ALPHABET, CHARACTERS, digest, new_codes, read_code

ADA, BOB, PAPER, OTHER = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)


def mac(message):
    return hmac.digest(bytes(32), message, "sha256")


def test_a_code_has_over_112_bits():
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert math.log2(len(ALPHABET)) * CHARACTERS == 120


def test_ten_distinct_codes_in_six_groups_of_four():
    codes = new_codes(os.urandom)
    assert len(set(codes)) == 10
    for one in codes:
        assert [len(group) for group in one.split("-")] == [4] * 6
        assert set(one) <= {*ALPHABET, "-"}


@given(st.binary(min_size=15, max_size=15))
def test_every_bit_of_the_randomness_is_in_the_code(random):
    (text,) = new_codes(lambda length: random[:length], 1)
    number = 0
    for character in text.replace("-", ""):
        number = number * 32 + ALPHABET.index(character)
    assert number.to_bytes(15, "big") == random


def test_a_source_that_repeats_itself_and_an_empty_set_are_refused():
    with pytest.raises(Unavailable):
        new_codes(bytes)
    for count in (0, -1):
        with pytest.raises(BadInput):
            new_codes(os.urandom, count)


CODE = "01AB-CDEF-GH0J-K1MN-PQRS-TVWX"
BYTES = b"01ABCDEFGH0JK1MNPQRSTVWX"


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        CODE.replace("-", ""),
        CODE.replace("-", " "),
        CODE.replace("-", " - "),
        CODE.replace("-", "\u2013"),  # what a phone makes of two hyphens
        f"  {CODE}\n",
        CODE.replace("0", "O").replace("1", "I"),
        CODE.replace("0", "o").replace("1", "l"),
        CODE.replace("1", "L"),
        CODE.replace("1", "i"),
        "-".join(CODE.replace("-", "")),
    ],
)
def test_a_code_is_read_as_people_write_it(typed):
    assert read_code(typed) == BYTES


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        CODE[:-1],
        CODE + "0",
        CODE.replace("V", "U"),
        CODE.replace("K", "\u212a"),  # the kelvin sign, whose lower case is k
        CODE.replace("S", "\u017f"),
        CODE.replace("1", "\uff11"),
        CODE.replace("1", "\u0131"),
        CODE.replace("-", "_"),
        CODE + " " * 100,
        "\ud800" * CHARACTERS,
    ],
)
def test_what_is_no_code_is_a_wrong_answer(typed):
    with pytest.raises(WrongAnswer) as caught:
        read_code(typed)
    assert caught.value.what == "wrong"
    assert typed.strip(" -") == "" or typed not in str(caught.value)


@given(st.text())
def test_whatever_is_typed_is_a_code_or_a_wrong_answer(typed):
    with contextlib.suppress(WrongAnswer):
        assert len(read_code(typed)) == CHARACTERS


@given(st.binary(min_size=15, max_size=15), st.lists(st.sampled_from(["", " ", "-"]), min_size=30, max_size=30))
def test_a_new_code_is_read_back_however_it_is_parted(random, between):
    (text,) = new_codes(lambda _: random, 1)
    typed = "".join(a + b for a, b in zip(text.lower(), between, strict=False))
    assert read_code(typed) == read_code(text) == text.replace("-", "").encode()


def test_the_hash_is_of_32_bytes_and_bound_to_person_factor_code_and_key():
    here = digest(mac, ADA, PAPER, BYTES)
    assert len(here) == 32
    assert digest(mac, ADA, PAPER, read_code(CODE.lower())) == here
    others = {
        digest(mac, BOB, PAPER, BYTES),
        digest(mac, ADA, OTHER, BYTES),
        digest(mac, PAPER, ADA, BYTES),
        digest(mac, ADA, PAPER, BYTES[::-1]),
        digest(lambda m: hmac.digest(bytes([1] * 32), m, "sha256"), ADA, PAPER, BYTES),
        hashlib.sha256(BYTES).digest(),
        mac(BYTES),
    }
    assert here not in others
    assert len(others) == 7
