"""Fast lanes: chunks of plain CSV as arrays, and the cells whose verdict is sure without looking at them one by one.

A lane takes only what `read_cell` would read as the same digest; all else is left to it, the rows it refuses
among them. tests/audiences/lists/test_bulk.py holds the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from solely.audiences.lists.blocks import Arrays
from solely.audiences.lists.cells import KEY_BYTES, number_of
from solely.audiences.lists.reasons import NOTHINGS, PLACEHOLDERS
from solely.contact import ATOM, GMAIL, MAX_ADDRESS, read_email, read_phone
from solely.errors import ContactError

__all__ = ["columnar", "sure_rows"]

# A line of nothing but white space, as UTF-8 writes it (and a few letters more): no row where no delimiter stands.
_BLANK = re.compile(rb"\n[\s\x1c-\x1f\xc2\xe1-\xe3\x80-\xbf]*(?:\n|\Z)")
_EMAIL = rf"^(?P<local>{ATOM})@(?P<domain>[a-z0-9\-]+(?:\.[a-z0-9\-]+)+)$"
_PHONE = r"^\+[1-9][0-9 ().\-]{6,30}$"
_HEX_LENGTH, _BASE64_LENGTH, _SHA256 = 64, 44, 32
_MAX_LOCAL = 64
_NIBBLE, _SEXTET = 16, 64  # values of a hex digit, of a Base64 character
_OUTER = " \t\r\n"  # of what `unwrap` takes off, the part that is ASCII and prints
_NO, _YES = pa.scalar(False), pa.scalar(True)  # noqa: FBT003 - Arrow's truths

Mask = npt.NDArray[np.bool_]
Digests = npt.NDArray[np.uint8]  # shape (n, 16)


def columnar(chunk: bytes, line: int, delimiter: str, columns: Sequence[int]) -> Arrays | None:
    """The wanted columns of a chunk of whole lines; None where quotes, comments, blank or ragged lines need care."""
    if len(delimiter.encode()) > 1:
        return None
    if b'"' in chunk or chunk.startswith(b"#") or b"\n#" in chunk or _BLANK.search(b"\n" + chunk):
        return None
    width = chunk.partition(b"\n")[0].count(delimiter.encode()) + 1
    names = [f"f{number}" for number in columns if number < width]
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(chunk),
            pa.csv.ReadOptions(use_threads=False, autogenerate_column_names=True, block_size=len(chunk) + 1),
            pa.csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), include_columns=names, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    nothing = pa.repeat(pa.scalar("", pa.string()), table.num_rows)
    arrays = {n: table[f"f{n}"].combine_chunks() if n < width else nothing for n in columns}
    return Arrays(line, table.num_rows, arrays)


def sure_rows(columns: Sequence[pa.StringArray], count: int, longest: int) -> tuple[bytes, pa.Array]:
    """The digests (16 bytes each) of all rows in which each cell is sure or empty, and the places of the other rows.

    Of a cell of over `longest` bytes nothing is sure.
    """
    whole, some = np.ones(count, np.bool_), np.zeros(count, np.bool_)
    found: list[tuple[Digests, Mask]] = []
    for column in columns:
        digests, sure = _sure(column, longest)
        found.append((digests, sure))
        whole &= sure | _bools(pc.equal(column, ""))
        some |= sure
    whole &= some
    return b"".join(digests[sure & whole].tobytes() for digests, sure in found), pa.array(np.flatnonzero(~whole))


def _sure(column: pa.StringArray, longest: int) -> tuple[Digests, Mask]:
    digests, sure = np.zeros((len(column), KEY_BYTES), np.uint8), np.zeros(len(column), np.bool_)
    text = pc.ascii_trim(column, _OUTER)
    lengths = pc.binary_length(text).to_numpy(zero_copy_only=False)
    lengths = np.where(_bools(pc.less_equal(pc.binary_length(column), longest)), lengths, 0)
    for lane, fits in ((_hex, lengths == _HEX_LENGTH), (_base64, lengths == _BASE64_LENGTH), (_contacts, lengths > 0)):
        places = np.flatnonzero(fits & ~sure)
        if len(places):
            read, good = lane(text.take(pa.array(places)))
            digests[places[good]], sure[places[good]] = read[good], True
    return digests, sure


def _bools(array: pa.Array) -> Mask:
    bools: Mask = array.to_numpy(zero_copy_only=False).astype(np.bool_)
    return bools


def _bytes_of(texts: pa.StringArray, length: int) -> Digests:
    """Texts of one length as an array (n, length)."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :]
    start = int(offsets[0])
    return np.frombuffer(texts.buffers()[2], np.uint8)[start : start + length * len(texts)].reshape(-1, length)


def _table(letters: bytes) -> npt.NDArray[np.uint8]:
    table = np.full(256, 255, np.uint8)
    table[np.frombuffer(letters, np.uint8)] = np.arange(len(letters), dtype=np.uint8)
    return table


_NIBBLES = np.minimum(_table(b"0123456789abcdef"), _table(b"0123456789ABCDEF"))
_SEXTETS = _table(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_NOTHING = np.array(sorted(int.from_bytes(one[:8], "big") for one in NOTHINGS), np.uint64)


def _hex(texts: pa.StringArray) -> tuple[Digests, Mask]:
    nibbles = _NIBBLES[_bytes_of(texts, _HEX_LENGTH)]
    digests: Digests = np.bitwise_or(nibbles[:, 0::2] << 4, nibbles[:, 1::2] & 15, dtype=np.uint8)
    return digests[:, :KEY_BYTES], (nibbles.max(axis=1) < _NIBBLE) & _says_something(digests)


def _base64(texts: pa.StringArray) -> tuple[Digests, Mask]:
    """44 characters that end in one =; the two bits before it must be 0, as every encoder writes them."""
    raw = _bytes_of(texts, _BASE64_LENGTH)
    four = np.concatenate((_SEXTETS[raw[:, :-1]], np.zeros((len(raw), 1), np.uint8)), axis=1).reshape(-1, 4)
    three = np.stack(
        (four[:, 0] << 2 | four[:, 1] >> 4, four[:, 1] << 4 | four[:, 2] >> 2, four[:, 2] << 6 | four[:, 3])
    )
    digests = three.T.reshape(-1, 33)[:, :32]
    good = (raw[:, -1] == ord("=")) & (four.reshape(-1, 44)[:, :-1].max(axis=1) < _SEXTET) & (_tail(four) == 0)
    return digests[:, :KEY_BYTES], good & _says_something(digests)


def _tail(four: Digests) -> Digests:
    """The two bits that no byte takes."""
    tail: Digests = four.reshape(-1, 44)[:, 42] & np.uint8(3)
    return tail


def _says_something(digests: Digests) -> Mask:
    """Whether a digest may be a contact's: neither one byte over and over nor, by its first half, that of nothing."""
    first = np.ascontiguousarray(digests[:, :8]).view(">u8").ravel().astype(np.uint64)
    something: Mask = (digests != digests[:, :1]).any(axis=1) & ~np.isin(first, _NOTHING)
    return something


def _contacts(texts: pa.StringArray) -> tuple[Digests, Mask]:
    """Plain addresses of letters, digits and dots, and numbers with a plus sign."""
    lower = pc.ascii_lower(texts)
    addresses = _addresses(lower)
    plus = _bools(pc.match_substring_regex(texts, _PHONE))
    good = _bools(pc.is_valid(addresses))
    digests = np.zeros((len(texts), KEY_BYTES), np.uint8)
    digests[good] = _hashed(addresses.drop_null().cast(pa.binary()).to_pylist())
    places = np.flatnonzero(plus)
    numbers = [_number(text) for text in texts.take(pa.array(places)).to_pylist()]
    read = places[[number is not None for number in numbers]]
    digests[read], good[read] = _hashed([number.encode() for number in numbers if number is not None]), True
    return digests, good


def _hashed(texts: Sequence[bytes]) -> Digests:
    """The first bytes of each one's SHA-256, without a call of ours for each."""
    whole = b"".join([one.digest() for one in map(sha256, texts)])
    return np.frombuffer(whole, np.uint8).reshape(-1, _SHA256)[:, :KEY_BYTES]


def _number(text: str) -> str | None:
    if len(set(text) - set(" ().-+")) == 1 or number_of(text) != text:
        return None
    try:
        return read_phone(text)
    except ContactError:
        return None


def _addresses(lower: pa.StringArray) -> pa.StringArray:
    """The one mailbox spelling of each address that is sure, else null."""
    parts = pc.extract_regex(lower, pattern=_EMAIL)
    domains = pc.struct_field(parts, "domain").dictionary_encode()
    known = pa.array([_domain(one) for one in domains.dictionary.to_pylist()], pa.string())
    domain = known.take(domains.indices)
    local = pc.struct_field(parts, "local")
    gmail = pc.fill_null(pc.equal(domain, GMAIL[0]), _NO)
    mailbox = pc.replace_substring(pc.replace_substring_regex(local, r"\+.*$", ""), ".", "")
    address = pc.binary_join_element_wise(pc.if_else(gmail, mailbox, local), domain, "@")
    fits = pc.and_(
        pc.less_equal(pc.binary_length(local), _MAX_LOCAL), pc.less_equal(pc.binary_length(lower), MAX_ADDRESS)
    )
    empty = pc.and_(gmail, pc.equal(mailbox, ""))
    doubtful = pc.or_(pc.or_(pc.invert(fits), empty), pc.is_in(lower, _PLACEHOLDERS))
    return pc.if_else(pc.fill_null(doubtful, _YES), pa.scalar(None, pa.string()), address)


_PLACEHOLDERS = pa.array(sorted(PLACEHOLDERS), pa.string())


def _domain(domain: str | None) -> str | None:
    """The domain as `Contact.key_digest` writes it, where its spelling is that already; else None."""
    try:
        read = read_email(f"a@{domain}").partition("@")[2] if domain else None
    except ContactError:
        return None
    return (GMAIL[0] if read in GMAIL else read) if read == domain else None
