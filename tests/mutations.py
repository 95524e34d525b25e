"""Random changes of a small published log, by someone without its key and by someone with it, and two verdicts.

Each change comes with what must be said of it: False where it has to be refused, None where the two only have to agree.
"""

import json
from datetime import UTC, timedelta

import second_verifier
from published_logs import KEY, NOW, bodies, draft, fetch_from, published
from solely.errors import NotFound, Tampered
from solely.ledger.entry import Entry, encode
from solely.ledger.published import verify_published
from solely.ledger.tiles import bundle_path, read_bundle

SIZE = 4
LOG = published(bodies(SIZE))
OLDER = published(bodies(SIZE - 1))
ANCHOR = LOG["checkpoint"].decode()
BUNDLE = bundle_path(0, SIZE)
ODD = ("a@b", "+4915112345678", "\x07", "", "x" * 257, "ä", None, True, 0, -1, 2**53, 1.5, [], {}, "use", "NaN")


def verdicts(files, anchor=None):
    """What the project's verifier and the second one say: size and root, or None where they refuse."""
    try:
        proven = verify_published(fetch_from(files), KEY, anchor=anchor)
        one = proven.size, proven.root
    except (Tampered, NotFound):
        one = None
    try:
        other = second_verifier.verify(files.get, str(KEY), None if anchor is None else anchor.encode())
    except second_verifier.Wrong:
        other = None
    return one, other


def flipped(data, bit):
    return (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")


def _bytes(rng, data):
    """Some bytes that are not these."""
    at, to = rng.randrange(len(data)), rng.randrange(len(data) + 1)
    new = rng.choice([
        flipped(data, rng.randrange(8 * len(data))),
        data[:at],
        data[:at] + data[at + 1 :],
        data[:at] + rng.randbytes(rng.randint(1, 4)) + data[at:],
        data[:at] + rng.randbytes(1) + data[at + 1 :],
        data + rng.randbytes(rng.randint(1, 40)),
        data[min(at, to) : max(at, to)],
        data[:at] + data[at:to] + data[at:],
        rng.randbytes(rng.randint(0, 100)),
    ])  # fmt: skip
    return new if new != data else new + b"\n"


def by_a_stranger(rng):
    """A change of the files by someone without the key: whatever it is, it is refused."""
    path, other = rng.choice(list(LOG)), rng.choice(list(LOG))
    kind = rng.randrange(10)
    if kind == 0:
        return {there: data for there, data in LOG.items() if there != path}
    if kind == 1 and path != other:
        return LOG | {path: LOG[other], other: LOG[path]}
    if kind == 2:
        return LOG | {BUNDLE: _rebundled(rng, list(read_bundle(LOG[BUNDLE], SIZE, "")))}
    return LOG | {path: _bytes(rng, LOG[path])}


def _rebundled(rng, entries):
    before = list(entries)
    while entries == before:
        at, to = rng.randrange(len(entries)), rng.randrange(len(entries) + 1)
        change = rng.randrange(3)
        moved = entries.pop(at) if change else entries[at]
        if change != 1:
            entries.insert(to, moved)
    return b"".join(len(one).to_bytes(2, "big") + one for one in entries)


def by_the_operator(rng):
    """Another history, well made and signed with the log's own key, of entries that may be none."""
    entries = bodies(SIZE)
    at = rng.randrange(SIZE)
    kind = rng.randrange(6)
    if kind == 0:
        entries[at] = _bytes(rng, entries[at])
    elif kind == 1:
        said = json.loads(entries[at])
        name = rng.choice([*said, "purpose", "subject", "members", "extra", "Details"])
        said[name] = rng.choice([*ODD, *said.values(), {"count": rng.choice(ODD), "root": "00" * 32}, {"n": "x"}])
        entries[at] = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=rng.random() < 0.2).encode()
    elif kind == 2:
        said = json.loads(entries[at])
        said["details"][rng.choice(["n", "N", "a-b", "ä", "x" * 65])] = rng.choice(ODD)
        entries[at] = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    elif kind == 3:
        said = json.loads(entries[at])
        del said[rng.choice(list(said))]
        entries[at] = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    elif kind == 4:
        time = NOW + timedelta(seconds=rng.randint(-5, 5), microseconds=rng.randint(0, 1))
        entries[at] = encode(Entry.at(at + rng.randint(0, 1), time.astimezone(UTC), draft(at)))
    else:
        moved = entries.pop(at)
        entries.insert(rng.randrange(SIZE), moved)
        entries += [moved] * rng.randint(0, 1)
    return published(entries)


def signs_as_before(files):
    """Whether all that differs is a line under the checkpoint in some other key's name, which anyone may add."""
    note = files.get("checkpoint", b"")
    return files | {"checkpoint": LOG["checkpoint"]} == LOG and set(LOG["checkpoint"].split(b"\n")) <= set(
        note.split(b"\n")
    )


def mutation(rng):
    """The files, the anchor, and whether they have to be refused."""
    kind = rng.random()
    if kind < 0.7:
        files = by_a_stranger(rng)
        return files, rng.choice([None, ANCHOR]), None if signs_as_before(files) else False
    if kind < 0.72:
        return OLDER, ANCHOR, False
    files = by_the_operator(rng)
    if kind < 0.8 and files["checkpoint"] != LOG["checkpoint"]:
        return files, ANCHOR, False
    return files, None, None


def judge(rng):
    """Make one change and compare the verdicts; returns whether it was refused."""
    files, anchor, must = mutation(rng)
    one, other = verdicts(files, anchor)
    assert one == other, (files, anchor)
    assert must is None or one is None, (files, anchor)
    return one is None
