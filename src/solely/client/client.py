"""The client: the verbs of the service, asked over HTTP."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx
from typing_extensions import override

from solely.client.advertising import Advertising
from solely.client.approvals import Approvals
from solely.client.contacts import Contacts
from solely.client.incidents import Incidents
from solely.client.keys import COMPARTMENTS, Compartment, Keys, check_address
from solely.client.ledger import Ledger
from solely.client.principals import Principals
from solely.client.recovery import Recovery
from solely.client.retry import Retry
from solely.client.rights import Rights
from solely.client.uploads import Uploads
from solely.client.verification import Verification
from solely.client.wire import Wire

__all__ = ["Client"]


class Client(Contacts, Rights, Verification, Recovery, Advertising, Uploads, Principals, Approvals, Incidents, Ledger):
    """A platform's way to ask Solely; for all threads. A context manager, which ends its connections.

    `base_url`: where the service answers, or where each compartment does. `keys`: one for each compartment that is
    asked, or a person's tokens. Every method raises the errors of `solely.errors` that the service raised, and
    Unavailable where it did not answer within `retry.total_seconds`. `timeout`: seconds of one try.
    """

    def __init__(
        self,
        base_url: str | Mapping[Compartment, str],
        *keys: str,
        retry: Retry | None = None,
        timeout: float = 10.0,
        plain_http: bool = False,
        tls: ssl.SSLContext | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        given = dict.fromkeys(COMPARTMENTS, base_url) if isinstance(base_url, str) else base_url
        addresses = {at: check_address(one, plain_http=plain_http) for at, one in given.items()}
        held = Keys(keys)
        # Neither a proxy nor a password of this machine's environment: a key goes where it was said to go.
        http = httpx.Client(timeout=timeout, trust_env=False, verify=tls or True, transport=transport)
        self._wire = Wire(addresses, held, retry or Retry(), http)

    @override
    def __repr__(self) -> str:
        return f"Client({self._wire.keys!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connections."""
        self._wire.close()
