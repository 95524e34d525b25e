"""A checkpoint is a signed note as C2SP writes it, and only one that is good is read."""

import contextlib
import os
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import BadInput, SolelyError, Tampered
from solely.keys import new_keyring
from solely.ledger.checkpoint import (
    Checkpoint,
    VerifierKey,
    read_base64,
    read_note,
    read_verifier_key,
    sign_checkpoint,
    verify_checkpoint,
    verify_note,
)

LEDGER = new_keyring("ledger", [], os.urandom).ledger()
KEY = VerifierKey("example.com/solely", LEDGER.public_key)
HEAD = Checkpoint(KEY.name, 42, bytes(range(32)))
NOTE = sign_checkpoint(HEAD, KEY, LEDGER.sign)

# The example of golang.org/x/mod/sumdb/note, whose format C2SP signed-note is
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_NOTE = PETER_TEXT + (
    "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_published_note_verifies_under_its_published_key():
    key = read_verifier_key(PETER)
    assert str(key) == PETER
    assert verify_note(PETER_NOTE, key) == PETER_TEXT


def test_the_specification_s_signature_line_is_read_under_a_text_with_an_empty_line():
    """C2SP signed-note's example, whose key is not published; its text, a poem of two stanzas, stays there."""
    line = (
        "— quasimodo.example/salvatore "
        "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
    )
    text, (signature,) = read_note(f"one\ntwo:\n\nè three.\n\n{line}")
    assert text == "one\ntwo:\n\nè three.\n"
    assert (signature.name, signature.key_id.hex()) == ("quasimodo.example/salvatore", "367ba04b")
    assert (len(signature.content), str(signature)) == (64, line)


def test_a_checkpoint_is_written_as_the_specification_says():
    lines = NOTE.split("\n")
    assert lines[:4] == ["example.com/solely", "42", b64encode(HEAD.root).decode(), ""]
    assert lines[4].startswith("— example.com/solely ")
    assert lines[5:] == [""]


@given(st.integers(0, 2**53), st.binary(min_size=32, max_size=32))
def test_a_signed_checkpoint_is_read_back(size, root):
    head = Checkpoint(KEY.name, size, root)
    assert verify_checkpoint(sign_checkpoint(head, KEY, LEDGER.sign), KEY) == head


def test_every_flipped_bit_of_a_checkpoint_is_tampered():
    data = NOTE.encode()
    for bit in range(8 * len(data)):
        flipped = (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")
        with pytest.raises(Tampered):
            verify_checkpoint(flipped.decode("utf-8", "surrogateescape"), KEY)


def test_every_cut_of_a_checkpoint_is_tampered():
    for size in range(len(NOTE)):
        with pytest.raises(Tampered):
            verify_checkpoint(NOTE[:size], KEY)


def test_a_witness_may_add_its_signature_and_no_one_a_second_of_ours():
    witness = new_keyring("ledger", [], os.urandom).ledger()
    other = VerifierKey("witness.example", witness.public_key)
    line = b64encode(other.key_id + witness.sign(HEAD.text().encode())).decode()
    assert verify_checkpoint(f"{NOTE}— {other.name} {line}\n", KEY) == HEAD
    with pytest.raises(Tampered):
        verify_checkpoint(NOTE + NOTE.split("\n\n")[1], KEY)
    with pytest.raises(Tampered):
        verify_checkpoint(f"{HEAD.text()}\n— {other.name} {line}\n", KEY)


@pytest.mark.parametrize(
    "text",
    [
        "other.example/log\n42\n{root}\n",
        "{name}\n042\n{root}\n",
        "{name}\n-1\n{root}\n",
        "{name}\n٤٢\n{root}\n",
        "{name}\n42\n{root}\nextension\n",
        "{name}\n42\nAAAA\n",
        "{name}\n42\n!!!!\n",
        "{name}\n42\n",
        "\n\n",
    ],
)
def test_a_text_that_is_no_checkpoint_of_this_log_is_tampered_even_if_signed(text):
    text = text.format(name=KEY.name, root=b64encode(HEAD.root).decode())
    line = b64encode(KEY.key_id + LEDGER.sign(text.encode())).decode()
    note = f"{text}\n— {KEY.name} {line}\n"
    assert verify_note(note, KEY) == text
    with pytest.raises(Tampered):
        verify_checkpoint(note, KEY)


@given(st.text(max_size=80) | st.text("—\n aB+/=", max_size=80))
def test_reading_anything_raises_tampered_and_nothing_else(text):
    with pytest.raises(Tampered):
        verify_checkpoint(text, KEY)


@given(st.text(max_size=80) | st.just(str(KEY)).flatmap(lambda key: st.integers(0, len(key)).map(lambda n: key[:n])))
def test_reading_a_verifier_key_raises_our_errors_and_nothing_else(text):
    with contextlib.suppress(SolelyError):
        assert str(read_verifier_key(text)) == text


def test_every_changed_character_of_a_verifier_key_is_found():
    whole = str(KEY)
    for at, character in enumerate(whole):
        with pytest.raises(BadInput):
            read_verifier_key(whole[:at] + ("0" if character != "0" else "1") + whole[at + 1 :])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b"])
def test_a_name_has_no_space_and_no_plus(name):
    with pytest.raises(BadInput):
        VerifierKey(name, LEDGER.public_key)


def test_a_log_signs_only_under_its_own_name():
    with pytest.raises(BadInput):
        sign_checkpoint(Checkpoint("other.example/log", 1, bytes(32)), KEY, LEDGER.sign)


@given(st.binary())
def test_base64_is_read_in_the_one_way_it_is_written(data):
    text = b64encode(data).decode()
    assert read_base64(text) == data
    assert read_base64(f"{text}\n") is None


def test_a_signature_line_without_a_signature_is_tampered():
    for short in ("", "AA==", "AAAA", "AAAAAA=="):
        with pytest.raises(Tampered):
            verify_checkpoint(f"{NOTE}— witness.example/w1 {short}\n", KEY)
    assert verify_checkpoint(f"{NOTE}— witness.example/w1 AAAAAAA=\n", KEY) == HEAD
