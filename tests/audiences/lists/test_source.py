"""A file's first bytes say what it is; what is no list is refused with a cure; what is packed is unpacked in bounds."""

import gzip
import io
import itertools
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.refusals import REFUSALS
from solely.audiences.lists.source import HEAD, check_size, open_source, refuse_other_text
from solely.errors import ListError

LIST = b"email\n" + b"".join(b"user%d@example.com\n" % n for n in range(20_000))
MIB = 1024 * 1024


def opened(data, **bounds):
    return open_source(io.BytesIO(data), Bounds(**bounds))


def whole(data, **bounds):
    return b"".join(opened(data, **bounds).pieces)


def refusal(read, *arguments, **more):
    with pytest.raises(ListError) as caught:
        read(*arguments, **more)
    error = caught.value
    assert error.cure
    assert error.__cause__ is None
    return error.what


class Pipe(io.RawIOBase):
    """A file that can't go back, as standard input from a pipe."""

    def __init__(self, pieces):
        self.pieces, self.held = iter(pieces), b""

    def readable(self):
        return True

    def readinto(self, buffer):
        self.held = self.held or next(self.pieces, b"")
        piece, self.held = self.held[: len(buffer)], self.held[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def piped(pieces, **bounds):
    return open_source(io.BufferedReader(Pipe(pieces), 65_536), Bounds(**bounds))


# ------------------------------------------------------------- what it is


def test_an_empty_file_is_refused_packed_or_not():
    for data in (b"", gzip.compress(b""), gzip.compress(b"") * 3):
        assert refusal(opened, data) == "the list is empty"


def test_text_comes_as_it_is_and_the_head_is_its_beginning():
    for data in (LIST, gzip.compress(LIST), b"x"):
        source = opened(data)
        assert source.format == "csv"
        assert b"".join(source.pieces) in (LIST, b"x")
        assert source.head == (LIST if data != b"x" else b"x")[: len(source.head)]
        assert len(source.head) >= min(HEAD, len(data)) or data != LIST


@pytest.mark.parametrize(("magic", "name"), [(b"PK\x03\x04", "xlsx"), (b"PAR1", "parquet")])
def test_a_table_is_a_file_to_go_about_in_packed_or_from_a_pipe_too(magic, name):
    data = magic + bytes(range(256)) * 5_000
    for source in (opened(data), opened(gzip.compress(data)), piped([data[:9], data[9:50_000], data[50_000:90_000]])):
        assert source.format == name
        source.file.seek(2)
        assert source.file.read(2) == data[2:4]
    assert "too large to be read from a pipe" in refusal(piped, itertools.repeat(data[:60_000]), memory=MIB)
    assert "too large to be packed as it is" in refusal(opened, gzip.compress(data), memory=MIB)


def tar():
    with tarfile.open(fileobj=(out := io.BytesIO()), mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("list.csv"))
    return out.getvalue()


BINARY = {
    "an old Excel file, or one with a password": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9),
    "a PDF": b"%PDF-1.7\n%\xe2\xe3",
    "packed with bzip2": b"BZh91AY&SY\x00",
    "packed with xz": b"\xfd7zXZ\x00\x00",
    "packed with zstd": b"\x28\xb5\x2f\xfd\x04",
    "packed with lz4": b"\x04\x22\x4d\x18\x64",
    "packed with compress": b"\x1f\x9d\x90\x61",
    "packed twice": gzip.compress(gzip.compress(LIST)),
    "a 7z archive": b"7z\xbc\xaf\x27\x1c\x00\x04",
    "a RAR archive": b"Rar!\x1a\x07\x01\x00",
    "a tar archive": tar(),
    "an empty archive": b"PK\x05\x06" + bytes(18),
    "a SQLite database": b"SQLite format 3\x00\x10",
    "an Access database": b"\x00\x01\x00\x00Standard ACE DB\x00",
    "an Outlook data file": b"!BDN\x00\x00",
    "rich text": b"{\\rtf1\\ansi",
    "an Avro file": b"Obj\x01\x04\x14avro.codec",
    "an ORC file": b"ORC\x00\x0a",
    "an Arrow or Feather file": b"ARROW1\x00\x00",
    "an encrypted Parquet file": b"PARE\x00",
    "a picture": b"\x89PNG\r\n\x1a\n",
    "a film or a sound": b"RIFF\x24\x00WAVE",
    "a program": b"\x7fELF\x02",
}
OTHER_TEXT = {
    "a vCard file": "BEGIN:VCARD\nEMAIL:ada@example.com",
    "JSON": ' [\n  {"email": "ada@example.com"}]',
    "XML": '<?xml version="1.0"?><list/>',
    "a web page": "\n<!DOCTYPE html><table>",
}


@pytest.mark.parametrize("what", BINARY)
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_of_another_kind_is_refused_by_name_packed_or_not(what, packed):
    data = gzip.compress(BINARY[what]) if packed else BINARY[what]
    assert refusal(opened, data) in (f"the list is {what}", "the list is packed twice" if packed else "")


@pytest.mark.parametrize("what", OTHER_TEXT)
def test_data_of_another_kind_is_refused_by_name(what):
    assert refusal(refuse_other_text, OTHER_TEXT[what]) == f"the list is {what}"


def test_every_kind_of_file_that_is_refused_by_name_is_tested():
    named = {what.removeprefix("the list is ") for what in REFUSALS if what.startswith("the list is ")}
    assert named - {"empty", "not text", "a ZIP archive, or no .xlsx"} == set(BINARY) | set(OTHER_TEXT)


@pytest.mark.parametrize(
    "text", ["ORC,email\n", "Pare;Anna\n", "RIFF\n", "GIF8", "<a@example.com>\n", "{x}@example.com\n", "[email]\n"]
)
def test_a_list_that_only_begins_like_something_else_is_a_list(text):
    assert whole(text.encode()) == text.encode()
    refuse_other_text(text)


# -------------------------------------------------------------- unpacking


def test_members_of_a_gzip_file_are_one_text_and_zeros_may_pad_it():
    members = b"".join(gzip.compress(LIST[at : at + 999]) for at in range(0, len(LIST), 999))
    assert whole(members) == LIST
    assert whole(members + bytes(100_000)) == LIST


@given(st.lists(st.binary(max_size=99), min_size=1, max_size=9), st.integers(1, 64))
def test_however_it_is_cut_and_packed_it_unpacks_to_the_same(members, size):
    packed = b"".join(gzip.compress(member) for member in (b"email\n", *members))
    source = piped(packed[at : at + size] for at in range(0, len(packed), size))
    assert b"".join(source.pieces) == b"email\n" + b"".join(members)


def test_a_gzip_file_cut_short_is_refused_wherever_it_is_cut():
    packed = gzip.compress(LIST)
    for size in (4, 11, 100, len(packed) // 2, len(packed) - 1):
        assert refusal(whole, packed[:size]) == "the gzip file ends before its end"


def test_a_damaged_gzip_file_is_refused():
    packed = bytearray(gzip.compress(LIST))
    packed[len(packed) // 2] ^= 0xFF
    for data in (bytes(packed), gzip.compress(LIST)[:-8] + bytes(8), gzip.compress(LIST) + b"more"):
        assert refusal(whole, data) == "the gzip file is damaged"


def test_a_bomb_is_refused_early_by_its_ratio_or_by_its_size():
    bomb = gzip.compress(b"a" * (64 * MIB))
    seen = []
    with pytest.raises(ListError, match="it unpacks to over 100 times its size"):
        seen.extend(map(len, opened(bomb).pieces))
    assert sum(seen) <= 17 * MIB
    assert refusal(whole, bomb, inflated=3 * MIB) == f"it unpacks to over {3 * MIB} bytes"
    assert len(whole(bomb, ratio=10_000)) == 64 * MIB


def test_no_piece_is_much_larger_than_a_mebibyte_however_well_it_packs():
    deflate = zlib.compressobj(9, wbits=31)
    packed = deflate.compress(b"a" * (8 * MIB)) + deflate.flush()
    assert max(map(len, opened(packed).pieces)) < 2 * MIB


def test_a_short_list_may_pack_well():
    text = b"email\n" + b"same@example.com\n" * 500_000
    assert len(text) > 300 * len(packed := gzip.compress(text))
    assert whole(packed) == text


def test_ten_thousand_members_of_one_letter_are_pieces_of_some_size():
    source = opened(gzip.compress(b"email\n") + gzip.compress(b"a") * 20_000 + gzip.compress(b"") * 20_000)
    assert [len(piece) for piece in source.pieces] == [20_006]


def test_sizes_are_checked_in_both_ways():
    check_size(16 * MIB, 1, Bounds())
    check_size(100 * MIB, MIB, Bounds())
    assert "100 times" in refusal(check_size, 100 * MIB + 1, MIB, Bounds())
    assert "100 times" in refusal(check_size, 17 * MIB, 0, Bounds())
    assert "over 5 bytes" in refusal(check_size, 6, 6, Bounds(inflated=5))


def test_a_zip_archive_is_for_the_reader_of_workbooks_to_judge():
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        archive.writestr("list.csv", LIST)
    assert opened(out.getvalue()).format == "xlsx"
