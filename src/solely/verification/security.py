"""The security compartment at work: the connection, capabilities and settings that every module here gets."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import numpy as np
import psycopg

from solely.errors import Refused
from solely.gate import Gate
from solely.keys import Entropy, SealKeys
from solely.ledger.entry import EntryType
from solely.seal import open_secret, seal_secret
from solely.store.database import answering
from solely.store.ledger import Words
from solely.store.security.limits import Count, Limit
from solely.verification.fraud import FraudSettings
from solely.verification.passkey import RelyingParty
from solely.verification.senders.failover import Breaker
from solely.verification.senders.port import Sender
from solely.verification.senders.receipts import ReceiptReader
from solely.verification.settings import Settings

__all__ = ["PRINCIPAL", "Mac", "Post", "Security", "words_of"]

PRINCIPAL = "verification"
_TOKEN_MAC, _MAX_TOKEN = 16, 64  # bytes; characters
Mac = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, repr=False)
class Post:
    """How messages leave: the senders in their order, which of them rest, and the rules against toll fraud.

    `receipts`: by a sender's name, how what it says of a message's fate is proved and read.
    """

    senders: Sequence[Sender]
    breaker: Breaker
    fraud: FraudSettings
    receipts: Mapping[str, ReceiptReader] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Security:
    """One caller's way into the compartment. Not for two threads at once: each has its own, with its own connection.

    The Macs are capabilities of one use each: codes that are sent, codes that are saved, fingerprints of what is
    counted, tokens of devices and of notices.
    """

    connection: psycopg.Connection
    gate: Gate
    sealers: Mapping[str, SealKeys]
    sent: Mac
    saved: Mac
    fingerprints: Mac
    tokens: Mac
    peppers: Mapping[int, Mac]
    settings: Settings
    post: Post
    clock: Callable[[], datetime]
    entropy: Entropy
    new_id: Callable[[], UUID]

    @property
    def party(self) -> RelyingParty:
        """Who a passkey is made for."""
        service = self.settings.service
        return RelyingParty(service.domain, service.name, frozenset(service.origins))

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """One transaction of the security role, durable when it ends without an error."""
        with answering(), self.connection.transaction():
            yield self.connection

    def source_counts(self, source: str | None, limit: Limit) -> list[Count]:
        """What counts a source (an address of the network, as the platform names it), if one is named."""
        return (
            []
            if source is None
            else [Count(limit, self.fingerprints(b"source" + source.encode("utf-8", "surrogatepass")))]
        )

    def write_token(self, of: bytes, said: bytes) -> str:
        """A token for a URL or a cookie: what it says, and the first 16 bytes of its MAC. Nothing of it is stored."""
        return urlsafe_b64encode(said + self._token_mac(of, said)).decode().rstrip("=")

    def read_token(self, of: bytes, token: str, length: int) -> bytes | None:
        """What a token of that kind says, `length` bytes; None where it is none of ours."""
        try:
            data = urlsafe_b64decode(token[:_MAX_TOKEN].encode("ascii") + b"==")
        except ValueError:
            return None
        said = data[:-_TOKEN_MAC]
        mine = len(said) == length and hmac.compare_digest(data[-_TOKEN_MAC:], self._token_mac(of, said))
        return said if mine else None

    def _token_mac(self, of: bytes, said: bytes) -> bytes:
        return self.tokens(of + said)[:_TOKEN_MAC]

    def seal_secret(self, secret: bytes, pseudonym: UUID, factor: UUID) -> tuple[bytes, int]:
        """A factor's secret under the key of two-factor, bound to its person and factor; and that key's number."""
        keys = self.sealers["two-factor"]
        return seal_secret(keys, secret, pseudonym=pseudonym, factor=factor, entropy=self.entropy), keys.primary

    def open_secret(self, box: bytes, number: int, pseudonym: UUID, factor: UUID) -> bytes:
        """The secret again. Raises Tampered where it is another person's or factor's."""
        return open_secret(self.sealers["two-factor"], box, number, pseudonym=pseudonym, factor=factor)

    def refuse(self, error: Refused, purpose: str | None, of: str) -> Refused:
        """Write a refusal down, durably; returns the error to raise."""
        self.gate.write_down(Words("refusal", PRINCIPAL, purpose, details=MappingProxyType({"of": of})))
        return error


def words_of(type_: EntryType, purpose: str, giving: UUID, **details: str | int) -> Words:
    """An entry about one giving, committed to by its id."""
    ids = np.frombuffer(giving.bytes, np.uint8).reshape(1, 16)
    return Words(type_, PRINCIPAL, purpose, ids, MappingProxyType(details), keep=True)
