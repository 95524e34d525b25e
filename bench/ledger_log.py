"""One log of many entries, laid down at once, and what it takes to sign, publish, verify and prove it.

The rows are those that the appender would have written, with their MACs and the head; that they are is checked by the
product's own commands, which are what is timed. The chain beside it is verified as one would: read in order, hashed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from ledger_writers import DETAILS, TABLES, Ground, ground

from give import memory_of, processes
from solely.app import init
from solely.app.directory import read_keyring, verifier_key
from solely.app.fetch import from_folder
from solely.ledger.checkpoint import Checkpoint, sign_checkpoint
from solely.ledger.entry import Draft, Entry, decode, encode
from solely.ledger.log import Mac, mac_of
from solely.ledger.member_receipt import verify_member_receipt, write_member_receipt
from solely.ledger.members import member_nodes, member_proof, members_root
from solely.ledger.published import read_head
from solely.ledger.receipt import receipt_from, verify_receipt
from solely.ledger.tile_tree import TileTree
from solely.ledger.tree import Frontier, growth_path, leaf_hash, root_of, verify_consistency
from solely.store import ledger

__all__ = ["Figure", "lay_down", "member_figures", "proof_figures", "store_figures"]

SOLELY = Path(sys.executable).with_name("solely")
BATCH, TRIES = 10_000, 20


@dataclass(frozen=True)
class Figure:
    """One figure, as it is printed."""

    name: str
    text: str


def bodies(first: int, size: int) -> Iterator[bytes]:
    """Entries of one kind and time, as `encode` writes them."""
    draft = Draft(
        type="use", principal="advertiser acme", policy="ab" * 32, software="bench", purpose="tailored-audiences",
        details=DETAILS,
    )  # fmt: skip
    before, _, after = encode(Entry.at(first, datetime.now(UTC), draft)).partition(b'"sequence":%d,' % first)
    for n in range(first, size):
        yield b'%b"sequence":%d,%b' % (before, n, after)


def lay_down(directory: Path, size: int) -> Figure:
    """A directory whose ledger has so many entries, and beside it a hash chain of the same; what signing them took."""
    init(directory)
    with ground(directory) as here, here.superuser() as connection:
        head = ledger.read_head(connection)
        source, mac = bodies(head.size, size), read_keyring(directory, "ledger").ledger().mac
        frontier, time_ = head.frontier, head.time
        while batch := list(islice(source, BATCH)):
            frontier, time_ = _copy(connection, frontier, batch, mac), decode(batch[-1]).time
        connection.execute(
            "UPDATE ledger.head SET size = %s, time = %s, frontier = %s", [size, time_, frontier.to_bytes()]
        )
        connection.execute(TABLES)
        _chain(connection, head.size, size)
        connection.commit()
        return Figure("sign the head: read all new entries", f"{_sign(here):.1f} s")


def _sign(here: Ground) -> float:
    """As the product signs: each new entry is read back, its MAC and its form checked."""
    keyring = read_keyring(here.directory, "ledger")
    key, keys = verifier_key(keyring), keyring.ledger()
    with here.ledger() as connection:
        start = time.monotonic()
        ledger.checkpoint(
            connection, keys, lambda size, root: sign_checkpoint(Checkpoint(key.name, size, root), key, keys.sign)
        )
        seconds = time.monotonic() - start
        ledger.keep_anchor(connection, here.directory / "ledger" / "checkpoint")
    return seconds


def _copy(connection: psycopg.Connection, frontier: Frontier, batch: list[bytes], mac: Mac) -> Frontier:
    leaves = list(map(leaf_hash, batch))
    with connection.cursor().copy("COPY ledger.entries (sequence, body, mac) FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int8", "bytea", "bytea"])
        for n, (body, leaf) in enumerate(zip(batch, leaves, strict=True), frontier.size):
            copy.write_row((n, body, mac_of(n, leaf, mac)))
    return frontier.extend(leaves)


def _chain(connection: psycopg.Connection, first: int, size: int) -> None:
    before, now = bytes(32), datetime.now(UTC)
    with connection.cursor().copy("COPY bench.chain (at, body, hash) FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["timestamptz", "text", "bytea"])
        for body in bodies(first, size):
            before = sha256(before + body).digest()
            copy.write_row((now, body.decode(), before))


def store_figures(directory: Path, say: Callable[[str], None]) -> list[Figure]:
    """What the product's commands take, one after the other, and the chain's verification."""
    public, key = directory / "ledger" / "public", directory / "ledger" / "verifier.key"
    figures = []
    for name, arguments in (
        ("verify the store: forms, MACs, tree", ["verify", "--dir", directory]),
        ("publish", ["publish", "--dir", directory]),
        ("verify what is published", ["verify", "--files", public, "--key", key]),
    ):
        seconds, processor, peak = _run(directory, [*map(str, arguments), "--json"])
        say(f"  {name}: {seconds:.1f} s")
        figures += [
            Figure(name, f"{seconds:.1f} s"),
            Figure("  of processors, without PostgreSQL", f"{processor:.1f} s"),
            Figure("  peak", f"{peak / 1e6:.0f} MB"),
        ]
    megabytes = sum(path.stat().st_size for path in public.rglob("*") if path.is_file()) / 1e6
    seconds = _verify_chain(directory)
    return [
        *figures,
        Figure("published", f"{megabytes:,.1f} MB"),
        Figure("a hash chain: hash all rows", f"{seconds:.1f} s"),
    ]


def _run(directory: Path, arguments: list[str]) -> tuple[float, float, int]:
    """Seconds, processor seconds and peak (bytes) of a command and all it started; PostgreSQL is in the peak alone."""
    start, peak, before = time.monotonic(), 0, os.times()
    command = subprocess.Popen([SOLELY, "ledger", *arguments], stdout=subprocess.PIPE)
    while command.poll() is None:
        peak = max(peak, sum(map(memory_of, processes(command.pid, directory))))
        time.sleep(0.05)
    seconds = time.monotonic() - start
    if command.returncode:
        sys.exit(f"solely ledger {arguments[0]} ended with {command.returncode}")
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, used, peak


def _verify_chain(directory: Path) -> float:
    with ground(directory) as here, here.superuser() as connection:
        start, before = time.monotonic(), bytes(32)
        with connection.transaction(), connection.cursor(name="chain") as cursor:
            cursor.itersize = BATCH
            for body, stated in cursor.execute("SELECT body, hash FROM bench.chain ORDER BY id"):
                json.loads(body)
                before = sha256(before + body.encode()).digest()
                assert before == stated
        return time.monotonic() - start


def proof_figures(directory: Path, size: int) -> list[Figure]:
    """A receipt from what is published, and the proof that the log goes on from an older head."""
    fetch, key = from_folder(directory / "ledger" / "public"), verifier_key(read_keyring(directory, "ledger"))
    places = np.random.default_rng(1).integers(0, size, TRIES).tolist()
    made = [_timed(partial(receipt_from, fetch, key, place)) for place in places]
    shown = [_timed(partial(verify_receipt, text, key)) for text, _ in made]
    head, _ = read_head(fetch, key)
    tree, old = TileTree(fetch, head), size - size // 10
    at, root_ms = _timed(partial(tree.root_at, old))
    path, path_ms = _consistency(tree, old)
    _, check_ms = _timed(partial(verify_consistency, old, at, size, head.root, path))
    return [
        Figure("a receipt, with its entry", f"{max(len(text) for text, _ in made):,} B"),
        Figure("  made from what is published", f"{np.median([ms for _, ms in made]):.1f} ms"),
        Figure("  verified by the key alone", f"{np.median([ms for _, ms in shown]):.2f} ms"),
        Figure("an anchor: root of nine tenths", f"{root_ms:.1f} ms"),
        Figure("consistency with nine tenths", f"{32 * len(path):,} B"),
        Figure("  made from the last tenth", f"{path_ms:,.0f} ms"),
        Figure("  verified", f"{check_ms:.2f} ms"),
        Figure("a hash chain: one row's proof", f"{_chain_bytes(size):,.1f} MB"),
    ]


def _consistency(tree: TileTree, old: int) -> tuple[tuple[bytes, ...], float]:
    """As a witness is answered: the frontier of the old head and the leaf hashes after it."""
    hashes = [one for number in range(old // 256, -(-tree.size // 256)) for one in tree.hashes(0, number)]
    skipped = old % 256
    frontier = _frontier(tree, old - skipped).extend(hashes[:skipped])
    return _timed(partial(growth_path, frontier, hashes[skipped:]))


def _frontier(tree: TileTree, size: int) -> Frontier:
    """The full subtrees of a beginning that ends where a tile of level 0 does."""
    roots, done = [], 0
    for bit in reversed(range(size.bit_length())):
        if size >> bit & 1:
            roots.append(_subtree(tree, done, bit))
            done += 1 << bit
    return Frontier(size, tuple(roots))


def _subtree(tree: TileTree, start: int, height: int) -> bytes:
    level = height // 8
    first, count = start >> 8 * level, 1 << height - 8 * level
    return root_of(tree.hashes(level, first // 256)[first % 256 : first % 256 + count])


def _chain_bytes(size: int) -> float:
    """All rows: who is to check one has to be given those before it and those after it."""
    return size * (len(next(bodies(size - 1, size))) + 32) / 1e6


def member_figures(count: int) -> list[Figure]:
    """One of many members of an entry: committed to, shown, verified."""
    secret, numbers = bytes(range(32)), np.arange(count, dtype=np.uint64)
    members, root_ms = _timed(partial(members_root, secret, numbers))
    nodes = member_nodes(secret, numbers)
    proof, ms = _timed(partial(member_proof, secret, numbers, count // 3, nodes))
    anew, anew_ms = _timed(partial(member_proof, secret, numbers, count // 3))
    assert proof == anew
    text = write_member_receipt(count // 3, proof)
    _, shown_ms = _timed(partial(verify_member_receipt, text, members))
    return [
        Figure("commit to all", f"{root_ms / 1e3:.1f} s"),
        Figure("one member's receipt", f"{len(text):,} B"),
        Figure("  made from the kept nodes", f"{ms:.1f} ms"),
        Figure("  made anew from all members", f"{anew_ms / 1e3:.1f} s"),
        Figure("  verified", f"{shown_ms:.2f} ms"),
    ]


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call returns, and its milliseconds."""
    start = time.perf_counter()
    result = call()
    return result, (time.perf_counter() - start) * 1e3
