"""The main job: an advertiser's list meets only what was given for it.

1  read      the list, in a process of its own; each usable cell is a digest
2  tokenise  under the key of the purpose the capability is for
3  look up   in the index of that purpose, and in what came since; less what ended
4  write     one ledger entry that commits to each giving used; durable before step 5
5  keep      members and evidence; of rows that met nobody nothing is kept
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg
from pyroaring import BitMap

from solely.audiences import index
from solely.audiences.audience import Status, effective, status_of
from solely.audiences.engines import local
from solely.audiences.lists import ListReport, Reading
from solely.errors import BadInput
from solely.gate import Gate
from solely.purpose import Policy
from solely.store import advertising as store
from solely.store.ledger import Words
from solely.tokens import TOKEN_BYTES, Tokeniser

__all__ = ["Audiences", "Matched"]

_NAME = re.compile(r"[\w][\w .\-]{0,63}")


@dataclass(frozen=True, slots=True)
class Matched:
    """What an advertiser is told: the list's own format report, and whether the audience is large enough."""

    report: ListReport
    status: Status
    ledger: int


@dataclass(frozen=True, slots=True, repr=False)
class Audiences:
    """The advertising side: its database role, its tokenisers, the gate; no keyring, no sealed contact."""

    connection: psycopg.Connection
    tokenisers: Mapping[str, Tokeniser]
    gate: Gate
    policy: Policy
    folder: Path
    noise_key: bytes
    threads: int
    new_id: Callable[[], UUID]

    def allow(self, advertiser: str, audience: str, purpose: str) -> None:
        """Check names and purpose before anything is read. A purpose that is not advertising's is refused.

        Raises BadInput, PolicyError, Conflict, and Refused, which is in the ledger.
        """
        for what, name in (("advertiser", advertiser), ("audience", audience)):
            if not _NAME.fullmatch(name):
                raise BadInput(
                    f"not a name for an {what}", cure="up to 64 letters, digits, spaces, dots, dashes and underscores"
                )
        self.policy.purpose(purpose)
        if purpose not in self.tokenisers:
            self.gate.refuse(
                Words("refusal", f"advertiser {advertiser}", purpose, details=MappingProxyType({"of": "use"})),
                "this purpose is not one that lists are matched for",
                f"one of: {', '.join(sorted(self.tokenisers))}",
            )
        store.expect_purpose(self.connection, advertiser, audience, purpose)

    def match(self, reading: Reading, advertiser: str, audience: str, purpose: str, now: datetime) -> Matched:
        """Match a list for an audience, in the steps above. `allow` comes first."""
        tokeniser = self.tokenisers[purpose]
        tokens = self._tokens(reading, tokeniser)
        upload = self.look_up(tokens, purpose, now)
        words = Words(
            "use",
            f"advertiser {advertiser}",
            purpose,
            np.array(upload.evidence, np.uint64),
            MappingProxyType(
                {
                    "audience": audience,
                    "upload": str(upload.id),
                    "rows": reading.report.rows,
                    "usable": reading.report.usable,
                }
            ),
        )
        sequence = self.gate.write_down(words)
        valid_until = now + timedelta(days=self.policy.audience_valid_days)
        with self.connection.transaction():
            store.add_audience(self.connection, advertiser, audience, purpose)
            store.add_upload(self.connection, advertiser, audience, upload, now, valid_until)
        return Matched(reading.report, self.status(advertiser, audience, now), sequence)

    def _tokens(self, reading: Reading, tokeniser: Tokeniser) -> npt.NDArray[np.uint8]:
        """Steps 1 and 2, block by block; under each live key while keys are being rotated."""
        blocks: list[npt.NDArray[Any]] = [np.empty((0, TOKEN_BYTES), np.uint8)]
        for digests in reading:
            blocks += [tokeniser.tokenise(digests, number) for number in tokeniser.numbers]
        return np.concatenate(blocks)

    def look_up(self, tokens: npt.NDArray[np.uint8], purpose: str, now: datetime) -> store.Upload:
        """Step 3: whom these tokens reach, and through which givings. Nothing is stored."""
        tokens_index = index.current(self.folder, self.connection, purpose, now)
        delta = index.read_delta(self.connection, purpose, now, tokens_index.watermark)
        givings, members = local.find(tokens_index, delta, tokens, self.threads)
        ended = store.ended(self.connection, now)
        if ended:
            standing = ~np.isin(givings, np.array(ended, np.uint32))
            givings, members = givings[standing], members[standing]
        return store.Upload(self.new_id(), BitMap(members), BitMap(givings))

    def members(self, advertiser: str, audience: str, now: datetime) -> BitMap:
        """The effective members of an audience, for the officer and for delivery; never for the advertiser."""
        uploads = store.uploads(self.connection, advertiser, audience, now)
        return effective(self.connection, uploads, store.ended(self.connection, now))

    def status(self, advertiser: str, audience: str, now: datetime) -> Status:
        """What the advertiser is told of an audience's size."""
        members = self.members(advertiser, audience, now)
        return status_of(members, advertiser, self.policy.audience_floor, self.noise_key)
