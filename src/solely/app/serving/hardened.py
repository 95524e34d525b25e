"""What a process that holds keys gives up for good: core dumps, being looked into, new rights, outliving its parent.

Linux's prctl(2). Not dumpable also means that its /proc/PID/mem and environ are nobody's but root's, so that two
processes of one user can't look into each other.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from contextlib import suppress

from solely.errors import Unavailable

__all__ = ["end_with_parent", "give_back", "harden", "make_room", "share_memory"]

_FILES = 512  # the database, links, an index, lists that are read
_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
_DEATH_SIGNAL, _DUMPABLE, _NO_NEW_RIGHTS = 1, 4, 38  # PR_SET_… of linux/prctl.h


def harden() -> None:
    """No core dump, no look into its memory or environment, no new rights by a program it starts."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_DUMPABLE, 0)
    _prctl(_NO_NEW_RIGHTS, 1)


def make_room(connections: int) -> None:
    """Let this process have so many connections open beside its files, as far as its hard limit goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and most > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def share_memory() -> None:
    """Let all threads take memory from one place, as mallopt(3) of glibc has it; before the first is started.

    With one for each, what a thread gave back is used by that thread alone, and the process grows for hours.
    """
    with suppress(AttributeError):  # another C library: there is one place
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Give the system what memory is free between what is used, as malloc_trim(3) of glibc has it."""
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def end_with_parent(parent: int) -> None:
    """Be told to end (SIGTERM) once `parent`, its process id, is gone; at once where it is gone already.

    A change of user takes it back: call it after one.
    """
    _prctl(_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise Unavailable(
            os.strerror(ctypes.get_errno()), where=f"prctl {option}", cure="the service needs Linux 3.5 or later"
        )
