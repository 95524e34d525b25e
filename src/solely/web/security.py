"""The page of one person's factors, for a trial on this machine: they are enrolled, used and removed in a real browser.

- It vouches for its one person as a platform's own session would: whoever uses this machine can open it. So it is
  bound to this machine, and no more than a trial.
- A request that asks for anything shows the token of this start, which other sites can't read; one that changes
  anything comes from this page itself, as JSON.
- No script, style or picture but its own. Every error says what, where and the cure (RFC 9457).
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from threading import Lock
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from solely.errors import BadInput, NotFound, Refused, SolelyError, Throttled
from solely.verification import Challenge, Enrolment, Factor, Proof, Verification, Wanted, totp
from solely.verification.challenge import MANAGE
from solely.web.server import HOST, reserve, run

__all__ = ["security_page", "serve_security"]

_NAME = "localhost"  # a passkey is bound to a name; to an address there is none
_HEADER = "x-solely-token"
_MAX_BODY = 65_536  # bytes: the largest answer of a passkey has some 24,000
_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
)
_HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": "; ".join(_POLICY),
        "Permissions-Policy": "publickey-credentials-create=(self), publickey-credentials-get=(self)",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
)

Text = Annotated[str, Field(max_length=256)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Enrolling(_Body):
    """A factor that is wanted."""

    kind: Literal["passkey", "totp", "recovery-codes"]
    name: Text = ""
    proof: UUID | None = None


class Answered(_Body):
    """An answer to a challenge: a code, or what the browser returned. A passkey says itself which factor it is."""

    challenge: UUID
    factor: UUID | None = None
    answer: Text | dict[str, Any]


class Removing(_Body):
    """A factor that is to go."""

    factor: UUID
    proof: UUID | None = None


class Named(_Body):
    """Who wants to sign in."""

    name: Text


@dataclass(frozen=True, slots=True, repr=False)
class _Page:
    """What the page can be asked. Requests come in several threads, and verification is for one at a time."""

    verification: Verification
    subject: str
    lock: Lock

    @property
    def now(self) -> datetime:
        return self.verification.security.clock()

    def factors(self) -> list[dict[str, Any]]:
        with self.lock:
            return [_factor(one) for one in self.verification.factors(self.subject)]

    def enrol(self, wanted: Enrolling) -> dict[str, Any]:
        chosen = Wanted(wanted.kind, account=self.subject, name=wanted.name.strip())
        with self.lock:
            return _enrolment(self.verification.enrol(self.subject, chosen, proof=wanted.proof))

    def challenge(self) -> dict[str, Any]:
        with self.lock:
            return _challenge(self.now, self.verification.challenge(self.subject, act=MANAGE))

    def answer(self, given: Answered) -> dict[str, Any]:
        with self.lock:
            factor = given.factor or self.verification.passkey(self.subject, given.answer)
            proof = self.verification.answer(self.subject, given.challenge, factor, given.answer)
        assert isinstance(proof, Proof)  # only a recovery asks for more, and none is started here
        return _proof(self.subject, proof)

    def remove(self, unwanted: Removing) -> None:
        with self.lock:
            self.verification.remove(self.subject, unwanted.factor, proof=unwanted.proof)

    def sign_in(self) -> dict[str, Any]:
        with self.lock:
            return _challenge(self.now, self.verification.sign_in())

    def sign_in_answer(self, given: Answered) -> dict[str, Any]:
        with self.lock:
            return _proof(*self.verification.sign_in_answer(given.challenge, given.answer))

    def sign_in_as(self, who: Named) -> dict[str, Any]:
        """For anyone but the page's person there is nothing here, as there is for someone nobody knows."""
        if who.name != self.subject:
            raise NotFound("nobody of that name signs in here", where="name", cure="type the name, or use a passkey")
        with self.lock:
            return _challenge(self.now, self.verification.challenge(self.subject))


def _factor(one: Factor) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "kind": one.kind,
        "name": one.name,
        "state": one.state,
        "since": (one.activated_at or one.created_at).isoformat(),
        "used": one.used_at.isoformat() if one.used_at else None,
        "phishing_resistant": one.phishing_resistant,
        "restricted": one.restricted,
    }


def _challenge(now: datetime, begun: Challenge) -> dict[str, Any]:
    typed = [_factor(one) for one in begun.factors if one.kind in {"totp", "recovery-codes"}]
    return {
        "challenge": str(begun.id),
        "seconds": (begun.expires_at - now).total_seconds(),  # not a time of day: the browser's clock may differ
        "factors": typed,
        "passkey": begun.passkey,
    }


def _enrolment(begun: Enrolment) -> dict[str, Any]:
    shown = {"qr": _picture(begun.uri), "secret": _secret(begun.uri)} if begun.uri else {}
    return {
        "factor": str(begun.factor),
        "challenge": str(begun.challenge),
        "codes": list(begun.codes),
        "passkey": begun.passkey,
        **shown,
    }


def _proof(subject: str, proof: Proof) -> dict[str, Any]:
    return {
        "subject": subject,
        "proof": str(proof.id),
        "kind": proof.kind,
        "at": proof.at.isoformat(),
        "amr": list(proof.assurance.amr),
        "aal": proof.assurance.aal,
        "phishing_resistant": proof.assurance.phishing_resistant,
    }


def _picture(uri: str) -> str:
    """The QR code as a picture's address: no script ever puts markup into the page."""
    svg = totp.qr_svg(uri).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _secret(uri: str) -> str:
    """The same to be typed: groups of four, which apps read."""
    text = parse_qs(urlsplit(uri).query)["secret"][0]
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def security_page(verification: Verification, subject: str, port: int) -> FastAPI:
    """The page of one person at http://localhost:`port`, whatever origins the settings name. Takes `verification`."""
    origin = f"http://{_NAME}:{port}"
    security = verification.security
    service = security.settings.service.model_copy(update={"domain": _NAME, "origins": (origin,)})
    security = replace(security, settings=security.settings.model_copy(update={"service": service}))
    page = _Page(replace(verification, security=security), subject, Lock())
    token = security.entropy(32).hex()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    _put_files(app, subject, token)
    app.add_api_route("/api/factors", page.factors, methods=["GET"])
    app.add_api_route("/api/enrol", page.enrol, methods=["POST"])
    app.add_api_route("/api/challenge", page.challenge, methods=["POST"])
    app.add_api_route("/api/answer", page.answer, methods=["POST"])
    app.add_api_route("/api/remove", page.remove, methods=["POST"], status_code=204)
    app.add_api_route("/api/sign-in", page.sign_in, methods=["POST"])
    app.add_api_route("/api/sign-in/answer", page.sign_in_answer, methods=["POST"])
    app.add_api_route("/api/sign-in/name", page.sign_in_as, methods=["POST"])
    app.add_exception_handler(SolelyError, _told)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _not_there)
    app.middleware("http")(_Guard(origin, token, port))
    return app


def _put_files(app: FastAPI, subject: str, token: str) -> None:
    """The two pages and what they need, read once."""
    loader = PackageLoader("solely.web")
    templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    files = {
        path: (templates.get_template(f"{name}.html").render(subject=subject, token=token), "text/html")
        for path, name in (("/", "security"), ("/sign-in", "sign-in"))
    }
    for name, kind in (("security.css", "text/css"), ("security.js", "text/javascript")):
        files[f"/{name}"] = (loader.get_source(templates, name)[0], kind)
    for path, (text, kind) in files.items():
        app.add_api_route(path, _File(text, kind), methods=["GET", "HEAD"])


@dataclass(frozen=True, slots=True)
class _File:
    text: str
    kind: str

    def __call__(self) -> Response:
        return Response(self.text, media_type=f"{self.kind}; charset=utf-8")


@dataclass(frozen=True, slots=True, repr=False)
class _Guard:
    """Who may ask at all: this page of this start, in a browser of this machine."""

    origin: str
    token: str
    port: int

    async def __call__(self, request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        if request.headers.get("host") == f"{HOST}:{self.port}" and request.method == "GET":
            response: Response = RedirectResponse(self.origin + request.url.path)  # passkeys are for the name
        elif error := self._fault(request):
            response = _problem(error)
        else:
            response = await go_on(request)
        response.headers.update(_HEADERS)
        return response

    def _fault(self, request: Request) -> SolelyError | None:
        """A stranger's domain may point to this machine, and a stranger's page may send requests to it."""
        headers = request.headers
        if headers.get("host") != self.origin.removeprefix("http://"):
            return BadInput("this page has another name", where="Host", cure=f"open {self.origin}/")
        if not request.url.path.startswith("/api/"):
            return None
        if not hmac.compare_digest(headers.get(_HEADER, "").encode(), self.token.encode()):
            return Refused("this page is of an earlier start", where=_HEADER, cure="load it again")
        return None if request.method == "GET" else self._fault_of_change(request)

    def _fault_of_change(self, request: Request) -> SolelyError | None:
        headers = request.headers
        if headers.get("origin") != self.origin or headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return Refused("only this page itself may ask that", where="Origin", cure=f"open {self.origin}/")
        if headers.get("content-type") != "application/json":
            return BadInput("what is sent is JSON", where="Content-Type", cure="send application/json")
        size = headers.get("content-length", "")
        if not (size.isascii() and size.isdecimal() and len(size) < 10 and int(size) <= _MAX_BODY):  # noqa: PLR2004
            return BadInput("too much is sent at once", where="Content-Length", cure=f"send {_MAX_BODY} bytes at most")
        return None


def _problem(error: SolelyError) -> JSONResponse:
    """RFC 9457, with the parts that our errors have."""
    said = {"what": error.what, "where": error.where, "cure": error.cure, "error": type(error).__name__}
    if isinstance(error, Throttled) and error.retry_at is not None:
        said["retry_at"] = error.retry_at.isoformat()
    return _problem_of(error.status, **said)


def _problem_of(status: int, **said: str) -> JSONResponse:
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, **said}
    return JSONResponse(content, status, media_type="application/problem+json")


def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, SolelyError)
    return _problem(error)


def _unreadable(_: Request, error: Exception) -> Response:
    """What was typed is not said again: it may be a code."""
    assert isinstance(error, RequestValidationError)
    place = ".".join(str(part) for part in error.errors()[0]["loc"] if part != "body")
    return _problem(BadInput("this can't be read", where=place, cure="load the page again"))


def _not_there(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problem_of(error.status_code, what="not here", where="", cure="see the page at /", error="NotFound")


def serve_security(
    verification: Verification, subject: str, port: int, ready: Callable[[str], object] = lambda _: None
) -> None:
    """Serve the page of one person until Ctrl-C, raised as KeyboardInterrupt; `ready` is told its address first.

    Raises Unavailable where the port is taken. `verification` is not used elsewhere meanwhile; port 0 takes a free one.
    """
    with reserve(port) as place:
        taken = place.getsockname()[1]
        app = security_page(verification, subject, taken)
        ready(f"http://{_NAME}:{taken}/")
        run(app, place)
