"""The pages in a FastAPI or Starlette application: a router, accounts by its sessions, a proof as a dependency.

app.include_router(pages_router(Pages(client, "Chirp", offers, secret, accounts.current, accounts=accounts)))
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, MutableMapping
from datetime import timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from solely.client.client import Client
from solely.client.pages import Asked, Cookie, Pages, Reply, read_form
from solely.client.pages.asked import MOST
from solely.client.verification import Proof
from solely.errors import BadInput, Conflict, ProofNeeded

__all__ = ["SessionAccounts", "pages_router", "proved"]

_WHO = "solely-who"


class SessionAccounts:
    """Accounts by Starlette's sessions (`SessionMiddleware`). `table` is the platform's: the subject of each name."""

    def __init__(self, table: MutableMapping[str, str]) -> None:
        self._table, self._lock = table, Lock()

    def current(self, request: Request) -> str | None:
        """Who is signed in; a session ends with its account."""
        name, subject = request.session.get(_WHO, ("", ""))
        return subject if subject and self._table.get(name) == subject else None

    def create(self, request: Request, name: str) -> str:  # noqa: ARG002 - of the port
        """Make an account. Raises Conflict where the name is taken."""
        subject = secrets.token_hex(16)
        with self._lock:
            if self._table.setdefault(name, subject) != subject:
                raise Conflict("that name is taken", where="name", cure="choose another")
        return subject

    def find(self, request: Request, name: str) -> str | None:  # noqa: ARG002 - of the port
        """The subject of that name."""
        return self._table.get(name)

    def remove(self, request: Request, subject: str) -> None:  # noqa: ARG002 - of the port
        """Remove an account."""
        with self._lock:
            for name in [one for one, of in self._table.items() if of == subject]:
                del self._table[name]

    def sign_in(self, request: Request, subject: str) -> None:
        """Begin a session."""
        request.session.clear()
        names = (name for name, of in self._table.items() if of == subject)
        request.session[_WHO] = (next(names, ""), subject)

    def sign_out(self, request: Request) -> None:
        """End it."""
        request.session.clear()


def pages_router(pages: Pages, prefix: str = "/account") -> APIRouter:
    """The pages below a path, for `include_router`."""
    router = APIRouter(prefix=prefix, include_in_schema=False)

    async def page(request: Request, path: str) -> Response:
        asked = _asked(request, path, request.scope.get("root_path", "") + prefix, await _body(request))
        return _response(await run_in_threadpool(pages.reply, asked), asked)

    router.add_api_route("/{path:path}", page, methods=["GET", "HEAD", "POST"])
    return router


def proved(
    client: Client,
    current_user: Callable[[Request], str | None],
    act: str,
    *,
    max_age: timedelta = timedelta(minutes=5),
    prefix: str = "/account",
) -> Any:
    """A dependency: the fresh proof that the signed-in person gave for an act; else they go and give it, and come back.

    `proof: Annotated[Proof, proved(client, current_user, "pay")]`
    """

    def find(request: Request) -> Proof:
        subject = current_user(request)
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        step_up = f"{request.scope.get('root_path', '')}{prefix}/step-up?{urlencode({'act': act, 'next': back})}"
        try:
            shown = UUID(request.cookies.get(f"solely-proof-{act}", ""))
            found = client.prove(subject, shown, act=act, max_age=max_age) if subject else None
        except (ValueError, ProofNeeded):
            found = None
        if found is None:
            raise HTTPException(303, headers={"Location": step_up})
        return found

    return Depends(find)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST:  # told as too large by whoever reads it
            break
    return bytes(body)


def _asked(request: Request, path: str, prefix: str, body: bytes) -> Asked:
    try:
        form = read_form(body, request.headers.get("content-type", ""))
    except BadInput:
        form = {}  # without its token it is no form of ours
    return Asked(
        method=request.method,
        path=path,
        prefix=prefix,
        host=request.headers.get("host", ""),
        secure=request.url.scheme == "https",
        headers=dict(request.headers),
        cookies=request.cookies,
        query=dict(request.query_params),
        form=form,
        source=request.client.host if request.client else None,
        request=request,
    )


def _response(reply: Reply, asked: Asked) -> Response:
    headers = {**reply.headers, "content-type": reply.type} if reply.body else dict(reply.headers)
    response = Response(reply.body, reply.status, headers)
    for one in reply.cookies:
        _set(response, one, asked)
    return response


def _set(response: Response, one: Cookie, asked: Asked) -> None:
    response.set_cookie(
        one.name, one.value, max_age=one.seconds, path="/", secure=asked.secure, httponly=True, samesite="lax"
    )
