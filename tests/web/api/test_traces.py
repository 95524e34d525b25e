"""Traces: a span of each request, by its route; nothing a person typed is in them, nor where they are sent."""

import asyncio
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from starlette.responses import Response

from apis import at_port
from solely.web.api.times import TIMES, Times, working
from solely.web.api.traces import Traced, sent_to, traced

pytestmark = pytest.mark.server

MARK = "m4rked-by-a-person"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@contextmanager
def gathered(app):
    exporter = InMemorySpanExporter()
    with traced(app, "registry", SimpleSpanProcessor(exporter)) as found, at_port(found) as base:
        yield exporter, base


def ask(base, key):
    body = {"kind": "email", "value": f"{MARK}@example.com", "purpose": "two-factor", "notice": {"version": MARK}}
    headers = {"authorization": f"Bearer {key}", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "x-of": MARK}
    with httpx.Client(base_url=base, headers=headers) as client:
        client.post(f"/v1/subjects/{MARK}/givings?of={MARK}", json=body)
        client.get(f"/v1/subjects/{MARK}/givings")
        client.get(f"/{MARK}")


def test_each_request_has_a_span_with_its_wait_and_its_work_below_it(api):
    with gathered(api.api.door) as (exporter, base):
        ask(base, api.key("service", "registry"))
        spans = exporter.get_finished_spans()
    whole = [one for one in spans if one.parent is None]
    assert [one.name for one in whole] == [
        "POST /v1/subjects/{subject}/givings",
        "GET /v1/subjects/{subject}/givings",
        "GET none",
    ]
    assert [dict(one.attributes) for one in whole][1] == {
        "solely.compartment": "registry",
        "http.request.method": "GET",
        "http.route": "/v1/subjects/{subject}/givings",
        "http.response.status_code": 200,
    }
    for one in whole[:2]:
        wait, work = (part for part in spans if part.parent and part.parent.span_id == one.context.span_id)
        assert (wait.name, work.name) == ("wait", "work")
        assert one.start_time <= wait.start_time <= wait.end_time == work.start_time <= work.end_time <= one.end_time
    assert {f"{one.context.trace_id:x}" for one in whole}.isdisjoint({TRACE})


def test_nothing_that_somebody_typed_is_where_traces_are_sent(api):
    said = []

    class Gatherer(BaseHTTPRequestHandler):
        def do_POST(self):
            said.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Gatherer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        at = f"http://127.0.0.1:{server.server_port}"
        with traced(api.api.door, "registry", sent_to(at)) as app, at_port(app) as base:
            key = api.key("service", "registry")
            ask(base, key)
        server.shutdown()
        thread.join()
    (path, body), *_ = said
    assert path == "/v1/traces"
    spans = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans
    assert {one.name for one in spans} >= {"GET /v1/subjects/{subject}/givings", "wait", "work"}
    assert MARK not in str(spans)
    assert MARK.encode() not in body
    assert key.encode() not in body


def test_a_fault_of_ours_is_told_as_one_and_no_word_of_it():
    async def broken(scope, receive, send):
        raise RuntimeError(MARK)

    async def unavailable(scope, receive, send):
        await Response("", 503)(scope, receive, send)

    for app in (broken, unavailable):
        with gathered(app) as (exporter, base):
            httpx.request("PROPFIND" if app is unavailable else "GET", base)
            (span,) = exporter.get_finished_spans()
        assert span.status.status_code is StatusCode.ERROR
        assert MARK not in span.to_json()
        assert span.name in {"GET none", "other none"}


def test_what_is_worked_on_together_is_told_of_each():
    ticks = iter(range(100))
    one, other = Times(lambda: next(ticks)), Times(lambda: next(ticks))
    one.wait()
    other.wait()
    with working([one, None, other]):
        pass
    assert one.parts == [("wait", 0, 2), ("work", 2, 4)]
    assert other.parts == [("wait", 1, 3), ("work", 3, 5)]


def test_what_is_no_request_is_passed_on():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope)

    asyncio.run(Traced(app, "all", None)({"type": "lifespan"}, None, None))
    assert seen == [{"type": "lifespan"}]
    assert TIMES not in seen[0]
