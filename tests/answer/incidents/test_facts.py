"""What an officer writes is checked, and never repeated by an error."""

from datetime import UTC, datetime, timedelta

import pytest

from solely.answer.incidents.facts import Facts, by_hand, described, owed_reason, past, read_line, read_text
from solely.answer.incidents.incident import Extent, Incident, Texts
from solely.errors import BadInput

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ONE = Incident("i", 1, NOW, "Eva", "open", "open", "a title", NOW, texts={"en": Texts("n", "c")})


def test_what_is_not_said_stays_as_it_is():
    assert described(ONE, Facts(), NOW) == ONE
    changed = described(ONE, Facts(texts=Texts(measures="m")), NOW)
    assert changed.texts == {"en": Texts("n", "c", "m")}


def test_each_language_has_texts_of_its_own():
    changed = described(ONE, Facts(texts=Texts("was"), language="de"), NOW)
    assert changed.texts == {"en": Texts("n", "c"), "de": Texts("was")}
    with pytest.raises(BadInput, match="no such language"):
        described(ONE, Facts(texts=Texts("wat"), language="nl"), NOW)


def test_all_that_can_be_said_is_taken():
    facts = Facts("t", NOW - timedelta(days=1), NOW - timedelta(days=9), NOW, ["users"], ["e-mail addresses"])
    changed = described(ONE, facts, NOW)
    assert (changed.title, changed.noticed_at, changed.began_at, changed.ended_at) == (
        "t", NOW - timedelta(days=1), NOW - timedelta(days=9), NOW,
    )  # fmt: skip
    assert (changed.subject_categories, changed.data_categories) == (("users",), ("e-mail addresses",))


@pytest.mark.parametrize(
    "facts",
    [
        Facts(title="x" * 121),
        Facts(title=" "),
        Facts(title="secret\x00word"),
        Facts(texts=Texts("secret" * 1_000)),
        Facts(texts=Texts("secret\x1b[31m")),
        Facts(subject_categories=["secret\x07"]),
        Facts(noticed_at=NOW + timedelta(seconds=1)),
        Facts(began_at=NOW, ended_at=NOW - timedelta(days=1)),
    ],
)
def test_what_can_t_be_is_refused_without_its_words(facts):
    with pytest.raises(BadInput) as caught:
        described(ONE, facts, NOW)
    assert "secret" not in str(caught.value)


def test_a_text_may_have_lines_and_has_no_space_around():
    assert read_text("  one\ntwo \n", "x") == "one\ntwo"
    assert read_line("", "x") == ""
    with pytest.raises(BadInput, match="a reason is owed"):
        owed_reason("  ")


def test_a_time_is_past_and_in_utc():
    zone = datetime.fromisoformat("2026-06-01T10:00:00+02:00")
    assert past(zone, NOW, "x").utcoffset() == timedelta(0)


def test_a_count_by_hand_is_a_number_of_people():
    assert by_hand(Extent(NOW, 0), 5, None) == Extent(NOW, 5)
    assert by_hand(Extent(NOW, 5, advertisers={"acme": 5}), 5, 9) == Extent(NOW, 5, 9, {"acme": 5})
    for people, records in ((-1, None), (10**11, None), (1, -1)):
        with pytest.raises(BadInput):
            by_hand(Extent(NOW, 0), people, records)
