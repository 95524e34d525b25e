"""A platform of many people and a thousand matches, to ask whom they affect: evidence, entries and what is known.

- People have one giving each, one in ten has a second one. Giving numbers are dense; whose each is, and what is known
  of it, is written as the code itself keeps it.
- Matches have 10 thousand to 10 million givings (log-uniform), by 40 advertisers, two for one month and then the next.
  Every second one is an earlier list of the same advertiser with a tenth taken out.
- Entries carry the ledger's MAC and are in its table; the trees of their members are not made: nothing here asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg

from solely.answer import kept
from solely.answer.known import LATER, bitmap_of, country_fact, notice_fact
from solely.app import Solely
from solely.app.directory import read_keyring
from solely.ledger.entry import Draft
from solely.ledger.log import append_all
from solely.ledger.members import Members
from solely.store import advertising, ledger, server
from solely.store.advertising import BLOCK_BITS

__all__ = ["ADS", "Ground", "lists", "make"]

ADS = "tailored-audiences"
ADVERTISERS, MONTHS, NAMED = 40, 12, 200_000  # NAMED: people whose rows are there, so that they can be listed
START = datetime(2027, 1, 1, tzinfo=UTC)
COUNTRIES = {"DE": 0.12, "FR": 0.08, "BR": 0.06, "IN": 0.06, "JP": 0.04, "US": 0.02}  # the rest is unknown

_GIVINGS = (
    "advertising.givings (number, pseudonym, giving, purpose, key_number, tokens, given_at) OVERRIDING SYSTEM VALUE"
)

Numbers = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Ground:
    """What stands: how many givings, and whose each is (the lowest number of the same person)."""

    givings: int
    first: Numbers
    explicit: list[UUID]


def lists(givings: int, jobs: int) -> Iterator[tuple[int, Numbers]]:
    """Each match's advertiser and givings, ascending; the same each time."""
    chance = np.random.default_rng(7)
    last: dict[int, Numbers] = {}
    for number in range(jobs):
        advertiser = int(chance.integers(ADVERTISERS))
        if advertiser in last and number % 2:
            some = last[advertiser][chance.random(len(last[advertiser])) < 0.9]
        else:
            rows = min(10 ** chance.uniform(4, 7), givings / 2)
            gaps = chance.geometric(rows / givings, int(rows * 1.05) + 100)
            some = np.cumsum(gaps)
            some = some[some <= givings].astype(np.uint32)
        last[advertiser] = some
        yield advertiser, some


def make(solely: Solely, people: int, jobs: int) -> Ground:
    """Fill the platform."""
    givings = people + people // 10
    first = _first(givings, people // 10)
    admin = _admin(solely)
    explicit = _named(admin, givings)
    _known(solely, first)
    head = ledger.read_head(admin)
    mac = read_keyring(solely.directory, "ledger").ledger().mac
    with admin.transaction():
        for number, (advertiser, some) in enumerate(
            [*lists(givings, jobs), (ADVERTISERS, np.arange(1, NAMED + 1, dtype=np.uint32))]
        ):
            upload, name = UUID(int=number + 1, version=4), f"adv{advertiser:02}"
            draft = Draft(
                type="use",
                principal=f"advertiser {name}",
                policy=solely.policy.digest,
                software="1.0",
                purpose=ADS,
                members=Members(len(some), bytes(32)),
                details={"audience": f"audience {number % 7}", "upload": str(upload)},
            )
            at = START + timedelta(days=30 * MONTHS * number / jobs)
            head, records = append_all(head, [draft], at, mac)
            admin.execute(
                "INSERT INTO ledger.entries VALUES (%s, %s, %s)", [records[0].sequence, records[0].body, records[0].mac]
            )
            _evidence(admin, name, upload, some)
        admin.execute(
            "UPDATE ledger.head SET size = %s, time = %s, frontier = %s",
            [head.size, head.time, head.frontier.to_bytes()],
        )
    admin.execute("VACUUM ANALYZE advertising.evidence, ledger.entries")
    admin.execute("CHECKPOINT")
    return Ground(givings, first, explicit)


def _evidence(admin: psycopg.Connection, advertiser: str, upload: UUID, some: Numbers) -> None:
    """As `advertising.add_evidence`, but for the members, which nothing here asks for."""
    blocks, starts = np.unique(some >> BLOCK_BITS, return_index=True)
    for block, part in zip(blocks.tolist(), np.split(some, starts[1:]), strict=True):
        admin.execute(
            "INSERT INTO advertising.evidence VALUES (%s, %s, %s, %b, '')",
            [advertiser, upload, block, bitmap_of(part).serialize()],
        )


def _first(givings: int, later: int) -> Numbers:
    """Whose each giving is: the last tenth and some before are second givings, of someone with a lower number."""
    chance = np.random.default_rng(3)
    first = np.arange(givings + 1, dtype=np.uint32)
    is_later = chance.random(givings + 1, np.float32) < later / givings
    is_later[: NAMED + 1] = False
    second = np.flatnonzero(is_later).astype(np.uint32)
    mine = (chance.random(len(second)) * (second - 1)).astype(np.uint32) + 1
    while (wrong := is_later[mine]).any():
        mine[wrong] -= 1
    first[second] = mine
    return first


def _known(solely: Solely, first: Numbers) -> None:
    """The files, as `known` writes them."""
    folder = solely.directory / "answers"
    folder.mkdir(exist_ok=True)
    first.tofile(folder / "first")
    chance, count = np.random.default_rng(5), len(first)
    facts = {LATER: np.flatnonzero(first != np.arange(count)).astype(np.uint32)}
    notice = chance.integers(0, 3, count, np.uint8)
    for version in range(3):
        facts[notice_fact(f"{ADS}/v{version}", bytes([version]) * 32)] = np.flatnonzero(notice == version).astype(
            np.uint32
        )
    drawn, low = chance.random(count, np.float32), 0.0
    for name, share in COUNTRIES.items():
        facts[country_fact(name)] = np.flatnonzero((drawn >= low) & (drawn < low + share)).astype(np.uint32)
        low += share
    mark = advertising.giving_mark(solely.audiences.connection, count - 1)
    parts = {name: bitmap_of(numbers).serialize() for name, numbers in facts.items()}
    kept.write(folder / "givings", {"count": count, "mark": mark}, parts)


def _named(admin: psycopg.Connection, givings: int) -> list[UUID]:
    """Rows of the first people, of the last giving, and of a thousand here and there that are asked for by id."""
    admin.execute(
        "INSERT INTO registry.notices SELECT %s, 'v' || n, 'en', decode(repeat('0' || n, 32), 'hex'), ''"
        " FROM generate_series(0, 2) n",
        [ADS],
    )
    chance = np.random.default_rng(11)
    some = sorted({int(one) for one in chance.integers(NAMED + 1, givings, 1_000)})
    admin.execute(
        "CREATE TABLE public.named AS SELECT n::bigint AS number, gen_random_uuid() AS pseudonym,"
        " gen_random_uuid() AS giving FROM"
        " (SELECT generate_series(1, %s) n UNION SELECT unnest(%s::integer[]) UNION SELECT %s::integer) s",
        [NAMED, some, givings],
    )
    for table, columns in (
        (_GIVINGS, "number, pseudonym, giving, 'tailored-audiences', 1, '', now()"),
        ("advertising.members (number, pseudonym) OVERRIDING SYSTEM VALUE", "number, pseudonym"),
        ("registry.pseudonyms", "'p' || number, 'advertising', pseudonym"),
        ("registry.givings", "'p' || number, giving, 'tailored-audiences', 'email', '', NULL, now(), NULL, 0"),
    ):
        admin.execute(f"INSERT INTO {table} SELECT {columns} FROM public.named")
    admin.execute("ANALYZE")
    rows = admin.execute("SELECT giving FROM public.named WHERE number = ANY(%s)", [some])
    return [giving for (giving,) in rows]


def _admin(solely: Solely) -> psycopg.Connection:
    password = read_keyring(solely.directory, "owner").secret("database")
    return solely.ground.database.superuser(server.SUPERUSER, password)
