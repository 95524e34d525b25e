"""Requests on the wire: the key of the compartment shown, sent again where that is safe, and what is answered read.

1. A change gets an idempotency key, once, and keeps it however often it is sent: it is done once.
2. An answer that says so, or that does not come, is asked for again (retry.py), until the time there is for it ends.
3. What went wrong is raised as the service's own error. No error holds the request: a key or a contact is in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic import BaseModel, ValidationError

from solely.client.keys import Compartment, Keys
from solely.client.problems import error_of
from solely.client.retry import AGAIN, Retry, retry_after
from solely.client.told import Page
from solely.errors import BadInput, Unavailable

__all__ = ["Wire", "checked", "path", "unanswered"]

Said = TypeVar("Said", bound=BaseModel)
Item = TypeVar("Item")
_SAFE = frozenset({"GET", "HEAD"})
_LONGEST = 128
_SLOW = 60.0  # seconds: what opens contacts one by one, or makes many proofs


class Wire:
    """What a client stands on; for all threads. `addresses` says where each compartment is asked."""

    def __init__(self, addresses: Mapping[Compartment, str], keys: Keys, retry: Retry, http: httpx.Client) -> None:
        self.keys, self.retry, self.timeout = keys, retry, http.timeout.read or retry.total_seconds
        self.limit = 500  # of a page
        self._addresses, self._http = addresses, http

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def ask(
        self,
        at: Compartment,
        method: str,
        where: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str | None] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        slow: bool = False,
    ) -> httpx.Response:
        """What is answered; None in `body` and `query` is what is left out. Raises the error that was answered.

        `slow`: it may take a minute.
        """
        content = None if body is None else json.dumps(_said(body)).encode()
        headers = {
            **self.keys.header(at),
            **({} if method in _SAFE else {"idempotency-key": uuid4().hex}),
            **({} if content is None else {"content-type": "application/json"}),
            **(headers or {}),
        }
        request = {"method": method, "url": self.url(at, where), "content": content, "headers": headers}
        if query is not None:
            request["params"] = _said(query)
        return self._until_answered(request, slow=slow)

    def read(self, kind: type[Said], response: httpx.Response) -> Said:
        """An answer as what it is. Raises Unavailable for one that is something else."""
        try:
            return kind.model_validate_json(response.content)
        except ValidationError:
            found = None
        assert found is None
        cure = "see that the address is the service's, and this client not older than it"
        raise Unavailable("the answer can't be read", where="the service", cure=cure)

    def pages(self, kind: type[Page[Item]], at: Compartment, where: str, *, slow: bool = False) -> Iterator[Item]:
        """All of a list, asked for page by page as it is read."""
        query = {"limit": str(self.limit)}
        while True:
            page = self.read(kind, self.ask(at, "GET", where, query=query, slow=slow))
            yield from page.items
            if page.next is None:
                return
            query["cursor"] = page.next

    def url(self, at: Compartment, where: str) -> str:
        """The address of a path. Raises BadInput for a compartment that is nowhere."""
        if at not in self._addresses:
            raise BadInput("no address of that compartment", where=at, cure="give base_url one for it")
        return self._addresses[at] + where

    def _until_answered(self, request: Mapping[str, Any], *, slow: bool) -> httpx.Response:
        tries, most = 0, max(self.timeout, _SLOW) if slow else self.timeout
        end = self.retry.ticks() + self.retry.total_seconds + (most if slow else 0)
        while True:
            tries += 1
            outcome = self._once(request, min(most, end - self.retry.ticks()))
            if isinstance(outcome, httpx.Response) and outcome.status_code not in AGAIN:
                return checked(outcome)
            asked = _asked_for(outcome) if isinstance(outcome, httpx.Response) else 0.0
            if not self.retry.until(end, tries, asked):
                if isinstance(outcome, httpx.Response):
                    return checked(outcome)
                raise outcome

    def _once(self, request: Mapping[str, Any], seconds: float) -> httpx.Response | Unavailable:
        try:
            return self._http.request(**request, timeout=seconds)
        except httpx.RequestError as error:
            return unanswered(error)

    def stream(
        self, at: Compartment, method: str, where: str, blocks: Iterator[bytes], headers: Mapping[str, str], wait: float
    ) -> httpx.Response:
        """What is answered to a body that is sent as it is read, once. Raises httpx.RequestError where it is cut off.

        `wait`: seconds for the answer, once all is sent.
        """
        shown = {**self.keys.header(at), **headers}
        timeout = httpx.Timeout(self.timeout, read=wait)
        return self._http.request(method, self.url(at, where), content=blocks, headers=shown, timeout=timeout)


def checked(response: httpx.Response) -> httpx.Response:
    """The answer, if it is none of an error; raises that."""
    if response.is_success:
        return response
    error = error_of(response.status_code, response.content)
    if id_ := response.headers.get("x-request-id", ""):
        error.add_note(f"X-Request-Id: {id_[:64]}")
    raise error


def unanswered(error: httpx.RequestError) -> Unavailable:
    """An error for an answer that did not come, by its kind alone: what httpx raised holds the request."""
    what = "no answer came in time" if isinstance(error, httpx.TimeoutException) else "no connection, or it was cut"
    return Unavailable(what, where="the service", cure="see that it runs, and ask again")


def _asked_for(response: httpx.Response) -> float:
    return retry_after(response.headers.get("retry-after", ""), response.headers.get("date", ""))


def _said(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if value is not None}


def path(*parts: object) -> str:
    """A path under /v1 of what it names. Raises BadInput for a name that would lead elsewhere."""
    segments = []
    for part in map(str, parts):
        if not 0 < len(part) <= _LONGEST or not part.isprintable() or "/" in part:
            what = "this can't be named in a path"
            raise BadInput(what, where="path", cure="an id has 1 to 128 visible characters, and no slash")
        # Two dots alone would be taken for a step up, by httpx and by proxies.
        segments.append(quote(part, safe="") if part.strip(".") else part.replace(".", "%2E"))
    return "/v1/" + "/".join(segments)
