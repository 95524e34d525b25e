"""A list on its way: sealed, whole up to what was kept, readable by nobody who has the file alone."""

import os
import stat
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solely.audiences import spool as module
from solely.audiences.spool import Spool, poured
from solely.errors import Conflict, Tampered, Unavailable
from solely.keys import BoxKey

KEY = bytes(range(32))


def spool(folder, upload=None, key=KEY):
    upload = upload or uuid4()
    return Spool(folder / "uploads" / str(upload), upload, BoxKey(key), os.urandom)


def kept(one, *blocks):
    """The list with these blocks added."""
    with one.writing() as writing:
        for block in blocks:
            writing.add(block)
        writing.keep()
    return one


def read(one):
    with one.reading() as pieces:
        return b"".join(pieces)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.binary(max_size=40), max_size=4), max_size=4), st.integers(1, 17))
def test_what_is_added_in_any_portions_is_read_as_one(tmp_path_factory, portions, most):
    one = spool(tmp_path_factory.mktemp("spool"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", most)
        for blocks in portions:
            kept(one, *blocks)
        whole = b"".join(block for blocks in portions for block in blocks)
        assert one.size == len(whole)
        assert not portions or read(one) == whole


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 400))
def test_cut_off_anywhere_what_was_whole_is_there_and_the_list_goes_on_from_it(tmp_path_factory, cut):
    blocks = [bytes([n]) * 60 for n in range(4)]
    one = kept(spool(tmp_path_factory.mktemp("spool")), *blocks)
    os.truncate(one.path, cut := min(cut, one.path.stat().st_size))
    assert one.size == 60 * (cut // 92)  # 4 bytes of length, 12 of nonce, 16 of tag
    with one.writing() as writing:
        assert writing.offset == one.size
        writing.add(b"".join(blocks)[writing.offset :])
        writing.keep()
    assert read(one) == b"".join(blocks)


def test_the_file_is_its_owners_alone_and_holds_nothing_in_plain(tmp_path):
    one = kept(spool(tmp_path), b"somebody@example.com\n")
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(one.path.parent.stat().st_mode) == 0o700
    assert b"somebody" not in one.path.read_bytes()
    other = Spool(one.path, one.upload, BoxKey(bytes(32)), os.urandom)
    with pytest.raises(Tampered):
        read(other)


def test_a_changed_moved_or_foreign_piece_is_tampered(tmp_path):
    one = kept(spool(tmp_path), b"a" * 60, b"b" * 60)
    data = one.path.read_bytes()
    for wrong in (data[92:] + data[:92], data[92:], data[:-1] + bytes([data[-1] ^ 1]), b"\xff" + data[1:]):
        one.path.write_bytes(wrong)
        with pytest.raises(Tampered):
            read(one)
    foreign = spool(tmp_path, UUID(int=7))
    foreign.path.write_bytes(data)
    with pytest.raises(Tampered):
        read(foreign)


def test_what_is_taken_back_was_never_there(tmp_path):
    one = kept(spool(tmp_path), b"kept")
    with one.writing() as writing:
        writing.add(b"wrong")
        writing.back()
        assert writing.offset == 4
        writing.keep()
    assert read(one) == b"kept"


def test_one_writes_or_reads_at_a_time(tmp_path):
    one = spool(tmp_path)
    with one.writing():
        for act in (one.writing, one.reading, one.held):
            with pytest.raises(Conflict, match="at this moment"), act():
                pass
    with one.reading(), pytest.raises(Conflict), one.writing():
        pass
    with one.writing():
        pass


def test_a_full_disk_adds_nothing_that_counts(tmp_path, monkeypatch):
    one = kept(spool(tmp_path), b"kept")
    with one.writing() as writing:

        class Full:
            def write(self, data):
                os.write(real.fileno(), data[:7])
                raise OSError(28, "no space left on device")

        real, writing.file = writing.file, Full()
        with pytest.raises(Unavailable, match="errno 28"):
            writing.add(b"more")
    assert one.size == 4
    assert read(kept(one, b" and more")) == b"kept and more"


def test_one_that_is_not_there_has_nothing(tmp_path):
    assert spool(tmp_path).size == 0


# -- poured


def test_what_is_poured_comes_out_and_who_has_enough_may_go():
    with poured(lambda: iter([b"a" * 200_000, b"b"])) as pipe:
        assert pipe.read(200_000) + pipe.read() == b"a" * 200_000 + b"b"
    with poured(lambda: iter([b"a" * 200_000] * 9)) as pipe:
        assert pipe.read(1) == b"a"


def test_what_stops_the_pouring_is_raised_where_it_was_read():
    def broken():
        yield b"half"
        raise Tampered("not what was written")

    with pytest.raises(Tampered), poured(broken) as pipe:  # noqa: PT012 - the end of the block raises
        assert pipe.read(4) == b"half"
        assert pipe.read() == b""
    with pytest.raises(KeyError), poured(broken):
        raise KeyError
