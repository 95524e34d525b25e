"""A kill at any moment of `solely give` costs nothing but the time: given again, each row is there exactly once."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from givings import ADS, PARTNERS, SECURITY, row, write
from solely.app import Solely
from solely.app.directory import read_keyring
from solely.store.database import Database
from solely.store.server import SUPERUSER, running

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.long]

COMMAND = Path(sys.executable).with_name("solely")
PURPOSES = (SECURITY, ADS, PARTNERS, "service-notice")
ROWS = 45_000  # three batches
HELD = {SECURITY: "security.contacts", "service-notice": "service.contacts"}
ALL = """
    SELECT (SELECT count(*) FROM registry.givings), (SELECT count(DISTINCT giving) FROM registry.givings),
      (SELECT count(*) FROM security.contacts) + (SELECT count(*) FROM service.contacts)
        + (SELECT count(*) FROM advertising.givings),
      (SELECT count(*) FROM registry.givings g JOIN registry.pseudonyms p USING (subject) JOIN (
         SELECT pseudonym, giving FROM security.contacts JOIN security.wrapped_keys USING (pseudonym, giving)
         UNION ALL SELECT pseudonym, giving FROM service.contacts JOIN service.wrapped_keys USING (pseudonym, giving)
         UNION ALL SELECT pseudonym, giving FROM advertising.givings) h USING (pseudonym, giving)),
      (SELECT count(*) FROM registry.endings),
      (SELECT count(*) FROM security.endings) + (SELECT count(*) FROM service.endings)
        + (SELECT count(*) FROM advertising.endings),
      (SELECT sum((convert_from(body, 'UTF8')::jsonb -> 'members' ->> 'count')::bigint) FROM ledger.entries
         WHERE convert_from(body, 'UTF8')::jsonb ->> 'type' = 'giving')
"""


def rows():
    for number in range(ROWS):
        end = "2024-06-01" if number % 10 == 0 else ""
        value = f"u{number}@example.com" if number % 2 else f"+49151{number:08}"
        yield row(f"u{number // 3}", value, purpose=PURPOSES[number % 4], withdrawn_at=end)


def give(path, directory):
    return subprocess.Popen([COMMAND, "give", path, "--dir", directory], stdout=subprocess.DEVNULL)


def server_of(directory):
    """The process id of the directory's server, if it runs; the file may be of one that is long gone."""
    try:
        pid = int((directory / "postgres" / "postmaster.pid").read_text().split()[0])
        return pid if Path(f"/proc/{pid}/cwd").resolve() == (directory / "postgres").resolve() else None
    except (FileNotFoundError, IndexError):
        return None


def kill_after(path, directory, chance):
    """Give, and kill the command as hard as can be, now and then the server with it."""
    command = give(path, directory)
    time.sleep(chance.uniform(0.6, 2.5))
    if chance.random() < 0.4 and (server := server_of(directory)):
        os.kill(server, signal.SIGKILL)
    command.kill()
    return command.wait()


def test_killed_again_and_again_and_given_once_more_each_row_is_there_once(fresh, tmp_path):
    path = write(tmp_path, rows(), PURPOSES)
    seed = os.urandom(4).hex()
    chance = random.Random(seed)
    left = [kill_after(path, fresh, chance) for _ in range(3)]
    assert left.count(-signal.SIGKILL) >= 1, "too quick to be killed: give it more rows"
    assert give(path, fresh).wait() == 0, seed
    with Solely(fresh) as solely:
        assert sum(given for given, _ in solely.counts().values()) == ROWS
        assert sum(ended for _, ended in solely.counts().values()) == ROWS / 10
        verified = solely.verify_ledger()
        assert verified.covered <= verified.size
        assert solely.give_file(path).known == ROWS
    with running(fresh / "postgres") as host:
        password = read_keyring(fresh, "owner").secret("database")
        with Database(host).superuser(SUPERUSER, password) as connection:
            found = connection.execute(ALL).fetchone()
    assert found == (ROWS, ROWS, ROWS, ROWS, ROWS // 10, ROWS // 10, ROWS), seed
    assert not (fresh / "postgres" / "postmaster.pid").exists()
