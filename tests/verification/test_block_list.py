"""What is guessed first is found, however it is dressed; what is not, is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from solely.verification.block_list import find, fold

WORDS = ["Solely", "Ada Lovelace", "ada.byron@example.org", "Jo"]
LIST = FREQUENCY_LISTS["passwords"]


def test_the_list_has_the_size_that_is_told_and_is_in_lower_case():
    assert len(LIST) == len(set(LIST)) == 30_000
    assert all(one == fold(one) for one in LIST)


def test_every_password_of_the_list_is_common_in_any_case():
    """All of them: some are a word twice over whose half is not on the list."""
    assert [one for one in LIST if not find(one, []) == find(one.upper(), []) == "common"] == []


@pytest.mark.parametrize(
    "text",
    [
        "password1",
        "Passw0rd!",
        "PASSWORD",
        "Password2024!",
        "!!password!!",
        "1password1",
        "dragon311299",
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44",  # full width
        "passwordpassword",
        "dragondragondragon",
        "aaaaaaaaaaaaaaa",
        "1" * 64,
        "12345678901234567890",
        "        ",
    ],
)
def test_what_is_guessed_first_is_common(text):
    assert find(text, []) == "common"


@pytest.mark.parametrize(
    "text",
    [
        "solely2024",
        "SOLELY!!",
        "xSolelyx1",
        "solelysolely",
        "solely-password",
        "password4solely",
        "ada.lovelace",
        "AdaLovelace1815",
        "lovelace&ada!",
        "ada.byron@example.org",
        "\uff33olely2024",
    ],
)
def test_what_is_made_of_own_words_is_found(text):
    assert find(text, WORDS) == "own-word"


@pytest.mark.parametrize(
    "text",
    [
        "correct horse battery",
        "solely-is-a-mighty-fine-thing",
        "dragon7391846205",  # the digits are ten thousand million tries
        "solely7391846205",
        "jostling otters",  # a name of two letters counts for nothing
        "\u0e23\u0e2b\u0e31\u0e2a\u0e1c\u0e48\u0e32\u0e19\u0e02\u0e2d\u0e07\u0e09\u0e31\u0e19",
    ],
)
def test_what_is_not_is_left_alone(text):
    assert find(text, WORDS) is None


def test_without_own_words_none_is_found():
    assert find("solely2024", []) is None
    assert find("joli1999", ["Jo Li"]) == "own-word"  # short names, written together
    assert find("solely2024", ["", " ", "-", "so"]) is None


@given(st.text(max_size=64), st.lists(st.text(max_size=12), max_size=3))
def test_any_text_and_any_words_are_judged(text, words):
    assert find(text, words) in {None, "common", "own-word"}
    assert find(text, []) in {None, "common"}
