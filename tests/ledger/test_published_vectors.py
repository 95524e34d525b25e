"""What others wrote is read: the specification's example, and logs and proofs made by tlog-scales."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from published_logs import bodies, fetch_from, published
from solely.errors import Tampered
from solely.ledger.checkpoint import Checkpoint, head_of, read_note, read_verifier_key, verify_checkpoint
from solely.ledger.published import verify_published
from solely.ledger.receipt import verify_receipt

MADE = json.loads((Path(__file__).parents[1] / "vectors" / "tlog_scales.json").read_text())

# C2SP tlog-checkpoint's example, whose key is not published
SOFA = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""  # noqa: E501


def test_the_example_of_a_checkpoint_is_read():
    text, (signature,) = read_note(SOFA)
    root = bytes.fromhex("0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62")
    assert head_of(text) == Checkpoint("example.com/behind-the-sofa", 20_852_163, root)
    assert head_of(text).text() == text
    assert (signature.name, len(signature.content)) == ("example.com/behind-the-sofa", 64)


@pytest.mark.parametrize("size", MADE)
def test_the_files_of_tlog_scales_are_ours_byte_for_byte(size):
    files = published(bodies(int(size)))
    del files["checkpoint"]
    assert {path: sha256(data).hexdigest() for path, data in files.items()} == MADE[size]["files"]


@pytest.mark.parametrize("size", MADE)
def test_a_log_that_tlog_scales_signed_is_verified(size):
    key, note = read_verifier_key(MADE[size]["key"]), MADE[size]["checkpoint"]
    files = published(bodies(int(size))) | {"checkpoint": note.encode()}
    assert verify_published(fetch_from(files), key, anchor=note).size == int(size)


@pytest.mark.parametrize(("size", "index"), [(size, index) for size in MADE for index in MADE[size]["proofs"]])
def test_a_proof_that_tlog_scales_made_is_verified(size, index):
    key, body = read_verifier_key(MADE[size]["key"]), bodies(int(index) + 1)[-1]
    proof = MADE[size]["proofs"][index]
    proven = verify_receipt(proof, key, body)
    assert (proven.entry.sequence, proven.head) == (int(index), verify_checkpoint(MADE[size]["checkpoint"], key))
    with pytest.raises(Tampered):
        verify_receipt(proof, key, bodies(1, principal="someone else")[0])
