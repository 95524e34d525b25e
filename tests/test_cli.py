"""The command line, run as a person runs it: the real command, a real directory, 80 columns."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from solely.cli.main import _GROUPS, _VERBS
from solely.store.server import running
from world import make_world

SOLELY = Path(sys.executable).with_name("solely")
STRANGER = "nobody.known@example.net"
HEADER = "subject,kind,value,purpose,notice,given_at,withdrawn_at\n"
GIVEN = "u1,email,ada@example.com,tailored-audiences,tailored-audiences/v1,2024-01-01T00:00:00Z,\n"

pytestmark = pytest.mark.server


def run(*arguments, **environment):
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [str(SOLELY), *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**keep, "COLUMNS": "80", **environment}
    )


def ask(*arguments, **environment):
    done = run(*arguments, "--json", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def in_directory(directory):
    """Everything in a data directory that a command may change, as bytes."""
    return {p: p.read_bytes() for name in ("policy.toml", "keys", "ledger") for p in _files(directory / name)}


def _files(path):
    return [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("world")
    return out, make_world(out, 1_000, 7)


@pytest.fixture(scope="module")
def data(world, tmp_path_factory):
    directory = tmp_path_factory.mktemp("cli") / "data"
    assert "policy" in ask("init", directory)
    given = ask("give", world[0] / "given.csv", "--dir", directory)
    assert given["refused"] == {}
    with running(directory / "postgres"):  # kept up between commands, so that they are quick
        yield directory


def test_a_match_says_what_was_read_and_never_how_many_were_met(world, data):
    out, truth = world
    name = "dirty.csv"
    answer = ask("match", out / "lists" / name, "--advertiser", "acme", "--audience", "one", "--dir", data)
    assert set(answer) == {
        "rows", "usable", "unusable", "columns", "status", "ledger", "format", "encoding", "delimiter", "header",
    }  # fmt: skip
    assert answer["rows"] == truth["lists"][name]["rows"]
    assert sum(answer["unusable"].values()) == truth["lists"][name]["unusable_rows"]
    assert answer["usable"] == answer["rows"] - sum(answer["unusable"].values())
    assert answer["status"] == "too-small"
    assert isinstance(answer["ledger"], int)
    assert answer["columns"] == [{"number": 1, "header": "email", "meaning": "email", "by": "header"}]


def test_the_officer_sees_the_members_of_an_audience_that_is_too_small(world, data):
    out, truth = world
    name = "x-sha256.txt"
    ask("match", out / "lists" / name, "--advertiser", "acme", "--audience", "two", "--dir", data)
    members = ask("audience", "members", "two", "--advertiser", "acme", "--dir", data)
    assert members == {"subjects": truth["lists"][name]["match"]["tailored-audiences"]}
    shown = run("audience", "members", "two", "--advertiser", "acme", "--dir", data)
    assert shown.stdout.split("\n")[:-1] == members["subjects"]


def test_partner_audiences_meet_what_was_given_for_them_alone(world, data):
    out, truth = world
    name = "mailchimp-export.csv"
    options = ("--advertiser", "acme", "--audience", "partners", "--purpose", "partner-audiences", "--dir", data)
    ask("match", out / "lists" / name, *options)
    members = ask("audience", "members", "partners", "--advertiser", "acme", "--dir", data)
    assert members["subjects"] == truth["lists"][name]["match"]["partner-audiences"]


def test_a_withdrawal_empties_audiences_that_stand(world, data):
    out, _ = world
    options = ("--advertiser", "acme", "--audience", "three", "--dir", data)
    ask("match", out / "lists" / "meta-template.csv", *options)
    before = ask("audience", "members", "three", "--advertiser", "acme", "--dir", data)["subjects"]
    gone = before[0]
    assert ask("withdraw", gone, "--purpose", "tailored-audiences", "--dir", data)["ended"] >= 1
    after = ask("audience", "members", "three", "--advertiser", "acme", "--dir", data)["subjects"]
    assert after == before[1:]


def test_validate_only_needs_no_directory_and_matches_nothing(world):
    answer = ask("match", world[0] / "lists" / "dirty.csv", "--advertiser", "a", "--audience", "b", "--validate-only")
    assert (answer["status"], answer["ledger"]) == (None, None)
    assert answer["rows"] > 0


def test_rejects_name_rows_lines_and_reasons_and_no_values(world, data, tmp_path):
    out, truth = world
    rejects = tmp_path / "rejects.csv"
    options = ("--advertiser", "acme", "--audience", "four", "--rejects", rejects, "--dir", data)
    answer = ask("match", out / "lists" / "dirty.csv", *options)
    lines = rejects.read_text().splitlines()
    assert lines[0] == "row,line,reason"
    assert len(lines) - 1 == truth["lists"]["dirty.csv"]["unusable_rows"]
    assert {line.split(",")[2] for line in lines[1:]} == set(answer["unusable"])
    cells = (out / "lists" / "dirty.csv").read_text().splitlines()
    for line in lines[1:]:
        row, at, _ = line.split(",")
        assert int(at) == int(row) + 1
        assert cells[int(at) - 1] not in line


def test_a_refused_giving_is_named_by_row_and_the_others_go_on(data, tmp_path):
    file = tmp_path / "more.csv"
    unknown = GIVEN.replace("/v1", "/v9").replace("u1", "u2")
    file.write_text(HEADER + GIVEN + unknown + GIVEN.replace("ada@example.com", "no address").replace("u1", "u3"))
    notices = tmp_path / "texts" / "tailored-audiences"
    notices.mkdir(parents=True)
    (notices / "v1.txt").write_text("other words than before")
    changed = ask("give", file, "--notices", tmp_path / "texts", "--dir", data)
    assert changed["refused"] == {"notice-changed": 2, "unknown-notice": 1}
    (notices / "v1.txt").rename(notices / "v100.txt")
    file.write_text(file.read_text().replace("/v1,", "/v100,"))
    given = ask("give", file, "--notices", tmp_path / "texts", "--dir", data)
    assert (given["given"], given["refused"]) == (1, {"unknown-notice": 1, "not-an-email": 1})
    assert given["refused_rows"] == [{"row": 2, "reason": "unknown-notice"}, {"row": 3, "reason": "not-an-email"}]
    assert ask("give", file, "--notices", tmp_path / "texts", "--dir", data)["known"] == 1


# Each: arguments after --dir's place, exit code, and a word of what is said.
FAILURES = [
    (("match", "/nowhere.csv", "--advertiser", "a", "--audience", "b"), 2, "/nowhere.csv"),
    (("match", "{list}", "--advertiser", STRANGER, "--audience", "b"), 2, "advertiser"),
    (("match", "{list}", "--advertiser", "a", "--audience", "b", "--purpose", "two-factor"), 3, "purpose"),
    (("match", "{list}", "--advertiser", "a", "--audience", "b", "--purpose", "fun"), 2, "purpose"),
    (("match", "{list}", "--advertiser", "a", "--audience", "b", "--country", "XX"), 2, "country"),
    (("match", "{list}", "--advertiser", "a", "--audience", "b", "--column", "9=email"), 2, "column 9"),
    (("match", "{list}", "--advertiser", "a", "--audience", "b", "--column", "nonsense"), 2, "--column"),
    (("match", "{given}", "--advertiser", "a", "--audience", "b", "--column", "1=name"), 2, "columns"),
    (("audience", "members", "nope", "--advertiser", "acme"), 4, "no such audience"),
    (("withdraw", STRANGER, "--purpose", "tailored-audiences"), 4, "no subject"),
    (("withdraw", "u00000001", "--purpose", "fun"), 2, "purpose"),
    (("withdraw", "u00000001", "--purpose", "tailored-audiences", "--kind", "fax"), 2, "kind"),
    (("give", "/nowhere.csv"), 2, "/nowhere.csv"),
    (("give", "{list}"), 2, "line 1"),
]


@pytest.mark.parametrize(("arguments", "code", "word"), FAILURES)
def test_a_failed_command_says_what_and_where_and_its_exit_code_and_changes_nothing(
    arguments, code, word, world, data, tmp_path
):
    paths = {"list": world[0] / "lists" / "dirty.csv", "given": world[0] / "given.csv"}
    filled = [one.format(**paths) for one in arguments]
    rejects = tmp_path / "rejects.csv"
    rejects.write_text("what was there")
    if filled[0] in {"match", "give"}:
        filled += ["--rejects", str(rejects)]
    before, entries = in_directory(data), ask("ledger", "verify", "--dir", data)["entries"]
    done = run(*filled, "--dir", data)
    assert done.returncode == code, done.stderr
    assert word in done.stderr
    assert STRANGER not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    as_json = run(*filled, "--dir", data, "--json")
    assert as_json.returncode == code
    assert set(json.loads(as_json.stdout)) == {"error", "what", "where", "cure"}
    assert rejects.read_text() == "what was there"
    assert list(tmp_path.iterdir()) == [rejects]
    refusals = 2 if code == 3 else 0  # a refusal is written down, each time
    assert ask("ledger", "verify", "--dir", data)["entries"] == entries + refusals
    if not refusals:
        assert in_directory(data) == before


def test_an_unknown_command_or_option_is_told_in_words():
    for arguments in (("frobnicate",), ("match", "x", "--nope"), ("match",)):
        done = run(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_the_directory_may_come_from_the_environment(data):
    assert ask("ledger", "verify", SOLELY_DIR=str(data))["verified"]
    missing = run("ledger", "verify")
    assert missing.returncode == 4
    assert "SOLELY_DIR" in missing.stderr


def test_init_leaves_what_is_there_alone(data, tmp_path):
    assert run("init", data).returncode == 5
    (tmp_path / "mine").write_text("kept")
    assert run("init", tmp_path).returncode == 5
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]
    assert run("init", "/proc/impossible").returncode == 7


def test_wrapped_keys_open_with_their_passphrase_alone(tmp_path):
    directory = tmp_path / "data"
    ask("init", directory, SOLELY_PASSPHRASE="correct horse")
    assert ask("ledger", "verify", "--dir", directory, SOLELY_PASSPHRASE="correct horse")["entries"] == 1
    for environment in ({}, {"SOLELY_PASSPHRASE": "battery staple"}):
        refused = run("ledger", "verify", "--dir", directory, **environment)
        assert refused.returncode == 7
        assert "battery" not in refused.stderr


def test_the_audit_needs_no_directory_and_equals_the_truth(world):
    out, truth = world
    legacy = out / "legacy"
    answer = ask("audit", "--contacts", legacy / "contacts.csv", "--audiences", legacy / "audiences.csv")
    assert {name: one["subjects"] for name, one in answer["advertisers"].items()} == truth["legacy_affected"]


def test_the_audit_reads_columns_by_other_names(world, tmp_path):
    out, truth = world
    head, body = (out / "legacy" / "contacts.csv").read_text().split("\n", 1)
    (tmp_path / "users.csv").write_text(head.replace("subject", "user_id").replace("given_for", "why") + "\n" + body)
    options = ("--contact-column", "subject=user_id", "--contact-column", "given_for=why")
    audiences = out / "legacy" / "audiences.csv"
    answer = ask("audit", "--contacts", tmp_path / "users.csv", "--audiences", audiences, *options)
    assert {name: one["subjects"] for name, one in answer["advertisers"].items()} == truth["legacy_affected"]


def test_help_fits_80_columns():
    for command in ((), ("init",), ("give",), ("withdraw",), ("match",), ("audit",), ("audience", "members")):
        shown = run(*command, "--help").stdout
        assert max(map(len, shown.splitlines())) <= 80


HEAVY = {"duckdb", "adbc_driver_postgresql", "fido2", "typst", "uvicorn", "fastapi", "alembic"}


def test_a_command_loads_what_it_needs_and_not_what_others_do():
    asked = (
        "import sys; from solely.cli import main; from solely.cli.main import _group, _verb;"
        "[_verb(one) for one in ('give', 'match', 'erase')], _group('ledger'); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()


@pytest.mark.long
def test_every_command_is_listed_and_loads():
    told = run("--help").stdout
    for name in (*_VERBS, *_GROUPS):
        assert f"│ {name} " in told
        asked = run(name, "--help")
        assert (asked.returncode, f"solely {name} " in asked.stdout) == (0, True)
    assert run("nothing").returncode == 2
