"""Requests over a network that fails: what is asked is done once, and told; or it is told that it was not."""

import json
import logging
import threading
import time
from uuid import uuid4

import httpx
import pytest

from solely.client import Client, Notice, Retry
from solely.client.contacts import Recorded
from solely.client.wire import path
from solely.errors import BadInput, GivingError, NotFound, SolelyError, Throttled, Unauthenticated, Unavailable

SHOWN = Notice(version="client-1", text="We use this to sign you in.")


def given(client, subject):
    return client.give(subject, "email", f"{subject}@example.com", "two-factor", SHOWN)


def answering(*answers, **options):
    """A client whose requests are answered so, one after another; and the requests."""
    seen, left = [], list(answers)

    def handle(request):
        seen.append(request)
        return left.pop(0)

    options.setdefault("retry", Retry(total_seconds=5, first_seconds=0.001))
    return Client("https://solely.example", "solely_reg_x", transport=httpx.MockTransport(handle), **options), seen


@pytest.mark.server
@pytest.mark.parametrize("plan", [["drop"], ["cut"], ["busy"], ["drop", "drop", "cut", "busy"]], ids="-".join)
def test_a_change_is_done_once_however_often_it_was_sent(shaken, network, client, subject, plan):
    given(client, subject)
    network.plan += plan
    assert shaken.withdraw(subject, "two-factor") == 1  # asked for anew, it would be none
    assert network.met == [*plan, "pass"]


@pytest.mark.server
def test_a_change_asked_for_again_while_it_is_being_done_is_done_once(client, api, network, keys, subject, monkeypatch):
    """The answer takes longer than the client waits for one: it asks again while the first time still goes on."""
    given(client, subject)
    withdraw, done = type(api.solely.desk).withdraw, []
    free = threading.Event()

    def slow(*args):
        done.append(args)
        free.wait(10)
        return withdraw(*args)

    monkeypatch.setattr(type(api.solely.desk), "withdraw", slow)
    threading.Timer(0.8, free.set).start()
    with Client(network.base, *keys, retry=Retry(20, 0.05), timeout=0.4) as hasty:
        assert hasty.withdraw(subject, "two-factor") == 1
    assert len(done) == 1


@pytest.mark.server
def test_what_never_answers_is_told_in_time(network, keys, subject):
    network.plan += ["hang"] * 50
    began = time.monotonic()
    with (
        Client(network.base, *keys, retry=Retry(0.6, 0.01), timeout=0.2) as client,
        pytest.raises(Unavailable, match="no answer came in time"),
    ):
        client.givings(subject)
    assert time.monotonic() - began < 5
    assert len(network.met) > 1


@pytest.mark.server
def test_what_can_not_be_done_is_asked_for_once(shaken, network, subject):
    with pytest.raises(GivingError) as told:
        shaken.give(subject, "email", "ana@example.com", "two-factor", Notice(version="never-recorded"))
    assert told.value.reason == "unknown-notice"
    assert network.met == ["pass"]


def test_each_change_has_a_key_of_its_own_that_all_its_tries_share():
    busy, done = httpx.Response(503), httpx.Response(200, json={"ended": 0})
    client, seen = answering(busy, busy, done, done)
    for _ in range(2):
        client.withdraw("ana", "two-factor")
    first, *others, last = [one.headers["idempotency-key"] for one in seen]
    assert others == [first, first]
    assert last != first


def test_what_only_reads_has_none():
    client, seen = answering(httpx.Response(200, json={"items": []}))
    client.givings("ana")
    assert "idempotency-key" not in seen[0].headers


def test_it_waits_as_long_as_it_was_asked_to():
    slept = []
    retry = Retry(5, 0.001, sleep=slept.append)
    client, _ = answering(httpx.Response(429, headers={"retry-after": "2"}), httpx.Response(200, json={"items": []}))
    client._wire.retry = retry
    client.givings("ana")
    assert len(slept) == 1
    assert 2 <= slept[0] < 3


def test_a_wait_longer_than_there_is_time_for_is_told_at_once():
    client, seen = answering(httpx.Response(429, headers={"retry-after": "3600"}))
    with pytest.raises(Throttled):
        client.givings("ana")
    assert len(seen) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 500])
def test_nothing_else_is_sent_again(status):
    client, seen = answering(httpx.Response(status))
    with pytest.raises(SolelyError):
        client.withdraw("ana", "two-factor")
    assert len(seen) == 1


def test_an_answer_that_is_something_else_is_not_taken_for_one():
    client, _ = answering(httpx.Response(200, json={"welcome": "to my web site"}))
    with pytest.raises(Unavailable, match="can't be read") as told:
        client.withdraw("ana", "two-factor")
    assert told.value.__context__ is None
    newer = {
        "giving": str(uuid4()),
        "purpose": "two-factor",
        "kind": "email",
        "given_at": "2026-06-01T00:00:00Z",
        "x": 1,
    }
    assert client._wire.read(Recorded, httpx.Response(200, json=newer)).purpose == "two-factor"


def test_an_error_names_the_request_for_whoever_looks_into_it():
    client, _ = answering(httpx.Response(404, headers={"x-request-id": "abc"}))
    with pytest.raises(NotFound) as told:
        client.givings("ana")
    assert told.value.__notes__ == ["X-Request-Id: abc"]


def test_no_key_and_no_contact_is_in_an_error_a_log_or_a_text_of_the_client(caplog):
    def refuse(request):
        raise httpx.ConnectError("no", request=request)

    client = Client(
        "https://solely.example", "solely_reg_secret", transport=httpx.MockTransport(refuse), retry=Retry(0.01)
    )
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as told:
        client.give("ana", "email", "ana@example.com", "two-factor", SHOWN)
    assert told.value.__context__ is None
    assert told.value.__cause__ is None
    for text in (repr(client), str(told.value), caplog.text):
        assert "secret" not in text
        assert "example.com" not in text


def test_each_compartment_is_asked_where_it_is_with_its_own_key():
    seen = []

    def handle(request):
        seen.append((request.url.host, request.headers["authorization"]))
        return httpx.Response(200, json={"items": []})

    places = {"registry": "https://registry.example", "security": "https://security.example"}
    keys = ("solely_sec_x", "solely_reg_y", "solely_led_z")
    with Client(places, *keys, transport=httpx.MockTransport(handle)) as client:
        client.givings("ana")
        with pytest.raises(BadInput, match="no address"):
            client._wire.ask("ledger", "GET", "/v1/ledger")
        with pytest.raises(Unauthenticated):
            client._wire.ask("advertising", "GET", "/v1/audiences")
    assert seen == [("registry.example", "Bearer solely_reg_y")]


@pytest.mark.parametrize("odd", ["..", ".", "a?b#c", "%2e%2e", "a%2Fb", "a;b=c", "~!$&'()*+,;=:@[]{}|\\^`\"<>"])
@pytest.mark.server
def test_an_id_stays_in_its_place_in_a_path(client, odd):
    given(client, "somebody-else")
    assert client.givings(odd) == ()
    recorded = client.give(odd, "email", "odd@example.com", "two-factor", SHOWN)
    assert [one.giving for one in client.givings(odd)] == [recorded.giving]


@pytest.mark.parametrize("wrong", ["", "a/b", "x" * 129, "a\n", "a\ud800"])
def test_an_id_that_would_lead_elsewhere_is_refused(wrong):
    with pytest.raises(BadInput):
        path("subjects", wrong)


def test_what_is_left_out_is_not_sent():
    client, seen = answering(httpx.Response(200, json={"ended": 0}))
    client.withdraw("ana", "two-factor")
    assert json.loads(seen[0].content) == {"purpose": "two-factor"}
