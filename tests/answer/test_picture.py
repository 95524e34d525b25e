"""The picture: every number has its height, every month its place, and every reader the same meaning."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.answer.document import Document, Picture, as_pdf
from solely.answer.picture import over_time
from solely.errors import BadInput

SVG = "{http://www.w3.org/2000/svg}"
BAR = re.compile(r"M([-\d.]+) ([-\d.]+)h([-\d.]+)v(-[\d.]+)h")
MONTHS = st.dates().map(lambda day: f"{day.year:04}-{day.month:02}")
SERIES = st.dictionaries(st.text(max_size=50), st.dictionaries(MONTHS, st.integers(0, 10**9), max_size=20), max_size=10)


def drawn(series, **words):
    return ET.fromstring(over_time(series, title="People reached", **words))


def bars(root):
    """Each bar of the picture: its series' colour, left edge, foot, width and height."""
    return [
        (path.get("fill"), *(float(number) for number in one))
        for path in root.iter(f"{SVG}path")
        if path.get("fill")
        for one in BAR.findall(path.get("d"))
    ]


def texts(root):
    return [element.text for element in root.iter(f"{SVG}text")]


def months(count, first=2013):
    return [f"{first + n // 12}-{n % 12 + 1:02}" for n in range(count)]


@given(SERIES, st.text(max_size=20))
def test_any_numbers_and_names_give_well_formed_svg_whose_bars_stay_inside(series, title):
    root = ET.fromstring(over_time(series, title=title))
    height, width = float(root.get("height")), float(root.get("width"))
    for _, x, y, wide, high in bars(root):
        assert 0 <= x <= x + wide <= width
        assert 0 <= y + high <= y <= height


def test_a_bar_is_as_high_as_its_number_and_stands_on_the_one_below():
    (_, x, foot, wide, high), (_, x2, foot2, wide2, high2) = bars(drawn({"a": {"2020-01": 60}, "b": {"2020-01": 40}}))
    assert (x, wide) == (x2, wide2)
    assert (-high - high2) == pytest.approx(229.2, abs=0.05)  # the whole height, but for the gap of 0.8
    assert foot2 == pytest.approx(foot + high - 0.8, abs=0.02)
    assert high / 60 == pytest.approx((high2 - 0.8) / 40, rel=0.001)


def test_a_month_without_any_is_a_gap():
    first, second, third = (
        bar[1] for bar in bars(drawn({"a": {"2019-12": 5, "2020-01": 5, "2020-04": 5, "2020-02": 0}}))
    )
    assert third - second == pytest.approx(3 * (second - first), abs=0.05)


@pytest.mark.parametrize(("count", "most"), [(1, 1), (7, 7), (24, 12), (150, 13)])
def test_there_is_room_for_each_label_of_a_month(count, most):
    root = drawn({"a": dict.fromkeys(months(count), 3)})
    found = [(float(e.get("x")), e.text) for e in root.iter(f"{SVG}text") if re.fullmatch(r"\d{4}(-\d\d)?", e.text)]
    assert 1 <= len(found) <= most
    assert all(right - left >= 57.9 for (left, _), (right, _) in pairwise(found))
    assert len(bars(root)) == count


def test_the_largest_seven_have_a_colour_and_a_name_and_the_others_are_one():
    series = {f"advertiser {n}": {"2020-01": 100 - n, "2020-02": n} for n in range(10)}
    root = drawn(series)
    assert len({bar[0] for bar in bars(root)}) == 8
    assert [text for text in texts(root) if text.startswith("advertiser")] == [f"advertiser {n}" for n in range(7)]
    assert "3 others" in texts(root)
    assert sum(-bar[4] for bar in bars(root)[14:]) > 0


def test_without_data_it_says_so():
    for series in ({}, {"a": {}}, {"a": {"2020-01": 0}}):
        root = drawn(series, noun="subjects")
        assert "no subjects" in texts(root)
        assert root.find(f"{SVG}desc").text == "No subjects in any month."


def test_a_screen_reader_is_told_the_title_and_what_the_bars_say():
    root = drawn({"harbour": {"2019-03": 7, "2019-01": 2}, "meadow": {"2019-03": 1_000}}, noun="people")
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.find(f"{SVG}title").text == "People reached"
    assert root.find(f"{SVG}desc").text == (
        "Stacked bars of people by month, from 2019-01 to 2019-03, for meadow, harbour."
        " The highest: 2019-03 with 1,007."
    )


def test_names_are_text_whatever_they_hold():
    name = '</text><script>"&\x01'
    root = drawn({name: {"2020-01": 1}}, noun="<b>")
    assert '</text><script>"&\ufffd' in texts(root)
    assert not list(root.iter(f"{SVG}script"))


def test_the_same_numbers_are_the_same_bytes_whatever_their_order():
    one = over_time({"a": {"2020-01": 1, "2020-02": 2}, "b": {"2020-01": 1}}, title="t")
    other = over_time({"b": {"2020-01": 1}, "a": {"2020-02": 2, "2020-01": 1}}, title="t")
    assert one == other


@pytest.mark.parametrize("month", ["2020-13", "2020-1", "20-01", "2020-01-01", ""])
def test_another_spelling_of_a_month_is_refused(month):
    with pytest.raises(BadInput, match="YYYY-MM"):
        over_time({"a": {month: 1}}, title="t")


def test_a_number_below_zero_is_refused():
    with pytest.raises(BadInput, match="below zero"):
        over_time({"a": {"2020-01": -1}}, title="t")


def test_a_pdf_takes_it():
    svg = over_time({"a": dict.fromkeys(months(150), 3)}, title="t")
    assert as_pdf(Document("x", (Picture(svg, "bars"),))).startswith(b"%PDF-")
