"""A backup's manifest: what it holds, the SHA-256 of each file, and the ledger's signature over all of that.

A backup may lie where others can write. Who changes a byte of it, or puts another's files in its place, would need
the ledger's signing key.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from solely.errors import NotFound, Tampered
from solely.keys import LedgerKeys
from solely.store.durable import put

__all__ = [
    "NAME",
    "FileSum",
    "LedgerThen",
    "Manifest",
    "check_files",
    "read_manifest",
    "sum_of",
    "sums_of",
    "write_manifest",
]

NAME = "manifest.json"
_DOMAIN = b"solely backup manifest, version 1\n"  # no signed note begins so: the key signs heads too
_CURE = "use another backup"
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Exact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class FileSum(_Exact):
    """One file's size and SHA-256."""

    size: Annotated[int, Field(ge=0)]
    sha256: Digest


class LedgerThen(_Exact):
    """The ledger at the moment of the backup."""

    origin: str
    size: Annotated[int, Field(ge=0)]
    root: Digest


class Manifest(_Exact):
    """`part` is `rows`, or `keys` for what is kept apart from them; both have one `backup`."""

    format: Literal["solely-backup"] = "solely-backup"
    version: Literal[1] = 1
    part: Literal["rows", "keys"]
    backup: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    made: str
    software: str
    postgresql: str
    migration: str
    policy: Digest
    ledger: LedgerThen
    keys: Literal["apart", "none"]
    published: bool
    erasures: Annotated[int, Field(ge=0)]  # what is apart knows so many: whoever they name is out of it
    files: dict[str, FileSum]


def sum_of(path: Path) -> FileSum:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FileSum(size=file.tell(), sha256=digest)


def sums_of(folder: Path) -> dict[str, FileSum]:
    """Of each file in a folder, by its path in it; the manifest's own left out."""
    found = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: sum_of(path) for name, path in found.items() if name != NAME}


def write_manifest(folder: Path, manifest: Manifest, keys: LedgerKeys) -> None:
    """Sign it, and put it in its place in one step."""
    content = manifest.model_dump(mode="json")
    signature = keys.sign(_DOMAIN + rfc8785.dumps(content)).hex()
    put(folder / NAME, json.dumps({"content": content, "signature": signature}, indent=1) + "\n")


def read_manifest(folder: Path, public_key: bytes | None) -> Manifest:
    """A folder's manifest; with a `public_key`, once its signature was checked.

    Raises NotFound where there is none, Tampered for one that is not ours or was changed.
    """
    path = folder / NAME
    try:
        file = json.loads(path.read_bytes())
        if public_key is not None:
            signed = _DOMAIN + rfc8785.dumps(file["content"])
            Ed25519PublicKey.from_public_bytes(public_key).verify(bytes.fromhex(file["signature"]), signed)
        return Manifest.model_validate(file["content"])
    except FileNotFoundError:
        raise NotFound("not a backup", where=str(folder), cure="name the folder that `solely backup` made") from None
    except InvalidSignature:
        raise Tampered("signed by another ledger, or changed since", where=str(path), cure=_CURE) from None
    except (ValueError, KeyError, TypeError, ValidationError, RecursionError):
        raise Tampered("not a manifest of this version, or damaged", where=str(path), cure=_CURE) from None


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise Tampered where a file is missing, changed or too many.

    Of what is apart, one too many is what a kill left beside those that count: it is not used.
    """
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()} - {NAME}
    odd = set(manifest.files) - there if manifest.part == "keys" else set(manifest.files) ^ there
    if odd:
        raise Tampered("a file is missing, or one too many", where=str(folder / min(odd)), cure=_CURE)
    for name, kept in manifest.files.items():
        if (folder / name).is_symlink() or sum_of(folder / name) != kept:
            raise Tampered("not the file that was backed up", where=str(folder / name), cure=_CURE)
