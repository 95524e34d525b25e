"""A second verifier of a published ledger, written from docs/ledger-format.md: it shares no code with the project.

    python tests/second_verifier.py FOLDER KEY

Not made to be fast: it holds every leaf hash, hashes each subtree anew, and compares every tile to its definition.
"""

import json
import re
import sys
from base64 import b64decode, b64encode
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TYPES = "giving withdrawal expiry use send refusal disclosure policy key erasure reset preference access".split()  # noqa: SIM905
REQUIRED, OPTIONAL = ["policy", "principal", "sequence", "software", "time", "type"], "details members purpose subject"
NAME, UNFIT = re.compile("[a-z][a-z0-9_-]{0,63}"), re.compile("[\x00-\x1f\x7f\ud800-\udfff]|@|\\+\\d{7}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
SUBJECT = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Wrong(Exception):
    """What was published is not a ledger under that key."""


def need(holds, what):
    if not holds:
        raise Wrong(what)


def sha(*parts):
    return sha256(b"".join(parts)).digest()


def mth(leaves):
    """RFC 9162 §2.1.1, as it is written there; the list holds leaf hashes."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\x01", mth(leaves[:split]), mth(leaves[split:]))


def from_base64(text, least):
    data = b64decode(text)
    need(b64encode(data).decode() == text and len(data) >= least, "base64")
    return data


def head(note, key):
    """The size and the root of a signed head."""
    name, key_id, public = key.split("+", 2)
    public = b64decode(public)
    need(public[0] == 1 and sha(name.encode(), b"\n", public)[:4].hex() == key_id, "key")
    try:
        text, _, lines = note.decode().rpartition("\n\n")
        signed = []
        for line in lines.removesuffix("\n").split("\n"):
            dash, signer, signature = line.split(" ")
            need(dash == "—" and re.fullmatch(r"[^\s+]+", signer) and lines[-1] == "\n", "signature line")
            signed.append((signer, from_base64(signature, 5)))
        (ours,) = [data[4:] for signer, data in signed if (signer, data[:4].hex()) == (name, key_id)]
        Ed25519PublicKey.from_public_bytes(public[1:]).verify(ours, f"{text}\n".encode())
        origin, size, root = text.split("\n")
        need(origin == name and re.fullmatch("0|[1-9][0-9]*", size) and len(from_base64(root, 32)) == 32, "head")
    except (ValueError, InvalidSignature) as error:
        raise Wrong("checkpoint") from error
    return int(size), from_base64(root, 32)


def entries_of(data, width):
    bodies = []
    while data:
        end = 2 + int.from_bytes(data[:2], "big")
        need(2 <= end <= len(data), "bundle ends early")
        bodies.append(data[2:end])
        data = data[end:]
    need(len(bodies) == width, "entries in a bundle")
    return bodies


def hashes_of(data, width):
    need(len(data) == 32 * width, "hashes in a tile")
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def read(fetch, folder, number, width, parse):
    """The items of a file; of the full one where a partial one is not there."""
    digits = str(number).zfill(-(-len(str(number)) // 3) * 3)
    *before, last = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([f"tile/{folder}", *(f"x{group}" for group in before), last])
    data = fetch(path if width == 256 else f"{path}.p/{width}")
    if data is not None:
        return parse(data, width)
    full = None if width == 256 else fetch(path)
    need(full is not None, "missing file")
    return parse(full, 256)[:width]


def entry(body, sequence, before):
    """Check one entry; returns its time."""
    try:
        said = json.loads(body.decode())
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        need(canonical == body and len(body) <= 65_534, "canonical form")
        need([name for name in said if name not in OPTIONAL.split()] == REQUIRED, "fields")
        need(type(said["sequence"]) is int and said["sequence"] == sequence and said["type"] in TYPES, "place")
        need(TIME.fullmatch(said["time"]) and datetime.fromisoformat(said["time"]) and said["time"] >= before, "time")
        details = said.get("details", {"none": 0})
        need(details and all(NAME.fullmatch(name) for name in details), "details")
        numbers = [value for value in details.values() if not isinstance(value, str)]
        need(all(type(value) is int and abs(value) < 2**53 for value in numbers), "numbers")
        texts = [value for value in details.values() if isinstance(value, str)]
        texts += [said["principal"], said["policy"], said["software"], said.get("purpose", "none")]
        need(all(0 < len(text) <= 256 and not UNFIT.search(text) for text in texts), "texts")
        members = said.get("members", {"count": 0, "root": "0" * 64})
        need(list(members) == ["count", "root"] and re.fullmatch("[0-9a-f]{64}", members["root"]), "members")
        need(type(members["count"]) is int and members["count"] >= 0, "members")
        need("subject" not in said or SUBJECT.fullmatch(said["subject"]), "subject")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Wrong("entry") from error
    return said["time"]


def verify(fetch, key, anchor=None):
    """Check all that `fetch` gives (a path's bytes, or None); returns size and root, or raises Wrong."""
    size, root = head(fetch("checkpoint") or b"", key)
    sizes = [min(256, size - start) for start in range(0, size, 256)]
    bodies = [body for n, width in enumerate(sizes) for body in read(fetch, "entries", n, width, entries_of)]
    level, hashes = 0, [sha(b"\x00", body) for body in bodies]
    leaves, time = hashes, ""
    while hashes:
        tiles = [hashes[at : at + 256] for at in range(0, len(hashes), 256)]
        for n, tile in enumerate(tiles):
            need(read(fetch, level, n, len(tile), hashes_of) == tile, "tile")
        level, hashes = level + 1, [mth(tile) for tile in tiles if len(tile) == 256]
    need(mth(leaves) == root, "root")
    for sequence, body in enumerate(bodies):
        time = entry(body, sequence, time)
    old, old_root = head(anchor, key) if anchor else (0, sha())
    need(old <= size and mth(leaves[:old]) == old_root, "anchor")
    return size, root


if __name__ == "__main__":
    files = {str(p.relative_to(sys.argv[1])): p for p in Path(sys.argv[1]).rglob("*") if p.is_file()}
    print(*verify(lambda path: files[path].read_bytes() if path in files else None, sys.argv[2]))  # noqa: T201
