"""Columns by their names, and what a day without a time and a number mean."""

import pytest

from solely.answer.audit.layout import AUDIENCES, CONTACTS, Column, Moments, choose
from solely.errors import BadInput

THEN, NOW = "2019-01-01T00:00:00Z", "2020-06-01T00:00:00Z"


def affected(ask, tables, given, moments, matched=NOW):
    contacts = [("u", "email", "a@example.com", "two-factor", given, "")]
    return ask(tables(contacts, [("acme", "l", "a@example.com", "", matched)], moments)).affected


@pytest.mark.parametrize(
    ("given", "moments", "named"),
    [
        ("2020-06-01", Moments(days="start"), 1),
        ("2020-06-01", Moments(days="end"), 0),
        ("2020-05-31", Moments(days="end"), 1),
        ("1590969600", Moments(epoch="seconds"), 1),
        ("1590969601", Moments(epoch="seconds"), 0),
        ("1590969600000", Moments(epoch="millis"), 1),
        ("1590969600001", Moments(epoch="millis"), 0),
        ("1590969600000001", Moments(epoch="micros"), 0),
        ("-1", Moments(epoch="seconds"), 1),
        (THEN, Moments(days="end", epoch="millis"), 1),
    ],
)
def test_a_day_and_a_number_mean_what_the_caller_says(given, moments, named, ask, tables):
    assert affected(ask, tables, given, moments) == named


@pytest.mark.parametrize(
    ("given", "moments"),
    [
        ("2020-06-01", Moments()),
        ("2020-06-01", Moments(epoch="seconds")),
        ("1590969600", Moments(days="start")),
        ("1590969600000", Moments(epoch="seconds")),
        ("2019-02-29", Moments(days="start")),
    ],
)
def test_what_nobody_said_the_meaning_of_stops_the_audit(given, moments, ask, tables):
    with pytest.raises(BadInput, match="not a date and time"):
        affected(ask, tables, given, moments)


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(ask, tables):
    from datetime import UTC, datetime  # noqa: PLC0415

    contacts = [("u", "email", "a@example.com", "two-factor", THEN, "")]
    rows = [("acme", "l", "a@example.com", "", f"2020-0{month}-01T00:00:00Z") for month in (1, 2, 3)]
    report = ask(tables(contacts, rows), start=datetime(2020, 1, 1, tzinfo=UTC), end=datetime(2020, 3, 1, tzinfo=UTC))
    assert report.months == {"2020-01": 1, "2020-02": 1}
    assert (report.advertisers["acme"].audience_rows, report.outside, report.audiences.usable) == (2, 1, 3)


def test_columns_are_found_by_usual_names_or_those_given_and_some_may_be_missing():
    columns = {name: Column(name) for name in ("advertiser", "identifier", "matched_at", "who")}
    assert set(choose(AUDIENCES, columns, {}, "x")) == {"advertiser", "identifier", "matched_at"}
    assert choose(AUDIENCES, columns, {"advertiser": "who"}, "x")["advertiser"] == Column("who")
    with pytest.raises(BadInput, match=r"x: no column subject .name it with --contact-column subject=NAME"):
        choose(CONTACTS, columns, {}, "x")
    with pytest.raises(BadInput, match="no column why"):
        choose(AUDIENCES, columns, {"purpose": "why"}, "x")
