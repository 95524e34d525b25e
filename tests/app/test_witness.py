"""A witness remembers before it signs: whoever races it, replays to it or kills it, there is one history."""

import fcntl
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from threading import Barrier

import pytest

from solely.app.witness import Witness
from solely.errors import BadInput, Conflict, NotFound, Tampered, Unavailable
from solely.ledger.checkpoint import VerifierKey, verify_checkpoint
from solely.ledger.cosignature import cosign, cosigned, read_cosignatures
from solely.store import durable
from witnesses import Log

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def witness(log, tmp_path):
    return Witness(tmp_path / "witness", [log.key], clock=lambda: NOW)


def remembered(witness, log):
    path = witness.directory / "logs" / sha256(log.key.name.encode()).hexdigest()
    return verify_checkpoint(path.read_text(), log.key)


def size_signed(answer, log, witness):
    """The size that an answer is a good cosignature over; None where it is a refusal."""
    if answer.status != 200:
        return None
    return next(n for n in range(200) if _is_over(answer.text, log.text(n), witness))


def _is_over(line, text, witness):
    try:
        return bool(read_cosignatures(line, text, witness.key))
    except Tampered:
        return False


def test_it_cosigns_with_its_clock_s_time_and_remembers_what_it_cosigned(witness, log):
    answer = witness.add_checkpoint(log.request(0, 7))
    assert (answer.status, answer.type) == (200, "text/plain")
    assert cosigned(log.note(7) + answer.text, [witness.key], 1).times == (int(NOW.timestamp()),)
    assert (remembered(witness, log).size, remembered(witness, log).text()) == (7, log.text(7))


def test_refusals_say_what_the_specification_says(witness, log):
    witness.add_checkpoint(log.request(0, 7))
    conflict = witness.add_checkpoint(log.request(3, 9))
    assert (conflict.status, conflict.text, conflict.type) == (409, "7\n", "text/x.tlog.size")
    fork = log.fork(7)
    assert witness.add_checkpoint(log.fork(3).request(7, 9)).status == 422
    assert witness.add_checkpoint(log.fork(3).request(7, 7)).status == 409
    assert witness.add_checkpoint(fork.request(7, 9)).status == 200
    assert witness.add_checkpoint(Log("other.example/log").request(0, 1)).status == 404
    assert witness.add_checkpoint(Log(log.key.name).request(9, 10)).status == 403
    assert witness.add_checkpoint(b"old 9\n").status == 400


def test_a_start_goes_on_with_the_same_key_and_what_was_remembered(witness, log):
    witness.add_checkpoint(log.request(0, 7))
    again = Witness(witness.directory, [log.key])
    assert again.key == witness.key
    assert again.add_checkpoint(log.request(0, 5)).text == "7\n"
    assert again.add_checkpoint(log.request(7, 9)).status == 200


def test_each_log_is_remembered_for_itself(witness, log):
    other = Log("example.com/other")
    both = Witness(witness.directory, [log.key, other.key])
    assert both.add_checkpoint(log.request(0, 7)).status == 200
    assert both.add_checkpoint(other.request(0, 5)).status == 200
    assert both.add_checkpoint(log.request(7, 9)).status == 200
    assert both.add_checkpoint(other.request(0, 9)).text == "5\n"


def test_its_key_is_its_own_and_for_its_eyes_alone(witness, log, tmp_path):
    assert (witness.directory / "witness.key").stat().st_mode & 0o777 == 0o600
    assert (witness.directory / "logs").stat().st_mode & 0o777 == 0o700
    assert witness.directory.stat().st_mode & 0o777 == 0o700
    assert Witness(tmp_path / "other", [log.key]).key.public_key != witness.key.public_key
    assert re.fullmatch(r"solely\.local/witness/[0-9a-f]{16}", witness.key.name)


def test_it_is_called_as_it_was_named_first(log, tmp_path):
    assert Witness(tmp_path / "w", [log.key], name="witness.example/1").key.name == "witness.example/1"
    assert Witness(tmp_path / "w", [log.key], name="witness.example/1").key.name == "witness.example/1"
    with pytest.raises(Conflict):
        Witness(tmp_path / "w", [log.key], name="witness.example/2")
    with pytest.raises(BadInput):
        Witness(tmp_path / "v", [log.key], name="a b")


def test_its_key_file_is_wrapped_by_a_passphrase(log, tmp_path, monkeypatch):
    monkeypatch.setenv("SOLELY_PASSPHRASE", "correct horse")
    key = Witness(tmp_path / "w", [log.key]).key
    assert Witness(tmp_path / "w", [log.key]).key == key
    monkeypatch.delenv("SOLELY_PASSPHRASE")
    with pytest.raises(Unavailable):
        Witness(tmp_path / "w", [log.key])


def test_no_new_key_is_made_where_something_is_remembered(witness, log):
    witness.add_checkpoint(log.request(0, 7))
    (witness.directory / "witness.key").unlink()
    with pytest.raises(NotFound):
        Witness(witness.directory, [log.key])


def test_a_log_s_own_directory_and_a_ledger_s_key_make_no_witness(made, log, tmp_path):
    with pytest.raises(Conflict):
        Witness(made, [log.key])
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "witness.key").write_bytes((made / "keys" / "ledger.key").read_bytes())
    with pytest.raises(NotFound):
        Witness(tmp_path / "w", [log.key])


def test_it_knows_at_least_one_log_and_each_by_one_key(log, tmp_path):
    for logs in ([], [log.key, VerifierKey(log.key.name, bytes(32))]):
        with pytest.raises(BadInput):
            Witness(tmp_path / "w", logs)


def test_a_memory_that_was_changed_ends_it_and_is_not_begun_anew(witness, log):
    witness.add_checkpoint(log.request(0, 7))
    path = next((witness.directory / "logs").iterdir())
    path.write_text(path.read_text().replace("\n7\n", "\n5\n"))
    for old in (0, 5, 7):
        with pytest.raises(Tampered):
            witness.add_checkpoint(log.request(old, 9))


def test_of_many_who_race_sizes_only_grow_and_all_cosigned_are_one_history(witness, log, monkeypatch):
    """20 at once, of two histories, from what each believes: cosigned are beginnings of one another."""
    witness.add_checkpoint(log.request(0, 10))
    histories, barrier, stored = (log, log.fork(10)), Barrier(20), []

    def put_and_note(path, note):
        durable.put(path, note)
        stored.append(verify_checkpoint(note, log.key).size)

    def race(number):
        history, size, mine = histories[number % 2], 10, []
        barrier.wait()
        for new in range(11 + number, 60, 7):
            answer = witness.add_checkpoint(history.request(size, new))
            if answer.status == 200:
                mine.append((number % 2, new))
            elif answer.status == 409:
                size = int(answer.text)
        return mine

    monkeypatch.setattr("solely.app.witness.put", put_and_note)
    with ThreadPoolExecutor(20) as pool:
        mine = [one for many in pool.map(race, range(20)) for one in many]
    assert stored == sorted(stored)
    assert sorted(stored) == sorted(size for _, size in mine)
    assert len({history for history, _ in mine}) == 1
    last = remembered(witness, log)
    assert last.text() == histories[mine[0][0]].text(stored[-1])
    for size in range(0, 60, 7):
        assert witness.add_checkpoint(histories[1 - mine[0][0]].request(size, 59)).status in {409, 422}


def test_at_the_time_of_a_cosignature_nothing_larger_is_remembered(witness, log, monkeypatch):
    """Else one that is late would say of a later time that a smaller head was the largest."""

    def signed_alone(*given):
        handle = os.open(witness.directory, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
        return cosign(*given)

    monkeypatch.setattr("solely.app.witness.cosign", signed_alone)
    assert witness.add_checkpoint(log.request(0, 7)).status == 200


KILLED = """
import os, signal, sys
from pathlib import Path
from solely.app import witness
from solely.store import durable
from solely.ledger.checkpoint import read_verifier_key

def die(*_): os.kill(os.getpid(), signal.SIGKILL)

where, directory, key = sys.argv[1:]
at_work, put, fsync = witness.Witness(Path(directory), [read_verifier_key(key)]), durable.put, os.fsync
if where == "before it is stored":
    witness.put = die
elif where == "while it is written":
    durable.os.fsync = die
elif where == "before it is in place":
    Path.replace = die
elif where == "before it is durable":
    durable.os.fsync = lambda handle: die() if os.path.isdir(f"/proc/self/fd/{handle}") else fsync(handle)
elif where == "before it is cosigned":
    witness.cosign = die
print(at_work.add_checkpoint(sys.stdin.buffer.read()).status)
"""


@pytest.mark.parametrize(
    ("where", "size"),
    [
        ("before it is stored", 7),
        ("while it is written", 7),
        ("before it is in place", 7),
        ("before it is durable", 9),
        ("before it is cosigned", 9),
    ],
)
def test_who_is_killed_between_compare_and_answer_has_signed_nothing_and_remembers_no_less(where, size, witness, log):
    witness.add_checkpoint(log.request(0, 7))
    command = [sys.executable, "-c", KILLED, where, str(witness.directory), str(log.key)]
    done = subprocess.run(command, input=log.request(7, 9), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")
    again = Witness(witness.directory, [log.key])
    assert again.add_checkpoint(log.fork(5).request(7, 8)).status in {409, 422}
    assert remembered(again, log).size == size
    assert size_signed(again.add_checkpoint(log.request(size, 9)), log, again) == 9


def test_a_disk_that_is_full_leaves_what_was_remembered_and_signs_nothing(witness, log, monkeypatch):
    witness.add_checkpoint(log.request(0, 7))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("solely.store.durable.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        witness.add_checkpoint(log.request(7, 9))
    monkeypatch.undo()
    assert remembered(witness, log).size == 7
