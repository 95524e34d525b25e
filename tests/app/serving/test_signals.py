"""A signal is answered in another way for a while, and then as before, however that ended."""

import os
import signal

import pytest

from solely.app.serving.signals import answered


def test_while_it_is_open_signals_are_answered_by_another_and_then_as_before():
    before = {number: signal.getsignal(number) for number in (signal.SIGUSR1, signal.SIGUSR2)}
    heard = []
    with answered(lambda number, _frame: heard.append(number), *before):
        for number in before:
            os.kill(os.getpid(), number)
    assert heard == [signal.SIGUSR1, signal.SIGUSR2]
    assert {number: signal.getsignal(number) for number in before} == before


def test_an_error_inside_leaves_nothing_changed():
    before = signal.getsignal(signal.SIGUSR1)
    with pytest.raises(ValueError, match="inside"), answered(lambda *_: None, signal.SIGUSR1):
        raise ValueError("inside")
    assert signal.getsignal(signal.SIGUSR1) == before
