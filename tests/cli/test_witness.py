"""`solely witness`, run as a person runs it, and killed as a machine is."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest

from solely.ledger.cosignature import WitnessKey, cosigned
from witnesses import Log

SOLELY = Path(sys.executable).with_name("solely")


@pytest.fixture
def log():
    return Log()


@contextmanager
def started(directory, *options):
    """The running command, its verifier key and its address."""
    command = [str(SOLELY), "witness", str(directory), *map(str, options), "--port", "0"]
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "80"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            key = process.stdout.readline().strip()
            yield process, key, re.search(r"http://\S+", process.stderr.readline())[0]
        finally:
            process.kill()


def test_it_prints_its_key_serves_until_ctrl_c_and_goes_on_at_the_next_start(log, tmp_path):
    with started(tmp_path / "w", "--log", log.key, "--name", "witness.example/1") as (process, key, url):
        answer = httpx.post(f"{url}/add-checkpoint", content=log.request(0, 5), trust_env=False)
        assert cosigned(log.note(5) + answer.text, [WitnessKey.read(key)], 1).names == ("witness.example/1",)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr.read() == "Ended.\n"
    with started(tmp_path / "w", "--log", log.key) as (_, again, url):
        assert again == key
        assert httpx.post(f"{url}/add-checkpoint", content=log.request(0, 9), trust_env=False).text == "5\n"


def test_a_killed_witness_remembers_all_it_has_signed(log, tmp_path):
    seed, signed = os.urandom(4).hex(), []
    with started(tmp_path / "w", "--log", log.key) as (process, _, url):
        thread = Thread(target=grow, args=(url, log, signed))
        thread.start()
        time.sleep(random.Random(seed).uniform(0.05, 0.5))
        process.kill()
        thread.join()
    with started(tmp_path / "w", "--log", log.key) as (_, _, url):
        told = httpx.post(f"{url}/add-checkpoint", content=log.request(1, 199), trust_env=False)
    size, last = int(told.text) if told.status_code == 409 else 1, max(signed, default=0)
    assert last <= size <= last + 1, seed


def grow(url, log, signed):
    """Have one size after another cosigned, until nobody answers."""
    with httpx.Client(trust_env=False) as client:
        for new in range(1, 199):
            try:
                answer = client.post(f"{url}/add-checkpoint", content=log.request(new - 1, new))
            except httpx.HTTPError:
                return
            assert answer.status_code == 200
            signed.append(new)


@pytest.mark.parametrize("options", [("--log", "x"), ("--log", ""), ()])
def test_without_a_log_s_key_it_does_not_start(options, tmp_path):
    command = [str(SOLELY), "witness", str(tmp_path / "w"), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 2
    assert not (tmp_path / "w").exists()


@pytest.mark.server
def test_a_command_tells_that_witnesses_are_missing_and_does_its_work(fresh, tmp_path):
    key = WitnessKey("witness.example/1", bytes(range(32)))
    (fresh / "ledger.toml").write_text(f'quorum = 1\n[[witness]]\nurl = "http://127.0.0.1:9"\nkey = "{key}"\n')
    command = [str(SOLELY), "ledger", "verify", "--dir", str(fresh), "--json"]
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "80"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, json.loads(done.stdout)["verified"]) == (0, True)
    said = "solely: alarm: 0 of 1 witnesses cosigned the ledger; witness.example/1 does not answer\n"
    assert done.stderr == said
