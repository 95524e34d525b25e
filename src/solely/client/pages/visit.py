"""One person's visit of a page: what a handler has at hand, and how it replies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from solely.client.client import Client
from solely.client.contacts import Kind, Notice
from solely.client.pages.asked import Asked, Cookie, Reply
from solely.client.pages.look import HEADERS, Look
from solely.client.pages.signed import Signer
from solely.errors import BadInput

__all__ = ["SIGN_IN", "Accounts", "Offer", "Site", "Visit", "local", "passkey_of", "proof_cookie", "uuid_of"]

SIGN_IN = "sign-in"
_PROOF_SECONDS = 300
_LOCAL = re.compile(r"/(?![/\\])[!-~]{0,500}")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a person may give a contact for, and the notice they are shown; `title` is the question in a few words.

    `needed`: nobody signs up without it. `marketing`: it is never ticked beforehand, and a browser's signal speaks
    against it.
    """

    purpose: str
    title: str
    notice: Notice
    kind: Kind = "email"
    needed: bool = False
    marketing: bool = False


class Accounts(Protocol):
    """The platform's own accounts, where it has people sign up and in by these pages."""

    def create(self, request: Any, name: str) -> str:
        """Make an account of that name; returns its subject. Raises Conflict where the name is taken."""

    def find(self, request: Any, name: str) -> str | None:
        """The subject of that name."""

    def remove(self, request: Any, subject: str) -> None:
        """Remove an account."""

    def sign_in(self, request: Any, subject: str) -> None:
        """Begin a session for that person, a new one."""

    def sign_out(self, request: Any) -> None:
        """End the session."""


@dataclass(frozen=True, slots=True, repr=False)
class Site:
    """What all visits share: whom is asked, what is offered, by whose name."""

    client: Client
    service: str
    offers: Sequence[Offer]
    signer: Signer
    look: Look
    current_user: Callable[[Any], str | None]
    accounts: Accounts | None
    home: str


@dataclass(frozen=True, slots=True, repr=False)
class Visit:
    """A request at work. `subject`: who is signed in, empty for nobody. `form`: the cookie that ties forms to it."""

    site: Site
    asked: Asked
    subject: str
    form: str

    @property
    def client(self) -> Client:
        """Whom to ask."""
        return self.site.client

    def field(self, name: str) -> str:
        """A field of the form, without space around it; empty where it is not there."""
        return self.asked.form.get(name, "").strip()

    def show(self, template: str, status: int = 200, **content: Any) -> Reply:
        """A page."""
        known = {
            "service": self.site.service,
            "home": self.site.home,
            "at": self.asked.prefix,
            "here": self.asked.path,
            "subject": self.subject,
            "accounts": self.site.accounts is not None,
            "token": self.site.signer.tag("form", self.form, self.subject),
            "gpc": self.asked.gpc,
            "error": "",
            "said": "",
        }
        return self.site.look.page(template, status, known | content)

    def go(self, path: str, *cookies: Cookie) -> Reply:
        """To a page of these, by GET."""
        return self.leave(f"{self.asked.prefix}/{path}", *cookies)

    def leave(self, where: str, *cookies: Cookie) -> Reply:
        """To a place of this site, by GET."""
        return Reply(303, headers={**HEADERS, "Location": where}, cookies=cookies)

    def proof(self, act: str) -> UUID | None:
        """The proof that this browser has for an act; the service knows whose it is, and how old."""
        return uuid_of(self.asked.cookies.get(f"solely-proof-{act}", ""))


def proof_cookie(act: str, proof: UUID | None) -> Cookie:
    """What keeps a proof in the browser, by its id alone."""
    return Cookie(f"solely-proof-{act}", str(proof or ""), _PROOF_SECONDS if proof else 0)


def local(where: str, otherwise: str) -> str:
    """A place of this site; another is not gone to, whoever asks for it."""
    return where if _LOCAL.fullmatch(where) else otherwise


def uuid_of(text: str) -> UUID | None:
    """An id that a form or a cookie holds; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def passkey_of(text: str) -> Mapping[str, Any]:
    """What a browser returned of a passkey, as a form carries it. Raises BadInput."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadInput("the passkey's answer can't be read", where="answer", cure="try again")
    return found
