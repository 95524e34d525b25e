"""Problems: each error of the tree has a type of its own, and says what, where and the cure."""

import inspect
import json
from datetime import UTC, datetime, timedelta

import pytest

from solely import errors
from solely.errors import ContactError, SolelyError, Throttled
from solely.web.api.problem import Problem, problem, type_of

ERRORS = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, SolelyError)]


def test_each_error_has_a_type_of_its_own():
    types = {type_of(one) for one in ERRORS}
    assert len(types) == len(ERRORS)
    assert "urn:solely:problem:proof-needed" in types


@pytest.mark.parametrize("kind", [one for one in ERRORS if "reason" not in inspect.signature(one).parameters])
def test_an_error_is_told_with_its_place_and_its_cure(kind):
    answer = problem(kind("what", where="where", cure="cure"))
    told = Problem.model_validate_json(answer.body)
    assert (answer.status, told.detail, told.where, told.cure) == (kind.status, "what", "where", "cure")
    assert answer.type == "application/problem+json"


def test_why_a_contact_can_not_be_taken_is_told():
    assert json.loads(problem(ContactError("not-an-email", "check it")).body)["reason"] == "not-an-email"


def test_when_it_may_be_tried_again_is_told():
    at = datetime.now(UTC) + timedelta(seconds=90)
    answer = problem(Throttled("wait", retry_at=at))
    assert json.loads(answer.body)["retry_at"].endswith("Z")
    assert 80 < int(answer.headers["retry-after"]) <= 91
    assert "retry-after" not in problem(Throttled("never")).headers
