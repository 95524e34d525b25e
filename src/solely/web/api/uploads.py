"""Lists that are sent: begun for an audience, sent whole or in parts, looked at, deleted. Of advertising's compartment.

What it is for follows from who sends it: an advertiser's own customers, or people whom a partner knows.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Header
from pydantic import Field
from typing_extensions import override

from solely.app.parts import Parts
from solely.app.uploads import begin as begin_upload
from solely.app.uploads import open_uploads
from solely.audiences.match import Target
from solely.audiences.spool import Writing
from solely.audiences.upload import Uploads
from solely.errors import BadInput, Conflict, ListError, SolelyError, TooLarge, TooSlow, WrongType
from solely.principal import Kind
from solely.store.incoming import OPEN, Incoming, State
from solely.web.api.answer import Answer, answer_of
from solely.web.api.audiences import Titled
from solely.web.api.problem import problem
from solely.web.api.routes import Body, Call, Name, Route, Said, etag
from solely.web.api.taking import Taking

__all__ = ["ROUTES"]

Meaning = Literal["email", "phone", "country", "identifier", "ignored"]
_PURPOSES: Mapping[Kind, str] = MappingProxyType({"advertiser": "tailored-audiences", "partner": "partner-audiences"})
_WRAPPED = re.compile(r"multipart/|application/(x-www-form-urlencoded|json)\b", re.IGNORECASE)
_SHA_256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)")


class New(Body):
    """How the list is to be read, where its reader should not tell it by itself."""

    country: str | None = Field(None, pattern=r"^[A-Za-z]{2}$", description="where national phone numbers are from")
    columns: dict[Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}$")], Meaning] = Field(
        {}, max_length=100, description="what a column means, by its number from 1", examples=[{"2": "phone"}]
    )


class Column(Said):
    """A column and what it was read as. Its header is told where every word of it is one of ours."""

    number: int
    header: str | None
    meaning: Meaning
    by: Literal["header", "content", "caller"]


class Unusable(Said):
    """A row that can't be used by its form: `reason` is one of docs/lists.md."""

    row: int
    line: int
    reason: str


class Report(Said):
    """What the list holds, by its form alone: nothing here says whether a row met anybody."""

    rows: int
    usable: int
    unusable: dict[str, int]
    first_unusable: list[Unusable]
    columns: list[Column]
    format: str
    encoding: str
    delimiter: str
    header: bool


class Trouble(Said):
    """Why a list was refused."""

    error: str
    what: str
    where: str
    cure: str


class Upload(Said):
    """A list on its way, or what came of it."""

    id: UUID
    advertiser: str
    audience: str
    purpose: str
    state: State
    offset: int = Field(description="bytes that have come")
    begun_at: datetime
    expires_at: datetime = Field(description="by then it has come whole, or is refused")
    use: int | None = Field(description="the number of its use in the ledger, counted among advertising's alone")
    report: Report | None
    problem: Trouble | None

    @override
    def headers(self) -> Mapping[str, str]:
        whole = "?0" if self.state == "receiving" else "?1"
        come = {"upload-offset": str(self.offset), "upload-complete": whole}
        return {"location": f"/v1/uploads/{self.id}", **come, "etag": etag(self)}


def begin(call: Call, advertiser: Name, audience: Titled, options: New | None = None) -> Upload:
    """Begin a list for an audience, which is made where there is none of that name.

    Send its content to the address in `Location`, with `/content` after it.
    """
    partner = call.principal.name if call.principal.kind == "partner" else None
    purpose = _PURPOSES[call.principal.kind]
    call.principal.require_purpose(purpose)
    asked = options.model_dump(exclude_defaults=True) if options else {}
    return _said(begin_upload(call.parts, Target(advertiser, audience, partner), purpose, asked), 0)


def one(call: Call, upload: UUID) -> Upload:
    """How far a list is, and what came of it.

    `ready` and `too-small` are told of the whole audience. A report speaks of the form of the rows alone.
    """
    return _look(call, upload)


def offset(call: Call, upload: UUID) -> Answer:
    """How many bytes have come: `Upload-Offset`."""
    return Answer(204, headers=_look(call, upload).headers())


def remove(call: Call, upload: UUID) -> None:
    """Give up a list on its way; take what a matched one reached out of its audience."""
    uploads, found = _find(call, upload)
    uploads.end(found)


def receive(
    call: Call,
    upload: UUID,
    upload_offset: Annotated[int, Header(ge=0, lt=1 << 60, description="where in the list this begins")] = 0,
    upload_complete: Annotated[Literal["?0", "?1"], Header(description="`?0`: more will come")] = "?1",
    content_digest: Annotated[
        str | None, Header(max_length=1000, description="RFC 9530: what is sent counts whole and right, or not at all")
    ] = None,
) -> Receiving | Answer:
    """Send a list, or a part of it: CSV, TXT, TSV, XLSX or Parquet, packed with gzip or not.

    What was broken off is sent on from where HEAD says that it ended. Once it is whole it is matched, and then gone.
    """
    if _WRAPPED.match(call.headers.get("content-type", "")):
        raise WrongType("the list itself is sent, in no form and in no JSON", where="Content-Type", cure="curl -T LIST")
    expected = None if content_digest is None else _sha_256(content_digest)
    uploads, found = _find(call, upload)
    if found.state != "receiving":
        raise Conflict("this list is whole already", where="upload", cure="look at it, or begin another")
    stack = ExitStack()
    writing = stack.enter_context(uploads.spool(found).writing())
    if writing.offset != upload_offset:
        stack.close()
        what = Conflict("it does not go on from there", where="Upload-Offset", cure="send on from where HEAD says")
        return replace(problem(what), headers={"upload-offset": str(writing.offset), "upload-complete": "?0"})
    return Receiving(found, writing, stack, expected, whole=upload_complete == "?1")


class Receiving(Taking):
    """A list, or a part of one, being received: it holds the list's file until it ends."""

    def __init__(self, of: Incoming, writing: Writing, held: ExitStack, expected: bytes | None, *, whole: bool) -> None:
        self._of, self._writing, self._held, self._expected, self._whole = of, writing, held, expected, whole
        self._seen = hashlib.sha256()

    @property
    @override
    def offset(self) -> int:
        """Bytes that have come."""
        return self._writing.offset

    @override
    def take(self, block: bytes) -> None:
        """Keep some more."""
        self._seen.update(block)
        self._writing.add(block)

    @override
    def end(self, parts: Parts, fault: SolelyError | None) -> Answer:
        """What has come is durable. What was to be checked as one, and is not whole or not right, is taken back."""
        with self._held:
            if isinstance(fault, TooLarge):
                told = {"error": "TooLarge", "what": fault.what, "where": fault.where, "cure": fault.cure}
                open_uploads(parts).finish(self._of, "refused", {"problem": told})
                return problem(fault)
            if self._expected is not None and (fault is not None or self._seen.digest() != self._expected):
                self._writing.back()
                fault = fault or BadInput(
                    "it is not what its digest says", where="Content-Digest", cure="send it again"
                )
            self._writing.keep()
            if fault is not None:
                answer = problem(fault)
                return replace(answer, headers={**answer.headers, "upload-offset": str(self.offset)})
            one = open_uploads(parts).whole(self._of, self.offset) if self._whole else self._of
            return answer_of(said := _said(one, self.offset), 202, said.headers())

    @override
    def close(self) -> None:
        """Leave it as it is."""
        self._held.close()


def _sha_256(header: str) -> bytes:
    found = _SHA_256.search(header)
    if found is None:
        raise BadInput(
            "no SHA-256 is in it", where="Content-Digest", cure="send sha-256=:…: in Base64, or leave it out"
        )
    return base64.b64decode(found[1])


def _find(call: Call, upload: UUID) -> tuple[Uploads, Incoming]:
    """A list of whoever calls; another's is not there."""
    who, uploads = call.principal, open_uploads(call.parts)
    if who.kind == "partner":
        advertisers = [one.advertiser for one in who.agreements if one.stands(call.now)]
        return uploads, uploads.find(advertisers, who.name, upload)
    return uploads, uploads.find([who.name], None, upload)


def _look(call: Call, upload: UUID) -> Upload:
    uploads, found = _find(call, upload)
    return _said(found, uploads.spool(found).size if found.state == "receiving" else found.length or 0)


def _said(one: Incoming, offset: int) -> Upload:
    told: Mapping[str, Any] = (one.told if one.state not in OPEN else None) or {}
    return Upload(
        id=one.upload,
        advertiser=one.advertiser,
        audience=one.audience,
        purpose=one.purpose,
        state=one.state,
        offset=offset,
        begun_at=one.begun_at.astimezone(UTC),
        expires_at=one.expires_at.astimezone(UTC),
        use=told.get("use"),
        report=Report.model_validate(told["report"]) if "report" in told else None,
        problem=Trouble.model_validate(told["problem"]) if "problem" in told else None,
    )


_BEGIN, _ONE = "/v1/advertisers/{advertiser}/audiences/{audience}/uploads", "/v1/uploads/{upload}"
ROUTES = (
    Route(
        method="POST", path=_BEGIN, homes=("advertising",), act="upload", endpoint=begin, status=201,
        yields={"upload": "/id"}, problems=(ListError,),
    ),
    Route(method="GET", path=_ONE, homes=("advertising",), act="upload", endpoint=one),
    Route(method="HEAD", path=_ONE, homes=("advertising",), act="upload", endpoint=offset, status=204),
    Route(method="DELETE", path=_ONE, homes=("advertising",), act="upload", endpoint=remove, status=204),
    Route(
        method="PUT", path=_ONE + "/content", homes=("advertising",), act="upload", endpoint=receive, status=202,
        raw=True, said=Upload, problems=(TooLarge, TooSlow, WrongType, Conflict),
    ),
)  # fmt: skip
