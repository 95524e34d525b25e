"""A kill at any moment takes no wrong answer back that its giver was told of (Vikunja CVE-2026-35597 and its like)."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from solely.app import Solely
from solely.app.directory import read_keyring
from solely.store.database import Database
from solely.store.server import SUPERUSER, running

pytestmark = [pytest.mark.server, pytest.mark.slow]

GUESSER = Path(__file__).parent.parent / "guesser.py"
ROUNDS = 15


def start(directory, subject):
    """The child, and the factor it guesses at."""
    child = subprocess.Popen([sys.executable, GUESSER, directory, subject], stdout=subprocess.PIPE, text=True)
    return child, child.stdout.readline().strip()


def told(child):
    """How many wrong answers it was told of, by what it had printed when it ended."""
    with child:
        lines = child.stdout.read().splitlines()
    return int(lines[-1]) if lines else 0


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
    for number in range(ROUNDS):
        child, factor = start(solely.directory, f"killed-{number}")
        time.sleep(chance.uniform(0, 0.4))
        child.send_signal(signal.SIGKILL)
        acknowledged = told(child)
        factors, challenges = counts(superuser, factor)
        assert acknowledged <= factors <= acknowledged + 1, (seed, number)
        assert factors == challenges, (seed, number)
        seen.append((child.returncode, acknowledged))
    assert all(code == -signal.SIGKILL for code, _ in seen), "too quick to be killed: let it guess for longer"
    assert any(acknowledged for _, acknowledged in seen), "killed before it began"


def test_a_database_that_is_killed_has_counted_what_was_told(fresh):
    """Also with a server that confirms a commit before it is on the disk: then the last ones would be gone."""
    seed = os.urandom(4).hex()
    chance = random.Random(seed)
    for number in range(2):
        child, factor = start(fresh, f"killed-{number}")
        time.sleep(chance.uniform(0.1, 0.4))
        os.kill(int((fresh / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        acknowledged = told(child)
        with Solely(fresh), running(fresh / "postgres") as host:
            password = read_keyring(fresh, "owner").secret("database")
            with Database(host).superuser(SUPERUSER, password) as connection:
                factors, challenges = counts(connection, factor)
        assert 0 < acknowledged <= factors <= acknowledged + 1, (seed, number)
        assert factors == challenges, (seed, number)
