"""A request as the pages see it, and what they reply: the same whatever framework carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from solely.errors import BadInput, TooLarge, WrongType

__all__ = ["MOST", "Asked", "Cookie", "Reply", "read_form"]

MOST = 65_536  # bytes of a form: the largest answer of a passkey has some 24,000
_FIELDS = 200
_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Asked:
    """A request. `path` is below `prefix`, where the pages are; header names are in small; `request` is the platform's.

    `source`: from where it comes, as the platform names places.
    """

    method: str
    path: str
    prefix: str
    host: str
    secure: bool
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    source: str | None
    request: Any

    @property
    def gpc(self) -> bool:
        """Whether the browser signals an objection (Global Privacy Control)."""
        return self.headers.get("sec-gpc", "").strip() == "1"


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie of the pages' own: for their paths, not for scripts. An empty one ends."""

    name: str
    value: str = field(repr=False)
    seconds: int


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What is replied."""

    status: int
    body: bytes = b""
    type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[Cookie, ...] = ()


def read_form(body: bytes, content_type: str) -> dict[str, str]:
    """The fields of a form; of those with one name the last. Raises TooLarge, WrongType, BadInput."""
    if len(body) > MOST:
        raise TooLarge("the form is too large", where="form", cure="send less at once")
    if body and content_type.partition(";")[0].strip().lower() != _TYPE:
        raise WrongType("this is no form", where="Content-Type", cure="use the page")
    try:
        return dict(parse_qsl(body.decode("ascii"), True, True, "utf-8", "strict", _FIELDS))  # noqa: FBT003
    except ValueError:
        error = BadInput("the form can't be read", where="form", cure="load the page again")
    raise error
