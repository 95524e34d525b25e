"""The database as a dump: one snapshot of it by PostgreSQL's own pg_dump, and the keys of contacts apart from it.

- A dump has the rows that stand, and nothing of those that were deleted before: a copy of the server's files would.
- `wrapped_keys` of every schema is not in it: what opens a contact is kept apart, so that it can be destroyed alone.
- The owner's password reaches pg_dump in a file that has no name, never by its arguments or environment.
"""

from __future__ import annotations

import gzip
import os
import subprocess
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from solely.errors import Tampered, Unavailable
from solely.store import server
from solely.store.database import NAME, Database

__all__ = ["APART", "Owner", "Snapshot", "dump", "load", "read_apart", "snapshot", "write_apart"]

APART = "wrapped_keys"
_TICK = 0.2  # seconds between two looks at how far it is
_DESCRIPTORS = "/proc/self/fd/"
Told = Callable[[int], None]


@dataclass(frozen=True, slots=True, repr=False)
class Owner:
    """The login that owns the schemas, and where: for making, migrating, dumping and loading alone."""

    database: Database
    password: str
    name: str = server.SUPERUSER

    def login(self) -> psycopg.Connection:
        return self.database.superuser(self.name, self.password)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the database was at one moment; its transaction stays open while it is used."""

    connection: psycopg.Connection
    name: str
    schema: str  # the newest migration
    version: str  # of PostgreSQL


@contextmanager
def snapshot(owner: Owner) -> Iterator[Snapshot]:
    """One moment of the database, that several connections may read; nobody who writes waits for it."""
    with owner.login() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot(), version_num FROM public.alembic_version").fetchone()
        assert row is not None
        yield Snapshot(connection, row[0], row[1], connection.info.parameter_status("server_version") or "")


def dump(owner: Owner, taken: Snapshot, folder: Path, jobs: int, told: Told) -> None:
    """Write the snapshot's rows, less what is apart, into a new folder. `told` hears how many bytes there are."""
    arguments = (
        "--format=directory",
        f"--file={folder}",
        f"--snapshot={taken.name}",
        f"--jobs={jobs}",
        "--compress=gzip:1",
        f"--exclude-table-data=*.{APART}",
        "--lock-wait-timeout=60s",
    )
    _run(owner, "pg_dump", arguments, lambda: told(_bytes(folder)))


def load(owner: Owner, folder: Path, jobs: int, told: Told) -> None:
    """Bring a dump into an empty database whose roles are there. `told` hears how many bytes it has by now."""
    arguments = ("--exit-on-error", "--no-owner", f"--jobs={jobs}", str(folder))
    with owner.login() as connection:

        def tell() -> None:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            told(int(row[0]) if row else 0)

        _run(owner, "pg_restore", arguments, tell)
        connection.execute("ANALYZE")


def write_apart(taken: Snapshot, folder: Path) -> None:
    """Write what is apart, a file for each schema, into a new folder."""
    folder.mkdir(mode=0o700)
    rows = taken.connection.execute("SELECT schemaname FROM pg_tables WHERE tablename = %s ORDER BY 1", [APART])
    for (schema,) in rows.fetchall():
        asked = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT (FORMAT csv, HEADER)").format(sql.Identifier(schema, APART))
        with (
            gzip.open(folder / f"{schema}.csv.gz", "wb", compresslevel=1) as file,
            taken.connection.cursor().copy(asked) as copy,
        ):
            for data in copy:
                file.write(data)


def read_apart(owner: Owner, files: Sequence[Path], erased: Collection[str]) -> None:
    """Bring back what is apart, each file named SCHEMA.….csv.gz, but of those who were erased since."""
    with owner.login() as connection, connection.transaction():
        for path in files:
            with gzip.open(path, "rb") as file:
                columns = [sql.Identifier(name) for name in file.readline().decode().strip().split(",")]
                if columns[0] != sql.Identifier("pseudonym"):
                    raise Tampered("not what is apart from a backup", where=str(path), cure="use another backup")
                table = sql.Identifier(path.name.partition(".")[0], APART)
                into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(table, sql.SQL(", ").join(columns))
                with connection.cursor().copy(into) as copy:
                    for line in file:
                        if line[:36].decode() not in erased:
                            copy.write(line)


def _run(owner: Owner, program: str, arguments: Sequence[str], tell: Callable[[], None]) -> None:
    secret = os.memfd_create("pgpass")
    host, port = owner.database.host, owner.database.port
    kept = (secret, int(host.removeprefix(_DESCRIPTORS))) if host.startswith(_DESCRIPTORS) else (secret,)
    try:
        os.fchmod(secret, 0o600)  # libpq reads none that others could
        os.write(secret, f"*:*:*:*:{_escaped(owner.password)}\n".encode())
        process = subprocess.Popen(  # noqa: S603 - the wheel's own binary, arguments of this module
            [
                str(server.program(program)),
                f"--host={host}",
                f"--port={port}",
                f"--username={owner.name}",
                f"--dbname={NAME}",
                "--no-password",
                *arguments,
            ],
            env={"LC_ALL": "C.UTF-8", "PGPASSFILE": f"{_DESCRIPTORS}{secret}", **_secured(owner.database)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # its words may quote a row
            pass_fds=kept,
        )
        _wait(process, tell)
    finally:
        os.close(secret)
    if process.returncode != 0:
        what = f"{program} ended with {process.returncode}, and nothing was done by halves"
        raise Unavailable(what, cure="see that the database runs, and that the disk has room")


def _secured(database: Database) -> dict[str, str]:
    return {f"PG{name.upper()}": text for name, text in database.secured().items()}


def _wait(process: subprocess.Popen[bytes], tell: Callable[[], None]) -> None:
    try:
        while True:
            try:
                process.wait(_TICK)
            except subprocess.TimeoutExpired:
                tell()
            else:
                return
    except BaseException:
        process.kill()
        process.wait()
        raise


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*")) if folder.exists() else 0
