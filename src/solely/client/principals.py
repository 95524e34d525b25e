"""Who may call: principals of a compartment and their keys, tokens for people, the policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

import httpx
from pydantic import Field

from solely.client.keys import Compartment
from solely.client.told import Page, Told
from solely.client.wire import Wire, path

__all__ = ["Agreed", "KeyStanding", "NewKey", "Policy", "Principal", "PrincipalShown", "Principals", "Purpose", "Token"]


class Token(Told):
    """A person's token, for the header Authorization, and never for a URL."""

    token: str = Field(repr=False)
    expires_at: datetime


class NewKey(Told):
    """A new key. It is told this once."""

    name: str
    id: UUID
    key: str = Field(repr=False)
    expires_at: datetime


class KeyStanding(Told):
    """How a key stands; never what it is."""

    id: UUID
    stands: bool
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_on: str | None = None


class Agreed(Told):
    """A partner acts for an advertiser from one time on, and before another, or until it is ended."""

    advertiser: str
    begins: datetime
    ends: datetime | None = None


class Principal(Told):
    """A principal; `purposes` are those it is narrowed to, None where it is not."""

    name: str
    kind: str
    acts: tuple[str, ...]
    purposes: tuple[str, ...] | None = None
    added_at: datetime
    ended_at: datetime | None = None


class PrincipalShown(Principal):
    """A principal, how its keys stand, and for whom a partner acts. `tag` says as what it was read."""

    keys: tuple[KeyStanding, ...]
    agreements: tuple[Agreed, ...]
    tag: str = ""


class Purpose(Told):
    """A purpose, in plain words."""

    name: str
    compartment: str
    description: str
    kinds: tuple[str, ...]
    legal_basis: str
    explicit_consent: bool
    marketing: bool


class Policy(Told):
    """The policy in force: a closed list of purposes."""

    digest: str
    purposes: tuple[Purpose, ...]


class Principals:
    """What a client does about who may call."""

    _wire: Wire

    def mint(
        self,
        subject: str,
        compartment: Compartment = "registry",
        *,
        acts: Iterable[str] | None = None,
        seconds: int = 600,
    ) -> Token:
        """Mint a token for one person who is signed in with you: it acts for that person alone, up to 15 minutes."""
        body = {"subject": subject, "acts": _listed(acts), "seconds": seconds}
        return self._wire.read(Token, self._wire.ask(compartment, "POST", path("tokens"), body))

    def policy(self) -> Policy:
        """The policy in force."""
        return self._wire.read(Policy, self._wire.ask("registry", "GET", path("policy")))

    def principals(self, compartment: Compartment) -> Iterator[Principal]:
        """The principals of a compartment, by name."""
        return self._wire.pages(Page[Principal], compartment, path("principals"))

    def principal(self, compartment: Compartment, name: str) -> PrincipalShown:
        """A principal, and how its keys stand."""
        said = self._wire.ask(compartment, "GET", path("principals", name))
        return self._shown(said)

    def add_principal(
        self,
        compartment: Compartment,
        name: str,
        kind: str,
        *,
        acts: Iterable[str] | None = None,
        purposes: Iterable[str] | None = None,
        days: int | None = None,
    ) -> NewKey:
        """Add a principal with all acts of its kind and for all purposes, or some of them; its key, this once."""
        body = {"name": name, "kind": kind, "acts": _listed(acts), "purposes": _listed(purposes), "days": days}
        return self._wire.read(NewKey, self._wire.ask(compartment, "POST", path("principals"), body))

    def narrow_principal(
        self,
        compartment: Compartment,
        principal: PrincipalShown,
        *,
        acts: Iterable[str] | None = None,
        purposes: Iterable[str] | None = None,
    ) -> PrincipalShown:
        """Leave a principal some of its acts and purposes. Raises Outdated where it was changed since it was read."""
        body, headers = {"acts": _listed(acts), "purposes": _listed(purposes)}, {"if-match": principal.tag or "*"}
        said = self._wire.ask(compartment, "PATCH", path("principals", principal.name), body, headers=headers)
        return self._shown(said)

    def _shown(self, said: httpx.Response) -> PrincipalShown:
        return self._wire.read(PrincipalShown, said).model_copy(update={"tag": said.headers.get("etag", "")})

    def revoke_principal(self, compartment: Compartment, name: str) -> None:
        """Revoke a principal with all its keys and the tokens minted by them, at once."""
        self._wire.ask(compartment, "DELETE", path("principals", name))

    def rotate_key(
        self,
        compartment: Compartment,
        name: str | None = None,
        *,
        days: int | None = None,
        overlap_hours: int | None = None,
    ) -> NewKey:
        """A new key of a principal, or of one's own where none is named; those before it stand for the overlap."""
        where = path("keys") if name is None else path("principals", name, "keys")
        body = {"days": days, "overlap_hours": overlap_hours}
        return self._wire.read(NewKey, self._wire.ask(compartment, "POST", where, body))

    def revoke_key(self, compartment: Compartment, key: UUID, name: str | None = None) -> None:
        """Revoke one key of a principal, or of one's own, at once."""
        where = path("keys", key) if name is None else path("principals", name, "keys", key)
        self._wire.ask(compartment, "DELETE", where)

    def agree(
        self, partner: str, advertiser: str, *, begins: datetime | None = None, ends: datetime | None = None
    ) -> Agreed:
        """Let a partner act for an advertiser, in place of what was agreed before."""
        body = {"begins": begins and begins.isoformat(), "ends": ends and ends.isoformat()}
        where = path("principals", partner, "agreements", advertiser)
        return self._wire.read(Agreed, self._wire.ask("advertising", "PUT", where, body))

    def disagree(self, partner: str, advertiser: str) -> None:
        """End a partner's agreement, at once."""
        self._wire.ask("advertising", "DELETE", path("principals", partner, "agreements", advertiser))


def _listed(some: Iterable[str] | None) -> list[str] | None:
    return None if some is None else sorted(some)
