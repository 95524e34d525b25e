"""Who calls: the key or token of the header `Authorization`, and whom it belongs to."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import partial

import structlog
from starlette.datastructures import Headers

from solely.app.parts import Parts
from solely.app.principals import Principals, open_principals
from solely.errors import Unauthenticated
from solely.principal import HOMES, Home
from solely.principal.api_key import CODES

__all__ = ["home_of", "presented", "principals"]

_BEARER = re.compile(r"[Bb]earer ([!-~]{1,2048})")
_PREFIX = re.compile(rf"solelyt?_({'|'.join(CODES.values())})_")


def presented(headers: Headers) -> str:
    """The key or token that is shown. Raises Unauthenticated where there is none."""
    found = _BEARER.fullmatch(headers.get("authorization", ""))
    if found is None:
        cure = "send a key or a token as: Authorization: Bearer …"
        raise Unauthenticated("no key is shown", where="Authorization", cure=cure)
    return found[1]


def home_of(key: str, homes: Collection[Home]) -> Home:
    """The compartment that a key is for, by how it begins. Raises Unauthenticated for one that is not asked here."""
    found = _PREFIX.match(key)
    home = next((one for one in HOMES if found and CODES[one] == found[1]), None)
    if home is None or home not in homes:
        cure = "use a key of the compartment that this is asked of"
        raise Unauthenticated("this key opens nothing here", where="Authorization", cure=cure)
    return home


def principals(parts: Parts, home: Home) -> Principals:
    """The principals of a compartment, opened once for these parts."""
    return parts.keep(("principals", home), partial(open_principals, parts, home, _announce))


def _announce(what: str) -> None:
    """A break-glass is told at once where whoever runs the service looks; it is in the ledger before."""
    structlog.get_logger().warning("break-glass", what=what)
