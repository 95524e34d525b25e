"""A key can be found where it leaked, is told from a typing error without a database, and is for one compartment."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import SolelyError, Unauthenticated
from solely.principal import HOMES, PATTERN, digest_of, new_key
from solely.principal.api_key import CODES

homes = st.sampled_from(HOMES)
secrets = st.binary(min_size=32, max_size=32)
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEY, DIGEST = new_key("registry", bytes(range(32)))


@given(homes, secrets)
def test_a_key_leads_to_the_digest_it_is_kept_by_and_looks_like_no_word(home, secret):
    key, digest = new_key(home, secret)
    assert digest == hashlib.sha256(secret).digest() == digest_of(key, home)
    assert re.fullmatch(PATTERN, key)
    assert re.search(PATTERN, f'Authorization: Bearer {key}"')


def test_the_spelling_of_a_key_stays_what_it_is():
    """Keys are out there, and so are the patterns of scanners."""
    assert KEY == "solely_reg_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf_2Mz0Uz"
    assert PATTERN == "solely_(?:sec|ser|adv|mea|dis|reg|led)_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}"
    assert len(set(CODES.values())) == len(HOMES)


@given(st.integers(0, len(KEY) - 1), st.sampled_from(LETTERS + "_- "))
def test_one_wrong_character_is_told_as_a_typing_error(place, letter):
    typed = KEY[:place] + letter + KEY[place + 1 :]
    if typed != KEY:
        with pytest.raises(Unauthenticated, match="mistyped"):
            digest_of(typed, "registry")


@given(st.integers(0, len(KEY) - 2))
def test_two_neighbours_swapped_are_told_as_a_typing_error(place):
    typed = KEY[:place] + KEY[place + 1] + KEY[place] + KEY[place + 2 :]
    if typed != KEY:
        with pytest.raises(Unauthenticated, match="mistyped"):
            digest_of(typed, "registry")


@given(st.text() | st.from_regex(PATTERN, fullmatch=True), homes)
def test_anything_else_is_unauthenticated_and_not_shown(text, home):
    with pytest.raises(Unauthenticated) as caught:
        digest_of(text, home)
    assert len(text) < 8 or text not in str(caught.value)


@pytest.mark.parametrize("home", [home for home in HOMES if home != "registry"])
def test_a_key_of_another_compartment_is_told_as_an_unknown_one(home):
    with pytest.raises(Unauthenticated, match="opens nothing here"):
        digest_of(KEY, home)


@pytest.mark.parametrize("around", [" {}", "{} ", "{}\n", "{}\x00", "Bearer {}"])
def test_nothing_may_stand_around_a_key(around):
    with pytest.raises(SolelyError, match="mistyped"):
        digest_of(around.format(KEY), "registry")


def test_a_key_is_made_of_32_bytes():
    with pytest.raises(ValueError, match="32"):
        new_key("registry", b"short")
