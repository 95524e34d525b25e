"""A report is a value: it does not change, and its words are those the reader and its caller share."""

from dataclasses import FrozenInstanceError

import pytest

from solely.audiences.lists.report import CONTACTS, MEANINGS, Column, ListReport


def test_the_meanings_of_contacts_are_three_of_all():
    assert set(CONTACTS) == set(MEANINGS) - {"country", "ignored"}


def test_a_report_does_not_change():
    column = Column(1, "email", "email", "header")
    report = ListReport(2, 1, {"empty": 1}, (column,), "csv", "utf-8", "", header=True)
    for value in (column, report):
        with pytest.raises(FrozenInstanceError):
            value.header = "another"
