"""What distributed engines ask of a schema: each unique key has the table's distribution key, or a reason not to.

Tables that hold people are distributed by `subject` or `pseudonym`. All others, and why, are declared here.
"""

import pytest

from solely.store.roles import SCHEMAS

pytestmark = pytest.mark.server

PERSON = {"subject", "pseudonym"}
# The distribution key of tables that hold no person, or hold one under another key.
OTHERS = {
    **dict.fromkeys(("agreements", "principals", "api_keys", "approvals", "version"), "few rows: on every node"),
    **dict.fromkeys(("destroyed_keys", "key_checks"), "few rows: on every node"),
    **dict.fromkeys(("advertising.audiences", "advertising.campaigns", "advertising.campaign_audiences"), "advertiser"),
    **dict.fromkeys(("advertising.uploads", "advertising.uses", "advertising.evidence"), "advertiser"),
    "advertising.incoming": "advertiser",
    "requests": "whoever asks for a change asks for it themselves: kept by `caller`",
    "registry.notices": "few rows: on every node",
    "registry.incidents": "few rows: on every node",
    "registry.imports": "an import has few entries: on every node",
    "registry.erasures": "kept by the erasure: who was erased has no subject any more",
    "security.credentials": "a passkey belongs to one person: looked up before anyone is known, kept by credential",
    "security.limits": "a rate is of a contact or a source: kept by the keyed form of what it counts",
    "security.sends": "a gateway's receipt names no person: kept by the send",
    **dict.fromkeys(
        ("ledger.entries", "ledger.secrets", "ledger.about", "ledger.checkpoints", "ledger.head", "ledger.stops"),
        "one appender, one order: the ledger stays on one node",
    ),
}
# Second unique keys of tables that hold people: dense numbers of one compartment, from one sequence.
NUMBERS = {f"{schema}.endings" for schema in ("advertising", "measurement", "discovery")} | {"advertising.members"}
UNIQUE = """
    SELECT n.nspname || '.' || t.relname, x.indisprimary, array_agg(a.attname::text ORDER BY k.place)
    FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace,
      unnest(x.indkey) WITH ORDINALITY AS k (number, place), pg_attribute a
    WHERE x.indisunique AND a.attrelid = t.oid AND a.attnum = k.number AND n.nspname = ANY(%s)
    GROUP BY x.indexrelid, 1, 2 ORDER BY 1
"""


def declared(table):
    return OTHERS.get(table) or OTHERS.get(table.split(".")[1])


def undistributed(superuser):
    """The unique keys without the distribution key of their table, and without a reason."""
    for table, is_primary, columns in superuser.execute(UNIQUE, [list(SCHEMAS)]).fetchall():
        if PERSON & set(columns) or declared(table):
            continue
        if is_primary or columns != ["number"] or table not in NUMBERS:
            yield table, columns


def test_each_unique_key_has_the_distribution_key_or_a_reason(superuser):
    assert list(undistributed(superuser)) == []


def test_each_table_has_a_primary_key(superuser):
    tables = superuser.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = ANY(%s)", [list(SCHEMAS)]
    )
    keyed = {table for table, is_primary, _ in superuser.execute(UNIQUE, [list(SCHEMAS)]) if is_primary}
    assert {table for (table,) in tables} == keyed


def test_what_is_declared_of_others_is_of_tables_that_are_there_and_hold_no_person_by_key(superuser):
    found = {
        table: set(columns) for table, is_primary, columns in superuser.execute(UNIQUE, [list(SCHEMAS)]) if is_primary
    }
    names = {table.split(".")[1] for table in found}
    for table, reason in OTHERS.items():
        assert table in found or table in names, table
        if reason == "advertiser":
            assert "advertiser" in found[table]
    assert [table for table, columns in found.items() if declared(table) and PERSON & columns] == []


def test_only_tables_of_few_rows_refer_to_another_and_none_has_a_trigger(superuser):
    asked = (
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
        " AND connamespace::regnamespace::text = ANY(%s)"
    )
    referring = {table for pair in superuser.execute(asked, [list(SCHEMAS)]) for table in pair}
    assert {declared(table) for table in referring} <= {"few rows: on every node"}
    assert superuser.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal").fetchone() == (0,)


def test_a_table_of_people_without_its_key_is_found(superuser):
    superuser.execute("CREATE TABLE registry.odd (giving uuid PRIMARY KEY, subject text)")
    try:
        assert list(undistributed(superuser)) == [("registry.odd", ["giving"])]
    finally:
        superuser.execute("DROP TABLE registry.odd")
