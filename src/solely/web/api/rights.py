"""What a person may see, take away and have forgotten: all about that one person. Of the registry's compartment."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path

from solely.answer.rights.opening import PERSON
from solely.answer.uses import uses_after
from solely.app import rights
from solely.app.starting import finish_erasing
from solely.app.uses import proven
from solely.errors import BadInput, NotFound, Refused
from solely.web.api.answer import Answer
from solely.web.api.holding import Held, Proof, Receipt, UseProof, Uses, told, use
from solely.web.api.holding import receipt as record
from solely.web.api.pages import CURE, Cursor, Limit, after, cut
from solely.web.api.routes import Call, Route, Subject

__all__ = ["ROUTES"]

ZIP = "application/zip"
_PERSON = "/v1/subjects/{subject}"
Entry = Annotated[int, Path(ge=0, lt=1 << 62, description="a place in the ledger", examples=[7])]


def held(call: Call, subject: Subject) -> Held:
    """What is held of a person: for what, under which words, until when, who used it.

    Contacts under seal are shown masked; that they were opened for it is in the ledger before, and among their uses
    after. An officer sees it while a break-glass about that person is open.
    """
    _require_whole(call)
    by = call.principal.title if call.principal.kind == "officer" else PERSON
    return told(rights.held(call.parts, subject, by=by))


def uses(call: Call, subject: Subject, cursor: Cursor = None, limit: Limit = 100) -> Uses:
    """All that was done with a person's contacts, in the order of the ledger."""
    _require_whole(call)
    found = uses_after(call.parts.sources, subject, _place(after(cursor)), limit + 1)
    some, following = cut(found, limit, lambda one: f"{one[0][0]}.{one[0][1]}")
    return Uses(items=[use(act) for _, act in some], next=following)


def _place(text: str) -> tuple[int, int]:
    entry, _, again = (text or "-1.0").partition(".")
    try:
        return int(entry), int(again)
    except ValueError:
        raise BadInput("not a cursor", where="cursor", cure=CURE) from None


def proof(call: Call, subject: Subject, entry: Entry) -> UseProof:
    """What proves one of a person's uses: that the entry is in the signed ledger, and that it is about them.

    Each text is a file that `solely ledger verify` checks without this service.
    """
    _require_whole(call)
    found = proven(call.parts.sources, subject, entry, call.parts.prove)
    members = [Proof(giving=giving, text=text) for giving, text in found.members]
    return UseProof(entry=entry, receipt=found.receipt, members=members, verifier=call.parts.verifier().strip())


def receipt(call: Call, subject: Subject, giving: UUID) -> Receipt:
    """The record of a giving (ISO/IEC TS 27560), with what proves it. Nothing is opened for it."""
    _require_whole(call)
    return record(rights.receipt(call.parts, subject, giving))


def export(call: Call, subject: Subject) -> Answer:
    """All that is held of a person, to take away: a ZIP file.

    Contacts under seal are in it whole, each access in the ledger before. It is made anew each time, and kept nowhere.
    """
    _require_whole(call)
    body = rights.exported(call.parts, subject)
    return Answer(200, body, ZIP, {"content-disposition": 'attachment; filename="export.zip"'})


def erase(call: Call, subject: Subject) -> None:
    """Erase a person, in every compartment, at once and for good.

    It has taken effect when this is answered. Asked again, and for whom nobody knows, it is answered the same. On 503
    ask again: what is left of it is also finished within a minute or two, asked or not.
    """
    _require_whole(call)
    try:
        rights.erase(call.parts, subject)
    except NotFound:
        finish_erasing(call.parts)


def _require_whole(call: Call) -> None:
    """Raise Refused for who is narrowed to purposes: this is about all of a person."""
    if call.principal.purposes is not None:
        what = "this is about all purposes, and this principal is narrowed to some"
        raise Refused(what, where="purpose", cure="use one that is not")


ROUTES = (
    Route(method="GET", path=f"{_PERSON}/held", homes=("registry",), act="read", endpoint=held, slow=True),
    Route(method="GET", path=f"{_PERSON}/uses", homes=("registry",), act="uses", endpoint=uses),
    Route(
        method="GET", path=f"{_PERSON}/uses/{{entry}}/proof", homes=("registry",), act="uses", endpoint=proof, slow=True
    ),
    Route(
        method="GET",
        path=f"{_PERSON}/givings/{{giving}}/receipt",
        homes=("registry",),
        act="read",
        endpoint=receipt,
        slow=True,
    ),
    Route(
        method="GET", path=f"{_PERSON}/export", homes=("registry",), act="export", endpoint=export, slow=True, media=ZIP
    ),
    Route(method="DELETE", path=_PERSON, homes=("registry",), act="erase", endpoint=erase, status=204, slow=True),
)
