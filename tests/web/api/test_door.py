"""What each request passes: bounds before anything is parsed, problems, ids, headers."""

import asyncio
import socket
import threading
import time

import httpx
import pytest
from httpx import Client
from starlette.requests import Request
from starlette.responses import Response

from apis import at_port
from solely.app.serve_settings import Limits
from solely.web.api.door import Door
from solely.web.api.metrics import Metrics

pytestmark = pytest.mark.server

PATH = "/v1/subjects/nobody/givings"


def test_each_answer_has_an_id_of_its_own_and_the_headers_that_keep_it_in(api, backend):
    one, other = backend("GET", PATH), backend("GET", PATH)
    assert one.headers["x-request-id"] != other.headers["x-request-id"]
    assert one.headers["cache-control"] == "no-store"
    assert one.headers["x-content-type-options"] == "nosniff"


def test_without_a_key_nothing_is_read(api):
    answer = api.ask("POST", PATH, content=b"{" * 10, headers={"content-type": "text/plain"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:solely:problem:unauthenticated"


@pytest.mark.parametrize(
    "shown", ["", "Basic dXNlcjpwYXNz", "Bearer", "Bearer nonsense", "Bearer solely_reg_x", "bearer é"]
)
def test_what_is_no_key_opens_nothing(api, shown):
    answer = api.client.get(PATH, headers={"authorization": shown.encode()})
    assert answer.status_code == 401


def test_a_key_of_another_compartment_opens_nothing(api):
    assert api.as_("service", "security")("GET", PATH).status_code == 401


@pytest.mark.parametrize(
    ("body", "type_", "status"),
    [
        (b'{"a": 1}', "text/plain", 415),
        (b'{"a": 1}', "", 415),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b" " * 1_100_000, "application/json", 413),
        (b"[" * 100 + b"]" * 100, "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"kind": "\\ud800"}', "application/json", 400),
        (b'{"kind": "email", "value": "a\\u0000b@example.com"}', "application/json", 400),
        (b"[]", "application/json", 400),
        (b"", "application/json", 400),
    ],
)
def test_what_can_not_be_read_is_a_problem(backend, body, type_, status):
    answer = backend("POST", PATH, content=body, headers={"content-type": type_})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_of_no_said_length_is_bounded_too(backend):
    def chunks():
        for _ in range(40):
            yield b" " * 65_536

    answer = backend("POST", PATH, content=chunks(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_what_somebody_sent_is_not_said_again(backend):
    secret = "my-own-words"
    answer = backend("POST", PATH, json={secret: secret, "kind": secret})
    assert answer.status_code == 400
    assert secret not in answer.text


def test_of_what_should_be_an_id_not_a_character_is_said_again(api):
    answer = api.as_("service", "security")("DELETE", "/v1/subjects/nobody/devices/zzz")
    assert answer.status_code == 400
    assert "z" not in answer.json()["detail"]
    assert answer.json()["where"] == "path.device"


def test_a_method_that_is_none_here_is_told_which_are(api):
    answer = api.ask("DELETE", PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert api.ask("GET", "/v1/nothing").json()["type"] == "urn:solely:problem:not-found"


def test_headers_too_large_are_turned_away(api):
    assert api.client.get(PATH, headers={f"x-{n}": "y" * 2000 for n in range(10)}).status_code == 431


def test_whether_it_lives_and_is_ready_is_told_to_anyone(api):
    assert api.client.get("/health/live").status_code == 204
    assert api.client.get("/health/ready").status_code == 204


def test_more_at_once_than_there_is_room_for_are_turned_away_at_once():
    held, seen = threading.Event(), []

    async def slow(scope, receive, send):
        await asyncio.to_thread(held.wait)
        await Response("done")(scope, receive, send)

    metrics = Metrics("all")
    with at_port(Door(slow, Limits(**{"at-once": 2}), metrics)) as base, Client(base_url=base) as client:
        waiting = [threading.Thread(target=lambda: seen.append(client.get("/v1/x").status_code)) for _ in range(2)]
        for one in waiting:
            one.start()
        while metrics.busy._value.get() < 2:
            time.sleep(0.01)
        answer = client.get("/v1/x")
        held.set()
        for one in waiting:
            one.join()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.elapsed.total_seconds() < 0.5  # at once, on a machine however busy
    assert seen == [200, 200]


def test_who_has_not_sent_their_request_takes_no_room():
    """Three send a body and never end it, where there is room for two: a fourth is answered, and so are they, later."""
    metrics = Metrics("all")

    async def echo(scope, receive, send):
        request = Request(scope, receive)
        await Response(await request.body())(scope, receive, send)

    with at_port(Door(echo, Limits(**{"at-once": 2}), metrics)) as base, Client(base_url=base) as client:
        address = ("127.0.0.1", httpx.URL(base).port)
        slow = [socket.create_connection(address) for _ in range(3)]
        for one in slow:
            one.sendall(b"POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\na")
        time.sleep(0.2)
        assert client.post("/v1/x", content=b"whole").text == "whole"
        for one in slow:
            with one, one.makefile("rb") as answer:
                one.sendall(b"b")
                assert b" 200 " in answer.readline()


def test_room_that_was_kept_as_a_request_came_is_its_own_and_given_back_after():
    ends = asyncio.Event()

    async def waits(scope, receive, send):
        await ends.wait()
        await Response("done")(scope, receive, send)

    door, told = Door(waits, Limits(**{"at-once": 2}), Metrics("all")), []

    def scope(path="/v1/x"):
        return {"type": "http", "method": "GET", "path": path, "headers": []}

    async def asked(one):
        async def send(message):
            told.append(message.get("status"))

        await door(one, None, send)

    async def run():
        first, second, third = scope(), scope(), scope()
        assert [door.has_room(one) for one in (first, second, third)] == [True, True, False]
        assert door.has_room(scope("/health/live")), "asked however busy it is"
        going = [asyncio.create_task(asked(one)) for one in (first, second)]
        await asked(third)
        assert told[0] == 503
        ends.set()
        await asyncio.gather(*going)
        return told[1:], door.has_room(scope())

    rest, has_room = asyncio.run(run())
    assert [one for one in rest if one] == [200, 200]
    assert has_room
