"""The compartments' login roles, and what each may touch: the wall inside the database.

- One schema and one login role a compartment, and two more: `registry` (who gave what for what; no
  contact) and `ledger`. The desk has a role of its own that may add rows to each compartment.
- A role reads its own schema and no other. Rights are given column by column, so that the system
  columns (xmin counts everyone's transactions) are not among them.
- The catalogue's figures about other schemas (sizes, row estimates, activity, counters) are closed too.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql

from solely.purpose import COMPARTMENTS

__all__ = ["ROLES", "SCHEMAS", "close_catalogue", "create_roles", "grant"]

SCHEMAS = (*COMPARTMENTS, "registry", "ledger")
ROLES = (*SCHEMAS, "desk")

# What each role may do with the tables of its own schema, beyond reading them.
_OWN: Mapping[str, Mapping[str, str]] = {
    "advertising": {
        "members": "INSERT",
        "audiences": "INSERT",
        "uploads": "INSERT",
    },
    "ledger": {"checkpoints": "INSERT"},
}
# What the desk may do elsewhere: add rows, read back nothing but the registry.
_DESK: Mapping[str, str] = {
    "registry.pseudonyms": "SELECT, INSERT",
    "registry.notices": "SELECT, INSERT",
    "registry.givings": "SELECT, INSERT",
    "registry.endings": "SELECT, INSERT",
}
_APPENDING = "ledger.reserve(), ledger.append(bigint, timestamptz, bytea, bytea[], bytea[], bytea[])"
_DESK_ADDS = ("contacts", "wrapped_keys", "givings", "endings")
# Catalogue relations and functions that tell of other schemas' rows, sizes or activity.
_CLOSED_RELATIONS = (
    r"^(pg_stat|pg_locks|pg_class$|pg_prepared_xacts|pg_replication|pg_wal|pg_shmem|pg_tables$|pg_views$)"
)
_CLOSED_FUNCTIONS = (
    r"^(pg_stat_|pg_.*_size$|pg_lock_status|pg_current_xact|pg_current_wal|pg_current_snapshot|pg_snapshot_|pg_xact_"
    r"|txid_|pg_last_|pg_get_wal|pg_ls_|pg_walfile|pg_relation_file|pg_filenode|pg_backend_|pg_sequence_last)"
)


def role_name(role: str) -> str:
    """The name of a role in the database."""
    return f"solely_{role}"


def create_roles(connection: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """Make the login roles; `passwords` has one for each of ROLES."""
    for role in ROLES:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOINHERIT PASSWORD {}").format(
                sql.Identifier(role_name(role)), sql.Literal(passwords[role])
            )
        )
    connection.execute("REVOKE ALL ON DATABASE solely FROM PUBLIC")
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    names = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in ROLES)
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE solely TO {}").format(names))
    connection.execute(sql.SQL("GRANT TEMPORARY ON DATABASE solely TO {}").format(sql.Identifier(role_name("desk"))))


def grant(connection: psycopg.Connection) -> None:
    """Give each role what the tables above say, on the schemas as they stand."""
    for schema in SCHEMAS:
        _usage(connection, schema, schema)
        _usage(connection, schema, "desk")
        for table in _tables(connection, schema):
            _on_columns(connection, f"{schema}.{table}", "SELECT", schema)
            if rights := _OWN.get(schema, {}).get(table):
                _on_columns(connection, f"{schema}.{table}", rights, schema)
            if schema in COMPARTMENTS and table in _DESK_ADDS:
                _on_columns(connection, f"{schema}.{table}", "INSERT", "desk")
    for table, rights in _DESK.items():
        _on_columns(connection, table, rights, "desk")
    names = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in ("desk", "ledger"))
    connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(_APPENDING), names))


def _usage(connection: psycopg.Connection, schema: str, role: str) -> None:
    connection.execute(
        sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), sql.Identifier(role_name(role)))
    )


def _tables(connection: psycopg.Connection, schema: str) -> list[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
    return [name for (name,) in rows]


def _on_columns(connection: psycopg.Connection, table: str, rights: str, role: str) -> None:
    schema, name = table.split(".")
    columns = [
        sql.Identifier(column)
        for (column,) in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
            [schema, name],
        )
    ]
    for right in rights.split(", "):
        connection.execute(
            sql.SQL("GRANT {} ({}) ON {} TO {}").format(
                sql.SQL(right),  # type: ignore[arg-type]
                sql.SQL(", ").join(columns),
                sql.Identifier(schema, name),
                sql.Identifier(role_name(role)),
            )
        )


def close_catalogue(connection: psycopg.Connection) -> None:
    """Take from PUBLIC what the catalogue tells of other schemas: needs a superuser."""
    relations = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')"
        " AND relname ~ %s",
        [_CLOSED_RELATIONS],
    ).fetchall()
    for (name,) in relations:
        connection.execute(sql.SQL("REVOKE ALL ON pg_catalog.{} FROM PUBLIC").format(sql.Identifier(name)))
    functions = connection.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ %s",
        [_CLOSED_FUNCTIONS],
    ).fetchall()
    for (signature,) in functions:
        connection.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
