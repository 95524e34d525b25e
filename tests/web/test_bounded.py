"""Who sends a head too large or too slowly, or falls silent in the middle, is left; who is slow but goes on is not."""

import json
import socket
import threading
import time
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn

from solely.web.bounded import bounded

SECONDS, BYTES, MOST = 1.0, 2_000, 20


async def application(scope, receive, send):
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"%4d" % size})


@pytest.fixture(scope="module")
def port():
    config = uvicorn.Config(
        application,
        http=bounded(BYTES, SECONDS, MOST),
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_keep_alive=30,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as place:
        thread = threading.Thread(target=server.run, args=([place],))
        thread.start()
        yield place.getsockname()[1]
        server.should_exit = True
        thread.join()


@contextmanager
def connection(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        yield one


def drip(one, data, every):
    """Send byte by byte until it is over or nobody takes it."""
    for byte in data:
        try:
            one.sendall(bytes([byte]))
        except OSError:
            return
        time.sleep(every)


def all_of(one):
    found = b""
    while piece := one.recv(65_536):
        found += piece
    return found


def head(*headers, method="GET"):
    return "\r\n".join([f"{method} / HTTP/1.1", "host: x", *headers, "", ""]).encode()


def problem_in(answer):
    """Its status and type, where it is one."""
    first, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\ncontent-type: application/problem+json\r\n" in first
    assert f"content-length: {len(body)}".encode() in first
    content = json.loads(body)
    assert first.split()[1] == str(content["status"]).encode()
    return content["status"], content["type"]


@pytest.mark.parametrize(
    "sent",
    [head(f"a: {'b' * BYTES}"), head(*(f"a{n}: b" for n in range(BYTES))), b"GET /" + b"a" * 9_000],
    ids=["one header", "many", "a line without end"],
)
def test_a_head_too_large_is_told_so(port, sent):
    with connection(port) as one:
        one.sendall(sent)
        assert problem_in(all_of(one)) == (431, "urn:solely:problem:request-header-fields-too-large")


def test_a_head_within_bounds_is_answered_however_large_its_body_and_so_is_the_next(port):
    with connection(port) as one:
        for size in (0, 9_000, 5):
            one.sendall(head(f"a: {'b' * (BYTES - 200)}", f"content-length: {size}", method="PUT") + b"x" * size)
            answer = one.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert answer.endswith(b"%4d" % size)


@pytest.mark.parametrize(
    ("sent", "said"),
    [(b"", 0), (b"GET / HT", 408), (head("content-length: 9", method="PUT") + b"abc", 0)],
    ids=["before a word", "in the head", "in the body"],
)
def test_who_falls_silent_in_the_middle_is_left(port, sent, said):
    with connection(port) as one:
        one.sendall(sent)
        began = time.monotonic()
        answer = all_of(one)
        assert SECONDS * 0.5 < time.monotonic() - began < SECONDS * 8
    assert answer == b"" if not said else problem_in(answer) == (408, "urn:solely:problem:too-slow")


def test_a_head_that_drips_is_left_although_it_is_never_silent(port):
    with connection(port) as one:
        began = time.monotonic()
        drip(one, head("a: b" * 10), SECONDS / 8)
        assert time.monotonic() - began < SECONDS * 8


def test_a_body_that_goes_on_slowly_is_taken(port):
    with connection(port) as one:
        one.sendall(head("content-length: 6", method="PUT"))
        drip(one, b"abcdef", SECONDS / 4)
        assert one.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_a_connection_that_waits_between_two_requests_is_kept(port):
    with connection(port) as one:
        one.sendall(head())
        assert one.recv(65_536).startswith(b"HTTP/1.1 200 ")
        time.sleep(SECONDS * 1.5)
        one.sendall(head())
        assert one.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_what_is_no_http_is_told_so(port):
    with connection(port) as one:
        one.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert problem_in(all_of(one)) == (400, "urn:solely:problem:bad-input")


def test_of_more_connections_than_there_may_be_the_rest_are_told_at_once_to_come_again(port):
    with ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(connection(port))
        one = stack.enter_context(connection(port))
        began = time.monotonic()
        one.sendall(head())
        answer = all_of(one)
        assert time.monotonic() - began < SECONDS
    assert problem_in(answer) == (503, "urn:solely:problem:unavailable")
    assert b"\r\nretry-after: 1\r\n" in answer


def test_who_is_turned_away_is_told_before_what_came_earlier_goes_on():
    """One request holds the loop while two more come: of these the later one is turned away, and answered first."""
    order, both, room = [], threading.Event(), ["held", "kept"]

    async def held(scope, receive, send):
        name = scope["path"][1:]
        order.append(name)
        if name == "held":
            both.wait(10)  # the loop, too
        status = 503 if name == "away" else 200
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def has_room(scope):
        return scope["path"][1:] in room

    config = uvicorn.Config(
        held, http=bounded(BYTES, SECONDS, MOST, has_room), ws="none", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as place, ExitStack() as stack:
        thread = threading.Thread(target=server.run, args=([place],))
        thread.start()
        made = [stack.enter_context(connection(place.getsockname()[1])) for _ in range(3)]
        time.sleep(0.2)  # until they are accepted
        for one, name in zip(made, ("held", "kept", "away"), strict=True):
            one.sendall(f"GET /{name} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            time.sleep(0.1)
        both.set()
        answers = [one.recv(1_000).split(b"\r\n")[0] for one in made]
        room.append("away")
        made[2].sendall(b"GET /away HTTP/1.1\r\nhost: x\r\n\r\n")
        again = made[2].recv(1_000)
        server.should_exit = True
        thread.join()
    assert order == ["held", "away", "kept", "away"]
    assert answers == [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b"HTTP/1.1 503 Service Unavailable"]
    assert again, "the connection is kept"
