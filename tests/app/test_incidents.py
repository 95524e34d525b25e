"""A directory at work tells its people by its own senders: a real mail server takes the notices."""

import os
import signal
import subprocess
import sys
import time

import pytest

from offices import OFFICER, TEXTS
from solely.app import Solely
from told import affect, give, taken

pytestmark = pytest.mark.server
MANY = 60
NOTIFIER = """
import sys
from pathlib import Path
from solely.app import Solely

with Solely(Path(sys.argv[1])) as solely:
    solely.incidents.notify(sys.argv[2], officer="Eva")
"""


def test_people_are_counted_and_told_by_the_senders_of_the_settings(directory, mail, tmp_path):
    with Solely(directory) as solely:
        give(solely, "not-in-the-list", "tailored-audiences")
        incident = affect(solely, tmp_path, ["ada", "bob"])
        assert solely.incidents.show(incident).people == 2
        assert solely.incidents.show(incident).extent.advertisers == {"acme": 2}
        done = solely.incidents.notify(incident, officer=OFFICER)
    assert done.states["sent"] == 2
    assert taken(mail) == ["ada@example.org", "bob@example.org"]
    _, message, _ = mail.taken[0]
    assert message["subject"] == "What happened to a contact you gave Chirp"
    assert TEXTS.nature in message.get_body(("plain",)).get_content()
    assert "<html" in message.get_body(("html",)).get_content()


@pytest.mark.slow
@pytest.mark.long
def test_a_run_that_is_killed_at_any_moment_tells_nobody_twice(directory, mail, tmp_path):
    """By kill -9 again and again, until nobody waits; each who is unknown then got one mail or none."""
    subjects = [f"person{number}" for number in range(MANY)]
    with Solely(directory) as solely:
        incident = affect(solely, tmp_path, subjects)
        killed = 0
        for round_ in range(8):
            with subprocess.Popen([sys.executable, "-c", NOTIFIER, directory, incident]) as running:
                before = len(mail.taken)
                while len(mail.taken) < before + 4 and running.poll() is None:
                    time.sleep(0.002)
                time.sleep(0.002 * round_)
                if running.poll() is None:
                    os.kill(running.pid, signal.SIGKILL)
                    killed += 1
        done = solely.incidents.notify(incident, officer=OFFICER)
        states = {one.subject: one.state for one in solely.incidents.told(incident)}
    assert killed >= 4
    told = [to.partition("@")[0] for (to,), _, _ in mail.taken]
    assert len(told) == len(set(told)), "somebody was told twice"
    assert done.states["waiting"] == 0
    assert set(states) == set(subjects)
    assert {one for one, state in states.items() if state == "sent"} <= set(told)
    assert set(told) <= {one for one, state in states.items() if state in {"sent", "unknown"}}
    assert sum(state == "unknown" for state in states.values()) <= killed
