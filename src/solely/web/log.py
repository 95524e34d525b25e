"""The published ledger over HTTP (C2SP tlog-tiles): a checkpoint, tiles, bundles of entries, and nothing else.

What is published is for everyone, and proves itself: no caller is asked who they are. Any server of static files can
take this one's place.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from solely.ledger.tiles import CHECKPOINT
from solely.web.server import run

__all__ = ["log_server", "serve_log"]

# tlog-tiles: levels 0 to 63; numbers in groups of three digits; a partial file's width of 1 to 255.
_PATH = re.compile(
    r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?",
    re.ASCII,
)
_LONGEST = 64  # characters of a path: a number of 64 bits and its width
_FOR_EVER = "public, max-age=31536000, immutable"  # what stands in a tile never changes
_FRESH = "no-cache"
_AT_ONCE = 256  # requests; more are told to come again (503)


def log_server(folder: Path) -> FastAPI:
    """The server of a published folder; a file that is not there yet, or no more, is 404."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)

    @app.api_route(f"/{CHECKPOINT}", methods=["GET", "HEAD"])
    def checkpoint() -> FileResponse:
        return _file(folder / CHECKPOINT, "text/plain; charset=utf-8", _FRESH)

    @app.api_route("/tile/{rest:path}", methods=["GET", "HEAD"])
    def tile(rest: str) -> FileResponse:
        path = f"tile/{rest}"
        if len(path) > _LONGEST or not _PATH.fullmatch(path):
            raise HTTPException(404)
        return _file(folder / path, "application/octet-stream", _FOR_EVER)

    return app


def _file(path: Path, type_: str, kept: str) -> FileResponse:
    if not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, headers={"Cache-Control": kept, "Content-Type": type_})


def serve_log(folder: Path, place: socket.socket) -> None:
    """Serve until Ctrl-C, which is raised as KeyboardInterrupt once connections are closed."""
    run(log_server(folder), place, _AT_ONCE)
