"""What a factor waits: NIST's bounds, and never less than before."""

from datetime import timedelta
from itertools import pairwise

from solely.verification.throttle import DISABLE_AT, WAITS


def test_waits_begin_at_thirty_seconds_and_grow_to_an_hour():
    assert WAITS[:4] == (timedelta(0),) * 4
    assert [wait.total_seconds() for wait in WAITS[4:12]] == [30, 60, 120, 240, 480, 960, 1920, 3600]
    assert all(earlier <= later for earlier, later in pairwise(WAITS))
    assert max(WAITS) == timedelta(hours=1)


def test_a_hundred_failures_are_the_most():
    assert len(WAITS) == DISABLE_AT == 100
