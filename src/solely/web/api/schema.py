"""Routes as OpenAPI 3.1 tells them: a summary, examples, who may, and every problem they may answer with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from solely.errors import (
    BadInput,
    Conflict,
    NotFound,
    Outdated,
    Refused,
    SolelyError,
    Throttled,
    TooLarge,
    TooSlow,
    Unauthenticated,
    Unavailable,
    WrongType,
)
from solely.web.api.answer import JSON, OK
from solely.web.api.examples import put_examples
from solely.web.api.leads import links_from
from solely.web.api.once import KEY
from solely.web.api.problem import MEDIA_TYPE, Problem, type_of
from solely.web.api.routes import Route, Said

__all__ = ["HEALTH", "names", "put", "told"]

_ALWAYS = (BadInput, Unauthenticated, Refused, NotFound, Throttled, Unavailable)
_TEXT = {"type": "string"}
_WITH_BODY = (TooSlow, TooLarge, WrongType)
_CHANGES = (Conflict, Outdated)
_REF = MappingProxyType({"$ref": "#/components/schemas/Problem"})
_KEY = MappingProxyType(
    {"type": "http", "scheme": "bearer", "description": "an API key of one compartment, or a person's token"}
)
HEALTH: dict[str, Any] = {
    "tags": ["health"],
    "status_code": 204,
    "responses": {503: {"model": Problem}},
}


def put(app: FastAPI, route: Route, endpoint: Callable[..., Any], routes: Sequence[Route]) -> None:
    """Put a route into the application; `routes` are all that it will have."""
    said = route.said or inspect.signature(route.endpoint, eval_str=True).return_annotation
    tagged = _tagged(said) and not route.raw
    summary, _, rest = inspect.cleandoc(route.endpoint.__doc__ or "").partition("\n")
    app.add_api_route(
        route.path,
        endpoint,
        methods=[route.method],
        status_code=route.status,
        response_model=said if inspect.isclass(said) and issubclass(said, BaseModel) else None,
        operation_id=route.name,
        summary=summary.rstrip("."),
        description=rest.strip() + f"\n\nTakes the right `{route.act}` in: {', '.join(route.homes)}.",
        tags=[route.endpoint.__module__.rpartition(".")[2]],
        responses=_responses(route, routes, tagged=tagged),
        openapi_extra={"security": [{"key": []}], "parameters": _headers(route, tagged=tagged), **_body(route)},
        response_class=JSONResponse if route.media == JSON else Response,
    )


def _tagged(said: object) -> bool:
    """Whether it is answered with an entity tag: it tells headers of its own."""
    return inspect.isclass(said) and issubclass(said, Said) and said.headers is not Said.headers


def _responses(route: Route, routes: Sequence[Route], *, tagged: bool) -> dict[int | str, dict[str, Any]]:
    kinds: list[type[SolelyError]] = [*_ALWAYS, *route.problems]
    if route.changes:
        kinds += [*_WITH_BODY, *_CHANGES]
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({kind.status for kind in kinds}):
        types = sorted({type_of(kind) for kind in kinds if kind.status == status})
        found[status] = {"model": Problem, "description": ", ".join(types)}
    answered = found[route.status] = {}
    if route.media != JSON:
        answered["description"] = "the file"
        answered["content"] = {route.media: {"schema": {"type": "string", "contentMediaType": route.media}}}
    if links := links_from(route, routes):
        answered["links"] = links
    if tagged:
        answered["headers"] = {"ETag": {"schema": _TEXT, "description": "stays while it does"}}
        if not route.changes:
            found[304] = {"description": "it is as you have it"}
    return found


def _headers(route: Route, *, tagged: bool) -> list[dict[str, Any]]:
    said = []
    if route.changes:
        told = "asked again under the same key, it is answered as the first time, and done once"
        said.append(_header("Idempotency-Key", {"type": "string", "pattern": KEY}, told))
    if tagged and route.changes and route.status == OK:
        said.append(_header("If-Match", _TEXT, "the ETag of what is changed, as it was read: else it is 412"))
    if tagged and not route.changes:
        said.append(_header("If-None-Match", _TEXT, "the ETag of what you have: if it stands, it is 304"))
    return said


def _body(route: Route) -> dict[str, Any]:
    """The body of a route that takes it as it comes."""
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "content": content}} if route.raw else {}


def _header(name: str, schema: dict[str, Any], told: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": told}


def names(app: FastAPI) -> frozenset[str]:
    """All names of ours by which a place in a request is called: what is sent may have names of its own."""
    if not hasattr(app.state, "names"):
        app.state.names = _names(app.openapi())
    known: frozenset[str] = app.state.names
    return known


def _names(found: dict[str, Any]) -> frozenset[str]:
    parts = {name for one in found["components"]["schemas"].values() for name in one.get("properties", ())}
    asked = (
        one for methods in found["paths"].values() for told in methods.values() for one in told.get("parameters", ())
    )
    return frozenset({"body", "path", "query", "header", *parts, *(one["name"] for one in asked)})


def told(app: FastAPI) -> dict[str, Any]:
    """The schema: FastAPI's own, but that problems are of their own type, and that 422 is answered by nobody."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        for operation in (one for methods in found["paths"].values() for one in methods.values()):
            operation["responses"].pop("422", None)
            for said in operation["responses"].values():
                content = said.get("content", {})
                if content.get("application/json", {}).get("schema") == dict(_REF):
                    content[MEDIA_TYPE] = content.pop("application/json")
        parts = found.setdefault("components", {})
        for name in ("HTTPValidationError", "ValidationError"):
            parts.get("schemas", {}).pop(name, None)
        parts["securitySchemes"] = {"key": dict(_KEY)}
        put_examples(found)
        app.openapi_schema = found
    return app.openapi_schema
