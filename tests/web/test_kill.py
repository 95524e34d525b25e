"""Processes are killed under load: nothing acknowledged is lost, nothing is done twice, nothing without its entry."""

import random
import time

import pytest

from deployed import deployed
from killing import Asker, Record, faults, keys_of, kill, verified

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.long]
KILLS, ASKERS, AFTER = 8, 6, 2.0


def test_what_was_acknowledged_stands_whichever_process_was_killed(fresh):
    keys, record, seed = keys_of(fresh), Record(), time.time_ns()
    with deployed(fresh) as service:
        ports = {name: int(url.rpartition(":")[2]) for name, url in service.urls.items()}
        askers = [Asker(f"asker{n}", ports, keys, record) for n in range(ASKERS)]
        for asker in askers:
            asker.start()
        kill(service.running, KILLS, random.Random(seed), (0.1, 0.6), record)
        time.sleep(AFTER)
        for asker in askers:
            asker.over.set()
            asker.last = time.monotonic() + 1
        for asker in askers:
            asker.join()
    assert faults(fresh, record) == [], f"seed {seed}"
    assert verified(fresh)
    assert record.givings
    assert record.passed
