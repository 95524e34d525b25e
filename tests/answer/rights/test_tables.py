"""Tables for a spreadsheet: what was typed stays a text in it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.answer.rights.tables import TABLES, cell, lines


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_what_could_start_a_formula_has_an_apostrophe_before_it(start):
    assert cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


def test_other_values_are_told_plainly():
    assert [cell(one) for one in (None, True, 7, "a", {}, {"b": 1})] == ["", "True", "7", "a", "", '{"b": 1}']


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=4, max_size=4))
def test_whatever_the_cells_hold_they_are_read_back_and_none_is_a_formula(texts):
    row = dict(zip(TABLES["devices"], texts, strict=True))
    text = "".join(lines("devices", [row]))
    head, *read = csv.reader(io.StringIO(text, newline=""))
    assert tuple(head) == TABLES["devices"]
    assert read == [[cell(one) for one in texts]]
    assert not any(one.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for (line,) in [read] for one in line)


def test_a_column_within_a_table_that_is_not_there_is_empty():
    (_, line) = lines("givings", [{"giving": "1", "purpose": {"name": "old"}, "notice": None}])
    assert line.startswith("1,old,,,")
