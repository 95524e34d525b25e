"""A person's rights: to be forgotten. Of the registry's compartment."""

from __future__ import annotations

from contextlib import suppress

from solely.app import rights
from solely.errors import NotFound, Refused
from solely.web.api.routes import Call, Route, Subject

__all__ = ["ROUTES"]

_PERSON = "/v1/subjects/{subject}"


def erase(call: Call, subject: Subject) -> None:
    """Erase a person, in every compartment, at once and for good.

    It has taken effect when this is answered. Asked again, and for whom nobody knows, it is answered the same.
    """
    _require_whole(call)
    with suppress(NotFound):
        rights.erase(call.parts, subject)


def _require_whole(call: Call) -> None:
    """Raise Refused for who is narrowed to purposes: this is about all of a person."""
    if call.principal.purposes is not None:
        what = "this is about all purposes, and this principal is narrowed to some"
        raise Refused(what, where="purpose", cure="use one that is not")


ROUTES = (
    Route(method="DELETE", path=_PERSON, homes=("registry",), act="erase", endpoint=erase, status=204, slow=True),
)
