"""Who sends a head too large or too slowly, or falls silent in the middle, is left; who is slow but goes on is not."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn

from solely.web.bounded import bounded

SECONDS, BYTES = 0.4, 2_000


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
        application, http=bounded(BYTES, SECONDS), ws="none", lifespan="off", log_config=None, timeout_keep_alive=30
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


@pytest.mark.parametrize(
    "sent",
    [head(f"a: {'b' * BYTES}"), head(*(f"a{n}: b" for n in range(BYTES))), b"GET /" + b"a" * 9_000],
    ids=["one header", "many", "a line without end"],
)
def test_a_head_too_large_is_told_so(port, sent):
    with connection(port) as one:
        one.sendall(sent)
        assert all_of(one).startswith(b"HTTP/1.1 431 ")


def test_a_head_within_bounds_is_answered_however_large_its_body_and_so_is_the_next(port):
    with connection(port) as one:
        for size in (0, 9_000, 5):
            one.sendall(head(f"a: {'b' * (BYTES - 200)}", f"content-length: {size}", method="PUT") + b"x" * size)
            answer = one.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert answer.endswith(b"%4d" % size)


@pytest.mark.parametrize("sent", [b"", b"GET / HT", head("content-length: 9", method="PUT") + b"abc"])
def test_who_falls_silent_in_the_middle_is_left(port, sent):
    with connection(port) as one:
        one.sendall(sent)
        began = time.monotonic()
        assert all_of(one) == b""
        assert SECONDS * 0.5 < time.monotonic() - began < SECONDS * 5


def test_a_head_that_drips_is_left_although_it_is_never_silent(port):
    with connection(port) as one:
        began = time.monotonic()
        drip(one, head("a: b" * 10), SECONDS / 8)
        assert time.monotonic() - began < SECONDS * 8
        assert all_of(one) == b""


def test_a_body_that_goes_on_slowly_is_taken(port):
    with connection(port) as one:
        one.sendall(head("content-length: 6", method="PUT"))
        drip(one, b"abcdef", SECONDS / 3)
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
        assert all_of(one).startswith(b"HTTP/1.1 400 ")
