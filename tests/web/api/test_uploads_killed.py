"""A process that is killed while lists are sent: what was acknowledged is there again, and no file is left over."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

import solely as package
from solely.app import Solely
from solely.app.principals import open_principals
from solely.principal import Operator

pytestmark = [pytest.mark.server, pytest.mark.long]
SOURCE = str(Path(package.__file__).parent.parent)
LIST = b"email\n" + b"".join(b"someone%d@example.com\n" % n for n in range(100_000))


@contextmanager
def process(directory, key):
    """The service as it is started, and a client of it; killed at the end."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCE, "COLUMNS": "80", "SOLELY_LISTEN_PORT": "0"}
    command = [sys.executable, "-m", "solely", "serve", "--dir", str(directory)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as at_work:
        try:
            base = re.search(r"http://\S+", at_work.stdout.readline())[0]
            with httpx.Client(base_url=base, headers={"authorization": f"Bearer {key}"}, timeout=30) as client:
                yield client
        finally:
            at_work.send_signal(signal.SIGKILL)


@pytest.fixture
def key(fresh):
    with Solely(fresh, signs=False) as solely:
        there = open_principals(solely.parts, "advertising", print)
        return there.add(Operator(), "acme", "advertiser").key


def begun(client):
    answer = client.post("/v1/advertisers/acme/audiences/spring/uploads")
    assert answer.status_code == 201
    return answer.headers["location"]


def state(client, where, *, until):
    end = time.monotonic() + 30
    while (found := client.get(where).json()["state"]) not in until:
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def test_killed_at_any_of_its_steps_a_list_goes_on_and_no_file_is_left(fresh, key):
    folder, part = fresh / "advertising" / "uploads", {"upload-complete": "?0"}
    with process(fresh, key) as client:
        half, whole = begun(client), begun(client)
        sent = client.put(f"{half}/content", content=LIST[:500_000], headers=part)
        assert sent.headers["upload-offset"] == "500000"
        assert client.put(f"{whole}/content", content=LIST).json()["state"] == "processing"
    assert sorted(one.name for one in folder.iterdir()) == sorted(one.rpartition("/")[2] for one in (half, whole))
    (folder / str(uuid4())).write_bytes(b"of a list that nobody waits for")
    with (folder / half.rpartition("/")[2]).open("ab") as file:
        file.write(b"\0\0\x01\0cut off")
    with process(fresh, key) as client:
        assert state(client, whole, until={"ready", "too-small"}) == "too-small"
        assert client.get(whole).json()["report"]["usable"] == 100_000
        assert client.head(half).headers["upload-offset"] == "500000"
        assert [one.name for one in folder.iterdir()] == [half.rpartition("/")[2]]
        rest = {"upload-offset": "500000"}
        assert client.put(f"{half}/content", content=LIST[500_000:], headers=rest).status_code == 202
        state(client, half, until={"too-small"})
        assert client.get(half).json()["report"]["rows"] == 100_000
        assert list(folder.iterdir()) == []
    with Solely(fresh, signs=False):  # the server that the killed ones left is taken over, and ended
        pass
