"""Delimiters, comments, quotes and blank lines: one row in, one record out, whatever stands beside it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.audiences.lists.blocks import Arrays
from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.dialect import DELIMITERS, Dialect, detect, is_one_record, records

BOUNDS = Bounds()


def rows(text, dialect=None, *, line=1, bounds=BOUNDS, chunks=1):
    """The records of a text as (line, cells), its lines given in so many chunks."""
    lines = text.split("\n")
    size = -(-len(lines) // chunks)
    data = ["\n".join(lines[at : at + size]).encode() for at in range(0, len(lines), size)]
    found = records(iter(data), dialect or detect(text), bounds, line=line)
    return [row for block in found for row in zip(block.lines, block.cells, strict=True)]


def cells(text, dialect=None, **more):
    return [found for _, found in rows(text, dialect, **more)]


def table(delimiter):
    body = [(f"user{n}@example.com", "+49 151 12345678", "") for n in range(9)]
    return "\n".join(delimiter.join(row) for row in (("email", "phone", "name"), *body))


# ------------------------------------------------------------- delimiters


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_each_delimiter_is_found(delimiter):
    assert detect(table(delimiter)) == Dialect(delimiter, 3)


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_other_delimiters_in_quotes_do_not_count(delimiter):
    others = DELIMITERS.replace(delimiter, "") * 3
    text = "\n".join(delimiter.join((f"user{n}@example.com", f'"{others}"', "DE")) for n in range(9))
    assert detect(text) == Dialect(delimiter, 3)


def test_a_list_of_one_column_has_none():
    for text in ("email\na@example.com\nb@example.com", "+49 151 1234\n+49 151 1235", "e", "", "\n\n", "Doe (x)\nRoe"):
        assert detect(text) == Dialect(",", 1)


def test_a_comma_in_some_cells_of_one_column_makes_no_second():
    text = "notes\n" + "\n".join(["a@example.com"] * 9 + ["hello, world"])
    assert detect(text).width == 1


def test_names_of_columns_count_more_than_the_look_of_rows():
    """Decimals with commas in every row, and semicolons between the columns."""
    text = "email;amount\n" + "\n".join(f"user{n}@example.com;{n},50" for n in range(9))
    assert detect(text) == Dialect(";", 2)
    assert detect("email,phone\na@example.com;x\nb@example.com;y").delimiter == ","


def test_comments_and_titles_above_the_header_do_not_count():
    text = "# a; b; c\n# d; e; f\n\nExport; of; today\nemail,phone,country\n" + "a@example.com,1,DE\n" * 9
    assert detect(text) == Dialect(",", 3)


def test_the_width_is_what_most_lines_have():
    text = "email,x,y\na@example.com,1\nb@example.com,1\nc@example.com,1\nd@example.com,1,2,3"
    assert detect(text).width == 2


@pytest.mark.parametrize("said", ["sep=;", '"sep=;"', "SEP=;", "sep=; "])
def test_the_first_line_of_excel_says_the_delimiter(said):
    text = f"{said}\nemail;a,b,c\na@example.com;1,2,3"
    assert detect(text) == Dialect(";", 2, skip=1)


@pytest.mark.parametrize("delimiter", ["\t", " ", "#", ":", "\u00a6", "\u3001"])
def test_it_may_say_any_sign(delimiter):
    text = f"\nsep={delimiter}\nemail{delimiter}phone\na@example.com{delimiter}1"
    assert detect(text) == Dialect(delimiter, 2, skip=2)


@pytest.mark.parametrize("said", ["sep=a", 'sep="', "sep=", "sep=;;", "separator=;"])
def test_but_no_letter_and_no_quote(said):
    assert detect(f"{said}\nemail\na@example.com").skip == 0


# ------------------------------------------------------------- one record


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("cell", ["user{}@example.com", "+49 151 1234567{}", "{:064x}", '"user{}@example.com"'])
def test_a_list_on_one_line_is_told_by_contacts_of_one_kind(delimiter, cell):
    line = delimiter.join(cell.format(n) for n in range(3))
    assert is_one_record(line) == delimiter
    assert is_one_record(f"  {line}\r\n") == delimiter


@pytest.mark.parametrize(
    "head",
    ["", "a@example.com", "a@example.com,b@example.com", "email,phone,name", "a@example.com,+4915112345678,Jane",
     "a@x.example,b@x.example,c@x.example\nd@x.example,e@x.example,f@x.example", "a,b,c"],
)  # fmt: skip
def test_other_lines_are_rows_of_a_table(head):
    assert is_one_record(head) is None


def test_the_last_of_a_long_line_may_be_cut_off():
    assert is_one_record(",".join(f"user{n}@example.com" for n in range(9)) + ",us") == ","


# ---------------------------------------------------- blank lines, comments


def test_blank_lines_are_no_rows_and_lines_keep_their_numbers():
    text = "a@example.com\n\n  \n\u3000\u2028\nb@example.com\n\n"
    assert rows(text) == [(1, ["a@example.com"]), (5, ["b@example.com"])]
    assert rows(text, line=7)[1] == (11, ["b@example.com"])


def test_a_line_of_delimiters_alone_is_a_row_of_empty_cells():
    assert cells("a\tb\n\t\n \t ", Dialect("\t", 2)) == [["a", "b"], ["", ""], [" ", " "]]


def test_a_line_that_starts_with_a_number_sign_is_a_comment():
    for line in ("#", "# note", "# a,b", "#email,phone", '#"x', "#1", "#1 of 2,x,y"):
        assert cells(f"a,b\n{line}\nc,d", Dialect(",", 2)) == [["a", "b"], ["c", "d"]]


def test_unless_the_sign_stands_before_a_number_or_is_the_name_of_a_column():
    text = "#,email\n#1001,a@example.com\n#1002,b@example.com"
    assert cells(text) == [["#", "email"], ["#1001", "a@example.com"], ["#1002", "b@example.com"]]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NV", "#WERT!", "#n/d"])
def test_unless_a_spreadsheet_wrote_an_error_there(error):
    assert cells(f"a@example.com\n{error}") == [["a@example.com"], [error]]
    assert cells(f"a@example.com;x\n{error};y", Dialect(";", 2))[1] == [error, "y"]


# ----------------------------------------------------------------- quotes


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_breaks():
    text = '"a,b","say ""hi""","one\n\ntwo"\nc,d,e'
    assert rows(text, Dialect(",", 3)) == [(1, ["a,b", 'say "hi"', "one\n\ntwo"]), (4, ["c", "d", "e"])]


def test_a_quote_inside_a_cell_is_a_letter():
    assert cells('5" pipe,a@example.com\nx,y', Dialect(",", 2)) == [['5" pipe', "a@example.com"], ["x", "y"]]


def test_a_quote_that_never_closes_spoils_its_own_line_alone():
    text = 'a,b\n"open,b\nc,d\ne,f'
    assert rows(text, Dialect(",", 2)) == [(1, ["a", "b"]), (2, None), (3, ["c", "d"]), (4, ["e", "f"])]


def test_nor_does_one_that_closes_inside_another_row_take_that_row_with_it():
    assert cells('"open,b\nc,"d"\ne,f', Dialect(",", 2)) == [None, ["c", "d"], ["e", "f"]]


def test_a_cell_of_too_many_lines_or_letters_is_never_closed():
    long = "x\n" * 62
    assert cells(f'"{long}",b', Dialect(",", 2)) == [[long, "b"]]
    assert cells(f'"{long}\n\n",b\nc,d', Dialect(",", 2))[0] is None
    wide = '"' + "x" * 60 + "\n" + "x" * 60 + '",b'
    assert cells(wide, Dialect(",", 2), bounds=Bounds(line=200)) == [["x" * 60 + "\n" + "x" * 60, "b"]]
    assert cells(wide, Dialect(",", 2), bounds=Bounds(line=100))[0] is None


def test_where_whole_rows_stand_in_quotes_the_row_is_inside():
    """As a spreadsheet saves a list that was opened with the wrong delimiter."""
    text = '"email;phone"\n"a@example.com;""+49 151;x"""\n"b@example.com;"\nc@example.com;1\n"d;'
    dialect = detect(text.rpartition("\n")[0].rpartition("\n")[0])
    assert dialect == Dialect(";", 2, wrapped=True)
    assert cells(text, dialect) == [
        ["email", "phone"],
        ["a@example.com", "+49 151;x"],
        ["b@example.com", ""],
        ["c@example.com", "1"],
        None,
    ]
    assert detect('"email"\n"a@example.com"') == Dialect(",", 1)
    for delimiter in DELIMITERS:
        assert detect(f'"email"{delimiter}"phone"\n"a@example.com"{delimiter}"1"') == Dialect(delimiter, 2)
    assert detect('a@example.com,1\n"b@example.com,2"') == Dialect(",", 2)


def test_quotes_escaped_by_a_backslash_are_read_where_the_row_has_its_cells_only_so():
    text = '"name","email"\n"say \\"hi\\", x","a@example.com"\n"\\"open, \\"x","b"\n"C:\\","c@example.com"'
    assert cells(text, Dialect(",", 2))[1:] == [
        ['say "hi", x', "a@example.com"],
        ['"open, "x', "b"],
        ["C:\\", "c@example.com"],
    ]
    assert cells('"a\\"",b,c', Dialect(",", 2)) == [None]  # three cells either way: no reason to believe it


def test_a_million_quotes_are_one_cell():
    assert len(cells('"' * 1_000_000)) == 1
    assert detect('"' + "x" * 500_000 + '",b\n' * 9).delimiter == ","


# ------------------------------------------------------------------ chunks

CELL = st.text("a@,;'\t #=\u00e9" + '"', max_size=5)
TABLE = st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=30)


@given(TABLE, st.sampled_from(",;\t|"), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]))
def test_what_a_writer_of_csv_wrote_is_read_as_it_was(written, delimiter, quoting):
    csv.writer(out := io.StringIO(), delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(written)
    read = cells(out.getvalue(), Dialect(delimiter, 3))
    comments = {row[0] for row in written if row[0].startswith("#")} if quoting == csv.QUOTE_MINIMAL else set()
    kept = [row for row in written if not (row[0] in comments and _is_comment(row, delimiter))]
    assert [[cell.strip() for cell in row] for row in read] == [[cell.strip() for cell in row] for row in kept]


def _is_comment(row, delimiter):
    csv.writer(out := io.StringIO(), delimiter=delimiter).writerow(row)
    return out.getvalue().startswith("#") and not (row[0] == "#" and len(row) == 3)


@given(st.text('ab,"\n #', max_size=120), st.integers(1, 9))
def test_however_a_text_is_cut_into_chunks_the_records_are_the_same(text, chunks):
    assert rows(text, Dialect(",", 2), chunks=chunks) == rows(text, Dialect(",", 2))


def test_chunks_are_offered_to_the_fast_lane_but_not_in_the_middle_of_a_quoted_cell():
    offered = []

    def lane(chunk, line):
        offered.append((chunk, line))
        return Arrays(line, 2, {}) if b'"' not in chunk else None

    data = [b"a,b\nc,d", b'"e, f",g', b"h,i\nj,k", b'l,"m', b'n",o', b"p,q\nr,s"]
    found = list(records(iter(data), Dialect(",", 2), BOUNDS, at_once=lane))
    assert offered == [(data[0], 1), (data[1], 3), (data[2], 4), (data[3], 6)]
    lines = [line for block in found for line in (block.lines if not isinstance(block, Arrays) else [block.line])]
    assert lines == [1, 3, 4, 6, 8, 9]
