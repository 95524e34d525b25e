"""What a factor waits after wrong answers. Pure: the count stands in the factor's row.

After the fifth consecutive wrong answer each next one waits, twice as long each time, from 30 seconds to an hour;
at a hundred the factor is disabled until bound again (SP 800-63B-4 §3.2.2). A right answer ends the count; a new
code, challenge, session or start does not.
"""

from __future__ import annotations

from datetime import timedelta

__all__ = ["DISABLE_AT", "WAITS"]

DISABLE_AT = 100
_FREE = 4
_FIRST, _MOST = timedelta(seconds=30), timedelta(hours=1)


def _wait(failures: int) -> timedelta:
    over = failures - _FREE
    return min(_FIRST * 2 ** min(over - 1, 10), _MOST) if over > 0 else timedelta(0)


# What a factor waits after its first, second, … consecutive failure; with the last it is disabled.
WAITS: tuple[timedelta, ...] = tuple(_wait(failures) for failures in range(1, DISABLE_AT + 1))
