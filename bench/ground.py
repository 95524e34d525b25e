"""What is measured against: a platform of many tokens, made through the index's own code, and lists that meet it.

Digests are random, so are tokens. Giving n is the n-th token; every second giving is of the same member as the one
before. One giving in a hundred has ended since the index was made, and a thousand came after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg

from solely.app import Solely, init
from solely.app.directory import read_keyring
from solely.audiences import index
from solely.audiences.match import Audiences
from solely.store import advertising, server

__all__ = ["PURPOSE", "THREADS", "Ground", "make_directory", "make_ground", "make_list"]

PURPOSE = "tailored-audiences"
THREADS = 2  # for everyone
ENDED_EACH = 100
DELTA = 1_000
HITS = 10  # one row of a list in so many is on the platform

Digests = npt.NDArray[np.uint8]  # shape (n, 16)


@dataclass(frozen=True)
class Ground:
    """The platform: Solely at work, a superuser's connection, and what competitors' tables hold."""

    solely: Solely
    audiences: Audiences
    admin: psycopg.Connection
    digests: Digests  # of givings that stand: what competitors hold
    members: npt.NDArray[np.uint32]


def make_directory(folder: Path) -> Path:
    """A data directory whose PostgreSQL has room for the comparison."""
    init(folder / "platform")
    with (folder / "platform" / "postgres" / "postgresql.conf").open("a") as file:
        file.write("shared_buffers = 2GB\nmax_wal_size = 1GB\n")
    return folder / "platform"


def make_ground(solely: Solely, tokens: int, digests: Digests | None, say: Callable[[str], None]) -> Ground:
    """Fill the platform. `digests` come first among its givings, if there are any."""
    numbers = np.arange(1, tokens + 1)
    members = ((numbers + 1) // 2).astype(np.uint32)
    given = np.random.default_rng(1).integers(0, 256, (tokens, 16), np.uint8)
    if digests is not None:
        given[: len(digests)] = digests
    say("tokens, sorted and written as an index")
    halves = solely.audiences.tokenisers[PURPOSE].tokenise(given).view(">u8").reshape(-1, 2).astype(np.uint64)
    admin = _admin(solely)
    _givings(admin, tokens)
    folder = solely.directory / "advertising" / "index" / PURPOSE
    shard = index.sort_shard(halves, numbers, members)
    index.write(folder, shard, tokens, advertising.giving_mark(admin, tokens), keys=frozenset({1}))
    stands = numbers % ENDED_EACH != 0
    return Ground(solely, replace(solely.audiences, threads=THREADS), admin, given[stands], members[stands])


def _admin(solely: Solely) -> psycopg.Connection:
    password = read_keyring(solely.directory, "owner").secret("database")
    return solely.ground.database.superuser(server.SUPERUSER, password)


def _givings(admin: psycopg.Connection, tokens: int) -> None:
    """The rows a match asks for: those that ended, the index's last, those that came after."""
    columns = "(number, pseudonym, giving, purpose, key_number, tokens, given_at) OVERRIDING SYSTEM VALUE"
    values = "n, gen_random_uuid(), gen_random_uuid(), %s, 1, uuid_send(gen_random_uuid()), now() - interval '1 day'"
    for first, last, step in ((ENDED_EACH, tokens, ENDED_EACH), (tokens, tokens, 1), (tokens + 1, tokens + DELTA, 1)):
        admin.execute(
            f"INSERT INTO advertising.givings {columns} SELECT {values} FROM generate_series(%s, %s, %s) n"
            " WHERE NOT EXISTS (SELECT FROM advertising.givings WHERE number = n)",
            [PURPOSE, first, last, step],
        )
    admin.execute(
        "INSERT INTO advertising.endings (pseudonym, giving, ended_at) SELECT pseudonym, giving, now()"
        f" FROM advertising.givings WHERE number <= %s AND number %% {ENDED_EACH} = 0 ORDER BY number",
        [tokens],
    )
    admin.execute("ANALYZE advertising.givings, advertising.endings")


def make_list(ground: Ground, rows: int, seed: int) -> tuple[Digests, npt.NDArray[Any]]:
    """Digests of a list, one in ten of them on the platform, in no order; and the members it must meet."""
    chance = np.random.default_rng(seed)
    hit = chance.choice(len(ground.digests), rows // HITS, replace=False)
    digests = chance.integers(0, 256, (rows, 16), np.uint8)
    digests[: len(hit)] = ground.digests[hit]
    return chance.permutation(digests), np.unique(ground.members[hit])
