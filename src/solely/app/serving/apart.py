"""A process becomes a user of its own, who owns nothing but what it was given, and still reaches the program it is.

- An interpreter that root installed for itself may lie in a folder that is closed to others, as /root is. The process
  then gets a view of the file system of its own (mount_namespaces(7)): in the place of the closed folder an empty
  one, and in that the program alone, to be read only. No permission is changed anywhere.
- Where that can't be had nothing is started: it is not run as root instead.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from solely.errors import Unavailable

__all__ = ["Becoming", "closed_folders", "program"]

_NEW_VIEW = 0x20000  # CLONE_NEWNS
_READ_ONLY, _NO_SETUID, _NO_DEVICES, _AGAIN, _BIND, _ALL, _PRIVATE = 1, 2, 4, 32, 1 << 12, 1 << 14, 1 << 18  # MS_…


@dataclass(frozen=True, slots=True)
class Becoming:
    """Call it in a new process of root's, before another program is run there: what it is then it stays.

    `closed` has, by each folder that others may not enter, what of it this user has to reach.
    """

    account: int
    group: int
    closed: Mapping[Path, Sequence[Path]]
    groups: Sequence[int] = ()  # further ones

    def __call__(self) -> None:
        """Raises OSError."""
        if self.closed:
            _call("unshare", _NEW_VIEW)
            _mount(None, Path("/"), _ALL | _PRIVATE)
            os.umask(0o022)
            for folder, needed in self.closed.items():
                _show(folder, needed)
        os.setgroups(list(self.groups))
        os.setresgid(self.group, self.group, self.group)
        os.setresuid(self.account, self.account, self.account)
        os.umask(0o077)


def program() -> list[Path]:
    """The folders that this program is made of."""
    named = [sys.prefix, sys.base_prefix, *(one for one in sys.path if one)]
    return sorted({Path(one).resolve() for one in named if Path(one).exists()})


def closed_folders(needed: Sequence[Path]) -> dict[Path, list[Path]]:
    """Of folders that are needed, those that others can't reach, by the outermost folder that keeps them out.

    Raises Unavailable for one that itself is closed.
    """
    found: dict[Path, list[Path]] = {}
    for one in needed:
        folder = next((path for path in (*reversed(one.parents), one) if not path.stat().st_mode & stat.S_IXOTH), None)
        if folder == one:
            what = "the users of compartments can't be let into a folder of the program"
            raise Unavailable(what, where=str(one), cure=f"chmod o+rx {one}, or install it elsewhere")
        if folder is not None and not any(one.is_relative_to(other) for other in found.get(folder, [])):
            found.setdefault(folder, []).append(one)
    return found


def _show(folder: Path, needed: Sequence[Path]) -> None:
    handles = [os.open(one, os.O_PATH | os.O_DIRECTORY) for one in needed]  # in the new view, before they are hidden
    _mount("tmpfs", folder, _NO_SETUID | _NO_DEVICES, "tmpfs", b"mode=0755,size=1m")
    for one, handle in zip(needed, handles, strict=True):
        one.mkdir(parents=True)
        _mount(f"/proc/self/fd/{handle}", one, _BIND | _ALL)
        _mount(None, one, _BIND | _AGAIN | _READ_ONLY | _NO_SETUID | _NO_DEVICES)
        os.close(handle)


def _mount(source: str | None, target: Path, flags: int, kind: str | None = None, data: bytes | None = None) -> None:
    _call(
        "mount",
        source.encode() if source else None,
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data,
    )


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc[name](*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
