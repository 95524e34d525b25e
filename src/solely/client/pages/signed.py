"""What the pages sign for themselves: that a form is theirs, and who is between a password and a second step."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress

from solely.errors import BadInput

__all__ = ["Signer"]

_LEAST = 16  # bytes


class Signer:
    """Signs by a secret of the platform's. Raises BadInput for one that could be guessed."""

    __slots__ = ("_key",)

    def __init__(self, secret: str | bytes) -> None:
        data = secret.encode() if isinstance(secret, str) else secret
        if len(data) < _LEAST:
            raise BadInput("a secret is longer", where="secret", cure=f"{_LEAST} random bytes or more")
        self._key = hmac.digest(data, b"solely pages", hashlib.sha256)

    def tag(self, what: str, *parts: str) -> str:
        """A tag of these parts, for one use: no two lists of parts have the same."""
        said = json.dumps([what, *parts]).encode()
        return base64.urlsafe_b64encode(hmac.digest(self._key, said, hashlib.sha256)).decode().rstrip("=")

    def is_tag(self, shown: str, what: str, *parts: str) -> bool:
        """Whether it is that tag."""
        return hmac.compare_digest(shown.encode(), self.tag(what, *parts).encode())

    def write(self, what: str, content: Mapping[str, str]) -> str:
        """A text that says this, for one use."""
        said = base64.urlsafe_b64encode(json.dumps(dict(content)).encode()).decode()
        return f"{said}.{self.tag(what, said)}"

    def read(self, what: str, text: str) -> dict[str, str]:
        """What a text says; nothing where it is none of ours for that use."""
        said, _, tag = text.partition(".")
        if self.is_tag(tag, what, said):
            with suppress(ValueError):
                content: dict[str, str] = json.loads(base64.urlsafe_b64decode(said))
                return content
        return {}
