"""Making the database and bringing its schemas to this version; needs the superuser, who does nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import alembic.command
import alembic.config
import alembic.script
import psycopg
import sqlalchemy
from psycopg.conninfo import make_conninfo
from psycopg.errors import DeadlockDetected, DuplicateDatabase, LockNotAvailable

from solely.errors import Conflict, Unavailable
from solely.store.database import NAME, Database
from solely.store.roles import create_roles

__all__ = ["migrate", "pending", "prepare", "provision", "revisions"]

_MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK_MS, _PAUSE, _STATEMENT_S = 500, 0.5, 60  # a migration never makes others wait longer than the first
_ONE_AT_A_TIME = 7_305_423  # two migrations at once: the second waits, and finds nothing to do
_LEAST_VERSION = 160_000  # PostgreSQL 16


def provision(database: Database, superuser: str, password: str, passwords: Mapping[str, str]) -> None:
    """Make the database, its roles and its schemas on a fresh server; the superuser's rights are needed."""
    prepare(database, superuser, password, passwords)
    migrate(database, superuser, password)


def prepare(database: Database, superuser: str, password: str, passwords: Mapping[str, str]) -> None:
    """Make the database and its roles on a fresh server, and no schema yet: a backup brings its own."""
    with database.superuser(superuser, password, "postgres") as connection:
        try:
            connection.execute(f"CREATE DATABASE {NAME} TEMPLATE template0 ENCODING 'UTF8'")
        except DuplicateDatabase:
            what = f"the server has a database named {NAME} already"
            raise Conflict(
                what, where="database", cure="name a server of its own, or drop what is left there"
            ) from None
    with database.superuser(superuser, password) as connection:
        version = connection.info.server_version
        if version < _LEAST_VERSION:
            raise Unavailable("PostgreSQL is too old", where=str(version), cure="use PostgreSQL 16 or later")
        with connection.transaction():
            create_roles(connection, passwords)


def revisions() -> tuple[str, ...]:
    """The migrations that this version knows, oldest first."""
    found = alembic.script.ScriptDirectory(str(_MIGRATIONS)).walk_revisions()
    return tuple(reversed([one.revision for one in found]))


def migrate(
    database: Database, superuser: str, password: str, *, tries: int = 20, versions: Sequence[Path] = ()
) -> tuple[str, ...]:
    """Bring the schemas to this version, in one transaction; returns the migrations that were made.

    While others work: it waits half a second at most for a lock, and those behind it no longer; then it lets go and
    tries again, from the start. Raises Unavailable once all `tries` are spent; nothing was done then.
    `versions` are folders with more migrations.
    """
    for left in reversed(range(tries)):
        try:
            return _upgrade(database, superuser, password, versions)
        except (LockNotAvailable, DeadlockDetected):
            if left:
                sleep(_PAUSE)
        except sqlalchemy.exc.OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable | DeadlockDetected):
                raise
            if left:
                sleep(_PAUSE)
    what = "others hold what a migration needs to lock, and nothing was changed"
    raise Unavailable(what, where="migrate", cure="try again when no backup, import or long question runs")


def pending(connection: psycopg.Connection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The migrations that this version has and the database has not; those that it has and this version does not."""
    known = revisions()
    row = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    if row is None:
        return known, ()
    if row[0] not in known:
        return (), (row[0],)
    return known[known.index(row[0]) + 1 :], ()


def _upgrade(database: Database, superuser: str, password: str, versions: Sequence[Path]) -> tuple[str, ...]:
    made: list[str] = []
    with _engine(database, superuser, password) as engine, engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_MS}ms'")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_STATEMENT_S}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        attributes = {"connection": connection, "made": made}
        config = alembic.config.Config(attributes=attributes)
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.set_main_option("path_separator", "os")
        folders = [_MIGRATIONS / "versions", *versions]
        config.set_main_option("version_locations", os.pathsep.join(map(str, folders)))
        alembic.command.upgrade(config, "head")
    return tuple(made)


@contextmanager
def _engine(database: Database, superuser: str, password: str) -> Iterator[sqlalchemy.Engine]:
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(
            make_conninfo(**database.secured()),
            host=database.host,
            port=database.port,
            user=superuser,
            password=password,
            dbname=NAME,
        ),
        poolclass=sqlalchemy.NullPool,
        hide_parameters=True,
    )
    try:
        yield engine
    finally:
        engine.dispose()
