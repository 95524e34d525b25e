"""When a request is sent again: random waits within bounds that double, never too early, never too late."""

import pytest

from solely.client.retry import Retry, retry_after


class Times:
    def __init__(self):
        self.now, self.slept = 0.0, []

    def sleep(self, seconds):
        self.now += seconds
        self.slept.append(seconds)


def patient(times, draw=lambda _, most: most):
    return Retry(10, 0.1, 2, ticks=lambda: times.now, sleep=times.sleep, draw=draw)


def test_waits_are_drawn_from_bounds_that_double_up_to_the_longest():
    bounds = []
    retry = patient(Times(), lambda least, most: bounds.append((least, most)) or 0.0)
    for tries in (1, 2, 3, 4, 5, 6, 1_000_000):
        retry.wait(tries, 0)
    assert bounds == [(0, 0.1), (0, 0.2), (0, 0.4), (0, 0.8), (0, 1.6), (0, 2), (0, 2)]


def test_waits_differ():
    assert len({Retry().wait(5, 0) for _ in range(20)}) > 15


def test_no_wait_is_shorter_than_was_asked_for():
    assert all(Retry().wait(1, 3) >= 3 for _ in range(20))


def test_a_wait_that_ends_too_late_is_not_begun():
    times = Times()
    retry = patient(times)
    assert retry.until(10, 1)
    assert not retry.until(10, 1, asked=9.9)
    assert times.slept == [0.1]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("7", 7),
        ("soon", 0),
        ("-3", 0),
        ("Mon, 01 Jun 2026 12:00:30 GMT", 30),
        ("Mon, 01 Jun 2026 11:00:00 GMT", 0),
        ("²", 0),
    ],
)
def test_what_retry_after_asks_for(text, seconds):
    assert retry_after(text, "Mon, 01 Jun 2026 12:00:00 GMT") == seconds
