"""What is sent and told of principals over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from typing_extensions import override

from solely.app.principals import KEY_LIFE, NewKey
from solely.principal import Agreement, Kind
from solely.store.principals import KeyRow, PrincipalRow
from solely.web.api.routes import Body, Said, Time, etag

__all__ = [
    "Agreed",
    "AgreementTerm",
    "KeyShown",
    "Keys",
    "Narrower",
    "NewPrincipal",
    "PrincipalPage",
    "PrincipalShown",
    "Rotation",
    "TokenShown",
    "TokenWanted",
    "agreed",
    "key_shown",
    "listed",
    "standing",
    "tag_of",
]

Acts = Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=64)]
Days = Annotated[int, Field(ge=1, le=365, description="how long the new key lives")]
_DAYS = KEY_LIFE.days


class NewPrincipal(Body):
    """Who is added: with all acts of its kind, and for all purposes, where those are left out."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", examples=["shop"])
    kind: Kind = Field(examples=["service"])
    acts: Acts | None = None
    purposes: Acts | None = None
    days: Days = _DAYS


class Narrower(Body):
    """What is left: some of the acts, some of the purposes. What is left out stays as it is."""

    acts: Acts | None = Field(None, examples=[["read"]])
    purposes: Acts | None = None


class Rotation(Body):
    """A new key; those before it stand for the overlap at most."""

    days: Days = _DAYS
    overlap_hours: int = Field(24, ge=0, le=168, description="0 ends the old ones at once")


class KeyShown(Said):
    """A new key. It is told this once: only its digest is kept."""

    name: str
    id: UUID
    key: str = Field(repr=False)
    expires_at: datetime


class KeyStanding(Said):
    """How a key stands; never what it is."""

    id: UUID
    stands: bool
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_on: str | None


class Keys(Said):
    """One's own keys, newest first."""

    items: list[KeyStanding]


class Agreed(Said):
    """A partner acts for an advertiser from one time on, and before another, or until it is ended."""

    advertiser: str
    begins: datetime
    ends: datetime | None


class Listed(Said):
    """A principal."""

    name: str
    kind: Kind
    acts: list[str]
    purposes: list[str] | None = Field(description="those it is narrowed to; null: all")
    added_at: datetime
    ended_at: datetime | None

    @override
    def headers(self) -> Mapping[str, str]:
        """The tag of what is edited: not of keys and agreements, which have routes of their own."""
        return {"etag": etag(self.name, self.added_at, self.acts, self.purposes, self.ended_at)}


class PrincipalShown(Listed):
    """A principal, how its keys stand, and for whom a partner acts."""

    keys: list[KeyStanding]
    agreements: list[Agreed]


class PrincipalPage(Said):
    """Principals in the order of their names, those that ended too."""

    items: list[Listed]
    next: str | None


class AgreementTerm(Body):
    """From when until when: now, and until it is ended, where that is left out."""

    begins: Time | None = None
    ends: Time | None = None


class TokenWanted(Body):
    """For whom, for which of a person's acts, and for how long."""

    subject: str = Field(min_length=1, max_length=128, examples=["ana"])
    acts: Acts | None = Field(None, description="all that a person may here and you may, where left out")
    seconds: int = Field(600, ge=1, le=900)


class TokenShown(Said):
    """A person's token, for the header Authorization, and never for a URL. It is kept nowhere."""

    token: str = Field(repr=False)
    expires_at: datetime


def key_shown(made: NewKey) -> KeyShown:
    """A new key, this once."""
    return KeyShown(name=made.name, id=made.id, key=made.key, expires_at=made.expires)


def listed(row: PrincipalRow) -> Listed:
    """A principal as a list has it."""
    return Listed(
        name=row.name,
        kind=row.kind,
        acts=row.acts,
        purposes=row.purposes,
        added_at=row.added_at,
        ended_at=row.ended_at,
    )


def standing(rows: Sequence[KeyRow], now: datetime) -> list[KeyStanding]:
    """How keys stand."""
    return [
        KeyStanding(
            id=row.key,
            stands=row.stands(now),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            used_on=row.used_on.isoformat() if row.used_on else None,
        )
        for row in rows
    ]


def agreed(one: Agreement) -> Agreed:
    """An agreement as it is told."""
    return Agreed(advertiser=one.advertiser, begins=one.begins, ends=one.ends)


def tag_of(row: PrincipalRow) -> str:
    """The entity tag of a principal."""
    return listed(row).headers()["etag"]
