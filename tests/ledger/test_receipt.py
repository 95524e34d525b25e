"""A receipt shows its entry to be in the log by the verifier key alone, and is of the form C2SP tlog-proof gives it."""

from base64 import b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from published_logs import KEY, bodies, fetch_from, published
from solely.errors import NotFound, Tampered
from solely.ledger.checkpoint import VerifierKey, verify_checkpoint
from solely.ledger.entry import decode
from solely.ledger.receipt import (
    Receipt,
    Receipted,
    read_receipt,
    receipt_from,
    verify_receipt,
    write_receipt,
)
from solely.ledger.tree import inclusion_path, leaf_hash

SIZE = 300
BODIES = bodies(SIZE)
LOG = published(BODIES)
NOTE = LOG["checkpoint"].decode()
LEAVES = [leaf_hash(body) for body in BODIES]

# The specification's example; its signatures stand abridged there, and are not read here.
EXAMPLE = """c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

"""


def receipt(index=7):
    return receipt_from(fetch_from(LOG), KEY, index)


def test_the_specification_s_example_is_read():
    read = read_receipt(EXAMPLE)
    assert (read.index, len(read.path), read.body) == (
        73_894,
        5,
        b"age-v1.2.1-darwin-arm64.tar.gz\x91\x85\xc9\xdd\xa5\xb8\xb5\x85\xc9",
    )
    assert read.path[0].hex() == "8122b25e861952067a8ddb9662b9033804629ce30626f7978e032405371d3e54"
    assert read.note.startswith("example.com/fancylog\n109482\n")


def test_a_receipt_is_written_as_the_specification_says():
    path = inclusion_path(LEAVES, 7)
    assert receipt().split("\n") == [
        "c2sp.org/tlog-proof@v1",
        f"extra {b64encode(BODIES[7]).decode()}",
        "index 7",
        *(b64encode(one).decode() for one in path),
        "",
        *NOTE.split("\n"),
    ]


@pytest.mark.parametrize("index", [0, 1, 255, 256, 298, 299])
def test_a_receipt_proves_its_entry(index):
    proven = verify_receipt(receipt(index), KEY)
    assert proven == Receipted(decode(BODIES[index]), BODIES[index], verify_checkpoint(NOTE, KEY))
    assert proven.entry.sequence == index


def test_a_receipt_without_its_entry_takes_the_body_from_elsewhere():
    text = write_receipt(7, inclusion_path(LEAVES, 7), NOTE)
    assert verify_receipt(text, KEY, BODIES[7]) == verify_receipt(receipt(), KEY)
    with pytest.raises(Tampered, match="brings no entry"):
        verify_receipt(text, KEY)
    with pytest.raises(Tampered):
        verify_receipt(text, KEY, BODIES[8])
    with pytest.raises(Tampered, match="another entry's"):
        verify_receipt(receipt(), KEY, BODIES[8])


def test_the_only_entry_of_a_log_has_an_empty_path():
    log = published(bodies(1))
    assert verify_receipt(receipt_from(fetch_from(log), KEY, 0), KEY).head.size == 1


def test_cosignatures_are_carried_along():
    witnessed = LOG["checkpoint"] + "— witness.example/w1 AAAAAAAA\n".encode()
    text = receipt_from(fetch_from(LOG | {"checkpoint": witnessed}), KEY, 7)
    assert text.endswith(witnessed.decode())
    assert verify_receipt(text, KEY) == verify_receipt(receipt(), KEY)


def test_every_flipped_bit_of_a_receipt_is_tampered():
    data = receipt().encode()
    for bit in range(8 * len(data)):
        flipped = (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")
        with pytest.raises(Tampered):
            verify_receipt(flipped.decode("utf-8", "surrogateescape"), KEY)


def test_a_receipt_proves_nothing_of_another_place_log_or_key():
    text = receipt()
    other = published(bodies(SIZE, principal="someone else"))["checkpoint"].decode()
    for changed in (
        text.replace("index 7", "index 6"),
        text.replace(NOTE, other),
        text.replace("index 7", "index 300"),
    ):
        with pytest.raises(Tampered):
            verify_receipt(changed, KEY)
    with pytest.raises(Tampered):
        verify_receipt(text, VerifierKey(KEY.name, bytes(32)))


def test_what_the_owner_signed_and_is_no_entry_gets_no_receipt():
    log = published([BODIES[0], BODIES[0]])
    with pytest.raises(Tampered, match="entry 0 stands there"):
        receipt_from(fetch_from(log), KEY, 1)
    with pytest.raises(NotFound):
        receipt_from(fetch_from(log), KEY, 2)


@given(
    st.integers(0, 2**53),
    st.lists(st.binary(min_size=32, max_size=32)),
    st.none() | st.binary(max_size=100),
    st.text(),
)
def test_a_receipt_is_read_back(index, path, body, note):
    assert read_receipt(write_receipt(index, path, note, body)) == Receipt(index, tuple(path), note, body)


@given(st.text())
@example("c2sp.org/tlog-proof@v1")
@example("c2sp.org/tlog-proof@v1\nextra A\nindex 7\n\n")
@example("c2sp.org/tlog-proof@v1\nindex 007\n\n")
@example("c2sp.org/tlog-proof@v1\nindex 7\nAAAA\n\n")
@example("c2sp.org/tlog-proof@v1\nindex 7\n\n\n")
def test_a_text_that_is_no_receipt_is_tampered_and_nothing_else(text):
    with pytest.raises(Tampered):
        verify_receipt(text, KEY)
