"""The application: routes put into FastAPI, each passed to the threads that answer it."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match
from typing_extensions import override

from solely.app.ground import Ground
from solely.app.parts import SOFTWARE, Parts
from solely.app.serve_settings import ServeSettings
from solely.app.serving.log import failed
from solely.errors import BadInput, NotFound, SolelyError
from solely.principal import HOMES, Home, Principal
from solely.web.api import once, schema
from solely.web.api.answer import Answer
from solely.web.api.bounds import read_body
from solely.web.api.caller import home_of, presented
from solely.web.api.calls import Asked, answer_all, begin_taking
from solely.web.api.door import Door
from solely.web.api.health import LIVE, is_ready
from solely.web.api.lane import Lane
from solely.web.api.metrics import TEXT, Metrics
from solely.web.api.pool import Workers
from solely.web.api.problem import other, problem
from solely.web.api.rates import Rates
from solely.web.api.routes import Route
from solely.web.api.taking import Taking, take
from solely.web.api.times import TIMES, Times, working

__all__ = ["Api"]

_QUOTES = frozenset({"value_error", "uuid_parsing"})  # faults of which the words may hold some of what was sent
_SLOW = 2  # threads for what takes long
_PERSON_RATE, _PERSON_BURST = 0.5, 10  # of that, each second and at once, for one person who asks by their token


class Api:
    """The HTTP API of some compartments in one process: an ASGI application, to be closed at the end."""

    def __init__(self, ground: Ground, homes: Sequence[Home], settings: ServeSettings, routes: Sequence[Route]) -> None:
        self.homes, self._limits = tuple(homes), settings.limits
        self._workers = Workers(ground, settings.pool.size, settings.pool.wait_seconds)
        self._slow = Workers(ground, _SLOW, settings.limits.request_seconds)
        self._alone = Workers(ground, 1, settings.pool.wait_seconds)
        self._admit = Rates(settings.limits.rate, settings.limits.burst, time.monotonic, ground.clock).admit
        self._admit_person = Rates(_PERSON_RATE, _PERSON_BURST, time.monotonic, ground.clock, by_person=True).admit
        self._lanes: dict[tuple[Route, Home], Lane[Asked, Answer]] = {}
        self.metrics = Metrics(self.homes[0] if len(self.homes) == 1 else "all")
        shown = Route(
            method="GET", path="/metrics", homes=HOMES, act="metrics", endpoint=self.metrics.shown, media=TEXT
        )
        self.routes = [route for route in (*routes, shown) if set(route.homes) & set(self.homes)]
        self.app = self._application()
        self.door = Door(self.app, settings.limits, self.metrics)

    def close(self) -> None:
        """End the threads and their connections, once what is being done is done."""
        self._workers.close()
        self._slow.close()
        self._alone.close()

    def _application(self) -> FastAPI:
        app = FastAPI(
            title="Solely",
            version=SOFTWARE,
            summary="A contact detail is used solely for what its owner gave it for",
            openapi_url="/openapi.json",
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
        )
        app.router.route_class = _Bounded
        app.openapi = partial(schema.told, app)  # type: ignore[method-assign]
        for route in sorted(self.routes, key=_is_rare):  # they are tried in their order
            schema.put(app, route, self._endpoint(route), self.routes)
        for path, answer in (("/health/live", self._live), ("/health/ready", self._ready)):
            app.add_api_route(path, answer, methods=["GET"], **schema.HEALTH)
        unreadable = partial(_unreadable, app)
        for kind, told in ((SolelyError, _told), (RequestValidationError, unreadable), (Exception, _fault)):
            app.add_exception_handler(kind, told)
        app.add_exception_handler(HTTPException, partial(_not_there, app))
        return app

    async def _live(self) -> Response:
        return LIVE.response()

    async def _ready(self) -> Response:
        return (await self._workers.run(partial(is_ready, homes=self.homes))).response()

    def _endpoint(self, route: Route) -> Callable[..., Any]:
        """What FastAPI calls: with the parameters of the route's own endpoint, and the request in place of the call."""

        async def endpoint(request: Request, **given: Any) -> Response:
            asked = self._asked(request, route, given)
            answering = self._take(request, route, asked) if route.raw else self._answer(route, asked)
            return (await answering).response()

        endpoint.__signature__ = _signature(route.endpoint)  # type: ignore[attr-defined]
        endpoint.__name__, endpoint.__doc__ = route.endpoint.__name__, route.endpoint.__doc__
        endpoint.route = route  # type: ignore[attr-defined]
        endpoint.api = self  # type: ignore[attr-defined]
        return endpoint

    def check(self, request: Request, route: Route) -> None:
        """What can be told before anything is read: a key of a compartment that is here, a right sort of repeat key."""
        key = presented(request.headers)
        request.state.shown = key, home_of(key, set(route.homes) & set(self.homes))
        if (repeat := request.headers.get(once.HEADER)) is not None:
            once.check_key(repeat)

    async def body(self, request: Request) -> bytes:
        """The request's body, within bounds."""
        return await read_body(request, self._limits)

    def _asked(self, request: Request, route: Route, given: Mapping[str, Any]) -> Asked:
        key, home = request.state.shown
        what = b"\0".join((request.method.encode(), request.url.path.encode(), request.url.query.encode()))
        if not route.raw:
            what += b"\0" + getattr(request, "_body", b"")
        repeat = request.headers.get(once.HEADER) if route.changes else None
        times: Times | None = request.scope.get(TIMES)
        if times is not None:
            times.wait()
        return Asked(home, key, given, request.headers, repeat, what, times)

    async def _answer(self, route: Route, asked: Asked) -> Answer:
        if route.together is None:
            return (await self._do(route, [asked]))[0]
        if (route, asked.home) not in self._lanes:
            self._lanes[route, asked.home] = Lane(partial(self._do, route))
        return await self._lanes[route, asked.home].ask(asked)

    async def _take(self, request: Request, route: Route, asked: Asked) -> Answer:
        def act(parts: Parts) -> Taking | Answer:
            with working([asked.times]):
                return begin_taking(parts, route, asked, self._admit)

        begun = await self._workers.run(act)
        return begun if isinstance(begun, Answer) else await take(request, begun, self._workers.run, self._limits)

    def _admit_slow(self, who: Principal) -> None:
        self._admit(who)
        if who.kind == "subject":  # one person alone can't keep the threads for it busy
            self._admit_person(who)

    async def _do(self, route: Route, many: Sequence[Asked]) -> list[Answer]:
        lease = 2 * timedelta(seconds=self._limits.request_seconds)

        def act(parts: Parts) -> list[Answer]:
            with working([one.times for one in many]):
                return answer_all(parts, route, many, self._admit_slow if route.slow else self._admit, lease)

        if route.slow:
            return await self._slow.run(act)
        return await (self._alone if route.alone else self._workers).run(act, self._limits.request_seconds)


class _Bounded(APIRoute):
    """A route that looks at the key first, and reads the body within bounds, before FastAPI parses anything."""

    @override
    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()
        route: Route | None = getattr(self.endpoint, "route", None)
        api: Api | None = getattr(self.endpoint, "api", None)

        async def bounded(request: Request) -> Response:
            if route is not None and api is not None:
                api.check(request, route)
                if not route.raw:
                    request._body = await api.body(request)  # noqa: SLF001 - where Starlette keeps what it has read
            response: Response = await handle(request)
            return response

        return bounded


def _is_rare(route: Route) -> bool:
    """What comes so often that it is done together is not; that of the others comes after."""
    return route.together is None


def _signature(endpoint: Callable[..., Any]) -> inspect.Signature:
    own = inspect.signature(endpoint, eval_str=True).parameters.values()
    kind = inspect.Parameter.KEYWORD_ONLY
    request = inspect.Parameter("request", kind, annotation=Request)
    return inspect.Signature([request, *(one.replace(kind=kind) for one in own if one.name != "call")])


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, SolelyError)
    return problem(error).response()


async def _unreadable(app: FastAPI, _: Request, error: Exception) -> Response:
    """Where it is that can't be read, and what is expected there; what was sent is not said again, names neither."""
    assert isinstance(error, RequestValidationError)
    fault, known = error.errors()[0], schema.names(app)
    place = ".".join(str(part) for part in fault["loc"] if isinstance(part, int) or part in known)
    what = "this can't be read" if fault["type"] in _QUOTES else str(fault["msg"])
    return problem(BadInput(what, where=place, cure="see /openapi.json")).response()


async def _fault(_: Request, error: Exception) -> Response:
    failed(structlog.get_logger(), error, "a request failed")
    return other(500, "something went wrong here", "ask again; tell whoever runs this").response()


async def _not_there(app: FastAPI, request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:  # noqa: PLR2004 - method not allowed
        here: set[str] = set()
        for route in app.routes:
            with suppress(AttributeError):
                if route.matches(request.scope)[0] is not Match.NONE:
                    here |= route.methods  # type: ignore[attr-defined]
        return other(405, "this is not asked so", "see /openapi.json", {"allow": ", ".join(sorted(here))}).response()
    if error.status_code == 404:  # noqa: PLR2004 - not found
        return problem(NotFound("nothing is here", where="path", cure="see /openapi.json")).response()
    return problem(BadInput("this can't be read", where="body", cure="see /openapi.json")).response()
