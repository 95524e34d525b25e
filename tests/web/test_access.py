"""Each request is a line of the log, by its route and status, and with nothing that somebody typed."""

import io
import itertools
import json
import logging
from functools import partial

import pytest
import structlog
from fastapi import FastAPI, Response

from asked import ask
from solely.app.serving.log import open_log
from solely.web.access import Logged

TYPED = "ann@example.com"


@pytest.fixture
def asked():
    """A function that asks an application that is logged, and its lines."""
    app = FastAPI()

    @app.get("/people/{person}")
    def person(person: str) -> Response:
        return Response(headers={"X-Request-Id": person})

    @app.get("/broken/{person}")
    def broken(person: str) -> Response:
        raise ValueError(person)

    @app.get("/health/live")
    def live() -> None:
        pass

    stream, handlers = io.StringIO(), logging.root.handlers[:]
    log, ticks = open_log(stream, "security", "info"), itertools.count()
    logged = Logged(app, log, lambda: next(ticks) / 8)
    yield partial(ask, logged, "GET"), lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers


def test_a_request_is_told_by_its_route_its_status_its_time_and_its_id(asked):
    get, lines = asked
    get("/people/r-1")
    (line,) = lines()
    del line["time"]
    assert line == {
        "event": "request", "level": "info", "compartment": "security", "method": "GET",
        "route": "/people/{person}", "status": 200, "ms": 125.0, "request": "r-1",
    }  # fmt: skip


def test_nothing_that_somebody_typed_is_in_it(asked):
    get, lines = asked
    get(f"/people/{TYPED}?email={TYPED}", headers={"User-Agent": TYPED, "X-Forwarded-For": "192.0.2.1"})
    get(f"/nowhere/{TYPED}")
    get(f"/broken/{TYPED}")
    assert [(one["event"], one.get("route"), one.get("status")) for one in lines()] == [
        ("request", "/people/{person}", 200),
        ("request", "none", 404),
        ("a request failed", None, None),
        ("request", "/broken/{person}", 500),
    ]
    for words in (TYPED, "ann", "192.0.2.1", "127.0.0.1"):
        assert words not in json.dumps(lines())


def test_what_machines_ask_all_the_time_is_not_told(asked):
    get, lines = asked
    get("/health/live")
    assert lines() == []
