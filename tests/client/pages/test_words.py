"""Each error has words for a person: sentences, that say nothing of how the service works."""

from datetime import UTC, datetime

import pytest

from solely import errors
from solely.client.pages.words import words
from solely.errors import GivingError, SolelyError, Throttled, WrongAnswer


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_told_in_sentences(name):
    kind = vars(errors)[name]
    error = kind("what it is", "what to do") if name in {"GivingError", "ContactError"} else kind("it is so", cure="do")
    said = words(error)
    assert said[0].isupper()
    assert said.endswith(".")


def test_a_contact_is_told_what_it_should_look_like():
    assert "name@example.com" in words(GivingError("not-an-email", ""))
    assert words(GivingError("expired", "give it anew")) == "This can't be taken. Give it anew."


def test_who_has_to_wait_is_told_until_when():
    until = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
    assert words(Throttled("x", retry_at=until)) == "That was too often. Try again after 12:30 UTC."
    assert words(Throttled("x")) == "That was too often. Try again later."


def test_a_wrong_answer_does_not_say_how_near_it_was():
    assert words(WrongAnswer("wrong", cure="")) == "That is not right. Check it and try again."


def test_what_has_no_cure_is_told_without():
    assert words(SolelyError("it is so")) == "It is so."
