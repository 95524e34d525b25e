"""A log of 10,000 entries, as it is published and as it is stored, and any single bit of it flipped.

A flipped bit is judged by the part of the verifier that meets it first, with all that it is compared to untouched:

    what is flipped                    judged by
    bits of an entry in a bundle       `leaf_hash`, beside the leaf hash in the tile
    bits of its length                 `TileTree.bodies`, which reads the bundle anew
    bits of a full tile                the way from that hash to the tile's root, which stands in the tile above
    bits of the right edge             `TileTree`, beside the signed root
    bits of the head                   `read_head`
    bits of a row's body, of its MAC   `check_mac`
    bits of a stored head, the anchor  `verify_checkpoint`

That the whole verifier says so too is for `whole` to show, of bits anywhere.
"""

import random
from functools import cache

from mutations import flipped
from published_logs import KEY, LEDGER, bodies, fetch_from, published, signed
from solely.errors import Tampered
from solely.ledger.checkpoint import verify_checkpoint
from solely.ledger.log import Record, check_mac, mac_of
from solely.ledger.proof import verify_log
from solely.ledger.published import read_head, verify_published
from solely.ledger.tile_tree import TileTree
from solely.ledger.tiles import CHECKPOINT, WIDTH, bundle_path, read_tile, tile_path
from solely.ledger.tree import Frontier, inclusion_path, leaf_hash, root_of, root_of_inclusion

SIZE, SIGNED_EACH = 10_000, 1_000
KINDS = ("entries", "lengths", "tiles", "edge", "head", "row bodies", "row MACs", "stored heads")
LAST = SIZE // WIDTH  # the number of the partial bundle


@cache
def entries():
    return bodies(SIZE)


@cache
def files():
    return published(entries())


@cache
def macs():
    return [mac_of(n, leaf_hash(body), LEDGER.mac) for n, body in enumerate(entries())]


@cache
def notes():
    frontier, made = Frontier(), []
    for at in range(0, SIZE, SIGNED_EACH):
        frontier = frontier.extend(map(leaf_hash, entries()[at : at + SIGNED_EACH]))
        made.append(signed(frontier.size, frontier.root()))
    return made


def path_of(kind, number):
    width = WIDTH if number < LAST else SIZE % WIDTH
    return bundle_path(number, width) if kind in {"entries", "lengths"} else tile_path(0, number, width)


def parts(kind):
    """The numbers of a kind's parts: of bundles, of full tiles, of files at the edge, of rows by 256, of notes."""
    count = {"tiles": LAST, "edge": 2, "head": 1, "stored heads": len(notes()) + 1}.get(kind, LAST + 1)
    return range(count)


def flip(kind, number, step=1, first=0):
    """Flip each `step`-th bit of a part from the `first` on; returns how many were, and what was not found."""
    done, missed = 0, []
    for data, refuses in _items(kind, number):
        for bit in range(first, 8 * len(data), step):
            done += 1
            if not refuses(_flip(data, bit)):
                missed.append(f"{kind} {number}: bit {bit} of {data!r}")
        first = (first - 8 * len(data)) % step
    return done, missed


def _flip(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _items(kind, number):
    """A part's pieces, each with what says of its changed bytes whether they are refused."""
    if kind == "entries":
        for body in _of(entries(), number):
            leaf = leaf_hash(body)
            yield body, lambda changed, leaf=leaf: leaf_hash(changed) != leaf
    elif kind == "lengths":
        yield from _lengths(number)
    elif kind == "tiles":
        yield from _hashes(number)
    elif kind == "edge":
        path = (path_of("tiles", LAST), tile_path(1, 0, LAST))[number]
        yield files()[path], lambda changed: _refused(lambda: _tree({path: changed}))
    elif kind == "head":
        note = files()[CHECKPOINT]
        yield note, lambda changed: _refused(lambda: read_head(fetch_from({CHECKPOINT: changed}), KEY))
    elif kind == "stored heads":
        note = [*notes(), files()[CHECKPOINT].decode()][number].encode()  # the last one is the anchor
        yield note, lambda changed: _refused(lambda: verify_checkpoint(_text(changed), KEY))
    else:
        yield from _rows(kind, number)


def _lengths(number):
    path, at = path_of("lengths", number), 0
    data = files()[path]
    tree = _tree({})
    for body in _of(entries(), number):
        before, after = data[:at], data[at + 2 :]

        def refuses(changed, before=before, after=after):
            there = fetch_from({path: before + changed + after})
            tree._fetch = lambda asked: there(asked) if asked == path else files()[asked]
            return _refused(lambda: tree.bodies(number))

        yield data[at : at + 2], refuses
        at += 2 + len(body)


def _hashes(number):
    """Not `TileTree.hashes`, which hashes all 256 anew: that takes an hour for all bits of all tiles."""
    hashes = read_tile(files()[path_of("tiles", number)], WIDTH, "")
    root = _tree({}).hashes(1, 0)[number]
    assert root_of(hashes) == root
    for n, one in enumerate(hashes):
        path = inclusion_path(hashes, n)
        yield one, lambda new, n=n, path=path: root_of_inclusion(new, n, WIDTH, path) != root


def _rows(kind, number):
    start = number * WIDTH
    for n, (body, mac) in enumerate(zip(_of(entries(), number), _of(macs(), number), strict=True), start):
        if kind == "row bodies":
            yield body, lambda new, n=n, mac=mac: _refused(lambda: check_mac(Record(n, new, mac), LEDGER.mac))
        else:
            yield mac, lambda new, n=n, body=body: _refused(lambda: check_mac(Record(n, body, new), LEDGER.mac))


def _of(items, number):
    return items[number * WIDTH : (number + 1) * WIDTH]


@cache
def _head():
    return verify_checkpoint(files()[CHECKPOINT].decode(), KEY)


def _tree(changed):
    return TileTree(fetch_from(files() | changed), _head())


def _refused(verify):
    try:
        verify()
    except Tampered:
        return True
    return False


def _text(data):
    return data.decode("utf-8", "surrogateescape")


def whole(seed, count):
    """Have both whole verifiers judge `count` bits each, anywhere; returns how many were flipped, and what was missed.

    Every second one is of any byte, the others of any file or column, so that the small ones have their share.
    """
    rng, missed = random.Random(seed), []
    for n in range(count):
        path = rng.choices(list(files()), [len(data) if n % 2 else 1 for data in files().values()])[0]
        bit = rng.randrange(8 * len(files()[path]))
        changed = files() | {path: flipped(files()[path], bit)}
        if not _refused(lambda changed=changed: verify_published(fetch_from(changed), KEY)):
            missed.append(f"{path}: bit {bit}")
        column = rng.choices([0, 1, 2], [150, 32, 1] if n % 2 else None)[0]
        stored = [entries(), macs(), [note.encode() for note in notes()]]
        row = rng.randrange(len(stored[column]))
        one = stored[column][row]
        bit = rng.randrange(8 * len(one))
        stored[column] = [*stored[column][:row], flipped(one, bit), *stored[column][row + 1 :]]
        if not _refused(lambda stored=stored: _verify_stored(*stored)):
            missed.append(f"column {column} of row {row}: bit {bit}")
    return 2 * count, missed


def _verify_stored(stored_bodies, stored_macs, stored_notes):
    texts = map(_text, stored_notes)
    return verify_log(stored_bodies, texts, key=KEY, anchor=notes()[-1], macs=stored_macs, mac=LEDGER.mac)
