"""Where answers lead: links of OpenAPI from what names something to the routes that do more with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from solely.web.api.routes import Route

__all__ = ["links_from"]

_PART = re.compile(r"{(\w+)}")


def links_from(route: Route, routes: Sequence[Route]) -> dict[str, Any]:
    """The links of a route's answer, by the name of the route each leads to.

    It leads to what is below the same things, in the same compartment, by a name that is told in the answer
    (`Route.yields`).
    """
    return {one.name: link for one in routes if (link := _link(route, one)) is not None}


def _link(route: Route, other: Route) -> dict[str, Any] | None:
    own, wanted = (set(_PART.findall(one.path)) for one in (route, other))
    told = {name: f"$response.body#{place}" for name, place in route.yields.items() if name in wanted - own}
    near = _kind(other) in {_kind(route), *(f"/v1/{name}s" for name in told)} and set(route.homes) & set(other.homes)
    if not told or not near or not wanted <= own | set(told):
        return None
    parameters = {name: told.get(name, f"$request.path.{name}") for name in sorted(wanted)}
    return {"operationId": other.name, "parameters": parameters}


def _kind(route: Route) -> str:
    """What all of it is about: /v1/subjects, /v1/sign-ins. Ids of one mean nothing in another."""
    return "/".join(route.path.split("/")[:3])
