"""What the machine says: the clock, the environment, and how many processors it has."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

__all__ = [
    "cores",
    "directory_from_environment",
    "hide_in_process_list",
    "is_wrapped",
    "memory",
    "now",
    "passphrase",
    "prepare_spark",
    "settings_from_environment",
]


def now() -> datetime:
    return datetime.now(UTC)


def cores() -> int:
    """How many processors there are."""
    return os.cpu_count() or 1


def memory() -> int:
    """Bytes of memory this process may have: the machine's, or less where its control group has less."""
    bound = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        bound = min(bound, int(Path("/sys/fs/cgroup/memory.max").read_text().strip()))
    return bound


def hide_in_process_list(secret: str) -> None:
    """Blot a word of the command line out of what `ps` shows of this process to everyone (Linux)."""
    with suppress(OSError, ValueError):
        start, end = (int(field) for field in Path("/proc/self/stat").read_text().rpartition(")")[2].split()[45:47])
        shown = ctypes.string_at(start, end - start)
        place, word = shown.find(secret.encode()), secret.encode()
        while place >= 0:
            ctypes.memset(start + place, ord("*"), len(word))
            place = shown.find(word, place + 1)


def prepare_spark() -> None:
    """Let a Spark on this machine start its workers with the Python that has Solely."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)


def directory_from_environment() -> Path | None:
    """The data directory that SOLELY_DIR names."""
    named = os.environ.get("SOLELY_DIR")
    return Path(named) if named else None


def settings_from_environment() -> dict[str, str]:
    """The variables whose names begin with SOLELY_; never the passphrase."""
    return {
        name: text for name, text in os.environ.items() if name.startswith("SOLELY_") and name != "SOLELY_PASSPHRASE"
    }


def passphrase() -> bytes | None:
    """What wraps the key files: SOLELY_PASSPHRASE; without it they are plain, for a trial."""
    text = os.environ.get("SOLELY_PASSPHRASE")
    return text.encode() if text else None


def is_wrapped() -> bool:
    """Whether key files are, or would be, wrapped by a passphrase."""
    return passphrase() is not None
