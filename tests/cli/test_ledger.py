"""`solely ledger …`: publishing on a real directory, and verifying with nothing but files and a key."""

import json
import os
import pty
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import second_verifier
from directories import copied
from published_logs import KEY, NOW, bodies, draft, fetch_from, published
from solely.app import Solely
from solely.cli import main
from solely.consent import Notice
from solely.ledger.entry import Draft, Entry, encode
from solely.ledger.member_receipt import write_member_receipt
from solely.ledger.members import member_proof, members_root
from solely.ledger.receipt import receipt_from
from solely.store.server import running

SOLELY = Path(sys.executable).with_name("solely")
SECRET, NUMBERS = bytes(32), np.arange(100, dtype=np.uint64)


def run(*arguments):
    command = [str(SOLELY), "ledger", *map(str, arguments)]
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "80"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def ask(*arguments):
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def here(monkeypatch, capsys):
    """The same in this process, which is quicker: exit code, output, errors."""

    def run_here(*arguments):
        monkeypatch.setattr(sys, "argv", ["solely", "ledger", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    return run_here


def written(files, folder):
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def directory(made, tmp_path_factory):
    """A directory with three entries; its server is kept up, so that commands are quick."""
    data = copied(made, tmp_path_factory.mktemp("ledger") / "data")
    with running(data / "postgres"):
        with Solely(data) as solely:
            row = {"subject": "u1", "kind": "email", "value": "ada@example.com", "purpose": "login-alert"}
            row |= {"notice": "login-alert/v1", "given_at": "2026-01-01T00:00:00Z", "withdrawn_at": ""}
            solely.give(row, Notice("login-alert", "v1", "I agree."))
            solely.withdraw("u1", "login-alert")
        yield data


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A published log of 300 entries, an older checkpoint of it, and its key's file."""
    folder = tmp_path_factory.mktemp("log")
    written(published(bodies(300)), folder / "public")
    (folder / "older").write_bytes(published(bodies(200))["checkpoint"])
    (folder / "other").write_bytes(published(bodies(200, principal="someone else"))["checkpoint"])
    (folder / "verifier.key").write_text(f"{KEY}\n")
    return folder


@pytest.mark.server
def test_what_is_published_is_verified_by_its_key_alone(directory, tmp_path):
    key = directory / "ledger" / "verifier.key"
    done = ask("publish", "--dir", directory)
    assert done == {"entries": 3, "files": 3}
    folder = directory / "ledger" / "public"
    proven = ask("verify", "--files", folder, "--key", key)
    assert (proven["entries"], proven["first"], proven["last"], proven["anchored"]) == (3, 0, 2, None)
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert second_verifier.verify(files.get, key.read_text().strip())[0] == 3
    assert ask("verify", "--files", folder, "--key", key.read_text().strip()) == proven
    assert ask("publish", tmp_path / "elsewhere", "--dir", directory) == done
    assert ask("publish", "--dir", directory) == {"entries": 3, "files": 0}
    assert run("publish", directory / "ledger", "--dir", directory).returncode == 5


@pytest.mark.server
def test_a_checkpoint_is_printed_as_it_was_signed(directory):
    note = run("checkpoint", "--dir", directory).stdout
    assert note == (directory / "ledger" / "checkpoint").read_text()
    assert ask("checkpoint", "--dir", directory) == {"checkpoint": note}


@pytest.mark.server
def test_a_receipt_proves_its_entry_by_the_key_alone(directory, tmp_path):
    out, key = tmp_path / "entry.tlog-proof", directory / "ledger" / "verifier.key"
    assert ask("prove", 1, "--out", out, "--dir", directory) == {"sequence": 1, "receipt": str(out)}
    proven = ask("verify", "--receipt", out, "--key", key)
    assert (proven["sequence"], proven["entries"]) == (1, 3)
    assert json.loads(proven["entry"])["type"] == "giving"
    shown = run("verify", "--receipt", out, "--key", key).stdout
    assert shown.startswith("Verified: entry 1 of 3, a giving of 20")
    out.write_text(out.read_text().replace("index 1", "index 0"))
    assert run("verify", "--receipt", out, "--key", key).returncode == 6
    assert run("prove", 3, "--out", out, "--dir", directory).returncode == 4


def test_a_part_is_verified_against_what_was_seen_before(public, here):
    options = ("verify", "--files", public / "public", "--key", public / "verifier.key")
    proven = ask(*options, "--first", 5, "--last", 260, "--anchor", public / "older")
    assert (proven["first"], proven["last"], proven["anchored"]) == (5, 260, 200)
    assert "Without --anchor" in here(*options)[1]
    code, said, _ = here(*options, "--anchor", public / "older")
    assert (code, said.startswith("Verified: 300 published, 0 to 299 recomputed; root ")) == (0, True)
    assert "Without" not in said
    assert here(*options, "--anchor", public / "other")[0] == 6
    assert here(*options, "--last", 300)[0] == 4


def test_a_server_s_log_is_verified(public, here):
    handler = partial(_Quiet, directory=public / "public")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{serving.server_port}"
        code, said, _ = here("verify", "--url", url, "--key", public / "verifier.key")
        serving.shutdown()
        thread.join()
    assert (code, said.startswith("Verified: 300 published")) == (0, True)


def test_at_a_terminal_it_shows_how_far_it_is(public):
    ours, theirs = pty.openpty()
    command = [str(SOLELY), "ledger", "verify", "--files", public / "public", "--key", public / "verifier.key"]
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "80", "TERM": "xterm"}
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=theirs, check=True, env=environment)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "recomputing what is published" in shown
    assert "300 entries" in shown


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_a_changed_log_is_told_with_its_place(public, tmp_path, here):
    files = published(bodies(300))
    changed = bytearray(files["tile/entries/000"])
    changed[50] ^= 1
    written(files | {"tile/entries/000": bytes(changed)}, tmp_path)
    done = here("verify", "--files", tmp_path, "--key", public / "verifier.key")
    assert done == (6, "", "solely: ledger entry 0: not what was signed\n")


def test_a_member_is_shown_with_the_entry_s_receipt(tmp_path, here):
    use = Draft(
        type="use", principal="advertiser acme", policy="ab" * 32, software="0.1.0",
        members=members_root(SECRET, NUMBERS),
    )  # fmt: skip
    log = published([encode(Entry.at(0, NOW, use)), encode(Entry.at(1, NOW, draft(1)))])
    for at in range(2):
        (tmp_path / str(at)).write_text(receipt_from(fetch_from(log), KEY, at))
    (tmp_path / "member").write_text(write_member_receipt(42, member_proof(SECRET, NUMBERS, 42)))
    options = ("--member", tmp_path / "member", "--key", KEY)
    assert ask("verify", "--receipt", tmp_path / "0", *options)["member"] == "42"
    assert "It speaks of member 42." in here("verify", "--receipt", tmp_path / "0", *options)[1]
    assert here("verify", "--receipt", tmp_path / "1", *options)[0] == 4


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--files", "x"), 2),
        (("--key", KEY), 2),
        (("--files", "x", "--url", "http://x", "--key", KEY), 2),
        (("--files", "x", "--member", "x", "--key", KEY), 2),
        (("--files", "x", "--key", "nowhere"), 4),
        (("--files", "x", "--key", str(KEY)[:-4]), 2),
        (("--files", "nowhere", "--key", KEY), 4),
        (("--receipt", "nowhere", "--key", KEY), 4),
        (("--receipt", sys.executable, "--key", KEY), 2),
        (("--url", "ftp://x", "--key", KEY), 2),
    ],
)
def test_what_can_t_be_verified_is_told_in_words(options, code, here):
    ended, _, said = here("verify", *options)
    assert (ended, said.startswith("solely: ")) == (code, True)
