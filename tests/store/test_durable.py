"""A file put in place is whole, private and alone; who holds a folder's lock is alone in it."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from solely.store.durable import locked, put


def test_a_file_is_put_whole_and_private_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "note"
    (tmp_path / "note.new").write_text("of one who was killed")
    put(path, "é\n")
    put(path, "ü\n")
    assert path.read_bytes() == "ü\n".encode()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["note"]


def test_its_bytes_are_on_the_disk_before_its_name_is_and_its_name_on_return(tmp_path, monkeypatch):
    path, steps = tmp_path / "note", []
    put(path, "old")

    def synced(handle):
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
        steps.append((kind, os.fstat(handle).st_size if kind == "file" else 0, path.read_text()))

    monkeypatch.setattr("solely.store.durable.os.fsync", synced)
    put(path, "newer")
    assert steps == [("file", 5, "old"), ("folder", 0, "newer")]


def test_who_reads_while_it_is_written_reads_one_text_or_the_other(tmp_path):
    path = tmp_path / "note"
    put(path, "a" * 5000)

    def write(letter):
        for _ in range(20):
            with locked(tmp_path):
                put(path, letter * 5000)

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(write, letter) for letter in "abc"]
        while not all(one.done() for one in done):
            assert path.read_text() in {letter * 5000 for letter in "abc"}
        [one.result() for one in done]


def test_of_many_threads_one_at_a_time_holds_a_folder(tmp_path):
    path = tmp_path / "count"
    path.write_text("0")

    def count(_):
        with locked(tmp_path):
            put(path, str(int(path.read_text()) + 1))

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(count, range(60)))
    assert path.read_text() == "60"


def test_a_lock_holds_against_other_processes_and_ends_with_its_own(tmp_path):
    hold = (
        "import sys, time; from pathlib import Path; from solely.store.durable import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    ask = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    with subprocess.Popen([sys.executable, "-c", hold, tmp_path], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "held\n"
        refused = subprocess.run([sys.executable, "-c", ask, tmp_path], capture_output=True, check=False)
        assert b"BlockingIOError" in refused.stderr
        child.kill()
    with locked(tmp_path):
        pass
