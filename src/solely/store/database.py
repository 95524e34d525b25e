"""Connections to the one database: making it, migrating it, logging in as one role.

A `Database` knows where the server is. It holds no password: whoever connects brings the password of
the one role they are, from their own compartment's key file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import alembic.command
import alembic.config
import psycopg
import sqlalchemy

from solely.errors import Unavailable
from solely.store.roles import create_roles, role_name

__all__ = ["Database", "provision"]

_NAME = "solely"
_MIGRATIONS = Path(__file__).with_name("migrations")
_LEAST_VERSION = 160_000  # PostgreSQL 16


@dataclass(frozen=True, slots=True)
class Database:
    """Where the server answers: a libpq host (a socket's folder, or a name) and a port."""

    host: str
    port: int = 5432

    def login(self, role: str, password: str) -> psycopg.Connection:
        """A connection as that role, each statement its own transaction unless one is opened."""
        return self._connect(role_name(role), password, _NAME)

    def superuser(self, user: str, password: str, name: str = _NAME) -> psycopg.Connection:
        """A connection for making and migrating; nothing else uses one."""
        return self._connect(user, password, name)

    def _connect(self, user: str, password: str, name: str) -> psycopg.Connection:
        try:
            return psycopg.connect(
                host=self.host,
                port=self.port,
                user=user,
                password=password,
                dbname=name,
                autocommit=True,
                connect_timeout=10,
                application_name="solely",
            )
        except psycopg.OperationalError as error:
            raise Unavailable(
                "the database does not answer, or does not know this password",
                where=f"role {user}",
                cure="look at postgres/server.log, and that the key files belong to this directory",
            ) from error


def provision(database: Database, superuser: str, password: str, passwords: Mapping[str, str]) -> None:
    """Make the database, its roles and its schemas on a fresh server; the superuser's rights are needed."""
    with database.superuser(superuser, password, "postgres") as connection:
        connection.execute(f"CREATE DATABASE {_NAME}")
    with database.superuser(superuser, password) as connection:
        version = connection.info.server_version
        if version < _LEAST_VERSION:
            raise Unavailable("PostgreSQL is too old", where=str(version), cure="use PostgreSQL 16 or later")
        with connection.transaction():
            create_roles(connection, passwords)
    migrate(database, superuser, password)


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
            host=database.host, port=database.port, user=superuser, password=password, dbname=_NAME
        ),
        poolclass=sqlalchemy.NullPool,
        hide_parameters=True,
    )
    try:
        yield engine
    finally:
        engine.dispose()
