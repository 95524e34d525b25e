"""The policy: which purposes there are, and under which notices people gave. Of the registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Path
from typing_extensions import override

from solely.errors import NotFound
from solely.principal import Home
from solely.store import registry
from solely.store.database import answering
from solely.store.registry import Words
from solely.web.api.pages import Cursor, Limit, after, cut
from solely.web.api.routes import Call, Route, Said, etag

__all__ = ["ROUTES"]

PurposeName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,63}$", examples=["two-factor"])]
Version = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["1"])]


class PurposeTold(Said):
    """A purpose, in plain words and in the terms by which others know it."""

    name: str
    compartment: str
    description: str
    kinds: list[str]
    legal_basis: str
    explicit_consent: bool
    marketing: bool
    fideslang: str
    dpv: str
    lifetime_days: int


class PolicyTold(Said):
    """The policy in force. Its digest is what each entry of the ledger names."""

    digest: str
    audience_floor: int
    audience_valid_days: int
    purposes: list[PurposeTold]

    @override
    def headers(self) -> Mapping[str, str]:
        return {"etag": etag(self.digest)}


class NoticeTold(Said):
    """The very words people saw."""

    purpose: str
    version: str
    language: str
    sha256: str
    text: str

    @override
    def headers(self) -> Mapping[str, str]:
        return {"etag": etag(self.sha256, self.language)}


class NoticeNamed(Said):
    """A notice, without its words."""

    purpose: str
    version: str
    language: str
    sha256: str


class NoticePage(Said):
    """Notices by purpose and version."""

    items: list[NoticeNamed]
    next: str | None


def show(call: Call) -> PolicyTold:
    """Show the policy: a closed list of purposes, each of one compartment."""
    policy = call.ground.policy
    purposes = [
        PurposeTold(
            name=one.name,
            compartment=one.compartment,
            description=one.description,
            kinds=list(one.kinds),
            legal_basis=one.legal_basis,
            explicit_consent=one.explicit_consent,
            marketing=one.marketing,
            fideslang=one.fideslang,
            dpv=one.dpv,
            lifetime_days=one.lifetime_days,
        )
        for one in policy.purposes.values()
    ]
    return PolicyTold(
        digest=policy.digest,
        audience_floor=policy.audience_floor,
        audience_valid_days=policy.audience_valid_days,
        purposes=purposes,
    )


def notices(call: Call, cursor: Cursor = None, limit: Limit = 100) -> NoticePage:
    """List the notices under which people gave."""
    purpose, _, version = after(cursor).partition("/")
    with answering():
        found = registry.notices_after(call.parts.registry, (purpose, version), limit + 1)
    page, more = cut(found, limit, lambda one: f"{one[0]}/{one[1].version}")
    return NoticePage(items=[_named(*one) for one in page], next=more)


def notice(call: Call, purpose: PurposeName, version: Version) -> NoticeTold:
    """Show a notice: it never changes."""
    with answering():
        words = registry.notices(call.parts.registry, [purpose]).get((purpose, version))
    if words is None:
        raise NotFound("no such notice", where="version", cure="list them first")
    named = _named(purpose, words)
    return NoticeTold(**named.model_dump(), text=words.text)


def _named(purpose: str, words: Words) -> NoticeNamed:
    return NoticeNamed(
        purpose=purpose, version=words.version, language=words.language, sha256=bytes(words.digest).hex()
    )


_HOMES: tuple[Home, ...] = ("registry",)
_ALL, _ONE = "/v1/notices", "/v1/notices/{purpose}/{version}"
ROUTES = (
    Route(method="GET", path="/v1/policy", homes=_HOMES, act="policy.read", endpoint=show),
    Route(
        method="GET",
        path=_ALL,
        homes=_HOMES,
        act="policy.read",
        endpoint=notices,
        yields={"purpose": "/items/0/purpose", "version": "/items/0/version"},
    ),
    Route(method="GET", path=_ONE, homes=_HOMES, act="policy.read", endpoint=notice),
)
