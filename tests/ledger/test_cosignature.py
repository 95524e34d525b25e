"""A cosignature is what C2SP tlog-cosignature writes, and a quorum is met by those who really cosigned."""

import os
from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solely.errors import BadInput, Tampered, Unavailable
from solely.keys import new_keyring
from solely.ledger.checkpoint import Checkpoint, Signature, VerifierKey, read_note, sign_checkpoint, verify_checkpoint
from solely.ledger.cosignature import (
    Cosigned,
    WitnessKey,
    add_cosignatures,
    cosign,
    cosignatures,
    cosigned,
    read_cosignatures,
)

LOG = new_keyring("ledger", [], os.urandom).ledger()
KEY = VerifierKey("example.com/solely", LOG.public_key)
HEAD = Checkpoint(KEY.name, 42, bytes(range(32)))
NOTE = sign_checkpoint(HEAD, KEY, LOG.sign)
SIGNERS = [new_keyring("ledger", [], os.urandom).ledger() for _ in range(3)]
WITNESSES = [WitnessKey(f"witness.example/w{n}", signer.public_key) for n, signer in enumerate(SIGNERS)]
TIME = 1_679_315_147

# The example of the specification
PUBLISHED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501
PUBLISHED_MESSAGE = b"""cosignature/v1
time 1679315147
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""


def by(number, time=TIME, text=None):
    return cosign(text or HEAD.text(), time, WITNESSES[number], SIGNERS[number].sign)


def note_by(*numbers):
    return add_cosignatures(NOTE, [by(number) for number in numbers])


def test_the_published_example_is_read_and_written_again_byte_for_byte():
    text, (log, witness) = read_note(PUBLISHED)
    assert (log.name, log.key_id.hex()) == ("example.com/behind-the-sofa", "033de0ae")
    assert (witness.name, witness.key_id.hex()) == ("witness.example.com/w1", "8d66cf3f")
    assert int.from_bytes(witness.content[:8], "big") == TIME
    assert len(witness.content) == 72
    assert add_cosignatures(f"{text}\n{log}", [witness]) == PUBLISHED


def test_what_is_signed_is_the_published_message_and_what_is_written_the_published_form():
    signed = []
    text = read_note(PUBLISHED)[0]
    key = WitnessKey("witness.example.com/w1", bytes(32))
    line = str(cosign(text, TIME, key, lambda message: signed.append(message) or bytes(64)))
    assert signed == [PUBLISHED_MESSAGE]
    assert b64decode(line.split(" ")[2]) == key.key_id + bytes.fromhex("00000000641850cb") + bytes(64)
    assert line.startswith("— witness.example.com/w1 ")
    assert line.endswith("=\n")


def test_a_witness_s_key_is_of_its_own_kind():
    log = VerifierKey(WITNESSES[0].name, WITNESSES[0].public_key)
    assert log.key_id != WITNESSES[0].key_id
    assert WitnessKey.read(str(WITNESSES[0])) == WITNESSES[0]
    assert b64decode(str(WITNESSES[0]).split("+", 2)[2])[:1] == b"\x04"
    for kind, text in ((WitnessKey, str(log)), (VerifierKey, str(WITNESSES[0]))):
        with pytest.raises(BadInput):
            kind.read(text)


def test_a_cosigned_checkpoint_is_still_the_log_s():
    assert verify_checkpoint(note_by(0, 1, 2), KEY) == HEAD


def test_two_of_three_are_a_quorum_of_two_and_none_of_three():
    assert cosigned(note_by(2, 0), WITNESSES, 2) == Cosigned(("witness.example/w0", "witness.example/w2"), (TIME, TIME))
    with pytest.raises(Unavailable, match="2 of 3"):
        cosigned(note_by(2, 0), WITNESSES, 3)
    with pytest.raises(Unavailable, match="0 of 1"):
        cosigned(NOTE, WITNESSES, 1)


def test_one_witness_counts_once_by_its_newest_time():
    older, newer = by(1), by(1, TIME + 5)
    both = f"{NOTE}{newer}{older}"
    assert cosigned(both, WITNESSES, 1).times == (TIME + 5,)
    with pytest.raises(Unavailable):
        cosigned(both, WITNESSES, 2)
    assert add_cosignatures(f"{NOTE}{older}", [newer]) == f"{NOTE}{newer}"


def test_strangers_are_passed_over():
    assert cosignatures(note_by(0, 1, 2), WITNESSES[:1]) == {WITNESSES[0]: TIME}
    renamed = WitnessKey("witness.example/other", WITNESSES[1].public_key)
    assert cosignatures(note_by(0, 1), [renamed]) == {}


def test_a_cosignature_of_another_head_or_by_another_key_fails_the_note():
    other = by(0, text=Checkpoint(KEY.name, 43, bytes(32)).text())
    forged = Signature(WITNESSES[0].name, WITNESSES[0].key_id + TIME.to_bytes(8, "big") + bytes(64))
    plain = Signature(WITNESSES[0].name, WITNESSES[0].key_id + SIGNERS[0].sign(HEAD.text().encode()))
    for bad in (other, forged, plain):
        with pytest.raises(Tampered):
            cosigned(f"{note_by(1, 2)}{bad}", WITNESSES, 2)


def test_every_flipped_bit_of_a_cosignature_leaves_no_quorum():
    head, _, line = note_by(0).rpartition("— ")
    data = line.encode()
    for bit in range(8 * len(data)):
        flipped = (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")
        with pytest.raises((Tampered, Unavailable)):
            cosigned(f"{head}— {flipped.decode('utf-8', 'surrogateescape')}", WITNESSES[:1], 1)


def test_one_public_key_under_two_names_is_not_two_witnesses():
    twins = [WITNESSES[0], WitnessKey("witness.example/twin", WITNESSES[0].public_key)]
    with pytest.raises(BadInput):
        cosigned(note_by(0), twins, 1)


@pytest.mark.parametrize(("keys", "quorum"), [(WITNESSES, 0), (WITNESSES, 4), (WITNESSES, -1), ([], 0), ([], 1)])
def test_a_quorum_that_no_one_or_not_everyone_could_meet_is_refused(keys, quorum):
    with pytest.raises(BadInput):
        cosigned(note_by(0, 1, 2), keys, quorum)


def test_of_an_answer_the_lines_of_that_witness_are_taken_once_they_are_good():
    text = HEAD.text()
    lines = f"{by(1)}{by(0)}{by(0, TIME + 1)}"
    assert read_cosignatures(lines, text, WITNESSES[0]) == (by(0), by(0, TIME + 1))
    assert read_cosignatures(lines, text, WITNESSES[2]) == ()
    for bad in ("", "no line", f"{by(0)}\n\n{by(0)}x", str(by(0, text="other\n"))):
        with pytest.raises(Tampered):
            read_cosignatures(bad, text, WITNESSES[0])


@pytest.mark.parametrize("time", [0, -1, 1 << 63])
def test_a_time_is_whole_seconds_since_1970(time):
    with pytest.raises(BadInput):
        by(0, time)
    data = WITNESSES[0].key_id + (time % (1 << 64)).to_bytes(8, "big")
    signature = SIGNERS[0].sign(f"cosignature/v1\ntime {time % (1 << 64)}\n{HEAD.text()}".encode())
    with pytest.raises(Tampered):
        cosignatures(f"{NOTE}{Signature(WITNESSES[0].name, data + signature)}", WITNESSES)


@settings(max_examples=50)
@given(st.integers(0, 2**53), st.integers(1, 2**63 - 1))
def test_what_is_cosigned_is_read_back(size, time):
    head = Checkpoint(KEY.name, size, bytes(32))
    note = sign_checkpoint(head, KEY, LOG.sign)
    both = add_cosignatures(note, [by(0, time, head.text())])
    assert cosigned(both, WITNESSES, 1) == Cosigned((WITNESSES[0].name,), (time,))
    assert verify_checkpoint(both, KEY) == head


@given(st.text(max_size=80) | st.text("—\n aB+/=", max_size=80))
def test_reading_anything_raises_our_errors_and_nothing_else(text):
    with pytest.raises((Tampered, Unavailable)):
        cosigned(text, WITNESSES, 1)
