"""What the roles may do by the catalogue, held against what is declared (roles.py): one right too many is a hole."""

from __future__ import annotations

import psycopg

from solely.store.roles import ROLES, SCHEMAS, calls, given, role_name

__all__ = ["attributes", "deviations", "open_catalogue"]

_COLUMNS = """
    SELECT n.nspname || '.' || c.relname || '.' || a.attname FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""
_GRANTED = """
    SELECT n.nspname || '.' || c.relname || '.' || a.attname, x.privilege_type, x.grantee FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) x
    WHERE n.nspname = ANY(%(schemas)s) AND NOT a.attisdropped
    UNION ALL SELECT n.nspname || '.' || c.relname, x.privilege_type, x.grantee FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) x
    WHERE n.nspname = ANY(%(schemas)s) AND x.grantee <> c.relowner
    UNION ALL SELECT n.nspname, x.privilege_type, x.grantee FROM pg_namespace n, aclexplode(n.nspacl) x
    WHERE n.nspname = ANY(%(schemas)s) AND x.grantee <> n.nspowner
    UNION ALL SELECT p.oid::text, x.privilege_type, x.grantee FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace,
    aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
    WHERE n.nspname = ANY(%(schemas)s) AND x.grantee <> p.proowner
"""
Right = tuple[str, str, str]  # what, which right, to whom


def deviations(connection: psycopg.Connection) -> tuple[list[Right], list[Right]]:
    """The rights that are there and not declared, and those that are declared and not there. For the owner."""
    there, declared = _there(connection), _declared(connection)
    return sorted(there - declared), sorted(declared - there)


def attributes(connection: psycopg.Connection) -> list[str]:
    """Roles of ours that may more than log in, or are members of another."""
    rows = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%(ours)s) AND (rolsuper OR rolcreaterole OR rolcreatedb"
        " OR rolreplication OR rolbypassrls OR rolinherit) UNION"
        " SELECT member::regrole::text FROM pg_auth_members WHERE member::regrole::text = ANY(%(ours)s) ORDER BY 1",
        {"ours": [role_name(role) for role in ROLES]},
    )
    return [name for (name,) in rows]


def open_catalogue(connection: psycopg.Connection) -> int:
    """How many relations of the catalogue are open to everyone, which tell of every schema; one's own cursors aside."""
    row = connection.execute(
        "SELECT count(*) FROM pg_class c WHERE relkind IN ('r', 'v') AND relname <> 'pg_cursors'"
        " AND relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
        " AND EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = 0)"
    ).fetchone()
    return int(row[0]) if row else 0


def _there(connection: psycopg.Connection) -> set[Right]:
    names = dict(connection.execute("SELECT oid, rolname FROM pg_roles").fetchall()) | {0: "everyone"}
    functions = {
        str(oid): name
        for oid, name in connection.execute(
            "SELECT oid, oid::regprocedure::text FROM pg_proc WHERE pronamespace::regnamespace::text = ANY(%s)",
            [list(SCHEMAS)],
        )
    }
    rows = connection.execute(_GRANTED, {"schemas": list(SCHEMAS)})
    return {(functions.get(what) or str(what), right, names.get(to, str(to))) for what, right, to in rows}


def _declared(connection: psycopg.Connection) -> set[Right]:
    columns: dict[str, list[str]] = {}
    for (full,) in connection.execute(_COLUMNS, [list(SCHEMAS)]):
        columns.setdefault(full.rpartition(".")[0], []).append(full)
    found = {(schema, "USAGE", role_name(role)) for schema in SCHEMAS for role in (schema, "desk")}
    for table, rights, role in given(connection):
        for right in rights.split(", "):
            places = [table] if right == "DELETE" else columns.get(table, [])
            found |= {(place, right, role_name(role)) for place in places}
    spelt = {name: connection.execute("SELECT %s::regprocedure::text", [name]).fetchone() for name in calls(connection)}
    for name, roles in calls(connection).items():
        row = spelt[name]
        found |= {(row[0] if row else name, "EXECUTE", role_name(role)) for role in roles}
    return found
