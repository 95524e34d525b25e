"""Tables of a PostgreSQL database, streamed to Arrow by the ADBC driver: read-only, one snapshot for each database.

- The transaction is REPEATABLE READ and READ ONLY: two tables of one database are seen at one moment, and a
  statement that would write fails. The user that is named needs SELECT alone.
- A password comes from the URL, or by libpq from PGPASSWORD or .pgpass. What the server says is not repeated:
  it may show the URL, or a cell.
"""

from __future__ import annotations

from typing import Self

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from solely.answer.audit.place import Postgres
from solely.errors import BadInput, Unavailable

__all__ = ["Snapshots"]

_READ_ONLY = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Snapshots:
    """Open transactions by URL, until all is closed."""

    def __init__(self) -> None:
        self._connections: dict[str, dbapi.Connection] = {}
        self._cursors: list[dbapi.Cursor] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reader(self, place: Postgres) -> pa.RecordBatchReader:
        """What the place's SELECT returns, streamed. Raises BadInput and Unavailable."""
        connection = self._connect(place)
        try:
            cursor = connection.cursor()
            self._cursors.append(cursor)
            cursor.execute(f"SELECT * FROM ({place.select}) t LIMIT 0")  # noqa: S608 - the caller's own, read-only
            columns = ", ".join(map(_column, cursor.fetch_record_batch().schema))
            cursor.execute(f"SELECT {columns} FROM ({place.select}) t")  # noqa: S608 - names are quoted
            return cursor.fetch_record_batch()
        except adbc_driver_manager.Error as error:
            if "read-only" in str(error):
                raise BadInput("the statement would write", where=place.name, cure="write one SELECT") from None
            cure = "check the table's name, and that this user may SELECT from it"
            raise BadInput("can't be read as a table", where=place.name, cure=cure) from None

    def close(self) -> None:
        for one in (*self._cursors, *self._connections.values()):
            one.close()
        self._cursors.clear()
        self._connections.clear()

    def _connect(self, place: Postgres) -> dbapi.Connection:
        if place.url not in self._connections:
            try:
                connection = dbapi.connect(place.url)
                self._connections[place.url] = connection
                with connection.cursor() as cursor:
                    cursor.execute(_READ_ONLY)
            except adbc_driver_manager.Error:
                cure = "check host, port, database, user and password (PGPASSWORD or .pgpass)"
                what = "PostgreSQL does not answer, or not to this user"
                raise Unavailable(what, where=place.name, cure=cure) from None
        return self._connections[place.url]


def _column(field: pa.Field) -> str:
    """SQL: infinity comes as NULL, its opposite as the first day there is; the driver would make dates of both."""
    name: str = '"' + field.name.replace('"', '""') + '"'
    if not pa.types.is_timestamp(field.type):
        return name
    return f"CASE {name} WHEN 'infinity' THEN NULL WHEN '-infinity' THEN '0001-01-01' ELSE {name} END AS {name}"
