"""Whether a process is alive, and whether it is ready: for a load balancer, and telling nothing else."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Response

from solely.app.ground import Ground
from solely.app.parts import Parts
from solely.errors import SolelyError

__all__ = ["alive", "is_ready"]


def alive(ready: Callable[[], bool]) -> FastAPI:
    """GET /health/live is 204 while the process runs, GET /health/ready once what it needs answers, 503 until then."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.api_route("/health/live", methods=["GET", "HEAD"])
    def live() -> Response:
        return Response(status_code=204)

    @app.api_route("/health/ready", methods=["GET", "HEAD"])
    def is_so() -> Response:
        return Response(status_code=204 if ready() else 503)

    return app


def is_ready(ground: Ground) -> bool:
    """Whether the roles of this process can log in."""
    try:
        with Parts(ground) as parts:
            for name in ground.own:
                parts.login(name).execute("SELECT 1")
    except SolelyError:
        return False
    return True
