"""A row's verdict is its own: neither its neighbours nor how the table is written down change it."""

import base64
import csv
import gzip
import io
import random
from collections import Counter
from hashlib import md5, sha256

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HEADER = ("Name", "E-Mail", "Telefon", "Land", "phone_hash")
SOME = sha256(b"+4915112345678")

NAMES = st.sampled_from(["Zoë", "O'Brien", "Peña, Ana", 'Bob "B"', "two\nlines", "", "Łucja", "#1", "x;y|z\tw"])
EMAILS = st.sampled_from(
    ["ada@example.com", " ADA@Example.com ", "a.d.a+x@gmail.com", "", "n/a", "ada@", "<bob@example.org>", "ada",
     "=cmd|' /C calc'!A0", "x" * 400, md5(b"ada@example.com").hexdigest(), SOME.hexdigest(), "a@b\u00fccher.example"],
)  # fmt: skip
PHONES = st.sampled_from(
    ["+49 151 12345678", "0151 12345678", "4915112345678", "", "4.92E+12", "4,9151E+12", "(650) 561-5622", "00000000",
     "'+4915112345678", "+1\u2011800\u2011555\u20110100", "-", "12", "phone"],
)  # fmt: skip
COUNTRIES = st.sampled_from(["DE", "Deutschland", "us", "", "ZZ", "FRA", "+49", "Atlantis"])
HASHES = st.sampled_from(
    [SOME.hexdigest(), SOME.hexdigest().upper(), base64.b64encode(SOME.digest()).decode(), "", SOME.hexdigest()[:-1],
     sha256(b"").hexdigest(), "0" * 64, "NULL"],
)  # fmt: skip
ROWS = st.tuples(NAMES, EMAILS, PHONES, COUNTRIES, HASHES)
# One row that is sound, so that no table is without contacts.
TABLES = st.lists(ROWS, min_size=1, max_size=25).map(lambda rows: [*rows, ("Eve", "eve@example.org", "", "", "")])
CHECKED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(rows, delimiter=",", end="\n", quoting=csv.QUOTE_MINIMAL, header=HEADER):
    csv.writer(out := io.StringIO(), delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(
        [header, *rows]
    )
    return out.getvalue()


def in_csv(rows, **how):
    return written(rows, **how).encode()


def in_xlsx(rows):
    book = openpyxl.Workbook()
    for row in (HEADER, *rows):
        book.active.append([cell or None for cell in row])
        for cell in book.active[book.active.max_row]:
            cell.data_type = "s" if cell.value else "n"  # text, though it starts with =
    book.save(out := io.BytesIO())
    return out.getvalue()


def in_parquet(rows):
    columns = [[cell or None for cell in column] for column in zip(*rows, strict=True)]
    pq.write_table(pa.table([pa.array(column, pa.string()) for column in columns], HEADER), out := io.BytesIO())
    return out.getvalue()


def verdicts(made, rows):
    """Each row's reason, or None where it is usable; and all digests."""
    reasons = dict.fromkeys(range(1, len(rows) + 1)) | {row: reason for row, _, reason in made.rejects}
    assert (made.report.rows, made.report.usable) == (len(rows), len(rows) - len(made.rejects))
    return [reasons[row] for row in range(1, len(rows) + 1)], made.digests


@CHECKED
@given(TABLES, st.randoms(use_true_random=False))
def test_rows_in_another_order_have_the_verdicts_they_had(read, rows, chance):
    reasons, digests = verdicts(read(in_csv(rows)), rows)
    order = list(range(len(rows)))
    chance.shuffle(order)
    again, same = verdicts(read(in_csv([rows[at] for at in order])), rows)
    assert again == [reasons[at] for at in order]
    assert same == digests


@CHECKED
@given(TABLES, TABLES)
def test_a_row_has_the_same_verdict_among_any_others(read, rows, others):
    alone = verdicts(read(in_csv(rows)), rows)
    reasons, digests = verdicts(read(in_csv([*others, *rows])), [*others, *rows])
    assert reasons[len(others) :] == alone[0]
    assert Counter(digests) - Counter(alone[1]) == Counter(verdicts(read(in_csv(others)), others)[1])


WAYS = {
    "semicolons": lambda rows: in_csv(rows, delimiter=";"),
    "tabs": lambda rows: in_csv(rows, delimiter="\t"),
    "pipes": lambda rows: in_csv(rows, delimiter="|"),
    "the delimiter said": lambda rows: b"sep=|\r\n" + in_csv(rows, delimiter="|", end="\r\n"),
    "CRLF": lambda rows: in_csv(rows, end="\r\n"),
    "CR": lambda rows: in_csv(rows).replace(b"\n", b"\r"),
    "all quoted": lambda rows: in_csv(rows, quoting=csv.QUOTE_ALL),
    "a byte order mark": lambda rows: written(rows).encode("utf-8-sig"),
    "UTF-16": lambda rows: written(rows).encode("utf-16"),
    "UTF-16 without mark": lambda rows: written(rows, end="\r\n").encode("utf-16-be"),
    "gzip": lambda rows: gzip.compress(in_csv(rows)),
    "comments and blank lines": lambda rows: b"# made, today\n\n" + in_csv(rows) + b"\n\n# end\n",
    "an Excel workbook": in_xlsx,
    "a workbook in gzip": lambda rows: gzip.compress(in_xlsx(rows)),
    "Parquet": in_parquet,
}


@pytest.mark.parametrize("way", WAYS)
@CHECKED
@given(TABLES)
def test_a_table_has_the_same_verdicts_however_it_is_written_down(read, way, rows):
    rows = [row for row in rows if any(row)]  # a sheet keeps no empty rows
    assert verdicts(read(WAYS[way](rows)), rows) == verdicts(read(in_csv(rows)), rows)


def test_what_latin_letters_stand_beside_a_contact_changes_nothing(read):
    rows = [("Zoë", "zoe@example.com", "", "", ""), ("Peña", "n/a", "", "", ""), ("Ana", "", "12", "", "")]
    for encoding in ("cp1252", "utf-8"):
        assert verdicts(read(written(rows).encode(encoding)), rows)[0] == [None, "placeholder", "not-a-phone"]


def test_columns_in_another_order_or_without_others_leave_verdicts_as_they_were(read):
    chance = random.Random(3)
    rows = [tuple(chance.choice(cells) for cells in CELLS) for _ in range(200)]
    _, digests = verdicts(read(in_csv(rows)), rows)
    for _ in range(5):
        order = list(range(len(HEADER)))
        chance.shuffle(order)
        turned = [tuple(row[at] for at in order) for row in rows]
        made = read(in_csv(turned, header=[HEADER[at] for at in order]))
        assert made.digests == digests
        assert made.report.rows == len(rows)


CELLS = (
    ("Ada", "Bob"),
    ("ada@example.com", "n/a", "", "ada"),
    ("+49 151 12345678", "0151 12345678", "12"),
    ("DE", "", "US"),
    (SOME.hexdigest(), ""),
)


def test_a_list_of_many_chunks_has_the_verdicts_of_its_parts(read):
    """Some chunks take the fast lane, some have quotes, blank lines, comments or ragged rows; rows keep their lines."""
    chance = random.Random(5)
    odd = ['"quoted, name",ada@example.com,,,', "short,n/a", "", "# a comment", ",,,,,,", '"two\nlines",,12,,', "  "]
    plain = [f"Ada,user{n}@example.com,+4915{n:09d},DE," for n in range(60_000)]
    for at in sorted(chance.sample(range(30_000, 60_000), 40), reverse=True):
        plain.insert(at, chance.choice(odd))
    made = read(("\n".join([",".join(HEADER), *plain]) + "\n").encode())
    lines = "\n".join([",".join(HEADER), *plain]).split("\n")
    for row, line, reason in made.rejects:
        assert reason in ("placeholder", "empty", "not-a-phone"), (row, line)
        assert lines[line - 1].startswith(("short", ",", '"two'))
    rows = [one for one in plain if one.strip() and not one.startswith("#")]
    assert made.report.rows == len(rows)
    assert len(made.rejects) == sum(one.startswith(("short", ",", '"two')) for one in rows)
    assert len(made.digests) == 2 * 60_000 + sum(one.startswith('"quoted') for one in rows)
