"""Checks of the machine: versions, what may leak to a disk, memory, room, the clock."""

from __future__ import annotations

import re
from collections.abc import Iterator

from solely.app.doctor.look import Check, Finding, Look

__all__ = ["CHECKS"]

_GIB = 1 << 30
_LEAST_MEMORY, _LEAST_FILES = 2 * _GIB, 1_024
_LEAST_PYTHON = (3, 11)


def _versions(look: Look) -> Iterator[Finding]:
    machine = look.machine
    if machine.python[:2] < _LEAST_PYTHON:
        yield Finding("bad", f"Python {'.'.join(map(str, machine.python))}", cure="use Python 3.11 or later")
    number = re.search(r"(\d+)\.(\d+)", machine.openssl)
    if number and int(number[1]) < 3:  # noqa: PLR2004 - 1.1.1 ended in 2023
        yield Finding("bad", f"{machine.openssl} gets no repairs any more", cure="install a newer cryptography")
    other = sorted(name for name, (pin, here) in machine.pinned.items() if pin != here)
    if other:
        named = ", ".join(other[:5]) + (f" and {len(other) - 5} more" if len(other) > 5 else "")  # noqa: PLR2004
        cure = "pip install --require-hashes -r requirements/run.txt"
        yield Finding("warn", f"not the versions of the lock file: {named}", "requirements/run.txt", cure)


def _leaks(look: Look) -> Iterator[Finding]:
    if look.machine.core_bytes != 0:
        cure = "ulimit -c 0, or LimitCORE=0 in the unit"
        yield Finding("warn", "a process that crashes may write its memory, keys too, to a disk", "core dumps", cure)
    if look.machine.swaps:
        cure = "swapoff, or swap on an encrypted device or zram"
        yield Finding("warn", "memory, keys too, may be written to a disk in the clear", look.machine.swaps[0], cure)


def _memory(look: Look) -> Iterator[Finding]:
    if look.machine.memory < _LEAST_MEMORY:
        what = f"{look.machine.memory / _GIB:.1f} GiB of memory"
        yield Finding("warn", what, cure="2 GiB at least: see docs/operating.md")
    if look.machine.files < _LEAST_FILES:
        yield Finding("warn", f"a process may open {look.machine.files} files", cure="ulimit -n 65536")


def _room(look: Look) -> Iterator[Finding]:
    for folder, room in look.machine.rooms.items():
        share = room.free / max(room.total, 1)
        if share < 0.03 or room.free < _GIB:  # noqa: PLR2004 - what is acknowledged must be written
            yield Finding("bad", f"{room.free / _GIB:.1f} GiB of disk left", folder, "make room before it is full")
        elif share < 0.1:  # noqa: PLR2004
            yield Finding("warn", f"{share:.0%} of the disk left", folder, "make room")


def _clock(look: Look) -> Iterator[Finding]:
    if look.machine.synchronised is False:
        cure = "run chrony, systemd-timesyncd or another NTP client"
        yield Finding("warn", "no server of time keeps this clock right", "NTP", cure)


CHECKS = (
    Check("versions", _versions),
    Check("core dumps and swap", _leaks),
    Check("memory and files", _memory),
    Check("disk room", _room),
    Check("time server", _clock),
)
