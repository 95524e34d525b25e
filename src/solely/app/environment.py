"""What the machine says: the clock, the environment, and how many processors it has."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from solely.errors import Unavailable

__all__ = [
    "cores",
    "directory_from_environment",
    "environment_for_child",
    "hide_in_process_list",
    "memory",
    "now",
    "passphrase",
    "passphrase_for_child",
    "prepare_spark",
    "settings_from_environment",
    "tell_service_manager",
]

_KEPT = ("PATH", "LANG", "LANGUAGE", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONWARNINGS")
_PASSPHRASE = "SOLELY_PASSPHRASE"  # noqa: S105 - the name of it


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
    """The variables whose names begin with SOLELY_; never a passphrase, or where one stands."""
    return {
        name: text
        for name, text in os.environ.items()
        if name.startswith("SOLELY_") and not name.startswith(_PASSPHRASE)
    }


def passphrase(name: str) -> bytes | None:
    """What a key file is wrapped by; None where there is none: it is plain then, for a trial, or wrapped otherwise.

    SOLELY_PASSPHRASE_SECURITY for the key file `security`, else SOLELY_PASSPHRASE for all; or either with _FILE after
    it, which names a file that holds it. Raises Unavailable for a file that can't be read or is empty.
    """
    for variable in _variables(name):
        if text := os.environ.get(variable):
            return _in_file(variable, Path(text)) if variable.endswith("_FILE") else os.fsencode(text)
    return None


def passphrase_for_child(name: str) -> dict[str, str]:
    """The one variable that a process with that key file alone is given, for its environment; nothing of the others."""
    found = {variable: text for variable in _variables(name) if (text := os.environ.get(variable))}
    return dict(list(found.items())[:1])


def environment_for_child(names: Iterable[str], *, apart: bool, also: str | None = None) -> dict[str, str]:
    """What a process with those key files alone is started with: settings, its passphrases, nothing that opens more.

    One that is `apart` is another user's, who can't read a file that a variable names: it is given what stands there.
    `also` begins the names of other variables that it needs. Raises Unavailable as `passphrase` does.
    """
    found = {name: text for name, text in os.environ.items() if name in _KEPT or (also and name.startswith(also))}
    found |= {name: text for name, text in settings_from_environment().items() if name != "SOLELY_DIR"}
    if path := os.environ.get("PYTHONPATH"):
        found["PYTHONPATH"] = os.pathsep.join(str(Path(one).absolute()) for one in path.split(os.pathsep))
    for name in names:
        given = passphrase_for_child(name)
        if apart and any(variable.endswith("_FILE") for variable in given):
            given = {_variables(name)[0]: (passphrase(name) or b"").decode("utf-8", "surrogateescape")}
        found |= given
    return found


def tell_service_manager(state: str) -> None:
    """Tell who started this process how it stands, where that is systemd or one like it: sd_notify(3)."""
    if address := os.environ.get("NOTIFY_SOCKET"):
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as one:
            one.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            one.sendall(state.encode())


def _variables(name: str) -> tuple[str, ...]:
    own = f"{_PASSPHRASE}_{name.upper().replace('-', '_')}"
    return own, f"{own}_FILE", _PASSPHRASE, f"{_PASSPHRASE}_FILE"


def _in_file(variable: str, path: Path) -> bytes:
    try:
        text = path.read_bytes().rstrip(b"\r\n")
    except OSError:
        text = b""
    if not text:
        raise Unavailable(
            "it names no file with a passphrase", where=variable, cure="see that it is there, with rights"
        )
    return text
