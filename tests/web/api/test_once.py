"""Idempotency keys: a change asked for again is answered as the first time, and done once."""

import threading
import uuid
from datetime import timedelta

import pytest

from solely.errors import Conflict, Unavailable
from solely.web.api.answer import Answer
from solely.web.api.calls import once
from solely.web.api.once import LEASE, Once
from solely.web.api.problem import problem

pytestmark = pytest.mark.server

GIVING = {"kind": "email", "value": "ana@example.com", "purpose": "two-factor"}
NOTICE = {"version": "1", "text": "We use this to sign you in."}


@pytest.fixture
def ask(api, backend, subject):
    """Gives one contact under a key."""

    def give(key, value="ana@example.com", to=subject):
        body = {**GIVING, "value": value, "notice": NOTICE}
        return backend("POST", f"/v1/subjects/{to}/givings", json=body, headers={"idempotency-key": key})

    return give


@pytest.fixture
def kept(api):
    """The registry's answers, a caller there, and the time."""
    parts = api.solely.new_parts()
    caller = api.principals("registry").authenticate(api.key("service", "registry"))
    return once(parts, "registry"), caller, api.solely.clock()


def fresh():
    return str(uuid.uuid4())


def test_the_answer_to_a_repeated_request_is_the_first_one(ask, api, backend, subject):
    key = fresh()
    first, second = ask(key), ask(key)
    assert (second.status_code, second.content) == (201, first.content)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert len(backend("GET", f"/v1/subjects/{subject}/givings").json()["items"]) == 1


def test_an_error_is_answered_again_too(ask):
    key = fresh()
    first, second = ask(key, "nothing"), ask(key, "nothing")
    assert (first.status_code, second.content) == (400, first.content)


def test_a_key_is_for_one_thing(ask, subject):
    key = fresh()
    ask(key)
    other = ask(key, to=f"{subject}-other")
    assert other.status_code == 409
    assert other.json()["where"] == "Idempotency-Key"


def test_two_callers_may_choose_the_same_key(ask, api, subject):
    key = fresh()
    ask(key)
    body = {**GIVING, "notice": {"version": "1"}}
    path, token = f"/v1/subjects/{subject}/givings", api.token(subject)
    own = api.ask("POST", path, token, json=body, headers={"idempotency-key": key})
    assert (own.status_code, "idempotent-replayed" in own.headers) == (201, False)


@pytest.mark.parametrize("key", ["short", "x" * 129, "with a space in it"])
def test_what_is_no_key_is_told_so(ask, key):
    assert ask(key).status_code == 400


def test_asked_at_once_it_is_done_once(ask, backend, subject):
    key, answers = fresh(), []
    threads = [threading.Thread(target=lambda: answers.append(ask(key))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.status_code for one in answers} <= {201, 503}
    assert len({one.content for one in answers if one.status_code == 201}) == 1
    assert len(backend("GET", f"/v1/subjects/{subject}/givings").json()["items"]) == 1


def test_what_was_cut_off_is_done_again_where_that_changes_nothing_more(kept):
    there, caller, now = kept
    one = there.request(caller, fresh(), b"what")
    assert there.take([one], again=True, now=now) == [now]
    (busy,) = there.take([one], again=True, now=now)
    assert isinstance(busy, Unavailable)
    later = now + LEASE + timedelta(seconds=1)
    assert there.take([one], again=True, now=later) == [now], "as of when it was asked for first"
    (unknown,) = there.take([one], again=False, now=later + LEASE)
    assert isinstance(unknown, Conflict)


@pytest.mark.parametrize("how", [None, Unavailable("the database is gone")])
def test_what_was_given_and_cut_off_before_it_was_known_is_given_once(
    ask, backend, subject, own_login, monkeypatch, how
):
    """Whoever gave is killed, or loses the database, once it is done and before that is known to anybody."""
    key = fresh()

    def cut_off(once, done):
        if how:
            done = [(request, problem(how)) for request, _ in done]
            kept(once, done)

    kept = Once.keep
    with monkeypatch.context() as patch:
        patch.setattr(Once, "keep", cut_off)
        first = ask(key).json()
    own_login("registry").execute("UPDATE registry.requests SET until = begun_at WHERE answer IS NULL")
    again = ask(key)
    assert (again.status_code, again.json()) == (201, first)
    assert len(backend("GET", f"/v1/subjects/{subject}/givings").json()["items"]) == 1


def test_what_says_that_nothing_was_done_is_not_kept(kept):
    there, caller, now = kept
    one = there.request(caller, fresh(), b"what")
    for n, (status, free) in enumerate(((503, True), (429, True), (500, True), (409, False))):
        there.take([one], again=False, now=now + timedelta(seconds=n))
        there.keep([(one, Answer(status, b"{}"))])
        (found,) = there.take([one], again=False, now=now + timedelta(seconds=n))
        assert (found == now) is free, "what came of it nobody knows: it is the same thing still"
        if free:
            there.keep([(one, Answer(503))])


def test_an_answer_is_kept_in_a_box_and_forgotten_in_time(kept, own_login):
    there, caller, now = kept
    one = there.request(caller, fresh(), b"what")
    there.take([one], again=True, now=now)
    there.keep([(one, Answer(200, b"shown once"))])
    row = own_login("registry").execute("SELECT answer FROM registry.requests WHERE digest = %s", [one.digest])
    assert b"shown once" not in bytes(row.fetchone()[0])
    assert there.forget(now + timedelta(days=1)) >= 1
    assert there.take([one], again=True, now=now) == [now]
