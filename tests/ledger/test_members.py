"""One root stands for every member of an entry; each is provable alone, and shows nothing of another."""

import os
from hashlib import sha256

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given, settings
from hypothesis import strategies as st

from solely.errors import BadInput, NotFound, Tampered
from solely.ledger.members import MemberProof, Members, member_proof, members_root, verify_member
from solely.ledger.tree import EMPTY_ROOT, root_of

SECRET = bytes(range(32))
numbers = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=40).map(lambda ids: np.array(ids, np.uint64))
uuids = st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=40).map(
    lambda ids: np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16)
)


def data_of(ids, index):
    """The member's bytes, as `verify_member` takes them and as they stand in the leaf."""
    if ids.dtype == np.uint64:
        return int(ids[index]), int(ids[index]).to_bytes(8, "big")
    return ids[index].tobytes(), ids[index].tobytes()


@given(numbers | uuids)
def test_the_root_is_that_of_the_leaves_computed_one_by_one(ids):
    leaves = []
    for index in range(len(ids)):
        _, data = data_of(ids, index)
        salt = Cipher(AES256(SECRET), ECB()).encryptor().update(data.rjust(16, b"\0"))
        leaves.append(sha256(b"\0" + salt + data).digest())
    assert members_root(SECRET, ids) == Members(len(ids), root_of(leaves))


@settings(max_examples=40)
@given(numbers | uuids, st.data())
def test_each_member_is_proven_and_no_one_else_is(ids, data):
    members = members_root(SECRET, ids)
    index = data.draw(st.integers(0, len(ids) - 1))
    member, _ = data_of(ids, index)
    proof = member_proof(SECRET, ids, index)
    assert verify_member(members, member, proof) == members.root
    other = member ^ 1 if isinstance(member, int) else bytes((member[0] ^ 1,)) + member[1:]
    wrong = [
        (members, other, proof),
        (Members(members.count, os.urandom(32)), member, proof),
        (Members(0, members.root), member, proof),
        (members, member, MemberProof(os.urandom(16), proof.index, proof.path)),
        (members, member, MemberProof(proof.salt[:15], proof.index, proof.path)),
        (members, member, MemberProof(proof.salt, len(ids), proof.path)),
        (members, member, MemberProof(proof.salt, proof.index, (*proof.path, members.root))),
        (members, -1, proof),
        (members, 2**64, proof),
        (members, b"", proof),
    ]
    for one in wrong:
        with pytest.raises(Tampered):
            verify_member(*one)


def test_a_salt_and_a_member_can_not_change_places():
    """Salt || number is 24 bytes: a salt one byte short with a number one byte long would hash alike."""
    ids = np.array([7], np.uint64)
    members, proof = members_root(SECRET, ids), member_proof(SECRET, ids, 0)
    whole = proof.salt + (7).to_bytes(8, "big")
    with pytest.raises(Tampered):
        verify_member(members, whole[8:], MemberProof(whole[:8], 0, ()))


def test_another_secret_or_another_order_is_another_root():
    ids = np.arange(10, dtype=np.uint64)
    roots = {members_root(SECRET, ids).root, members_root(bytes(32), ids).root, members_root(SECRET, ids[::-1]).root}
    assert len(roots) == 3


def test_no_members_have_the_empty_root_and_no_proof():
    ids = np.array([], np.uint64)
    assert members_root(SECRET, ids) == Members(0, EMPTY_ROOT)
    for index in (-1, 0):
        with pytest.raises(NotFound):
            member_proof(SECRET, ids, index)


@pytest.mark.parametrize("ids", [np.zeros((2, 8), np.uint8), np.zeros(2, np.int64), np.zeros((2, 2), np.uint64)])
def test_another_shape_is_bad_input(ids):
    with pytest.raises(BadInput):
        members_root(SECRET, ids)


@pytest.mark.parametrize(("count", "root"), [(-1, bytes(32)), (1, bytes(31)), (True, bytes(32)), (1.0, bytes(32))])
def test_members_are_a_count_and_a_whole_root(count, root):
    with pytest.raises(BadInput):
        Members(count, root)
