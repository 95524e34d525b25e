"""A compartment's intake: it takes an open contact and hands back what its compartment may hold of it.

- A sealing compartment gets a box and a wrapped key; a token compartment gets tokens, never a contact.
- An intake holds the capabilities of its own purposes alone. The desk holds intakes, never a keyring.
- The giving's id is the keyed hash of the contact's digest, the person, the notice and the time. So the same giving
  read twice is one giving, also after its purpose's other keys were rotated, and the id tells nothing to whoever
  lacks the purpose's key of ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Protocol
from uuid import UUID

from solely.consent import Asked
from solely.keys import Keyring, MacKey, SealKeys
from solely.purpose import HOLDS, Compartment
from solely.seal import seal
from solely.tokens import TOKEN_BYTES, Tokeniser

__all__ = ["Intake", "Taken", "open_intake"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What is recorded of a giving: its id, and the contact as its compartment holds it."""

    giving: UUID
    key_number: int
    held: bytes  # sealed box, or tokens of 16 bytes each
    wrapped: bytes | None


class Intake(Protocol):
    """The intake of one compartment, wherever its keys are."""

    def take(self, asked: Sequence[tuple[Asked, UUID]]) -> list[Taken]:
        """Seal or tokenise the contacts of givings of one purpose, each for the person known here by that pseudonym."""


@dataclass(frozen=True, slots=True, repr=False)
class _Open:
    """An intake with its keys; made by `open_intake`."""

    identifiers: Mapping[str, MacKey]
    tokenisers: Mapping[str, Tokeniser]
    sealers: Mapping[str, SealKeys]
    entropy: Callable[[int], bytes]

    def take(self, asked: Sequence[tuple[Asked, UUID]]) -> list[Taken]:
        """See `Intake.take`."""
        if not asked:
            return []
        purpose = asked[0][0].purpose.name
        givings = _ids(asked, self.identifiers[purpose])
        if self.sealers:
            return self._seal(asked, givings, self.sealers[purpose])
        return _tokenise(asked, givings, self.tokenisers[purpose])

    def _seal(self, asked: Sequence[tuple[Asked, UUID]], givings: Sequence[UUID], keys: SealKeys) -> list[Taken]:
        taken = []
        for (one, pseudonym), giving in zip(asked, givings, strict=True):
            sealed = seal(keys, one.contact, pseudonym=pseudonym, giving=giving, entropy=self.entropy)
            taken.append(Taken(giving, sealed.key_number, sealed.box, sealed.wrapped_key))
        return taken


def _tokenise(asked: Sequence[tuple[Asked, UUID]], givings: Sequence[UUID], tokeniser: Tokeniser) -> list[Taken]:
    digests = [[digest[:TOKEN_BYTES] for digest in one.contact.digests()] for one, _ in asked]
    tokens = tokeniser.tokenise(b"".join(map(b"".join, digests)))
    ends = list(accumulate((len(variants) * TOKEN_BYTES for variants in digests), initial=0))
    return [
        Taken(giving, tokeniser.primary, tokens[start:end], None)
        for giving, (start, end) in zip(givings, pairwise(ends), strict=True)
    ]


def open_intake(compartment: Compartment, keyring: Keyring, entropy: Callable[[int], bytes]) -> Intake:
    """An intake from its compartment's keyring, which it does not keep. It has what its compartment needs, no more."""
    sealed = HOLDS[compartment] == "sealed"
    identifiers = {purpose: keyring.identifier(purpose) for purpose in keyring.purposes}
    sealers = {purpose: keyring.sealer(purpose) for purpose in keyring.purposes} if sealed else {}
    tokenisers = {} if sealed else {purpose: Tokeniser(keyring.tokeniser(purpose)) for purpose in keyring.purposes}
    return _Open(identifiers, tokenisers, sealers, entropy)


def _ids(asked: Sequence[tuple[Asked, UUID]], key: MacKey) -> list[UUID]:
    name, ids = asked[0][0].purpose.name.encode(), []
    for one, pseudonym in asked:
        seen = b"\0".join(
            (one.contact.key_digest(), pseudonym.bytes, one.notice, one.given_at.isoformat().encode(), name)
        )
        ids.append(UUID(bytes=key.mac(seen)[:16]))
    return ids
