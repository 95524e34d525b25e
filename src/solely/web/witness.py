"""A witness's server: C2SP tlog-witness `POST /add-checkpoint`, and nothing else."""

from __future__ import annotations

import asyncio
import socket

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from solely.app.witness import Answer, Witness
from solely.errors import SolelyError, Unavailable
from solely.ledger.witness import MAX_BYTES
from solely.web.server import run

__all__ = ["serve_witness", "witness_server"]

_SECONDS = 10  # in which a request has to be there
_AT_ONCE = 64  # requests; more are told to come again (503)


def witness_server(witness: Witness) -> FastAPI:
    """The server of a witness. An answer is given only once what it says is stored."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        try:
            async with asyncio.timeout(_SECONDS):
                body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return _response(Answer(408, "the request did not come whole\n"))
        if body is None:
            return _response(Answer(413, f"over {MAX_BYTES} bytes\n"))
        return _response(await run_in_threadpool(_answer, witness, body))

    return app


async def _body(request: Request) -> bytes | None:
    """The body, or None once it is longer than any request."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return None
    return bytes(body)


def _answer(witness: Witness, body: bytes) -> Answer:
    try:
        return witness.add_checkpoint(body)
    except SolelyError as error:
        return Answer(error.status, f"{error}\n")
    except OSError:  # a full disk: nothing was stored, so nothing is signed
        return Answer(Unavailable.status, "what is to be remembered can't be stored\n")


def _response(answer: Answer) -> Response:
    return Response(answer.text, answer.status, headers={"Content-Type": answer.type})


def serve_witness(witness: Witness, place: socket.socket) -> None:
    """Serve until Ctrl-C, which is raised as KeyboardInterrupt once connections are closed."""
    run(witness_server(witness), place, _AT_ONCE)
