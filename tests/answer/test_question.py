"""A question: something is asked, each part is what it should be, and as JSON it comes back the same."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.answer.question import Question
from solely.errors import BadInput

names = st.text(st.characters(codec="ascii", categories=["L", "Nd"]), min_size=1, max_size=20)
pairs = st.builds("{}/{}".format, names, names)
digests = st.text("0123456789abcdef", min_size=8, max_size=64)
times = st.integers(0, 2_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
questions = st.builds(
    Question,
    since=st.none() | times,
    until=st.none(),
    advertisers=st.frozensets(names, max_size=3),
    audiences=st.frozensets(pairs, max_size=3),
    partners=st.frozensets(names, max_size=2),
    purposes=st.frozensets(names, min_size=1, max_size=2),
    notices=st.frozensets(pairs, max_size=3),
    imports=st.frozensets(names, max_size=3),
    software=st.frozensets(names, max_size=2),
    policies=st.frozensets(digests, max_size=2),
    givings=st.frozensets(st.uuids(), max_size=3),
)


@given(questions)
def test_as_json_it_comes_back_the_same(question):
    text = json.dumps(question.as_json())
    assert Question.from_json(json.loads(text)) == question
    assert Question.from_json(json.loads(text)).digest() == question.digest()


@given(questions, questions)
def test_two_questions_have_one_digest_only_if_they_are_the_same(one, other):
    assert (one.digest() == other.digest()) == (one == other)


def test_a_time_is_the_same_in_every_zone():
    here = datetime(2026, 11, 24, 12, tzinfo=UTC)
    there = here.astimezone(timezone(timedelta(hours=5)))
    assert Question(since=here).digest() == Question(since=there).digest()


@pytest.mark.parametrize(
    ("part", "cure"),
    [
        ({}, "name a time"),
        ({"advertisers": frozenset()}, "name a time"),
        ({"since": datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)}, "2026-11-01T00:00Z"),
        ({"since": datetime(2026, 1, 2, tzinfo=UTC), "until": datetime(2026, 1, 2, tzinfo=UTC)}, ""),
        ({"advertisers": {""}}, "plain characters"),
        ({"advertisers": {"a\nb"}}, "plain characters"),
        ({"advertisers": {"a" * 257}}, "plain characters"),
        ({"audiences": {"acme"}}, "ADVERTISER/AUDIENCE"),
        ({"audiences": {"acme/b/c"}}, "ADVERTISER/AUDIENCE"),
        ({"notices": {"v1"}}, "PURPOSE/VERSION"),
        ({"policies": {"abcdef1"}}, "8 digits"),
        ({"policies": {"ABCDEF12"}}, "8 digits"),
    ],
)
def test_what_asks_nothing_or_is_no_name_is_refused(part, cure):
    with pytest.raises(BadInput) as refused:
        Question(**part)
    assert cure in refused.value.cure


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "x",
        {},
        {"advertiser": ["acme"]},
        {"advertisers": "acme"},
        {"advertisers": []},
        {"advertisers": [1]},
        {"since": "yesterday"},
        {"since": 5},
        {"givings": ["acme"]},
        {"givings": [str(uuid4()), None]},
    ],
)
def test_json_that_is_no_question_is_bad_input(content):
    with pytest.raises(BadInput):
        Question.from_json(content)


def test_an_entry_is_meant_by_its_purpose_software_and_the_beginning_of_its_policy():
    question = Question(purposes={"a", "b"}, software={"1"}, policies={"00112233", "ffffffff"})
    assert question.means("a", "1", "0011223344")
    assert not question.means("c", "1", "0011223344")
    assert not question.means(None, "1", "0011223344")
    assert not question.means("b", "2", "0011223344")
    assert not question.means("b", "1", "0011224400")
    assert Question(givings={UUID(int=1)}).means(None, "", "")
