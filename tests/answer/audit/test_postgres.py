"""Tables of PostgreSQL: read-only, at one moment, and nobody sees the password."""

import csv

import pytest

from solely.answer.audit import Postgres, Question, Tables, audit, legal_purposes, read_place
from solely.answer.audit.postgres import Snapshots
from solely.app.directory import read_keyring
from solely.errors import BadInput, Unavailable
from solely.store.server import SUPERUSER
from world import make_world

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def url(solely, database):
    """A function: the URL of a table of the shared database, the superuser's password in it."""
    password = read_keyring(solely.directory, "owner").secret("database")
    return lambda rest, secret=password: f"postgresql://{SUPERUSER}:{secret}@/solely?host={database.host}&{rest}"


@pytest.fixture(scope="module")
def truth(superuser, tmp_path_factory):
    out = tmp_path_factory.mktemp("world")
    truth = make_world(out, 500, 4)["legacy_affected"]
    superuser.execute("DROP SCHEMA IF EXISTS legacy CASCADE; CREATE SCHEMA legacy")
    superuser.execute(
        "CREATE TABLE legacy.contacts (subject text, kind text, value text, given_for text, given_at timestamptz,"
        " withdrawn_at timestamptz);"
        ' CREATE TABLE legacy."Matched" (advertiser text, audience text, identifier bytea, matched_at timestamp)'
    )
    superuser.execute(
        "CREATE FUNCTION legacy.sneak() RETURNS void LANGUAGE sql VOLATILE AS 'DELETE FROM legacy.contacts'"
    )
    contacts = list(csv.reader((out / "legacy" / "contacts.csv").read_text().splitlines()))[1:]
    matched = list(csv.reader((out / "legacy" / "audiences.csv").read_text().splitlines()))[1:]
    with superuser.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO legacy.contacts VALUES (%s, %s, %s, %s, %s, nullif(%s, '')::timestamptz)", contacts
        )
        cursor.executemany("INSERT INTO legacy.\"Matched\" VALUES (%s, %s, decode(%s, 'hex'), %s)", matched)
    yield truth
    superuser.execute("DROP SCHEMA legacy CASCADE")


def test_the_answer_equals_the_truth_with_bytes_and_typed_moments(url, truth, tmp_path):
    tables = Tables(
        read_place(url("table=legacy.contacts")),
        read_place(url('table=legacy."Matched"')),
        {},
        {"identifier": "identifier"},
    )
    question = Question(legal_purposes(()), None, None, ())
    report = audit(tables, question, memory_bytes=512 << 20, temp=tmp_path, threads=2)
    assert {name: list(one.subjects) for name, one in report.advertisers.items()} == truth
    assert report.audiences.forms == {"sha256": 450}
    assert report.contacts.source.sha256 is None


def test_a_withdrawal_at_infinity_is_none(url, truth, superuser, tmp_path):
    select = tmp_path / "one.sql"
    select.write_text(
        "SELECT 'u' AS subject, 'email' AS kind, 'a@example.com' AS value, 'tailored-audiences' AS given_for,"
        " timestamptz '2019-01-01' AS given_at, timestamptz 'infinity' AS withdrawn_at;\n"
    )
    matched = tmp_path / "matched.csv"
    matched.write_text("advertiser,identifier,matched_at\nacme,a@example.com,2020-01-01T00:00:00Z\n")
    tables = Tables(read_place(url(f"sql={select}")), read_place(str(matched)))
    question = Question(legal_purposes(()), None, None, ())
    assert audit(tables, question, memory_bytes=512 << 20, temp=tmp_path, threads=2).affected == 0


def test_both_tables_are_seen_at_one_moment(url, truth, superuser):
    with Snapshots() as snapshots:
        first = snapshots.reader(read_place(url("table=legacy.contacts"))).read_all().num_rows
        superuser.execute("INSERT INTO legacy.contacts SELECT * FROM legacy.contacts LIMIT 5")
        assert snapshots.reader(read_place(url("table=legacy.contacts"))).read_all().num_rows == first


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM legacy.contacts RETURNING *", "SELECT *, legacy.sneak() IS NULL AS gone FROM legacy.contacts"],
)
def test_a_statement_that_would_write_fails_and_writes_nothing(statement, url, truth, superuser, tmp_path):
    before = superuser.execute("SELECT count(*) FROM legacy.contacts").fetchone()
    (tmp_path / "bad.sql").write_text(statement)
    tables = Tables(read_place(url(f"sql={tmp_path / 'bad.sql'}")), read_place(url('table=legacy."Matched"')))
    question = Question(legal_purposes(()), None, None, ())
    with pytest.raises(BadInput, match="can't be read as a table"):
        audit(tables, question, memory_bytes=512 << 20, temp=tmp_path, threads=2)
    assert superuser.execute("SELECT count(*) FROM legacy.contacts").fetchone() == before


def test_what_cannot_be_read_is_told_without_password_or_cell(url, truth):
    with pytest.raises(Unavailable) as refused, Snapshots() as snapshots:
        snapshots.reader(read_place(url("table=legacy.contacts", secret="hunter2secret")))
    with pytest.raises(BadInput) as missing, Snapshots() as snapshots:
        snapshots.reader(read_place(url("table=legacy.nowhere")))
    for error in (refused.value, missing.value):
        assert error.cure
        assert "hunter2secret" not in str(error)
        assert error.where.startswith("postgresql://")


def test_a_place_does_not_show_its_password():
    place = read_place("postgresql://me:hunter2@db.example:5433/crm?table=a.b&sslmode=require")
    assert isinstance(place, Postgres)
    assert place.name == "postgresql://db.example:5433/crm, a.b"
    assert "hunter2" not in repr(place)
    assert place.url == "postgresql://me:hunter2@db.example:5433/crm?sslmode=require"
