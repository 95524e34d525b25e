"""A person's token says what it is for, and is taken whole or not at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.consent import MAX_SUBJECT
from solely.errors import BadInput, Unauthenticated
from solely.keys import MacKey
from solely.principal import HOMES, Said, read_token, write_token
from solely.principal.subject_token import is_token

MAC, OTHER = MacKey(b"a" * 32).mac, MacKey(b"b" * 32).mac
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SAID = Said(UUID(int=7), "person-1", frozenset({"give", "read"}), NOW, NOW + timedelta(minutes=10), "ab" * 16)
TOKEN = write_token("registry", SAID, MAC)
subjects = st.text(min_size=1, max_size=MAX_SUBJECT).filter(lambda text: text.isprintable() and text == text.strip())


@given(st.sampled_from(HOMES), subjects, st.integers(1, 900))
def test_a_token_says_what_was_said(home, subject, seconds):
    said = replace(SAID, subject=subject, expires=NOW + timedelta(seconds=seconds))
    token = write_token(home, said, MAC)
    assert read_token(home, token, MAC) == said
    assert is_token(token)
    assert token.isascii()


def test_the_spelling_of_a_token_stays_what_it_is():
    head, _, mac = TOKEN.rpartition(".")
    assert head.startswith("solelyt_reg_eyJhY3RzIjpbImdpdmUiLCJyZWFkIl0s")
    assert len(mac) == 43


@given(st.integers(0, len(TOKEN) - 1), st.characters(max_codepoint=0x2FF))
def test_a_token_with_one_other_character_is_unauthenticated(place, letter):
    typed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    if typed != TOKEN:
        with pytest.raises(Unauthenticated, match="opens nothing here"):
            read_token("registry", typed, MAC)


@given(st.text() | st.text().map("solelyt_reg_{}.x".format) | st.integers(0, len(TOKEN) - 1).map(TOKEN.__getitem__))
def test_anything_else_is_unauthenticated_and_nothing_else(text):
    with pytest.raises(Unauthenticated):
        read_token("registry", text, MAC)


@pytest.mark.parametrize("token", [TOKEN + "=", TOKEN + " ", TOKEN[:-1], TOKEN + "A" * 5_000, TOKEN.swapcase()])
def test_there_is_one_way_to_write_a_token(token):
    with pytest.raises(Unauthenticated):
        read_token("registry", token, MAC)


@pytest.mark.parametrize("home", [home for home in HOMES if home != "registry"])
def test_a_token_is_for_one_compartment_even_where_the_secret_were_the_same(home):
    with pytest.raises(Unauthenticated):
        read_token(home, TOKEN, MAC)
    with pytest.raises(Unauthenticated):
        read_token(home, TOKEN.replace("_reg_", f"_{home[:3]}_"), MAC)


def test_a_token_of_another_secret_opens_nothing():
    with pytest.raises(Unauthenticated):
        read_token("registry", TOKEN, OTHER)


@pytest.mark.parametrize(
    ("seconds", "stands"), [(-61, False), (-60, True), (0, True), (599, True), (600, False), (10**6, False)]
)
def test_it_stands_from_when_it_was_made_until_it_ends(seconds, stands):
    assert SAID.stands(NOW + timedelta(seconds=seconds)) is stands


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": ""},
        {"subject": "x" * (MAX_SUBJECT + 1)},
        {"subject": "a\nb"},
        {"subject": " a"},
        {"expires": NOW},
        {"expires": NOW + timedelta(minutes=15, seconds=1)},
    ],
)
def test_what_can_not_be_said_is_bad_input(changed):
    with pytest.raises(BadInput):
        replace(SAID, **changed)


def test_a_person_s_id_does_not_print():
    assert "person-1" not in repr(SAID)
