"""A witness accepts one history of a log that only grows, and answers all else as C2SP tlog-witness says."""

import os
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solely.errors import BadInput, Tampered
from solely.keys import new_keyring
from solely.ledger.checkpoint import Checkpoint, VerifierKey, read_note, sign_checkpoint
from solely.ledger.tree import consistency_path, leaf_hash, root_of
from solely.ledger.witness import Accepted, Refusal, Request, judge, read_request, write_request

LOG = new_keyring("ledger", [], os.urandom).ledger()
KEY = VerifierKey("example.com/solely", LOG.public_key)
OTHER = new_keyring("ledger", [], os.urandom).ledger()
LEAVES = [leaf_hash(bytes([n])) for n in range(40)]
FORKED = [*LEAVES[:5], *(leaf_hash(b"other" + bytes([n])) for n in range(35))]  # another history from the sixth on

# The example of the specification
PUBLISHED = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""  # noqa: E501
# A request that the witness of the project torchwood takes (its test data), and the key of that log
TORCHWOOD_KEY = bytes.fromhex("52c05edad1bf5feffa81354faae59a655d9a9a1a793ed2f62c39c26c0be2aecd")
TORCHWOOD = """old 0

sigsum.org/v1/tree/985ea163f5af026723561354f51f2ebcdcf2af809ce254ccfb64aa9aadd80f90
1
KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

— sigsum.org/v1/tree/985ea163f5af026723561354f51f2ebcdcf2af809ce254ccfb64aa9aadd80f90 7BKT0gOfNZ1J0So9unY3BZtm2YkPIoNYM/dce0Z2avJDs8dxN6ts9bOSwwrVrbjm6P9K3ZxpK6jJngOG6YvGGzV/lwo=
"""  # noqa: E501


def signed(size, leaves=LEAVES):
    return sign_checkpoint(Checkpoint(KEY.name, size, root_of(leaves[:size])), KEY, LOG.sign)


def asked(old, new, leaves=LEAVES):
    return Request(old, consistency_path(leaves[:new], old), signed(new, leaves))


def shown(request, remembered=None):
    return judge(request, KEY, remembered)


def status(request, remembered=None):
    refusal = shown(request, remembered)
    assert isinstance(refusal, Refusal)
    return refusal.status, refusal.size


def test_the_published_request_is_read_and_written_again_byte_for_byte():
    request = read_request(PUBLISHED.encode())
    assert (request.old, len(request.path), request.origin) == (20_852_014, 4, "example.com/behind-the-sofa")
    assert write_request(request.old, request.path, request.note) == PUBLISHED.encode()


def test_a_request_that_another_witness_takes_is_taken():
    request = read_request(TORCHWOOD.encode())
    accepted = judge(request, VerifierKey(request.origin, TORCHWOOD_KEY), None)
    assert accepted == Accepted(read_note(request.note)[0], request.note)


def test_a_log_that_grows_is_accepted_from_each_size_to_each_other():
    for new in range(24):
        for old in range(new + 1):
            remembered = signed(old) if old else None
            assert shown(asked(old, new), remembered) == Accepted(read_note(signed(new))[0], signed(new))


def test_of_two_histories_the_second_is_refused():
    """Split view: each is sound in itself."""
    assert isinstance(shown(asked(5, 9), signed(5)), Accepted)
    assert isinstance(shown(asked(5, 9, FORKED), signed(5)), Accepted)
    assert status(asked(9, 12, FORKED), signed(9)) == (422, None)
    assert status(asked(5, 12, FORKED), signed(9)) == (409, 9)


def test_two_roots_of_one_size_are_refused():
    assert status(asked(9, 9, FORKED), signed(9)) == (409, 9)
    assert status(asked(5, 9, FORKED), signed(9)) == (409, 9)


def test_what_is_smaller_than_what_is_remembered_is_refused():
    """Rollback: whatever the old size says."""
    assert status(asked(5, 7), signed(9)) == (409, 9)
    assert status(Request(9, (), signed(7)), signed(9)) == (400, None)
    assert status(asked(0, 7), signed(9)) == (409, 9)


def test_an_old_request_that_is_played_again_is_refused_once_the_log_grew():
    first = asked(5, 9)
    assert isinstance(shown(first, signed(5)), Accepted)
    assert status(first, signed(9)) == (409, 9)


def test_the_checkpoint_remembered_is_cosigned_again():
    assert isinstance(shown(asked(9, 9), signed(9)), Accepted)


def test_a_log_that_was_never_seen_starts_anywhere_with_no_proof():
    assert isinstance(shown(asked(0, 30)), Accepted)
    assert status(Request(0, (LEAVES[0],), signed(30))) == (422, None)
    assert status(asked(7, 30)) == (409, 0)


def test_an_empty_log_has_one_root():
    assert isinstance(shown(asked(0, 0)), Accepted)
    other = sign_checkpoint(Checkpoint(KEY.name, 0, bytes(32)), KEY, LOG.sign)
    assert status(Request(0, (), other)) == (409, 0)


@settings(max_examples=60)
@given(st.integers(1, 39), st.data())
def test_a_proof_that_differs_anywhere_is_refused(new, data):
    old = data.draw(st.integers(1, new))
    path = list(consistency_path(LEAVES[:new], old))
    change = data.draw(st.sampled_from(["cut", "add", "flip"] if path else ["add"]))
    place = data.draw(st.integers(0, max(len(path) - 1, 0)))
    if change == "cut":
        del path[place]
    elif change == "add":
        path.insert(place, bytes(32))
    else:
        path[place] = bytes([path[place][0] ^ 1]) + path[place][1:]
    assert status(Request(old, tuple(path), signed(new)), signed(old)) == (422, None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 14), st.integers(0, 14), st.booleans()), max_size=25))
def test_whatever_is_asked_in_whatever_order_each_accepted_is_a_beginning_of_the_next(questions):
    histories = (LEAVES[:14], FORKED[:14], [*LEAVES[:9], *FORKED[:5]])
    remembered, leaves = None, []
    for which, old, new, from_memory in questions:
        start = len(leaves) if from_memory else old
        history = histories[which]
        path = consistency_path(history[:new], start) if start <= new else ()
        answer = shown(Request(start, path, signed(new, history)), remembered)
        if isinstance(answer, Accepted):
            assert history[:new][: len(leaves)] == leaves
            remembered, leaves = answer.note, history[:new]
        else:
            assert history[: len(leaves)] != leaves or new < len(leaves) or start != len(leaves)


def test_a_log_nobody_told_it_of_is_not_found():
    assert judge(asked(0, 9), None, None) == Refusal(404, "not a log that this witness knows")
    assert judge(asked(0, 9), VerifierKey("other.example/log", LOG.public_key), None).status == 404


def test_a_checkpoint_that_the_log_did_not_sign_is_refused():
    head = Checkpoint(KEY.name, 9, root_of(LEAVES[:9]))
    by_other = sign_checkpoint(head, VerifierKey(KEY.name, OTHER.public_key), OTHER.sign)
    damaged = signed(9).replace("\n9\n", "\n8\n")
    for note in (by_other, damaged, signed(9) + signed(9).split("\n\n")[1]):
        assert status(Request(0, (), note)) == (403, None)
    assert isinstance(shown(Request(0, (), signed(9) + by_other.split("\n\n")[1])), Accepted)


def test_only_the_log_s_own_signature_is_remembered():
    by_other = sign_checkpoint(
        Checkpoint(KEY.name, 9, root_of(LEAVES[:9])), VerifierKey(KEY.name, OTHER.public_key), OTHER.sign
    )
    accepted = shown(Request(0, (), signed(9) + by_other.split("\n\n")[1]))
    assert accepted.note == signed(9)


def test_lines_after_the_first_three_are_cosigned_with_them():
    text = f"{Checkpoint(KEY.name, 9, root_of(LEAVES[:9])).text()}extension 1\n"
    note = f"{text}\n— {KEY.name} {b64encode(KEY.key_id + LOG.sign(text.encode())).decode()}\n"
    assert shown(Request(0, (), note)) == Accepted(text, note)
    assert isinstance(shown(asked(9, 12), note), Accepted)


@pytest.mark.parametrize("lines", ["9\n", "09\n{root}\n", "9\nAAAA\n", "9\n{root}\n\nmore\n"])
def test_a_signed_text_that_is_no_checkpoint_can_t_be_read(lines):
    text = f"{KEY.name}\n{lines}".format(root=b64encode(bytes(32)).decode())
    note = f"{text}\n— {KEY.name} {b64encode(KEY.key_id + LOG.sign(text.encode())).decode()}\n"
    assert status(Request(0, (), note)) == (400, None)


def test_what_was_remembered_and_was_changed_since_is_tampered_and_nothing_begins_anew():
    for bad in (signed(9).replace("\n9\n", "\n5\n"), "", signed(9)[:-5]):
        with pytest.raises(Tampered):
            shown(asked(9, 12), bad)


NOTE = signed(3)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "old 0\n",
        NOTE,
        f"old 0\n{NOTE}",
        f"old 00\n\n{NOTE}",
        f"old -1\n\n{NOTE}",
        f"old ٣\n\n{NOTE}",
        f"old  3\n\n{NOTE}",
        f"Old 3\n\n{NOTE}",
        f"old 3\nAAAA\n\n{NOTE}",
        f"old 3\n{'A' * 42}B=\n\n{NOTE}",  # bits of the base64 that say nothing are set
        f"old 3\n{'A' * 43}\n\n{NOTE}",
        f"old 3\r\n\r\n{NOTE}",
        "old 3\n" + f"{'A' * 43}=\n" * 64 + f"\n{NOTE}",
        f"old 0\n\n{NOTE[:-1]}",
        f"old 0\n\n{NOTE}\n",
        f"old 0\n\n{NOTE}" + f"— a {b64encode(bytes(68)).decode()}\n" * 64,
    ],
)
def test_what_is_not_written_as_the_specification_says_can_t_be_read(body):
    with pytest.raises(BadInput):
        read_request(body.encode())


def test_a_request_has_up_to_63_hashes_and_up_to_64_signatures():
    body = "old 3\n" + f"{'A' * 43}=\n" * 63 + f"\n{NOTE}" + f"— a {b64encode(bytes(68)).decode()}\n" * 63
    assert len(read_request(body.encode()).path) == 63


@given(st.binary(max_size=120) | st.text("old 123\n—aB+/=", max_size=120).map(str.encode))
def test_reading_anything_raises_bad_input_and_nothing_else(body):
    with pytest.raises(BadInput):
        read_request(body)


@given(st.integers(0, 2**53), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_what_is_written_is_read_back(old, path):
    assert read_request(write_request(old, path, NOTE)) == Request(old, tuple(path), NOTE)
