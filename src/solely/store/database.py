"""Connections to the one database: logging in as one role.

A `Database` knows where the server is. It holds no password: whoever connects brings the password of
the one role they are, from their own compartment's key file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import make_conninfo

from solely.errors import Unavailable
from solely.store.roles import role_name

__all__ = ["NAME", "Database", "answering"]

NAME = "solely"
DESTROYED = "SK001"  # what 0008_keys.sql raises


@dataclass(frozen=True, slots=True)
class Database:
    """Where the server answers: a libpq host (a socket's folder, or a name) and a port.

    `tls` is libpq's sslmode, for a name; `ca_file` the authority that its certificate is of, by default the system's.
    """

    host: str
    port: int = 5432
    tls: str = "verify-full"
    ca_file: str = ""

    def login(self, role: str, password: str) -> psycopg.Connection:
        """A connection as that role, each statement its own transaction unless one is opened."""
        return self._connect(role_name(role), password, NAME)

    def superuser(self, user: str, password: str, name: str = NAME) -> psycopg.Connection:
        """A connection for making and migrating; nothing else uses one."""
        return self._connect(user, password, name)

    def _connect(self, user: str, password: str, name: str) -> psycopg.Connection:
        try:
            return psycopg.connect(
                make_conninfo(**self.secured()),
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

    def secured(self) -> dict[str, str]:
        """What libpq is told of TLS. A socket of this machine needs none, and has none."""
        if self.host.startswith("/"):
            return {}
        authority = self.ca_file or ("system" if self.tls == "verify-full" else "")
        return {"sslmode": self.tls} | ({"sslrootcert": authority} if authority else {})


@contextmanager
def answering() -> Iterator[None]:
    """What the database does not do is Unavailable. Its own words are left out: they may quote a value."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate == DESTROYED:
            what = "its key was destroyed at this moment, and nothing was recorded"
            raise Unavailable(what, cure="do it again: it goes under the new key, and nothing is doubled") from None
        raise Unavailable(
            "the database did not do it, and nothing was done by halves",
            where=f"SQLSTATE {error.sqlstate or 'none'}, {type(error).__name__}",
            cure="see that it runs and that its disk has room, then try again",
        ) from None
