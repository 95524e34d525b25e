"""What is sent is told nowhere else: whatever is written into whichever place of a request (promise 10).

Not in an error, a header, a line of the log or a figure; and not in the ledger, but for the name of a principal.
"""

import copy
import hashlib
import io
import json
import logging
import re
import time
from dataclasses import dataclass

import httpx
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apis import at_port
from contract import NOTHING, platform
from directories import copied
from odd import places
from solely.app.serving.log import open_log
from solely.ledger.entry import decode
from solely.store import ledger
from solely.web.access import Logged
from solely.web.api import ROUTES

pytestmark = [pytest.mark.server, pytest.mark.slow]

WORD, DIGITS = "qzxjwk", "49305550174"
SHAPES = (
    WORD,
    f"{WORD}@example.com",
    f"{WORD}.{WORD}-1",
    f"{WORD}/{WORD}",
    f"{WORD} {WORD}",
    f"é{WORD}",
    f"{WORD}\0",
    WORD * 30,
    f"+{DIGITS}",
    DIGITS,
)
DIGESTS = [hashlib.sha256(one.encode()) for one in SHAPES]
TYPED = re.compile("|".join([WORD, DIGITS, *(one.hexdigest() for one in DIGESTS)]), re.IGNORECASE)
NAMES = frozenset({"name"})  # of principals, who are officers' and the operator's own to name (check_name)
HEADERS = (
    "authorization",
    "content-type",
    "cookie",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "sec-gpc",
    "traceparent",
    "user-agent",
    "x-forwarded-for",
    "x-request-id",
)


@dataclass
class Watched:
    """A platform of which the log and the ledger are read."""

    found: object
    client: httpx.Client
    log: io.StringIO
    ledger: object
    schema: dict


@pytest.fixture(scope="module")
def watched(made, tmp_path_factory):
    handlers, log = list(logging.getLogger().handlers), io.StringIO()
    with platform(copied(made, tmp_path_factory.mktemp("leaks") / "data")) as found:
        ground = found.solely.ground
        app = Logged(found.app, open_log(log, "all", "debug"), time.perf_counter)
        try:
            with (
                at_port(app) as base,
                httpx.Client(base_url=base, timeout=20) as client,
                ground.database.login("ledger", ground.keyring("ledger").secret("database")) as connection,
            ):
                yield Watched(found, client, log, connection, client.get("/openapi.json").json())
        finally:
            structlog.reset_defaults()
            logging.basicConfig(handlers=handlers, force=True)


def test_nothing_that_is_sent_is_told_in_errors_logs_figures_or_the_ledger(watched):
    asked = [(route, place) for route in ROUTES for place in _places(watched.schema, route)]
    assert len(asked) > 1_000
    metrics = next(one.key for one in watched.found.callers if (one.kind, one.home) == ("service", "registry"))

    @settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(asked), st.sampled_from(SHAPES))
    def tells_nothing(what, shape):
        (route, place), before, first = what, watched.log.tell(), ledger.size(watched.ledger)
        answer = _sent(watched, route, place, shape)
        assert not TYPED.search(str(answer.headers)), (route, place)
        assert answer.status_code < 500, answer.text
        assert answer.status_code < 400 or not TYPED.search(answer.text), answer.text
        lines = _lines(watched.log, before, answer.headers["x-request-id"])
        assert not TYPED.search(lines), lines
        entries = [decode(one.body) for one in ledger.records(watched.ledger, first)]
        told = [one for one in entries if TYPED.search(str(one))]
        assert place[-1] in NAMES or not told, (told, place)

    tells_nothing()
    shown = watched.client.get("/metrics", headers={"authorization": f"Bearer {metrics}"})
    assert "solely_answers_total" in shown.text
    assert not TYPED.search(shown.text)


def _lines(log, before, request):
    """What was logged since then, once this request is: that is after it was answered."""
    for _ in range(500):
        if request in (lines := log.getvalue()[before:]):
            return lines
        time.sleep(0.01)
    raise AssertionError("it is not logged")


def _places(schema, route):
    """Where something can be written: in the path, the query, a header, the body, as a name that there is not."""
    told = schema["paths"][route.path][route.method.lower()]
    yield from (("path", one) for one in re.findall(r"{(\w+)}", route.path))
    yield from (("query", one["name"]) for one in told.get("parameters", ()) if one["in"] == "query")
    yield from (("query", "unknown"), ("path", ""))
    yield from (("header", one) for one in HEADERS)
    body = _example(told)
    if body is not None:
        yield from (("body", *place) for place in places(body))
        yield ("body", WORD)


def _example(told):
    return told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")


def _sent(watched, route, place, shape):
    known = {name: values[0] for name, values in watched.found.known.items()}
    caller = watched.found.caller(route, known, 0)
    body, query = copy.deepcopy(_example(watched.schema["paths"][route.path][route.method.lower()])), {}
    headers = {"authorization": f"Bearer {caller.key}", "content-type": "application/json"}
    where, *at = place
    if where == "path":
        known[at[0]] = shape.replace("/", "%2F").replace("\0", "%00")
    elif where == "query":
        query[at[0]] = shape
    elif where == "header":
        headers[at[0]] = shape.replace("\0", "").encode()
    else:
        inner = body
        for step in at[:-1]:
            inner = inner[step]
        inner[at[-1]] = shape
    path = re.sub(r"{\w+}", NOTHING, re.sub(r"{(\w+)}", lambda one: known.get(one[1], one[0]), route.path))
    content = b"" if body is None else json.dumps(body).encode()
    path += f"/{known['']}" if "" in known else ""
    return watched.client.request(route.method, path, params=query, headers=headers, content=content)
