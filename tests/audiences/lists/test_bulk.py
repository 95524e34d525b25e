"""The fast lanes change no answer: with and without them a list has the same digests, rejects and counts."""

import base64
import random
from hashlib import sha256

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from solely.audiences.lists.blocks import Arrays, Rows
from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.bulk import columnar, sure_rows
from solely.audiences.lists.cells import read_cell
from solely.audiences.lists.columns import Layout
from solely.audiences.lists.dialect import Dialect, records
from solely.audiences.lists.judge import Judge
from solely.audiences.lists.reasons import PLACEHOLDERS
from solely.audiences.lists.report import Column

MEANINGS = ("email", "phone", "identifier", "country", "ignored")
DELIMITERS = (*",;\t|^~ :#", "\u00a6")
LONGEST = 1_024


def layout(*meanings):
    columns = tuple(Column(number, None, meaning, "caller") for number, meaning in enumerate(meanings, 1))
    return Layout(columns, header=False, start=0)


def judged(blocks, meanings, bounds):
    judge = Judge(layout(*meanings), "DE", bounds)
    found = [judge.judge(block) for block in blocks]
    digests = sorted(d[at : at + 16] for d, _ in found for at in range(0, len(d), 16))
    rejects = [reject for _, some in found for reject in some]
    return digests, sorted(rejects, key=lambda r: r.row), judge.rows, judge.usable, judge.unusable


def both_ways(chunks, delimiter, meanings, bounds):
    """How a list is judged with the lanes and without, and how many chunks the lanes took."""
    dialect = Dialect(delimiter, len(meanings))
    wanted = layout(*meanings).numbers("email", "phone", "identifier", "country")
    data = ["\n".join(chunk).encode() for chunk in chunks]
    slow = list(records(iter(data), dialect, bounds))
    fast = list(records(iter(data), dialect, bounds, at_once=lambda chunk, at: columnar(chunk, at, delimiter, wanted)))
    taken = sum(isinstance(block, Arrays) for block in fast)
    return judged(fast, meanings, bounds), judged(slow, meanings, bounds), taken


LOCALS = (
    "ada",
    "Ada.Lovelace",
    "a.d.a+x",
    "a+b+c",
    "_",
    "-a",
    "+",
    "a..b",
    ".a",
    "a.",
    "a b",
    "\u00e5da",
    "a!",
    "n" * 65,
)
DOMAINS = ("example.org", "Example.ORG", "gmail.com", "GoogleMail.com", "x", "localhost", "a-.org", "1.2", "a_b.org")
DOMAINS += (
    "xn--bcher-kva.example",
    "b\u00fccher.example",
    "a..b",
    "na",
    f"{'d' * 60}.{'d' * 60}.{'d' * 60}.{'d' * 60}.org",
)
EMAILS = st.tuples(st.sampled_from(LOCALS), st.sampled_from(DOMAINS)).map("@".join)
NUMBERS = (
    "+4915112345678",
    "+49 151 123-456.78",
    "+49 (0) 151 12345678",
    "+1 (650) 561-5622",
    "+12",
    "+0049151",
    "+1111111",
)
NUMBERS += (
    "+999999999999",
    "015112345678",
    "004915112345678",
    "4915112345678",
    "+4915112345678.0",
    "+4.915112345678E+12",
)
NUMBERS += (
    "+49151123456781234",
    "+\u0664\u0669151123456",
    "+49-000-1233",
    "+1234567890",
    "+49151/12345678",
    "+7 (912) 3456789",
)
PHONES = st.sampled_from(NUMBERS) | st.from_regex(r"\+[1-9][0-9 ().\-]{5,16}", fullmatch=True)
RAW = st.sampled_from([sha256(word.encode()).digest() for word in ("ada@example.org", "", "null", "N/A", "x")])
RAW |= st.binary(min_size=32, max_size=32) | st.sampled_from([b"\0" * 32, b"a" * 32, b"\xff" * 32])
SPELLINGS = (
    bytes.hex,
    lambda raw: raw.hex().upper(),
    lambda raw: "0x" + raw.hex(),
    lambda raw: base64.b64encode(raw).decode(),
    lambda raw: base64.urlsafe_b64encode(raw).decode(),
    lambda raw: base64.b64encode(raw).decode()[:-1],
    lambda raw: base64.b64encode(raw).decode()[:-2] + "B=",
    lambda raw: raw.hex()[:-1] + "g",
    lambda raw: raw.hex()[:-1] + "\u0663",
)
DIGESTS = st.tuples(RAW, st.sampled_from(SPELLINGS)).map(lambda both: both[1](both[0]))
JUNK = st.sampled_from(sorted(PLACEHOLDERS)) | st.text(max_size=8) | st.sampled_from(("", "DE", "US", "a" * 80, "=A1"))
AROUND = st.sampled_from(["", "", "", "", " ", "  ", "\t", "\u00a0", "'", '"', "\ufeff", "mailto:", "#", "\0", "\v"])
CELLS = st.tuples(AROUND, EMAILS | PHONES | DIGESTS | JUNK, AROUND).map("".join)
BLANKS = st.sampled_from(["", " ", "\t", "\u3000", "\x1c", "# comment", "#1", "#N/A", "#", '"', '"a', "\x85"])


def fits_a_line(text):
    return text.replace("\n", " ").replace("\r", " ").encode("utf-8", "replace").decode()


@st.composite
def lists(draw):
    delimiter = draw(st.sampled_from(DELIMITERS))
    meanings = draw(st.permutations(MEANINGS))[: draw(st.integers(1, 4))]
    if set(meanings) <= {"country", "ignored"}:
        meanings = ["identifier"]
    cells = st.lists(CELLS, min_size=len(meanings), max_size=len(meanings))
    ragged = st.lists(CELLS, max_size=5)
    lines = draw(st.sampled_from([cells, cells, cells | ragged])).map(delimiter.join)
    odd = draw(st.sampled_from([lines, lines, lines | BLANKS]))
    chunks = draw(st.lists(st.lists(odd.map(fits_a_line), min_size=1, max_size=6), min_size=1, max_size=3))
    return chunks, delimiter, meanings, Bounds(cell=draw(st.sampled_from([LONGEST, 70, 30])))


@settings(max_examples=300, deadline=None)
@given(lists())
@example(([["ada@example.org", "  ", "eva@example.org"]], ",", ["email"], Bounds()))
@example(([["+1 (111) 111-1111"], ["a@gmail.com", "a.@gmail.com"]], ",", ["phone"], Bounds()))
@example(([["a@x.org", ""], [""], ["b@x.org"]], ";", ["email"], Bounds()))
def test_a_list_is_judged_alike_with_and_without_the_lanes(one):
    fast, slow, _ = both_ways(*one)
    assert fast == slow


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS | st.text(), CELLS), max_size=8), st.sampled_from([LONGEST, 40]), st.integers(0, 3))
def test_arrays_are_judged_as_their_cells_are(rows, longest, cut):
    # Parquet's cells may hold what no line of text does, and its arrays may be slices of others.
    rows = [[cell.encode("utf-8", "replace").decode() for cell in row] for row in rows]
    columns = {number: pa.array([row[number] for row in rows], pa.string())[cut:] for number in (0, 1)}
    left = rows[cut:]
    bounds = Bounds(cell=longest)
    fast = judged([Arrays(1, len(left), columns)], ("email", "phone"), bounds)
    assert fast == judged([Rows(list(range(1, len(left) + 1)), left)], ("email", "phone"), bounds)


def plain(number):
    """A row of three cells that a lane each knows."""
    raw = sha256(f"row {number}".encode()).digest()
    spelled = (raw.hex(), raw.hex().upper(), base64.b64encode(raw).decode())[number % 3]
    host = ("example.org", "gmail.com", "mail.example.co.uk")[number % 3]
    return [f"Ada.{number}+x@{host}", f"+49 151 {number:08}", spelled]


NOTHING = sha256(b"").digest()
CORNERS = [
    *(spell(raw) for raw in (sha256(b"ada").digest(), NOTHING, b"a" * 32, b"\xff" * 32) for spell in SPELLINGS),
    *("0" * 62 + "\u0663", "0" * 63 + ":", "Ab" * 22, "A" * 42 + "==", "A" * 21 + " " + "A" * 21 + "=", "!" * 43 + "="),
    *NUMBERS,
    *(f"{local}@{domain}" for local in LOCALS for domain in DOMAINS),
    *("+1 (111) 111-1111", "+1 111 111 1111.0", "+4915112345678.00", "+49151 12345678.0", "none@none.none", "NA@na.na"),
    *(
        " " * 40 + "ada@example.org",
        "ada@example.org" + " " * 1_020,
        "ada@example.org\n",
        "\0ada@example.org",
        "a@x.org\v",
    ),
]


@pytest.mark.parametrize("longest", [40, LONGEST])
def test_cells_at_the_corners_are_the_same_in_a_lane(longest):
    bounds = Bounds(cell=longest)
    slow = judged([Rows(list(range(1, len(CORNERS) + 1)), [[cell] for cell in CORNERS])], ("phone",), bounds)
    assert judged([Arrays(1, len(CORNERS), {0: pa.array(CORNERS)})], ("phone",), bounds) == slow


def test_plain_rows_are_sure_and_meet_what_their_cells_say():
    rows = [plain(number) for number in range(300)]
    columns = [pa.array([row[at] for row in rows]) for at in range(3)]
    found, left = sure_rows(columns, len(rows), LONGEST)
    assert len(left) == 0
    expected = b"".join(read_cell(row[at], "identifier") for at in range(3) for row in rows)
    assert found == expected


def test_five_thousand_varied_rows_are_judged_alike():
    dice = random.Random(7)
    odd = [
        "",
        "n/a",
        "015112345678",
        "Ada Lovelace <ada@example.org>",
        "a@gmail.com ",
        "x",
        "+12",
        "0" * 64,
        "b\u00fc@x.org",
    ]
    chunks = []
    for at in range(10):
        rows = [plain(number) for number in range(at * 500, at * 500 + 500)]
        for row in rows[:: dice.randint(2, 9)]:
            row[dice.randrange(3)] = dice.choice(odd)
        rows[dice.randrange(1, 500)] = ["", "", ""]
        chunks.append([",".join(row) for row in rows])
    chunks[3][7] += ",ragged"
    chunks[5][9] = "# a comment"
    chunks[6][11] = '"quoted@example.org",,'
    fast, slow, taken = both_ways(chunks, ",", ("email", "phone", "identifier"), Bounds())
    assert fast == slow
    assert taken == 7
    assert fast[2] == 4_999


@pytest.mark.parametrize(
    "chunk", ["a@x.org\n\nb@x.org", "a@x.org\n ", "#a\nb", "a\n#b", 'a"b', "a,b\nc", "\u3000\na", "a\n\x1c\nb", ""]
)
def test_a_chunk_that_needs_care_is_left_to_the_reader_of_records(chunk):
    assert columnar(chunk.encode(), 1, ",", (0,)) is None


def test_a_wanted_column_that_a_chunk_lacks_is_empty():
    arrays = columnar(b"a@x.org\nb@x.org", 5, ",", (0, 3))
    assert (arrays.line, arrays.count) == (5, 2)
    assert arrays.columns[3].to_pylist() == ["", ""]
