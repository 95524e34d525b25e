"""A body read within its bounds: type, size, time and depth are looked at before anything parses it.

No text has a NUL in it: no database would keep it.
"""

from __future__ import annotations

import asyncio
import re

from starlette.requests import ClientDisconnect, Request

from solely.app.serve_settings import Limits
from solely.errors import BadInput, TooLarge, TooSlow, WrongType
from solely.web.api.answer import JSON

__all__ = ["check_depth", "check_type", "read_body", "said_length"]

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_TYPE = re.compile(r'application/json(?:\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_LENGTH = re.compile(r"[0-9]{1,15}")


async def read_body(request: Request, limits: Limits) -> bytes:
    """A JSON body, unparsed; empty where there is none. Raises WrongType, TooLarge, TooSlow, BadInput."""
    if said_length(request) > limits.body_bytes:
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.read_seconds):
            body = await _read(request, limits)
    except TimeoutError:
        raise TooSlow("the body did not come whole in time", cure="send it at once") from None
    except ClientDisconnect:
        raise TooSlow("the connection ended before the body did", cure="send it again") from None
    if body:
        check_type(request.headers.get("content-type", ""))
        check_depth(body, limits.json_depth)
        if _NUL.search(body):
            raise BadInput("a character that is none: NUL", where="body", cure="leave it out")
    return body


def said_length(request: Request) -> int:
    """The bytes that a body is said to have, 0 where that is not said. Raises BadInput."""
    length = request.headers.get("content-length", "0")
    if not _LENGTH.fullmatch(length):
        raise BadInput("not a length in bytes", where="Content-Length")
    return int(length)


async def _read(request: Request, limits: Limits) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.body_bytes:
            raise _too_large(limits)
    return bytes(body)


def _too_large(limits: Limits) -> TooLarge:
    return TooLarge("the body is too large", where="body", cure=f"send {limits.body_bytes} bytes at most")


def check_type(named: str) -> None:
    """Raise WrongType for what is not JSON: no other type is guessed at."""
    if not _TYPE.fullmatch(named.strip()):
        raise WrongType("what is sent is JSON", where="Content-Type", cure=f"send it as {JSON}")


def check_depth(body: bytes, most: int) -> None:
    """Raise BadInput for JSON that is nested deeper: a parser would go as deep."""
    if body.count(b"[") + body.count(b"{") <= most:
        return
    depth = 0
    for sign in re.findall(rb"[\[\]{}]", _STRING.sub(b"", body)):
        depth += 1 if sign in b"[{" else -1
        if depth > most:
            raise BadInput("nested too deep", where="body", cure=f"up to {most} deep")
