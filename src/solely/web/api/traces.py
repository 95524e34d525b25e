"""Traces for OpenTelemetry, where a setting names who gathers them: a span of each request, and what it waited for.

- A span is named by method and route; it has the compartment and the status, and nothing else: no path, id, query or
  header, so no trace that somebody else began is gone on with either. FastAPI would tell more to a provider that is
  global: this one is not.
- Below it stand the wait for a thread, and the work, where those that came together share it.
- Spans are sent behind what is answered; who gathers them may be slow or gone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from solely.app.parts import SOFTWARE
from solely.web.api.door import method_of, route_of
from solely.web.api.times import TIMES, Times

__all__ = ["Traced", "sent_to", "traced"]

_SECONDS = 5  # that one sending may take
_FAULT = 500


class Traced:
    """An application of which each request is traced."""

    def __init__(self, app: ASGIApp, compartment: str, tracer: Tracer) -> None:
        self._app, self._compartment, self._tracer = app, compartment, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, times = _FAULT, Times(time.time_ns)

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begun = time.time_ns()
        try:
            scope[TIMES] = times
            await self._app(scope, receive, sent)
        finally:
            self._tell(scope, status, begun, times)

    def _tell(self, scope: Scope, status: int, begun: int, times: Times) -> None:
        method, route = method_of(scope), route_of(scope)
        told = {"solely.compartment": self._compartment, "http.request.method": method, "http.route": route}
        kind = SpanKind.SERVER
        span = self._tracer.start_span(f"{method} {route}", Context(), kind, told, start_time=begun)
        span.set_attribute("http.response.status_code", status)
        if status >= _FAULT:
            span.set_status(Status(StatusCode.ERROR))
        self._tell_parts(span, times)
        span.end()

    def _tell_parts(self, span: Span, times: Times) -> None:
        below = set_span_in_context(span, Context())
        for name, begun, ended in times.parts:
            self._tracer.start_span(name, below, start_time=begun).end(ended)


def sent_to(endpoint: str) -> SpanProcessor:
    """What sends spans to a gatherer (OTLP over HTTP), a batch every few seconds."""
    return BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_SECONDS))


@contextmanager
def traced(app: ASGIApp, compartment: str, processor: SpanProcessor) -> Iterator[ASGIApp]:
    """The application, traced; at the end what is not sent yet is sent."""
    resource = Resource({"service.name": "solely", "service.version": SOFTWARE})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(processor)
    try:
        yield Traced(app, compartment, provider.get_tracer("solely"))
    finally:
        provider.shutdown()
