"""What `make run` found out, as plain data: what the page and the terminal both tell.

- Numbers and names of files, advertisers and purposes; never a subject, never a contact.
- `without` is the same lists on a platform that keeps contacts without purposes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["AuditLine", "Flow", "LedgerLine", "ListLine", "Story", "Use"]

Kind = Literal["email", "phone"]
Purpose = Literal["security", "service", "tailored", "partner"]
Use = Literal["tailored", "partner", "any", "none"]  # `any`: used for advertising, whatever it was given for


@dataclass(frozen=True, slots=True)
class Flow:
    """So many standing givings of a kind, given for a purpose, were put to a use."""

    kind: Kind
    purpose: Purpose
    use: Use
    givings: int


@dataclass(frozen=True, slots=True)
class ListLine:
    """One customer list, or the people of all of them: rows, and the subjects met.

    `without` are those met where purposes are ignored; `only_security` those of them whom only a contact given
    for security led to.
    """

    name: str
    rows: int
    usable: int
    tailored: int
    partner: int
    without: int
    only_security: int


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One advertiser of the legacy tables, and the people it reached through contacts not given for that."""

    advertiser: str
    rows: int
    affected: int


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A ledger that was verified."""

    entries: int
    root: str
    signed_heads: int
    refusal: int  # the entry that holds the refused use


@dataclass(frozen=True, slots=True)
class Story:
    """All of it. `total` counts each person once, however many lists met them.

    `met` are those whom Solely matched, for tailored or for partner audiences.
    """

    software: str
    people: int
    seed: int
    met: int
    withdrawn: int  # givings that had ended; in no flow
    lists: tuple[ListLine, ...]
    total: ListLine
    solely: tuple[Flow, ...]
    without: tuple[Flow, ...]
    audit: tuple[AuditLine, ...]
    affected: int
    ledger: LedgerLine

    @property
    def standing(self) -> int:
        """The givings that stood when the lists were matched."""
        return sum(flow.givings for flow in self.solely)

    @property
    def security_in_ads(self) -> int:
        """Security givings that the platform without purposes put to advertising."""
        return sum(f.givings for f in self.without if f.purpose == "security" and f.use != "none")

    @property
    def security_in_ads_with_solely(self) -> int:
        """The same with Solely. Counted, not assumed."""
        return sum(f.givings for f in self.solely if f.purpose == "security" and f.use != "none")
