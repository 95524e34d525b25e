"""Each error of the service comes out of its problem as it went in; what else is answered is an error too."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely import errors
from solely.client.problems import error_of
from solely.errors import BadInput, ContactError, GivingError, SolelyError, Throttled, Unavailable
from solely.web.api.problem import problem

KINDS = [vars(errors)[name] for name in errors.__all__]


def made(kind):
    if issubclass(kind, ContactError | GivingError):
        error = kind("unknown-notice", "say it whole")
        error.where = "notice"
        return error
    if issubclass(kind, Throttled):
        return kind("too often", where="here", cure="wait", retry_at=datetime(2026, 6, 1, tzinfo=UTC))
    return kind("it is so", where="here", cure="do this")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_comes_out_as_it_went_in(kind):
    there = made(kind)
    answer = problem(there)
    here = error_of(answer.status, answer.body)
    assert type(here) is kind
    assert (str(here), vars(here)) == (str(there), vars(there))


@pytest.mark.parametrize(
    ("status", "kind"), [(400, BadInput), (405, BadInput), (422, BadInput), (429, Throttled), (502, Unavailable)]
)
def test_what_a_proxy_answers_is_told_by_its_status(status, kind):
    assert type(error_of(status, b"<h1>no</h1>")) is kind
    assert type(error_of(status, b'{"type": "about:blank"}')) is kind


@given(st.integers(300, 599), st.binary() | st.text().map(str.encode))
def test_whatever_is_answered_is_an_error_of_ours(status, body):
    assert isinstance(error_of(status, body), SolelyError)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"type": [], "detail": {}}', b'{"type": 1, "retry_at": "no"}'])
def test_however_odd_it_is(body):
    assert isinstance(error_of(429, body), Throttled)
