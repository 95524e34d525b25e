"""The HTTP API: the same verbs under /v1, as compartments answer them. `open_api` puts it together."""

from __future__ import annotations

from collections.abc import Sequence

from solely.app.ground import Ground
from solely.app.serve_settings import ServeSettings
from solely.principal import Home
from solely.web.api import (
    affected,
    approvals,
    audiences,
    campaigns,
    decisions,
    factors,
    incidents,
    ledger,
    policy,
    preferences,
    principals,
    rights,
    subjects,
    uploads,
    verification,
)
from solely.web.api.app import Api
from solely.web.api.routes import Route

__all__ = ["ROUTES", "Api", "open_api"]

_PARTS = (
    subjects,
    preferences,
    rights,
    factors,
    verification,
    audiences,
    uploads,
    campaigns,
    decisions,
    principals,
    approvals,
    policy,
    incidents,
    affected,
    ledger,
)
ROUTES: tuple[Route, ...] = tuple(route for part in _PARTS for route in part.ROUTES)


def open_api(ground: Ground, homes: Sequence[Home], settings: ServeSettings) -> Api:
    """The API of these compartments. Serve its `door` by ASGI, and `close` it at the end."""
    return Api(ground, homes, settings, ROUTES)
