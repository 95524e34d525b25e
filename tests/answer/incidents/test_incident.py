"""An incident is the same read back; its digest is that of the facts, not of how they were written."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.answer.incidents.incident import (
    Decision,
    Extent,
    Incident,
    Report,
    Texts,
    digest,
    from_json,
    to_json,
)
from solely.errors import Tampered
from solely.store.ledger import Concern

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
COUNTS = st.dictionaries(TEXT, st.integers(0, 9))
INCIDENTS = st.builds(
    Incident,
    st.just("2026-001"),
    st.integers(1, 9),
    TIMES,
    TEXT,
    st.just("narrow"),
    st.just("open"),
    TEXT,
    TIMES,
    question=st.none() | st.just({"advertisers": ["acme"]}),
    began_at=st.none() | TIMES,
    extent=st.none() | st.builds(Extent, TIMES, st.integers(0, 10**9), advertisers=COUNTS),
    texts=st.dictionaries(st.sampled_from(("en", "de")), st.builds(Texts, TEXT, TEXT)),
    subject_categories=st.lists(TEXT, max_size=2).map(tuple),
    stops=st.just((Concern("advertiser", "acme"),)),
    decisions=st.lists(st.builds(Decision, st.just("breach"), st.booleans(), TEXT, TIMES, TEXT), max_size=2).map(tuple),
    reports=st.lists(st.builds(Report, TEXT, TIMES, TEXT, TEXT), max_size=2).map(tuple),
)


@given(INCIDENTS)
def test_it_is_read_back_as_it_was_written(one):
    assert from_json(to_json(one)) == one
    assert to_json(from_json(to_json(one))) == to_json(one)


@given(INCIDENTS)
def test_its_digest_is_that_of_the_facts(one):
    content = json.loads(to_json(one))
    shuffled = dict(reversed(content.items()))
    assert digest(to_json(from_json(json.dumps(shuffled, indent=3)))) == digest(to_json(one))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"id": 1}', "null", '{"id": "x", "version": "many"}'])
def test_what_does_not_read_is_no_incident_and_its_words_are_not_told(content):
    with pytest.raises(Tampered) as caught:
        from_json(content)
    assert caught.value.__context__ is None
    assert "many" not in str(caught.value)


def test_the_last_decision_stands_and_the_first_report_counts():
    made = tuple(Decision("people", answer, "r", NOW, "Eva") for answer in (True, False))
    reports = tuple(Report("rule", NOW - timedelta(days=day), str(day), "Eva") for day in (1, 3, 2))
    one = Incident("i", 1, NOW, "Eva", "open", "open", "t", NOW, decisions=made, reports=reports)
    assert one.decided("people") == made[1]
    assert not one.is_decided("people")
    assert (one.decided("breach"), one.is_decided("breach")) == (None, False)
    assert one.first_report("rule").reference == "3"
    assert one.first_report("other") is None
    assert one.people is None
