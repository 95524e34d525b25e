"""The tour is run as `make run` runs it: it ends well, in 80 columns, and not where something is untrue."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOUR = ROOT / "examples" / "tour.py"
PEOPLE = "600"
LISTS = (
    *("meta-template.csv", "google-customer-match.csv", "x-sha256.txt", "tiktok-sha256.csv", "uid2-base64.csv"),
    *("meta-phone-sha256.csv", "mailchimp-export.csv", "excel-semicolon-cp1252.csv", "outlook-utf16.txt", "dirty.csv"),
)
pytestmark = [pytest.mark.slow, pytest.mark.server]


def environment(**more):
    return {**os.environ, "COLUMNS": "80", **more}


def tour(*options, **more):
    command = [sys.executable, TOUR, *map(str, options)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, env=environment(**more))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("world")
    maker = [sys.executable, ROOT / "examples" / "world.py", out, "--people", PEOPLE]
    subprocess.run(maker, check=True, stdout=subprocess.DEVNULL)
    return out


@pytest.fixture(scope="module")
def temp(tmp_path_factory):
    return tmp_path_factory.mktemp("temp")


@pytest.fixture(scope="module")
def done(temp):
    return tour("--no-serve", "--people", PEOPLE, TMPDIR=str(temp))


def test_it_ends_well_and_agrees_with_the_truth(done):
    assert (done.returncode, done.stderr) == (0, "")
    assert "All of it agrees with the world's own truth" in done.stdout
    assert "Differs" not in done.stdout


def test_every_line_fits_80_columns(done):
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_table_holds_all_ten_lists_in_a_line_each(done):
    for name in LISTS:
        assert re.search(rf"^{re.escape(name)} +[\d, ]+$", done.stdout, re.MULTILINE)
    assert re.search(r"without purposes [\d,]+, with Solely 0$", done.stdout, re.MULTILINE)


def test_nothing_is_left_in_the_temporary_folder(temp, done):
    assert list(temp.iterdir()) == []


def test_no_contact_is_shown(done):
    words = re.sub(r"root [0-9a-f]{64}", "", done.stdout)
    assert "@" not in words
    assert not re.search(r"\d{7,}", words)


@pytest.mark.long
def test_a_truth_that_differs_ends_it_with_one(world, tmp_path):
    truth = json.loads((world / "truth.json").read_text())
    truth["lists"]["x-sha256.txt"]["match"]["tailored-audiences"].pop()
    truth["lists"]["dirty.csv"]["match"]["naive"].append("p9999999")
    truth["legacy_affected"]["lantern"].pop()
    for file in world.iterdir():
        if file.name != "truth.json":
            (tmp_path / file.name).symlink_to(file)
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    run = tour("--no-serve", "--world", tmp_path)
    assert run.returncode == 1
    told = re.findall("Differs from the truth: (.*)", run.stdout)
    reckoned = "x-sha256.txt, tailored-audiences (recount)"
    listed = ["x-sha256.txt, tailored-audiences", reckoned, "dirty.csv, without purposes"]
    assert told == [*listed, "audit of lantern"]
    assert "agrees" not in run.stdout


def test_a_taken_port_is_told_at_once_with_its_cure():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = tour("--port", taken.getsockname()[1])
    assert run.returncode == 7
    assert "--port" in run.stdout
    assert "people are invented" not in run.stdout


def start(world, temp, *options):
    command = [sys.executable, TOUR, "--world", world, *map(str, options)]
    env = environment(TMPDIR=str(temp), PYTHONUNBUFFERED="1")
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, start_new_session=True)


def interrupt(process):
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    rest, _ = process.communicate(timeout=60)
    return rest


def working_directories():
    """Of all processes: the database works in its own, and its command line does not name it."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            found.append(str(link.readlink()))
    return "\n".join(found)


@pytest.mark.long
def test_it_serves_the_page_until_it_is_interrupted(world, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with start(world, tmp_path, "--port", port) as process:
        process.stdout.readline()  # the port is taken first
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=90) as answer:  # it waits, if early
            assert b"contacts given for security" in answer.read()
        interrupt(process)
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in working_directories()


@pytest.mark.parametrize("sign", ["1 A data", "2 "])
def test_an_interrupt_in_the_middle_leaves_no_database_behind(world, tmp_path, sign):
    with start(world, tmp_path, "--no-serve") as process:
        for line in process.stdout:
            if sign in line:
                break
        time.sleep(0.3)
        interrupt(process)
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in working_directories()
