"""How what is served is served: a port taken, an application run until Ctrl-C; and the page of a story."""

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from solely.errors import Unavailable
from solely.web.page import Page

__all__ = ["HOST", "application", "reserve", "run", "serve"]

HOST = "127.0.0.1"


def application(page: Page) -> FastAPI:
    """One page at /. Names of other hosts are refused: a stranger's domain may point to this machine."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])

    @app.api_route("/", methods=["GET", "HEAD"])
    def story() -> Response:
        return Response(page.body, media_type="text/html; charset=utf-8", headers=dict(page.headers))

    return app


def reserve(port: int, host: str = HOST) -> socket.socket:
    """Take the port now, to serve there later. Raises Unavailable where someone else has it."""
    place = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind((host, port))
        place.listen()  # who comes early waits; and a port merely bound could be taken twice
    except OSError as error:
        place.close()
        raise Unavailable("the port can't be had", where=f"{host}:{port}", cure="name another with --port") from error
    return place


def serve(page: Page, place: socket.socket) -> None:
    """Serve the page until Ctrl-C, to this machine alone."""
    run(application(page), place)


def run(app: FastAPI, place: socket.socket, at_once: int | None = None) -> None:
    """Serve until Ctrl-C, which is raised as KeyboardInterrupt once connections are closed.

    Of more than `at_once` connections the rest are told to come again (503).
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=at_once,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[place])
    if server.should_exit:  # the interrupt came so late that the loop had ended when it was passed on
        raise KeyboardInterrupt
