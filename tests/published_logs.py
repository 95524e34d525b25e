"""Published ledgers for tests, in memory: a path's bytes, as a folder of static files would have them."""

import os
from datetime import UTC, datetime, timedelta

from solely.errors import NotFound
from solely.keys import new_keyring
from solely.ledger.checkpoint import Checkpoint, VerifierKey, sign_checkpoint
from solely.ledger.entry import Draft, Entry, encode
from solely.ledger.tiles import Edge, grow

LEDGER = new_keyring("ledger", [], os.urandom).ledger()
KEY = VerifierKey("example.com/solely", LEDGER.public_key)
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def draft(number, principal="desk"):
    return Draft(type="giving", principal=principal, policy="ab" * 32, software="0.1.0", details={"n": number})


def bodies(size, principal="desk"):
    return [encode(Entry.at(n, NOW + timedelta(seconds=n), draft(n, principal))) for n in range(size)]


def signed(size, root, ledger=LEDGER, key=KEY):
    return sign_checkpoint(Checkpoint(key.name, size, root), key, ledger.sign)


def published(entries):
    """The files of a log of these bodies, whatever they are, published once and signed."""
    edge, files = Edge(), {}
    for after, written in grow(Edge(), entries):
        edge = after
        files |= written
    return files | {"checkpoint": signed(edge.size, edge.root()).encode()}


def fetch_from(files):
    def fetch(path):
        if path not in files:
            raise NotFound("no such file", where=path)
        return files[path]

    return fetch
