"""The one way to a gateway over HTTP: a POST, an answer of bounded size in bounded time, or SendFailed.

- TLS is verified; plain HTTP goes to this machine alone. Redirects are not followed: they would take the
  contact elsewhere. Proxies of the environment are not used.
- URLs hold no contact and no code: httpx writes them to its log.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from solely.verification.senders.port import SendFailed

__all__ = ["Answer", "Gateway", "at"]

CONNECT, TOTAL = 5.0, 10.0  # seconds
MAX_ANSWER = 65_536  # bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway said: a status, and its JSON (None where it is none)."""

    status: int
    content: Any


def at(content: Any, path: str) -> Any:
    """What stands at a dotted path, such as `messages.0.status`; None where nothing does."""
    for step in path.split("."):
        if isinstance(content, Mapping):
            content = content.get(step)
        elif isinstance(content, list) and step.isdecimal() and int(step) < len(content):
            content = content[int(step)]
        else:
            return None
    return content


class Gateway:
    """A client for one gateway, for any number of threads. `ticks` are seconds of a clock that only goes forward."""

    def __init__(
        self,
        name: str,
        *,
        ticks: Callable[[], float],
        auth: tuple[str, str] | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        import httpx  # noqa: PLC0415 - 15 MB, which a process that asks no gateway does not hold

        self.name, self._ticks = name, ticks
        self._client = httpx.Client(
            auth=auth,
            timeout=httpx.Timeout(TOTAL - CONNECT, connect=CONNECT),
            follow_redirects=False,
            trust_env=False,
            verify=trust or True,
            headers={"User-Agent": "solely", "Accept-Encoding": "identity"},  # nothing small unpacks to much
        )

    def post(self, url: str, **body: Any) -> Answer:
        """Post once. Raises SendFailed (next) where no whole answer came in time, or a redirect did."""
        answer = self._answer(url, body)
        # Raised here, not in the `except`: an exception would keep the one before it, request and all.
        if answer is None or answer.status in range(300, 400):
            raise SendFailed("next", self.name)
        return answer

    def close(self) -> None:
        self._client.close()

    def _answer(self, url: str, body: Mapping[str, Any]) -> Answer | None:
        import httpx  # noqa: PLC0415 - see above

        end = self._ticks() + TOTAL
        data = bytearray()
        try:
            with self._client.stream("POST", url, **body) as response:
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > MAX_ANSWER or self._ticks() > end:
                        return None
                return Answer(response.status_code, _json(bytes(data)))
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError):
            return None


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
