"""The keys a client holds, at most one for each compartment: the right one is chosen by what is asked.

They do not print, pickle or copy. A key never goes to an address that is not https, but for this machine itself or
where the caller says that the network between is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NoReturn, get_args
from urllib.parse import SplitResult, urlsplit

from typing_extensions import override

from solely.errors import BadInput, Unauthenticated

__all__ = ["COMPARTMENTS", "Compartment", "Keys", "check_address"]

Compartment = Literal["security", "service", "advertising", "measurement", "discovery", "registry", "ledger"]
COMPARTMENTS: tuple[Compartment, ...] = get_args(Compartment)

_BY_CODE: Mapping[str, Compartment] = MappingProxyType({one[:3]: one for one in COMPARTMENTS})
_KEY = re.compile(r"solelyt?_([a-z]{3})_[!-~]{1,2048}")
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Keys:
    """API keys, or a person's tokens. Raises BadInput for what is neither, and for two of one compartment."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys: dict[Compartment, str] = {}
        for key in keys:
            found = _KEY.fullmatch(key)
            if found is None or found[1] not in _BY_CODE:
                raise BadInput("not an API key or a token", where="key", cure="give it whole, as it was shown")
            compartment = _BY_CODE[found[1]]
            if compartment in self._keys:
                raise BadInput("two keys of one compartment", where="key", cure=f"one of {compartment}")
            self._keys[compartment] = key
        if not self._keys:
            raise BadInput("no key at all", where="key", cure="give one for each compartment you ask")

    @override
    def __repr__(self) -> str:
        return f"Keys({', '.join(sorted(self._keys))})"

    @override
    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written down")

    def header(self, compartment: Compartment) -> dict[str, str]:
        """What shows the key of a compartment. Raises Unauthenticated where there is none."""
        if compartment not in self._keys:
            what = "this client holds no key of that compartment"
            raise Unauthenticated(what, where=compartment, cure="give it one")
        return {"authorization": f"Bearer {self._keys[compartment]}"}

    def one_of(self, compartments: Iterable[Compartment]) -> Compartment:
        """The first of these that there is a key for. Raises Unauthenticated where there is none."""
        asked = tuple(compartments)
        held = next((one for one in asked if one in self._keys), asked[0])
        self.header(held)
        return held


def check_address(address: str, *, plain_http: bool) -> str:
    """The address without a slash at its end. Raises BadInput for what is none, or would show keys on the way."""
    parts = _parts(address)
    host = parts.hostname
    if not host or parts.username is not None or parts.query or parts.fragment:
        raise BadInput("not an address", where="base_url", cure="https://host, no user, no query, no fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and (plain_http or host in _HERE)):
        what = "a key would be sent for all to read"
        raise BadInput(what, where="base_url", cure="use https; plain_http=True where the network between is yours")
    return address.rstrip("/")


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
