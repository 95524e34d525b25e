"""The wall inside the database: a role reads its own schema, and of everything else not even that it changes.

The matrix is declared here, apart from store/roles.py: what there is, and who may do what. Each cell is tried
as that role; refused means InsufficientPrivilege (42501) and nothing else. What is in the database and not
declared here fails the test that compares the two.
"""

from contextlib import nullcontext

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from solely.errors import Unavailable
from solely.store.roles import ROLES, SCHEMAS

pytestmark = pytest.mark.server

TABLES = {
    "security": {
        "contacts", "wrapped_keys", "endings", "people", "factors", "passkeys", "credentials", "recovery_codes",
        "challenges", "codes", "evidence", "limits", "sends", "devices", "changes", "outbox", "resets", "passwords",
    },
    "service": {"contacts", "wrapped_keys", "endings"},
    "advertising": {
        "givings", "endings", "members", "audiences", "uploads", "evidence", "uses", "agreements",
        "campaigns", "campaign_audiences", "version", "incoming",
    },
    "measurement": {"givings", "endings"},
    "discovery": {"givings", "endings"},
    "registry": {
        "pseudonyms", "notices", "givings", "endings", "imports", "incidents", "notified", "erasures", "preferences",
    },
    "ledger": {"entries", "secrets", "about", "stops", "checkpoints", "head"},
}  # fmt: skip
PRINCIPALS = {"principals", "api_keys", "approvals", "requests"}  # in every schema, its own
COMPARTMENTS = ("security", "service", "advertising", "measurement", "discovery")
TABLES = {
    schema: tables
    | PRINCIPALS
    | ({"destroyed_keys"} if schema in COMPARTMENTS else set())
    | ({"key_checks"} if schema in COMPARTMENTS[2:] else set())
    for schema, tables in TABLES.items()
}
UPDATED = TABLES["security"] - {
    "contacts", "wrapped_keys", "endings", "credentials", "evidence", "destroyed_keys",
}  # fmt: skip
DELETED = {
    "passkeys", "credentials", "recovery_codes", "challenges", "codes", "evidence", "limits", "sends", "devices",
    "outbox", "passwords", "requests",
}  # fmt: skip
ADDED = {  # to by their own role
    *(f"{one}.key_checks" for one in COMPARTMENTS[2:]),
    *(f"advertising.{one}" for one in ("members", "audiences", "uploads", "evidence", "uses", "agreements")),
    *(f"{schema}.{one}" for schema in SCHEMAS for one in PRINCIPALS),
    "advertising.campaigns", "advertising.campaign_audiences", "advertising.incoming",
    "registry.incidents", "registry.notified", "ledger.checkpoints", "ledger.stops",
}  # fmt: skip
SEQUENCES = {
    "advertising.givings_number_seq", "advertising.endings_number_seq", "advertising.members_number_seq",
    "advertising.uses_number_seq",
    "measurement.givings_number_seq", "measurement.endings_number_seq",
    "discovery.givings_number_seq", "discovery.endings_number_seq",
}  # fmt: skip
FUNCTIONS = {
    "ledger.reserve": "()",
    "ledger.append": "(0, now(), '', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
    "registry.erase": "('nobody', gen_random_uuid(), now(), 0)",
    **{f"{one}.move_keys": "('none', 1, 2, '{}', '{}', '{}')" for one in COMPARTMENTS},
    **{f"{one}.destroy_key": "('none', 'none', 1)" for one in COMPARTMENTS},
    **{f"{one}.expect_keys": "('none', 'none', '{1}')" for one in COMPARTMENTS},
}
CALLED = {
    "desk": {"ledger.reserve", "ledger.append", "registry.erase", *(f"{one}.expect_keys" for one in COMPARTMENTS)},
    "ledger": {"ledger.reserve", "ledger.append"},
    **{one: {f"{one}.move_keys", f"{one}.destroy_key"} for one in COMPARTMENTS},
}
CALLED["security"].add("security.expect_keys")

READING = {
    "a column": "SELECT {column} FROM {table}",
    "all columns": "SELECT * FROM {table}",
    "whole rows": "SELECT t FROM {table} AS t",
    "their count": "SELECT count(*) FROM {table}",
    "whether there is one": "SELECT EXISTS (SELECT FROM {table})",
    "a sample": "SELECT {column} FROM {table} TABLESAMPLE SYSTEM (1)",
    "a copy": "COPY {table} ({column}) TO STDOUT",
    "a cursor": "DECLARE c CURSOR FOR SELECT {column} FROM {table}",
    "an estimate": "EXPLAIN SELECT {column} FROM {table}",
    "as XML": "SELECT query_to_xml('SELECT {column} FROM {table}', true, true, '')",
    "as statistics": "SELECT ts_stat('SELECT to_tsvector({column}::text) FROM {table}')",
}
ADDING = {
    "insert": "INSERT INTO {table} ({column}) VALUES (DEFAULT)",
    "copy in": "COPY {table} ({column}) FROM STDIN",
}
UPDATING = {
    "update": "UPDATE {table} SET {column} = DEFAULT",
    "lock rows": "SELECT {column} FROM {table} FOR UPDATE",
}
DELETING = {
    "delete": "DELETE FROM {table}",
    "merge": "MERGE INTO {table} t USING (SELECT 1) s ON false WHEN MATCHED THEN DELETE",
    "lock": "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
    "pass on": "GRANT SELECT ON {table} TO PUBLIC",  # no error, a warning: nothing is granted (tested below)
}
NEVER = {  # not even with one's own
    "ctid": "SELECT ctid FROM {table}",
    "xmin": "SELECT xmin FROM {table}",
    "xmax": "SELECT xmax FROM {table}",
    "the row at a place": "SELECT {column} FROM {table} WHERE ctid = '(0,1)'",
    "insert, and ask for xmin": "INSERT INTO {table} ({column}) VALUES (DEFAULT) RETURNING xmin",
    "truncate": "TRUNCATE {table}",
    "alter": "ALTER TABLE {table} ADD COLUMN mine integer",
    "rename": "ALTER TABLE {table} RENAME TO mine",
    "drop": "DROP TABLE {table}",
    "comment": "COMMENT ON TABLE {table} IS 'mine'",
    "index": "CREATE INDEX ON {table} ({column})",
    "reindex": "REINDEX TABLE {table}",
    "cluster": "CLUSTER {table}",
    "trigger": "CREATE TRIGGER t BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "rule": "CREATE RULE r AS ON INSERT TO {table} DO NOTHING",
    "policy": "CREATE POLICY p ON {table}",
    "statistics": "CREATE STATISTICS {schema}.s ON {column}, ctid FROM {table}",
    "size": "SELECT pg_relation_size({oid})",
    "total size": "SELECT pg_total_relation_size({oid})",
    "table size": "SELECT pg_table_size({oid})",
    "size of indexes": "SELECT pg_indexes_size({oid})",
    "file": "SELECT pg_relation_filepath({oid})",
    "estimated rows": "SELECT reltuples, relpages FROM pg_class WHERE oid = {oid}",
    "live rows": "SELECT pg_stat_get_live_tuples({oid})",
    "rows inserted": "SELECT pg_stat_get_tuples_inserted({oid})",
    "rows inserted just now": "SELECT pg_stat_get_xact_tuples_inserted({oid})",
    "description": "SELECT pg_describe_object('pg_class'::regclass, {oid}, 0)",
    "statistics of a column": "SELECT * FROM pg_stats WHERE tablename = '{name}'",
    "scans": "SELECT * FROM pg_stat_all_tables WHERE relid = {oid}",
    "blocks": "SELECT * FROM pg_statio_all_tables WHERE relid = {oid}",
    "toast": "SELECT * FROM pg_toast.pg_toast_{oid}",
    "columns": "SELECT * FROM pg_attribute WHERE attrelid = {oid}",
}
SEQUENCE_WAYS = {
    "next": "SELECT nextval({oid})",
    "current": "SELECT currval({oid})",
    "set": "SELECT setval({oid}, 1)",
    "last value": "SELECT last_value FROM {sequence}",
    "last value by function": "SELECT pg_sequence_last_value({oid})",
    "its data": "SELECT pg_get_sequence_data({oid})",
    "its parameters": "SELECT pg_sequence_parameters({oid})",
    "alter": "ALTER SEQUENCE {sequence} RESTART",
}
SERVER = [  # what no role may do or ask; pg_catalog's relations and functions are tried one by one besides
    "SET ROLE {other}", "SET SESSION AUTHORIZATION {other}", "ALTER ROLE {other} PASSWORD 'x'",
    "GRANT {other} TO {me}", "CREATE ROLE mine", "ALTER ROLE {me} SUPERUSER", "ALTER ROLE {me} BYPASSRLS",
    "DROP OWNED BY {other}", "REASSIGN OWNED BY {other} TO {me}", "SET ROLE pg_monitor",
    "CREATE TABLE public.mine ()", "CREATE TABLE {schema}.mine ()", "CREATE TEMPORARY TABLE mine ()",
    "CREATE TABLE {foreign}.mine ()", "SELECT 1 INTO TEMPORARY mine", "CREATE TEMPORARY VIEW mine AS SELECT 1",
    "CREATE TEMPORARY SEQUENCE mine", "CREATE SCHEMA mine", "CREATE DATABASE mine", "DROP SCHEMA {foreign} CASCADE",
    "CREATE TYPE public.mine AS (a integer)", "CREATE DOMAIN {schema}.mine AS integer",
    "DROP EXTENSION plpgsql", "CREATE TABLESPACE mine LOCATION '/tmp'", "CREATE PUBLICATION mine",
    "CREATE PUBLICATION mine FOR ALL TABLES", "CREATE FOREIGN DATA WRAPPER mine",
    "CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE FUNCTION {schema}.mine() RETURNS integer LANGUAGE sql RETURN 1",
    "DO 'BEGIN RAISE LOG $$mine$$; END'", "DO LANGUAGE plpgsql 'BEGIN END'", "LOAD 'plpgsql'",
    "ALTER DATABASE solely SET work_mem = '1MB'", "ALTER SYSTEM SET work_mem = '1MB'", "CHECKPOINT",
    "SET log_statement = 'all'", "SET log_min_messages = 'debug5'", "SET session_replication_role = 'replica'",
    "SET log_parameter_max_length = -1", "SET session_preload_libraries = 'x'", "SHOW data_directory",
    "COPY (SELECT 1) TO '/tmp/mine'", "COPY (SELECT 1) TO PROGRAM 'id'", "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_read_binary_file('PG_VERSION')", "SELECT pg_ls_dir('.')", "SELECT pg_ls_waldir()",
    "SELECT pg_stat_file('PG_VERSION')", "SELECT lo_import('/etc/passwd')", "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, '')", "SELECT lo_get(1)", "SELECT lo_unlink(1)", "SELECT lo_open(1, 131072)",
    "SELECT txid_current()", "SELECT txid_current_snapshot()", "SELECT pg_current_xact_id()",
    "SELECT pg_current_xact_id_if_assigned()", "SELECT pg_current_snapshot()", "SELECT pg_export_snapshot()",
    "SELECT age('3'::xid)", "SELECT mxid_age('3'::xid)", "SELECT pg_get_multixact_members('1')",
    "SELECT age(datfrozenxid) FROM pg_database", "SELECT pg_xact_status('3')", "SELECT pg_last_committed_xact()",
    "SELECT pg_current_wal_lsn()", "SELECT pg_current_wal_insert_lsn()", "SELECT pg_switch_wal()",
    "SELECT pg_logical_emit_message(false, 'a', 'b')", "SELECT pg_walfile_name('0/0')", "SELECT pg_control_system()",
    "SELECT pg_control_checkpoint()", "SELECT pg_available_wal_summaries()", "SELECT pg_get_replication_slots()",
    "SELECT pg_create_physical_replication_slot('mine')", "SELECT pg_database_size('solely')",
    "SELECT pg_tablespace_size('pg_default')", "SELECT pg_lock_status()", "SELECT pg_blocking_pids(1)",
    "SELECT pg_isolation_test_session_is_blocked(1, '{{2}}')", "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_lock(1)", "SELECT pg_try_advisory_xact_lock(1)", "SELECT pg_cancel_backend(1)",
    "SELECT pg_terminate_backend(1)", "SELECT pg_log_backend_memory_contexts(1)", "SELECT pg_backend_pid()",
    "SELECT pg_stat_get_activity(NULL)", "SELECT pg_stat_get_db_tuples_inserted(1)", "SELECT pg_stat_reset()",
    "SELECT pg_stat_get_snapshot_timestamp()", "SELECT pg_notification_queue_usage()", "SELECT pg_notify('a', 'b')",
    "SELECT pg_column_toast_chunk_id('a'::text)", "SELECT pg_get_userbyid(10)", "SELECT pg_reload_conf()",
    "SELECT pg_get_functiondef(1)", "SELECT pg_get_indexdef(1)", "SELECT pg_identify_object(1, 1, 0)",
    "SELECT pg_sleep(0)", "SELECT obj_description(1, 'pg_class')", "SELECT currtid2('a', '(0,1)')",
    "SELECT * FROM pg_stat_activity WHERE usename = '{other}'", "SELECT * FROM pg_locks",
    "SELECT * FROM pg_sequences", "SELECT * FROM pg_statistic", "SELECT * FROM pg_largeobject",
    "SELECT * FROM pg_settings", "SELECT * FROM pg_shadow", "SELECT * FROM information_schema.tables",
    "SELECT xmin FROM pg_type", "SELECT * FROM pg_db_role_setting",
]  # fmt: skip
ALONE = ("CREATE DATABASE", "CREATE TABLESPACE", "ALTER SYSTEM")  # these run in no transaction
OPEN = {"pg_cursors"}  # a session's own, which the driver asks for


def may(role, schema, table):
    """The ways that are open to a role with a table."""
    own = set(READING) if role == schema else set()
    if role == schema == "security" and table not in {"contacts", "wrapped_keys", "endings", "destroyed_keys"}:
        updating, deleting = UPDATING if table in UPDATED else {}, DELETING if table in DELETED else {}
        return own | {*ADDING, *updating, *deleting}
    if role == schema and f"{role}.{table}" in ADDED:
        deleting = set(DELETING) if table in {"stops", "requests", "incoming"} else set()
        changed = table in {*PRINCIPALS, "agreements", "campaigns", "key_checks", "uploads", "incoming", "notified"}
        updating = set(UPDATING) if changed else set()
        return own | set(ADDING) | deleting | updating
    if role == schema == "advertising" and table == "version":
        return own | set(UPDATING)
    if role == "desk" and schema == "registry" and table not in {"incidents", "notified", *PRINCIPALS}:
        return set(READING) | (set() if table == "erasures" else set(ADDING))
    if role == "desk" and schema != "ledger" and table in {"contacts", "wrapped_keys", "givings", "endings"}:
        return set(ADDING)
    return own


def name(role):
    return f"solely_{role}"


def outcome(connection, statement):
    """`refused`, or what came instead; the attempt leaves nothing behind."""
    alone = statement.startswith(ALONE)
    try:
        with nullcontext() if alone else connection.transaction(force_rollback=True), connection.cursor() as cursor:
            if statement.startswith("COPY") and "STD" in statement:
                with cursor.copy(statement) as copy:
                    if statement.endswith("STDOUT"):
                        list(copy)
            else:
                cursor.execute(statement)
    except InsufficientPrivilege:
        return "refused"
    except psycopg.Error as error:
        return type(error).__name__
    return "done"


def relations(superuser, kinds):
    rows = superuser.execute(
        "SELECT n.nspname || '.' || c.relname, c.oid, ARRAY(SELECT attname::text FROM pg_attribute"
        "   WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind::text = ANY(%s) AND n.nspname = ANY(%s)",
        [kinds, list(SCHEMAS)],
    )
    return {full: (oid, columns) for full, oid, columns in rows}


def cells(superuser, role, schema):
    """Each way of each table of a schema: (words, statement, whether it is open to the role)."""
    found = relations(superuser, ["r", "p"])
    for table in sorted(TABLES[schema]):
        oid, columns = found[f"{schema}.{table}"]
        words = {"table": f"{schema}.{table}", "schema": schema, "name": table, "oid": oid}
        for way, pattern in {**READING, **ADDING, **UPDATING, **DELETING, **NEVER}.items():
            for column in columns if "{column}" in pattern else columns[:1]:
                statement = pattern.format(column=column, **words)
                yield f"{role}: {way} of {schema}.{table} {column}", statement, way in may(role, schema, table)


def wrong(connection, tried):
    """The cells that are not as declared."""
    for words, statement, is_open in tried:
        came = outcome(connection, statement)
        if (came == "refused") == is_open:
            yield f"{words}: {came}"


def test_what_is_in_the_database_is_what_is_declared_here(superuser):
    tables = {f"{schema}.{table}" for schema, names in TABLES.items() for table in names}
    assert set(relations(superuser, ["r", "p"])) == tables
    assert set(relations(superuser, ["S"])) == SEQUENCES
    assert set(relations(superuser, ["v", "m", "f"])) == set()
    ours = "nspname !~ '^pg_' AND nspname <> 'information_schema'"
    schemas = {name for (name,) in superuser.execute(f"SELECT nspname FROM pg_namespace WHERE {ours}")}
    assert schemas == {*SCHEMAS, "public"}
    functions = superuser.execute(
        f"SELECT nspname || '.' || proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE {ours}"
    )
    assert {name for (name,) in functions} == set(FUNCTIONS)
    public = superuser.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    assert {name for (name,) in public} == {"alembic_version", "alembic_version_pkc"}
    roles = superuser.execute("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'")
    assert {role for (role,) in roles} == {*map(name, ROLES), "postgres"}


def test_no_role_has_an_attribute_or_a_membership(superuser):
    rows = superuser.execute(
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR rolinherit FROM pg_roles"
        " WHERE rolname ~ '^solely_'"
    ).fetchall()
    assert rows == [(False,)] * len(ROLES)
    assert superuser.execute("SELECT 1 FROM pg_auth_members WHERE member::regrole::text ~ '^solely'").fetchall() == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_look_into_its_own_schema_alone_and_call_what_writes_entries_only_where_it_must(role, superuser):
    rows = superuser.execute(
        # the temporary schema of the asker's own session counts as everyone's, and is nobody's else
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_temp_' AND (has_schema_privilege(%s, oid, 'USAGE')"
        " OR has_schema_privilege(%s, oid, 'CREATE'))",
        [name(role), name(role)],
    )
    assert {schema for (schema,) in rows} == {"pg_catalog", *(SCHEMAS if role == "desk" else [role])}
    rows = superuser.execute(
        "SELECT oid::regproc::text FROM pg_proc WHERE pronamespace::regnamespace::text = ANY(%s)"
        " AND has_function_privilege(%s, oid, 'EXECUTE')",
        [list(SCHEMAS), name(role)],
    )
    assert {function for (function,) in rows} == CALLED.get(role, set())


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_of_a_schema_what_is_declared_and_no_more(role, schema, superuser, login):
    tried = list(cells(superuser, role, schema))
    assert len(tried) > 80
    with login(role) as connection:
        assert list(wrong(connection, tried)) == []


def test_what_security_may_delete_it_can_pass_on_to_nobody(superuser, login):
    with login("security") as connection:
        for table in DELETED:
            connection.execute(f"GRANT SELECT, DELETE ON security.{table} TO PUBLIC, solely_advertising")
    rows = superuser.execute(
        "SELECT DISTINCT grantee::regrole::text FROM pg_class, aclexplode(relacl)"
        " WHERE relnamespace = 'security'::regnamespace AND grantee <> relowner"
    )
    assert {grantee for (grantee,) in rows} == {"solely_security"}


@pytest.mark.parametrize("role", ROLES)
def test_no_role_reaches_a_sequence_and_only_those_who_write_entries_the_appending(role, superuser, login):
    found = relations(superuser, ["S"])
    tried = [
        (f"{role}: {way} of {sequence}", pattern.format(oid=found[sequence][0], sequence=sequence), False)
        for sequence in SEQUENCES
        for way, pattern in SEQUENCE_WAYS.items()
    ]
    tried += [
        (f"{role}: {function}", f"SELECT {function}{arguments}", function in CALLED.get(role, set()))
        for function, arguments in FUNCTIONS.items()
    ]
    with login(role) as connection:
        assert list(wrong(connection, tried)) == []


@pytest.mark.parametrize("role", ROLES)
def test_no_role_makes_anything_becomes_another_or_asks_the_server_of_others(role, login):
    foreign = next(schema for schema in SCHEMAS if schema != role)
    words = {
        "me": name(role),
        "other": name(foreign),
        "foreign": foreign,
        "schema": role if role in SCHEMAS else foreign,
    }
    with login(role) as connection:
        assert list(wrong(connection, [(f"{role}: {s}", s.format(**words), False) for s in SERVER])) == []


@pytest.mark.parametrize("role", ROLES)
def test_the_catalogue_is_closed_but_for_a_session_s_own_cursors(role, superuser, login):
    names = superuser.execute(
        "SELECT relnamespace::regnamespace || '.' || quote_ident(relname), relname FROM pg_class WHERE relkind IN"
        " ('r', 'v') AND relnamespace::regnamespace::text IN ('pg_catalog', 'information_schema', 'public', 'pg_toast')"
    ).fetchall()
    assert len(names) > 180
    tried = [(f"{role}: {full}", f"SELECT FROM {full}", one in OPEN) for full, one in names]
    with login(role) as connection:
        assert list(wrong(connection, tried)) == []


@pytest.mark.parametrize("role", ROLES)
def test_no_function_of_the_server_is_open(role, superuser):
    rows = superuser.execute(
        "SELECT proname FROM pg_proc p WHERE has_function_privilege(%s, p.oid, 'EXECUTE') AND"
        " proname ~ '^(pg_|txid_|mxid|lo_|lo(read|write)|currtid|binary_upgrade)' AND provolatile <> 'i'",
        [name(role)],
    )
    assert {function for (function,) in rows} == {"pg_cursor"}


@pytest.mark.parametrize("other", ["postgres", "template1"])
@pytest.mark.parametrize("role", ROLES)
def test_no_role_logs_in_to_another_database_whose_catalogue_tells_of_this_one(role, other, login, superuser):
    with login(role) as connection:
        password = connection.info.password
        where = {"host": connection.info.host, "user": name(role), "password": password}
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(**where, dbname=other)
    with pytest.raises(psycopg.OperationalError, match="permission denied to start WAL sender"):
        psycopg.connect(**where, dbname="solely", replication="database")


def test_the_matrix_has_a_cell_for_each_way_in(superuser):
    everything = [cell for role in ROLES for schema in SCHEMAS for cell in cells(superuser, role, schema)]
    assert sum(not is_open for *_, is_open in everything) > 8_000
    assert sum(is_open for *_, is_open in everything) > 400


@pytest.mark.parametrize(
    ("right", "found"),
    [
        ("SELECT (subject) ON registry.givings", "a column of registry.givings subject: done"),
        ("SELECT ON security.contacts", "ctid of security.contacts pseudonym: done"),
        ("INSERT ON measurement.endings", "copy in of measurement.endings pseudonym: "),
        ("TRUNCATE ON service.wrapped_keys", "truncate of service.wrapped_keys pseudonym: done"),
    ],
)
def test_the_matrix_sees_one_right_too_many(right, found, superuser, login):
    schema = right.split(" ON ")[1].partition(".")[0]
    to = f"{right.replace(' ON ', ' ON TABLE ')} TO solely_advertising"
    superuser.execute(f"GRANT USAGE ON SCHEMA {schema} TO solely_advertising")
    superuser.execute(f"GRANT {to}")
    try:
        with login("advertising") as connection:
            assert any(found in words for words in wrong(connection, cells(superuser, "advertising", schema)))
    finally:
        superuser.execute(f"REVOKE {to.replace(' TO ', ' FROM ')}")
        superuser.execute(f"REVOKE USAGE ON SCHEMA {schema} FROM solely_advertising")
    with login("advertising") as connection:
        assert list(wrong(connection, cells(superuser, "advertising", schema))) == []


def test_the_matrix_sees_a_table_nobody_declared(superuser):
    superuser.execute("CREATE TABLE registry.undeclared ()")
    try:
        with pytest.raises(AssertionError, match=r"registry\.undeclared"):
            test_what_is_in_the_database_is_what_is_declared_here(superuser)
    finally:
        superuser.execute("DROP TABLE registry.undeclared")


def test_a_wrong_password_is_refused_and_not_told(database):
    with pytest.raises(Unavailable) as caught:
        database.login("advertising", "a-wrong-password")
    assert "a-wrong-password" not in f"{caught.value}{caught.value.__cause__}"
