"""What the machine says of itself, once and as a value: versions, limits, room, clock."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cryptography.hazmat.backends.openssl.backend import backend

import solely
from solely.app.environment import memory

__all__ = ["Machine", "Room", "read_machine"]

_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
_TIMEX = 512  # bytes, more than struct timex takes anywhere
_LOCK = Path(solely.__file__).parents[2] / "requirements" / "run.txt"
_PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", re.MULTILINE)
_SAFE_SWAP = ("/dev/zram", "/dev/dm-", "/dev/mapper/")  # in memory, or on what can be encrypted


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of a disk."""

    total: int
    free: int


@dataclass(frozen=True, slots=True)
class Machine:
    """`pinned`: by library, the version of the lock file and the one that is here."""

    python: tuple[int, int, int] = (3, 11, 0)
    openssl: str = ""
    pinned: dict[str, tuple[str, str]] = field(default_factory=dict)
    synchronised: bool | None = None  # None where the system does not say
    core_bytes: int = 0
    swaps: tuple[str, ...] = ()
    memory: int = 0
    available: int = 0
    files: int = 0  # that a process may have open
    rooms: dict[str, Room] = field(default_factory=dict)  # by folder


def read_machine(folders: tuple[Path, ...]) -> Machine:
    """Look at the machine, and at the disks of these folders."""
    return Machine(
        python=sys.version_info[:3],
        openssl=backend.openssl_version_text(),
        pinned=_pinned(),
        synchronised=_synchronised(),
        core_bytes=resource.getrlimit(resource.RLIMIT_CORE)[0],
        swaps=_swaps(),
        memory=memory(),
        available=_available(),
        files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        rooms={str(folder): _room(folder) for folder in folders if folder.exists()},
    )


def _room(folder: Path) -> Room:
    usage = shutil.disk_usage(folder)
    return Room(usage.total, usage.free)


def _pinned() -> dict[str, tuple[str, str]]:
    if not _LOCK.exists():
        return {}
    return {name: (pin, _version(name)) for name, pin in _PIN.findall(_LOCK.read_text())}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _synchronised() -> bool | None:
    with suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX)) != _UNSYNCHRONISED)
    return None


def _swaps() -> tuple[str, ...]:
    with suppress(OSError):
        lines = Path("/proc/swaps").read_text().splitlines()[1:]
        return tuple(line.split()[0] for line in lines if not line.startswith(_SAFE_SWAP))
    return ()


def _available() -> int:
    page = os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError, IndexError):
        found = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
        return int(found[1]) * 1024 if found else 0
    return page * os.sysconf("SC_AVPHYS_PAGES")
