"""A million plain rows end to end: from a CSV file of e-mails to the set of members.

Solely reads in a confined process, gives each row a verdict, takes every spelling that means the same mailbox,
and writes the ledger. The others trim, lower, hash and join, and do no more.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from engines import Held, Members
from ground import ENDED_EACH, PURPOSE, Digests, Ground

from solely.audiences.lists import read_list
from solely.audiences.match import Target

__all__ = ["addresses", "digests_of", "duckdb_way", "expected", "polars_way", "solely_way", "write_list"]

Way = Callable[[Path], Members]


def addresses(start: int, count: int) -> list[str]:
    """Addresses as they are typed by different people; none of a mailbox with several spellings."""
    domains = ("example.com", "outlook.com", "web.de", "proton.me", "orange.fr")
    return [f"ada.lovelace{n * 7919 % 100_000_007}@{domains[n % 5]}" for n in range(start, start + count)]


def digests_of(texts: list[str]) -> Digests:
    """The first 16 bytes of each one's SHA-256."""
    return np.frombuffer(b"".join(hashlib.sha256(t.encode()).digest()[:16] for t in texts), np.uint8).reshape(-1, 16)


def write_list(path: Path, texts: list[str]) -> None:
    """A CSV with a header; one row in three in other capitals or with spaces."""
    spelt = [text.title() if n % 6 == 0 else f" {text} " if n % 6 == 3 else text for n, text in enumerate(texts)]
    path.write_text("\n".join(["email,id", *(f"{text},{n}" for n, text in enumerate(spelt))]) + "\n")


def solely_way(ground: Ground) -> Way:
    """The whole of `match`, the ledger's entry and the stored upload included."""
    audiences, clock, numbers = ground.audiences, ground.solely.clock, itertools.count()

    def way(path: Path) -> Members:
        name = f"plain {next(numbers)}"
        target = Target("bench", name)
        audiences.allow(target, PURPOSE)
        audiences.match(read_list(path), target, PURPOSE, clock())
        return np.array(audiences.members("bench", name, clock()).to_array())

    return way


def duckdb_way(held: Held) -> Way:
    """read_csv, trim, lower, sha256, join with its own table."""
    key = "('0x' || sha256(lower(trim(email)))[:32])::UHUGEINT"

    def way(path: Path) -> Members:
        query = f"SELECT DISTINCT member FROM held JOIN (SELECT {key} AS key FROM read_csv(?)) USING (key)"
        return held.duck.execute(query, [str(path)]).fetchnumpy()["member"]

    return way


def polars_way(held: Held) -> Way:
    """scan_csv, strip, lower, SHA-256 by Python's hashlib (Polars has none), join."""

    def way(path: Path) -> Members:
        texts = pl.scan_csv(path).select(pl.col("email").str.strip_chars().str.to_lowercase()).collect()["email"]
        halves = digests_of(texts.to_list()).view(">u8").reshape(-1, 2)
        rows = pl.LazyFrame({"hi": halves[:, 0].astype(np.uint64), "lo": halves[:, 1].astype(np.uint64)})
        found = held.polars.lazy().join(rows, on=["hi", "lo"], how="semi").select(pl.col("member").unique())
        return found.collect(engine="streaming")["member"].to_numpy()

    return way


def expected(known: int) -> Members:
    """The members whose addresses, the first `known` givings, are on the list."""
    first = np.arange(1, known + 1)
    return np.unique((first[first % ENDED_EACH != 0] + 1) // 2)
