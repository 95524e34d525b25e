"""The report to the authority has what Art. 33(3) and (5) ask for, or names it as missing; nothing is invented."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from offices import SETTINGS, TEXTS
from solely.answer.document import as_text
from solely.answer.incidents.clocks import RULES, deadlines
from solely.answer.incidents.incident import Decision, Extent, Incident, Report
from solely.answer.incidents.report import document, missing
from solely.answer.incidents.settings import Settings
from solely.store.ledger import Concern
from solely.store.notified import STATES, Progress

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOBODY = Progress(dict.fromkeys(STATES, 0), None)
BARE = Incident("2026-001", 1, NOW, "Eva", "open", "open", "a title", NOW)
WHOLE = replace(
    BARE,
    version=2,
    began_at=NOW - timedelta(days=9),
    ended_at=NOW,
    texts={"en": TEXTS},
    subject_categories=("users with an account",),
    data_categories=("e-mail addresses",),
    extent=Extent(NOW, 1_234, 1_300, advertisers={"acme": 1_200, "globex": 50}, countries={"DE": 1_234}),
    stops=(Concern("advertiser", "acme"),),
    decisions=tuple(Decision(what, True, f"why {what}", NOW, "Eva") for what in ("breach", "authority", "people")),  # noqa: FBT003
)


def clocks(incident, now=NOW):
    return deadlines(incident, RULES, now)


def text(incident, settings=SETTINGS, now=NOW, progress=NOBODY, versions=(BARE, WHOLE)):
    made = as_text(document(incident, settings, clocks(incident, now), versions, progress))
    return " ".join(made.split())


def test_what_is_whole_lacks_nothing_and_is_no_draft():
    said = text(WHOLE)
    assert missing(WHOLE, SETTINGS, clocks(WHOLE)) == []
    assert "DRAFT" not in said
    assert "missing" not in said.lower()
    for words in (
        "Chirp Ltd", "Data Protection Officer, privacy@chirp.example", "Began: 2026-05-23 12:00 UTC",
        "People, about: 1,234", "Records, about: 1,300", "users with an account", "e-mail addresses", TEXTS.nature,
        TEXTS.consequences, TEXTS.measures, "acme 1,200 globex 50", "advertiser acme", "a breach why breach Eva",
    ):  # fmt: skip
        assert words in said


def test_of_what_nobody_said_everything_is_named():
    assert len(missing(BARE, Settings(), clocks(BARE))) == 12
    said = text(BARE, Settings())
    assert "DRAFT: it is not decided that the authority is told." in said
    assert "DRAFT" in text(replace(WHOLE, decisions=WHOLE.decisions[:1]))
    assert said.count("[missing]") == 10


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("began_at", None, "when it happened"),
        ("texts", {}, "nature of the breach"),
        ("subject_categories", (), "categories of the people"),
        ("data_categories", (), "categories of the records"),
        ("extent", None, "approximate number of people"),
        ("extent", Extent(NOW, 5), "approximate number of records"),
        ("decisions", (), "whether it is a breach"),
    ],
)
def test_each_that_is_missing_is_named(name, value, named):
    assert named in " ".join(missing(replace(WHOLE, **{name: value}), SETTINGS, ()))


def test_who_is_late_owes_reasons():
    late = clocks(WHOLE, NOW + timedelta(hours=73))
    assert missing(WHOLE, SETTINGS, late) == ["reasons for the delay (Art. 33(1))"]
    said = replace(WHOLE, decisions=(*WHOLE.decisions, Decision("late", True, "counted", NOW, "Eva")))  # noqa: FBT003
    assert missing(said, SETTINGS, late) == []
    assert "reasons for the delay counted" in text(said)


def test_every_version_is_in_the_record_with_who_made_it():
    said = text(WHOLE, versions=(BARE, replace(WHOLE, officer="Ole", event="decide", why="it is one")))
    assert "Record (Art. 33(5))" in said
    assert "2 2026-06-01 12:00 UTC Ole decide open it is one" in said


def test_what_was_told_is_told():
    reported = replace(WHOLE, reports=(Report("gdpr-authority", NOW, "REF-1", "Eva"),))
    assert "Authority told under gdpr-authority: 2026-06-01 12:00 UTC, reference REF-1." in text(reported)
    told = Progress(NOBODY.states | {"sent": 9, "unreachable": 3}, None)
    assert "sent: 9 unreachable: 3" in text(WHOLE, progress=told)
