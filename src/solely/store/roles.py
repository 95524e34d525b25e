"""The compartments' login roles, and what each may touch: the wall inside the database.

- One schema and one login role a compartment, and two more: `registry` (who gave what for what; no
  contact) and `ledger`. The desk has a role of its own that may add rows to each compartment.
- A role reads its own schema and no other. Rights are given column by column, so that the system
  columns (xmin counts everyone's transactions) are not among them. Nobody may make anything, not even a
  temporary table, or run code of theirs on the server.
- The catalogue is closed: it has rows, sizes, row estimates, activity and counters of every schema.
- What PostgreSQL hides from no session: that a name is taken, the number of its own process (numbers are
  given in order), how long a thing takes, and that disk or connections ran out. Messages by NOTIFY reach
  every session that listens: nothing here sends any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import psycopg
from psycopg import sql

from solely.purpose import COMPARTMENTS

__all__ = ["ROLES", "SCHEMAS", "calls", "close_catalogue", "create_roles", "given", "grant", "role_name"]

SCHEMAS = (*COMPARTMENTS, "registry", "ledger")
ROLES = (*SCHEMAS, "desk")

# What each role may do with the tables of its own schema, beyond reading them.
_OWN: Mapping[str, Mapping[str, str]] = {
    "advertising": {
        "members": "INSERT",
        "audiences": "INSERT",
        "uploads": "INSERT, UPDATE",
        "incoming": "INSERT, UPDATE, DELETE",
        "evidence": "INSERT",
        "uses": "INSERT",
        "key_checks": "INSERT, UPDATE",
        "agreements": "INSERT, UPDATE",
        "campaigns": "INSERT, UPDATE",
        "campaign_audiences": "INSERT",
        "version": "UPDATE",
    },
    "measurement": {"key_checks": "INSERT, UPDATE"},
    "discovery": {"key_checks": "INSERT, UPDATE"},
    "registry": {"incidents": "INSERT", "notified": "INSERT, UPDATE"},
    "ledger": {"checkpoints": "INSERT", "stops": "INSERT, DELETE"},
    "security": {
        "people": "INSERT, UPDATE",
        "factors": "INSERT, UPDATE",
        "passkeys": "INSERT, UPDATE, DELETE",
        "credentials": "INSERT, DELETE",
        "recovery_codes": "INSERT, UPDATE, DELETE",
        "challenges": "INSERT, UPDATE, DELETE",
        "codes": "INSERT, UPDATE, DELETE",
        "evidence": "INSERT, DELETE",
        "limits": "INSERT, UPDATE, DELETE",
        "sends": "INSERT, UPDATE, DELETE",
        "devices": "INSERT, UPDATE, DELETE",
        "changes": "INSERT, UPDATE",
        "outbox": "INSERT, UPDATE, DELETE",
        "resets": "INSERT, UPDATE",
        "passwords": "INSERT, UPDATE, DELETE",
    },
}
# Each keeps the principals who may call it, and knows no other's.
_PRINCIPALS: Mapping[str, str] = {
    "principals": "INSERT, UPDATE",
    "api_keys": "INSERT, UPDATE",
    "approvals": "INSERT, UPDATE",
}
# Each keeps the answers to the changes it was asked for.
_REQUESTS = {"requests": "INSERT, UPDATE, DELETE"}
# What the desk may do elsewhere: add rows, read back nothing but the registry.
_DESK: Mapping[str, str] = {
    "registry.pseudonyms": "SELECT, INSERT",
    "registry.notices": "SELECT, INSERT",
    "registry.givings": "SELECT, INSERT",
    "registry.endings": "SELECT, INSERT",
    "registry.imports": "SELECT, INSERT",
    "registry.erasures": "SELECT",
    "registry.preferences": "SELECT, INSERT",
}
_APPEND = "ledger.append(bigint, timestamptz, bytea, bytea[], bytea[], bytea[], bytea[], bytea[], integer[], uuid[])"
# Functions that run with their owner's rights, and who may call them.
_CALLED: Mapping[str, tuple[str, ...]] = {
    "ledger.reserve()": ("desk", "ledger"),
    _APPEND: ("desk", "ledger"),
    "registry.erase(text, uuid, timestamptz, bigint)": ("desk",),
    **{f"{one}.move_keys(text, integer, integer, uuid[], uuid[], bytea[])": (one,) for one in COMPARTMENTS},
    **{f"{one}.destroy_key(text, text, integer)": (one,) for one in COMPARTMENTS},
    **{f"{one}.expect_keys(text, text, integer[])": ("desk",) for one in COMPARTMENTS},
    "security.expect_keys(text, text, integer[])": ("desk", "security"),
}
_DESK_ADDS = ("contacts", "wrapped_keys", "givings", "endings")
# The catalogue of the server is closed but for a session's own cursors, which the driver asks for.
_OPEN_RELATIONS = ("pg_cursors",)
_OPEN_FUNCTIONS = ("pg_cursor",)
# Functions that tell of the server, or act on it: all of pg_, the counters of transactions, large objects (one list
# and one counter for all), tuples by their place. Advisory locks are among pg_: each role would see the others'.
_CLOSED_FUNCTIONS = r"^(pg_|txid_|mxid_age$|lo_|loread$|lowrite$|currtid|binary_upgrade_|brin_|gin_clean)"
_COUNTER = "age(xid)"  # how many transactions there were; its namesakes only reckon with dates


def role_name(role: str) -> str:
    """The name of a role in the database."""
    return f"solely_{role}"


def create_roles(connection: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """Make the login roles, who may log in to this database and no other; `passwords` has one for each of ROLES."""
    for role in ROLES:
        name = role_name(role)
        # Hashed here (SCRAM), so that the statement holds no password that a log could keep.
        hashed = connection.pgconn.encrypt_password(passwords[role].encode(), name.encode(), b"scram-sha-256")
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOINHERIT PASSWORD {}").format(
                sql.Identifier(name), sql.Literal(hashed.decode())
            )
        )
    # Each database has a catalogue that tells of the whole server, and is open to all unless it is closed.
    for (database,) in connection.execute("SELECT datname FROM pg_database").fetchall():
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    connection.execute("REVOKE ALL ON LANGUAGE sql, plpgsql FROM PUBLIC")
    here = sql.Identifier(connection.info.dbname)
    names = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in ROLES)
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(here, names))


def grant(connection: psycopg.Connection) -> None:
    """Give each role what the tables above say, on the schemas as they stand."""
    for schema in SCHEMAS:
        _usage(connection, schema, schema)
        _usage(connection, schema, "desk")
    for table, rights, role in given(connection):
        _on_columns(connection, table, rights, role)
    for function, roles in calls(connection).items():
        names = sql.SQL(", ").join(sql.Identifier(role_name(role)) for role in roles)
        connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), names))


def given(connection: psycopg.Connection) -> Iterator[tuple[str, str, str]]:
    """What each role is given on the schemas as they stand: table, rights, role."""
    for schema in SCHEMAS:
        for table in _tables(connection, schema):
            yield f"{schema}.{table}", "SELECT", schema
            if rights := {**_PRINCIPALS, **_REQUESTS, **_OWN.get(schema, {})}.get(table):
                yield f"{schema}.{table}", rights, schema
            if schema in COMPARTMENTS and table in _DESK_ADDS:
                yield f"{schema}.{table}", "INSERT", "desk"
    for table, rights in _DESK.items():
        if _is_there(connection, "to_regclass", table):
            yield table, rights, "desk"


def calls(connection: psycopg.Connection) -> dict[str, tuple[str, ...]]:
    """Who may call which function, of those that are there."""
    return {name: roles for name, roles in _CALLED.items() if _is_there(connection, "to_regprocedure", name)}


def _is_there(connection: psycopg.Connection, lookup: str, name: str) -> bool:
    """Whether the schemas as they stand have it: a later migration may bring it."""
    found = connection.execute(sql.SQL("SELECT {}(%s) IS NOT NULL").format(sql.SQL(lookup)), [name]).fetchone()
    return bool(found and found[0])


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
        what = sql.SQL("" if right == "DELETE" else "({})").format(sql.SQL(", ").join(columns))  # a row goes whole
        connection.execute(
            sql.SQL("GRANT {} {} ON {} TO {}").format(
                sql.SQL(right), what, sql.Identifier(schema, name), sql.Identifier(role_name(role))
            )
        )


def close_catalogue(connection: psycopg.Connection) -> None:
    """Take from PUBLIC what the catalogue tells of other schemas: needs a superuser."""
    connection.execute("REVOKE ALL ON SCHEMA information_schema FROM PUBLIC")
    relations = connection.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'v') AND relname <> ALL(%s)"
        " AND relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)",
        [list(_OPEN_RELATIONS)],
    ).fetchall()
    functions = connection.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace"
        " AND (proname ~ %s AND proname <> ALL(%s) OR oid = %s::regprocedure)",
        [_CLOSED_FUNCTIONS, list(_OPEN_FUNCTIONS), _COUNTER],
    ).fetchall()
    for kind, names in (("TABLE", relations), ("ROUTINE", functions)):
        for (name,) in names:  # as the server spells it, quoted where it must be
            connection.execute(f"REVOKE ALL ON {kind} {name} FROM PUBLIC")
