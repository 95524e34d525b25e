"""A kill at any moment takes no wrong answer back that its giver was told of (Vikunja CVE-2026-35597 and its like)."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from solely.app import Solely
from solely.app.directory import read_keyring
from solely.store.database import Database
from solely.store.server import SUPERUSER, running

pytestmark = [pytest.mark.server, pytest.mark.slow]

GUESSER = Path(__file__).parent.parent / "guesser.py"
ROUNDS = 15


@contextmanager
def guessing(directory, subjects):
    """Of each subject the process that guesses, its factor, and what tells how many wrong answers it was told of."""
    command = [sys.executable, GUESSER, directory, *subjects]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as guesser:

        def told():
            lines = list(iter(guesser.stdout.readline, "ended\n"))
            return int(lines[-1]) if lines else 0

        yield ((*guesser.stdout.readline().split(), told) for _ in subjects)


def counts(connection, factor):
    """What the factor has counted, and all challenges of its person."""
    return connection.execute(
        "SELECT f.failures, (SELECT coalesce(sum(failures), 0) FROM security.challenges c"
        " WHERE c.pseudonym = f.pseudonym) FROM security.factors f WHERE f.factor = %s",
        [factor],
    ).fetchone()


def test_a_caller_that_is_killed_at_any_moment_has_counted_what_it_was_told(solely, superuser):
    seed = os.urandom(4).hex()
    chance, seen = random.Random(seed), []
    with guessing(solely.directory, [f"killed-{number}" for number in range(ROUNDS)]) as processes:
        for process, factor, told in processes:
            time.sleep(0.4 * chance.random() ** 2)
            with suppress(ProcessLookupError):  # a quick machine makes all its guesses in less
                os.kill(int(process), signal.SIGKILL)
            acknowledged = told()
            factors, challenges = counts(superuser, factor)
            assert acknowledged <= factors <= acknowledged + 1, (seed, len(seen))
            assert factors == challenges, (seed, len(seen))
            seen.append(acknowledged)
    assert len(seen) == ROUNDS
    assert min(seen) < 98, "too quick to be killed: let it guess for longer"
    assert any(seen), "killed before it began"


def test_a_database_that_is_killed_has_counted_what_was_told(fresh):
    """Also with a server that confirms a commit before it is on the disk: then the last ones would be gone."""
    seed = os.urandom(4).hex()
    chance, seen = random.Random(seed), []
    for number in range(2):
        with guessing(fresh, [f"killed-{number}"]) as processes:
            _, factor, told = next(processes)
            time.sleep(chance.uniform(0.06, 0.2))
            os.kill(int((fresh / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            acknowledged = told()
        with Solely(fresh), running(fresh / "postgres") as host:
            password = read_keyring(fresh, "owner").secret("database")
            with Database(host).superuser(SUPERUSER, password) as connection:
                factors, challenges = counts(connection, factor)
        assert acknowledged <= factors <= acknowledged + 1, (seed, number)
        assert factors == challenges, (seed, number)
        seen.append(acknowledged)
    assert any(seen), "killed before it began"
