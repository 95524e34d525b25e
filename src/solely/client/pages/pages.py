"""The pages: which there are, who may come to them, and what each reply carries.

- The platform says who is signed in; a page acts for that person alone, with the platform's own keys.
- What changes something comes by POST, from a page of this site: `Origin` and `Sec-Fetch-Site` say so, and a token
  that is bound to the browser and to the person (OWASP: signed double submit).
- A browser's signal (Global Privacy Control) is passed on with whatever it comes with.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from solely.client.client import Client
from solely.client.pages import accounts, consent, privacy, two_step
from solely.client.pages.asked import Asked, Cookie, Reply
from solely.client.pages.look import FILES, Look
from solely.client.pages.signed import Signer
from solely.client.pages.visit import Accounts, Offer, Site, Visit
from solely.client.pages.words import words
from solely.errors import NotFound, Refused, SolelyError

__all__ = ["Pages"]

Handler = Callable[[Visit], Reply]
_FORM, _YEAR = "solely-form", 365 * 86_400
_FORM_VALUE = re.compile(r"[A-Za-z0-9_-]{32}")
_OPEN: Mapping[tuple[str, str], Handler] = MappingProxyType(
    {
        ("GET", "sign-up"): accounts.sign_up_form,
        ("POST", "sign-up"): accounts.sign_up,
        ("GET", "sign-in"): accounts.sign_in_form,
        ("POST", "sign-in"): accounts.sign_in,
        ("POST", "sign-in/check"): accounts.check,
        ("POST", "sign-in/passkey"): accounts.passkey,
        ("POST", "sign-in/passkey/answer"): accounts.passkey_answer,
    }
)
_OWN: Mapping[tuple[str, str], Handler] = MappingProxyType(
    {
        ("GET", ""): privacy.start,
        ("POST", "sign-out"): accounts.sign_out,
        ("GET", "password"): accounts.password_form,
        ("POST", "password"): accounts.password,
        ("GET", "consent"): consent.consent,
        ("POST", "consent"): consent.allow,
        ("POST", "consent/withdraw"): consent.withdraw,
        ("GET", "two-step"): two_step.two_step,
        ("POST", "two-step/add"): two_step.add,
        ("POST", "two-step/confirm"): two_step.confirm,
        ("POST", "two-step/remove"): two_step.remove,
        ("POST", "two-step/lost"): two_step.lost,
        ("GET", "step-up"): two_step.step_up,
        ("POST", "step-up"): two_step.step_up_answer,
        ("GET", "privacy"): privacy.privacy,
        ("POST", "privacy/object"): privacy.object_to,
        ("GET", "privacy/held"): privacy.held,
        ("POST", "privacy/export"): privacy.export,
        ("GET", "privacy/erase"): privacy.erase_form,
        ("POST", "privacy/erase"): privacy.erase,
    }
)
_ACCOUNT = frozenset({"sign-out", "password"})  # where people sign up and in by these pages


class Pages:
    """Sign-up, consent, two-step and privacy pages of one platform; for all threads.

    `service`: by what name people know it. `offers`: what they may give contacts for. `secret`: 16 random bytes or
    more, the same in every process. `current_user`: who is signed in with the platform's request, None for nobody.
    `accounts`: where people sign up and in by these pages; without, those pages are not there. `home`: where to go
    after. `templates`: a folder of the platform's own, which take the place of ours by name.
    """

    def __init__(
        self,
        client: Client,
        service: str,
        offers: Sequence[Offer],
        secret: str | bytes,
        current_user: Callable[[Any], str | None],
        *,
        accounts: Accounts | None = None,
        home: str = "/",
        templates: Path | None = None,
    ) -> None:
        look, signer = Look(templates), Signer(secret)
        self._site = Site(client, service, tuple(offers), signer, look, current_user, accounts, home)

    def reply(self, asked: Asked) -> Reply:
        """What is replied. Raises nothing that a person could cause."""
        if asked.path in FILES and asked.method in {"GET", "HEAD"}:
            return self._site.look.file(asked.path)
        kept = asked.cookies.get(_FORM, "")
        form = kept if _FORM_VALUE.fullmatch(kept) else secrets.token_urlsafe(24)
        visit = Visit(self._site, asked, self._site.current_user(asked.request) or "", form)
        try:
            reply = self._answer(visit)
        except SolelyError as error:
            reply = visit.show("problem", error.status, error=words(error))
        if form != kept:
            reply = replace(reply, cookies=(*reply.cookies, Cookie(_FORM, form, _YEAR)))
        return reply

    def _answer(self, visit: Visit) -> Reply:
        asked, site = visit.asked, visit.site
        method = "GET" if asked.method == "HEAD" else asked.method
        if site.accounts is not None and (handler := _OPEN.get((method, asked.path))):
            return self._checked(visit, handler)
        handler = _OWN.get((method, asked.path))
        if handler is None or (asked.path in _ACCOUNT and site.accounts is None):
            return visit.show("problem", NotFound.status, error="There is no such page.")
        if not visit.subject:
            return visit.go("sign-in") if site.accounts is not None else visit.leave(site.home)
        return self._checked(visit, handler)

    def _checked(self, visit: Visit, handler: Handler) -> Reply:
        if visit.asked.method == "POST" and not self._is_ours(visit):
            error = "This form is not from this browser, or too old. Load the page again, then send it."
            return visit.show("problem", Refused.status, error=error)
        return handler(visit)

    def _is_ours(self, visit: Visit) -> bool:
        """Whether a form comes from a page of this site, that was shown to this person in this browser."""
        headers, shown = visit.asked.headers, visit.asked.form.get("token", "")
        origin = headers.get("origin")
        from_here = origin is None or hmac.compare_digest(urlsplit(origin).netloc.encode(), visit.asked.host.encode())
        same_site = headers.get("sec-fetch-site", "same-origin") == "same-origin"
        return from_here and same_site and self._site.signer.is_tag(shown, "form", visit.form, visit.subject)
