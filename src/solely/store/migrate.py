"""Making the database and bringing its schemas to this version; needs the superuser, who does nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import alembic.command
import alembic.config
import alembic.script
import psycopg
import sqlalchemy

from solely.errors import Unavailable
from solely.store.database import NAME, Database
from solely.store.roles import create_roles

__all__ = ["migrate", "prepare", "provision", "revisions"]

_MIGRATIONS = Path(__file__).with_name("migrations")
_LEAST_VERSION = 160_000  # PostgreSQL 16


def provision(database: Database, superuser: str, password: str, passwords: Mapping[str, str]) -> None:
    """Make the database, its roles and its schemas on a fresh server; the superuser's rights are needed."""
    prepare(database, superuser, password, passwords)
    migrate(database, superuser, password)


def prepare(database: Database, superuser: str, password: str, passwords: Mapping[str, str]) -> None:
    """Make the database and its roles on a fresh server, and no schema yet: a backup brings its own."""
    with database.superuser(superuser, password, "postgres") as connection:
        connection.execute(f"CREATE DATABASE {NAME}")
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


def migrate(database: Database, superuser: str, password: str) -> None:
    """Bring the schemas to this version, in one transaction; nothing to do where they are."""
    with _engine(database, superuser, password) as engine, engine.begin() as connection:
        config = alembic.config.Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.set_main_option("path_separator", "os")
        alembic.command.upgrade(config, "head")


@contextmanager
def _engine(database: Database, superuser: str, password: str) -> Iterator[sqlalchemy.Engine]:
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(
            host=database.host, port=database.port, user=superuser, password=password, dbname=NAME
        ),
        poolclass=sqlalchemy.NullPool,
        hide_parameters=True,
    )
    try:
        yield engine
    finally:
        engine.dispose()
