"""What the machine says: the clock, the environment, and how many processors it has."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["cores", "directory_from_environment", "is_wrapped", "now", "passphrase"]


def now() -> datetime:
    return datetime.now(UTC)


def cores() -> int:
    """How many processors there are."""
    return os.cpu_count() or 1


def directory_from_environment() -> Path | None:
    """The data directory that SOLELY_DIR names."""
    named = os.environ.get("SOLELY_DIR")
    return Path(named) if named else None


def passphrase() -> bytes | None:
    """What wraps the key files: SOLELY_PASSPHRASE; without it they are plain, for a trial."""
    text = os.environ.get("SOLELY_PASSPHRASE")
    return text.encode() if text else None


def is_wrapped() -> bool:
    """Whether key files are, or would be, wrapped by a passphrase."""
    return passphrase() is not None
