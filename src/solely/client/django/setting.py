"""The setting SOLELY, as the pages it makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from solely.client.client import Client
from solely.client.django.accounts import UserAccounts
from solely.client.pages import Pages

__all__ = ["client", "current_user", "pages"]

_NAMES = frozenset({"url", "keys", "service", "offers", "accounts", "current_user", "home", "plain_http", "templates"})
_NEEDED = frozenset({"url", "keys", "service", "offers"})


def _setting() -> Mapping[str, Any]:
    """What is set. Raises ImproperlyConfigured for what is missing, or is none of it."""
    found: Mapping[str, Any] = getattr(settings, "SOLELY", {})
    if missing := _NEEDED - found.keys():
        raise ImproperlyConfigured(f"SOLELY needs: {', '.join(sorted(missing))}")
    if unknown := found.keys() - _NAMES:
        raise ImproperlyConfigured(f"SOLELY has no: {', '.join(sorted(unknown))}")
    return found


@lru_cache(maxsize=1)
def client() -> Client:
    """The client, one for the process."""
    found = _setting()
    return Client(found["url"], *found["keys"], plain_http=found.get("plain_http", False))


def current_user() -> Callable[[Any], str | None]:
    """Who is signed in, of a request."""
    of: Callable[[Any], str | None] = _setting().get("current_user") or UserAccounts().current
    return of


@lru_cache(maxsize=1)
def pages() -> Pages:
    """The pages, made once for the process."""
    found = _setting()
    return Pages(
        client(),
        found["service"],
        found["offers"],
        settings.SECRET_KEY,
        current_user(),
        accounts=found.get("accounts", UserAccounts()),
        home=found.get("home", "/"),
        templates=found.get("templates"),
    )
