"""The page says what was asked, from what, how, the answer, and what it does not say."""

import datetime as dt
import hashlib

from solely.answer.audit.page import drawn, page
from solely.answer.document import as_text

WHEN = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)
GIVEN, MATCHED = "2019-01-01T00:00:00Z", "2020-01-15T00:00:00Z"


def told(report):
    return " ".join(as_text(page(report, WHEN, "9.9")).split())


def test_it_holds_question_answer_sources_and_limits(ask, tables):
    contacts = [
        ("u1", "email", "a@example.com", "two-factor", GIVEN, ""),
        ("u2", "email", "b@example.com", "tailored-audiences", GIVEN, "2019-06-01T00:00:00Z"),
        ("u3", "phone", "12", "two-factor", GIVEN, ""),
    ]
    rows = [("acme", "l", f"{name}@example.com", "", MATCHED) for name in "ab"]
    report = ask(
        tables(contacts, [*rows, ("zeta", "l", "c@example.com", "", "2018-01-01T00:00:00Z")]),
        start=WHEN.replace(year=2019),
    )
    text = told(report)
    for words in (
        "from 2019-01-02 03:04 UTC",
        "for advertising: tailored-audiences",
        "2 people are affected, by 1 advertiser.",
        "two-factor 1",
        "tailored-audiences, withdrawn or for another aim 1",
        "contacts.csv: 3 rows, 2 read (plain 2)",
        "Contacts: 1 row, no phone number.",
        "Audiences: 1 row outside the period.",
        "a row of an audience is a match, not a view",
        "Solely 9.9, 2026-01-02 03:04 UTC.",
        "From 2020-01 to 2020-01; most in 2020-01, 2 people.",
    ):
        assert words in text, words
    assert report.contacts.source.sha256 in text.replace(" ", "")
    assert drawn(report).startswith("<svg")


def test_an_answer_of_nobody_and_of_digests_says_so(ask, tables):
    digest = hashlib.sha256(b"a@example.com").hexdigest()
    text = told(ask(tables([("u1", "email", digest, "tailored-audiences", GIVEN, "")], [])))
    assert "0 people are affected, by 0 advertisers." in text
    assert "Every row was read." in text
    assert "met by the same digest alone" in text


def test_more_advertisers_than_a_page_holds_are_counted(ask, tables):
    rows = [(f"a{n:03}", "l", "a@example.com", "", MATCHED) for n in range(25)]
    text = told(ask(tables([("u1", "email", "a@example.com", "two-factor", GIVEN, "")], rows)))
    assert "1 person is affected, by 25 advertisers." in text
    assert "And 5 more advertisers." in text
