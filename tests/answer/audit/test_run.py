"""The audit of legacy tables: exactly the people affected, whatever shape the tables have."""

import base64
import csv
import datetime as dt
import gzip
import hashlib
import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solely.answer.audit import AuditReport, Moments, Question, Tables, audit, legal_purposes, read_place
from solely.errors import BadInput, Unavailable
from world import make_world

CONTACTS = ["subject", "kind", "value", "given_for", "given_at", "withdrawn_at"]
AUDIENCES = ["advertiser", "audience", "identifier_sha256", "matched_at"]
NOW = "2020-06-01T00:00:00Z"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(file: Path, rows: list[list[str]], delimiter: str = ",") -> Path:
    with file.open("w", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)
    return file


def ask(tmp: Path, contacts: Path, audiences: Path, **options) -> AuditReport:
    columns = (options.pop("contact_columns", {}), options.pop("audience_columns", {}))
    tables = Tables(read_place(str(contacts)), read_place(str(audiences)), *columns, options.pop("moments", Moments()))
    legal, period = legal_purposes(options.pop("legal", ())), options.pop("period", (None, None))
    question = Question(legal, *period, options.pop("rules", ()))
    return audit(tables, question, memory_bytes=256 << 20, temp=tmp, threads=2, **options)


def answer(tmp: Path, contacts: list[list[str]], audiences: list[list[str]], **options) -> dict[str, tuple[str, ...]]:
    report = ask(
        tmp,
        write(tmp / "contacts.csv", [CONTACTS, *contacts]),
        write(tmp / "audiences.csv", [AUDIENCES, *audiences]),
        **options,
    )
    return {name: found.subjects for name, found in report.advertisers.items()}


@pytest.fixture(scope="module", params=[1, 2, 3])
def world(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("world")
    return out / "legacy", make_world(out, 2_000, request.param)["legacy_affected"]


def test_the_answer_equals_the_truth_of_the_world(world, tmp_path):
    legacy, truth = world
    report = ask(tmp_path, legacy / "contacts.csv", legacy / "audiences.csv")
    assert {name: list(found.subjects) for name, found in report.advertisers.items()} == truth
    assert report.affected == len(set().union(*truth.values()))
    assert report.contacts.unreadable == report.audiences.unreadable == {}
    shown = report.as_json()
    assert {name: one["subjects"] for name, one in shown["advertisers"].items()} == truth
    assert all(one["affected"] == len(truth[name]) for name, one in shown["advertisers"].items())


def test_gzip_parquet_and_hashed_contacts_give_the_same_answer(world, tmp_path):
    legacy, truth = world
    rows = list(csv.DictReader((legacy / "contacts.csv").read_text().splitlines()))
    hashed = [
        row | {"value": base64.b64encode(hashlib.sha256(row["value"].encode()).digest()).decode()} for row in rows
    ]
    pq.write_table(pa.Table.from_pylist(hashed), tmp_path / "contacts.parquet")
    (tmp_path / "audiences.csv.gz").write_bytes(gzip.compress((legacy / "audiences.csv").read_bytes()))
    report = ask(tmp_path, tmp_path / "contacts.parquet", tmp_path / "audiences.csv.gz")
    assert {name: list(found.subjects) for name, found in report.advertisers.items()} == truth


MINUTES = st.integers(0, 4).map(
    lambda m: (dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=m)).isoformat()
)
VALUES = st.sampled_from(["a@example.com", "b@example.com", "+14155550100"])
GIVING = st.tuples(
    st.sampled_from(["u1", "u2", "u3"]),
    VALUES,
    st.sampled_from(["tailored-audiences", "two-factor"]),
    MINUTES,
    st.one_of(st.just(""), MINUTES),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(GIVING, max_size=30), st.lists(st.tuples(st.sampled_from(["x", "y"]), VALUES, MINUTES), max_size=20))
def test_it_is_the_definition_for_any_small_tables(givings, rows):
    expected = {advertiser: set() for advertiser, _, _ in rows}
    for advertiser, value, at in rows:
        held = [g for g in givings if g[1] == value and g[3] <= at]
        lawful = {g[0] for g in held if g[2] == "tailored-audiences" and (not g[4] or g[4] > at)}
        expected[advertiser] |= {g[0] for g in held} - lawful
    with tempfile.TemporaryDirectory() as name:
        contacts = [[s, "email" if "@" in v else "phone", v, p, at, gone] for s, v, p, at, gone in givings]
        found = answer(Path(name), contacts, [[a, "list", sha(v), at] for a, v, at in rows])
    assert {name: set(subjects) for name, subjects in found.items()} == expected


@pytest.mark.parametrize(
    ("identifier", "value"),
    [
        (sha("jane.doe@gmail.com"), "Jane.Doe+chirp@Gmail.com"),
        (sha("janedoe@gmail.com").upper(), "jane.doe@googlemail.com"),
        (sha("4915112345678"), "+49 151 12345678"),
        ("Jane.Doe@gmail.com", "janedoe@gmail.com"),
        ("+49 (151) 12345678", "+4915112345678"),
        (base64.b64encode(hashlib.sha256(b"a@example.com").digest()).decode(), "A@example.com "),
        ("a@example.com", sha("a@example.com")),
    ],
)
def test_every_honest_spelling_of_a_contact_meets_it(identifier, value, tmp_path):
    kind = "phone" if value.startswith("+") else "email"
    contacts = [["u1", kind, value, "two-factor", "2019-01-01T00:00:00Z", ""]]
    assert answer(tmp_path, contacts, [["acme", "list", identifier, NOW]]) == {"acme": ("u1",)}


def test_a_consent_given_for_another_spelling_of_the_same_mailbox_counts(tmp_path):
    contacts = [
        ["u1", "email", "jane.doe@gmail.com", "two-factor", "2019-01-01T00:00:00Z", ""],
        ["u1", "email", "janedoe@gmail.com", "tailored-audiences", "2019-01-01T00:00:00Z", ""],
    ]
    assert answer(tmp_path, contacts, [["acme", "list", sha("jane.doe@gmail.com"), NOW]]) == {"acme": ()}


@pytest.mark.parametrize(
    ("given_at", "affected"),
    [
        ("2020-06-01T02:00:00+02:00", True),
        ("2020-06-01 00:00:00", True),
        ("2020-06-01T00:00Z", True),
        ("2020-05-31T18:30:00-0530", True),
        ("2020-06-01T00:00:00.000001Z", False),
        ("2020-06-01T02:00:01+02:00", False),
        ("2020-05-31 22:00:01-02", False),
    ],
)
def test_moments_compare_across_zones_and_the_same_moment_counts_as_given(given_at, affected, tmp_path):
    contacts = [["u1", "email", "a@example.com", "two-factor", given_at, ""]]
    found = answer(tmp_path, contacts, [["acme", "list", sha("a@example.com"), NOW]])
    assert found == {"acme": ("u1",) if affected else ()}


def test_a_withdrawal_counts_from_its_very_moment(tmp_path):
    contacts = [
        ["before", "email", "a@example.com", "tailored-audiences", "2019-01-01T00:00:00Z", "2020-06-01T00:00:01Z"],
        ["at", "email", "a@example.com", "tailored-audiences", "2019-01-01T00:00:00Z", NOW],
    ]
    assert answer(tmp_path, contacts, [["acme", "list", sha("a@example.com"), NOW]]) == {"acme": ("at",)}


def test_lawful_purposes_and_columns_are_what_the_platform_calls_them(tmp_path):
    contacts = write(
        tmp_path / "users.csv",
        [
            ["user_id", "t", "v", "why", "ts", "gone"],
            ["u1", "Email", "a@example.com", "ads-2", "2019-01-01T00:00:00Z", ""],
        ],
        delimiter=";",
    )
    audiences = write(tmp_path / "hits.csv", [["who", "id", "at"], ["acme", "a@example.com", NOW]], delimiter="\t")
    options = {
        "contact_columns": dict(zip(CONTACTS, ["user_id", "t", "v", "why", "ts", "gone"], strict=True)),
        "audience_columns": {"advertiser": "who", "identifier": "id", "matched_at": "at"},
    }
    assert ask(tmp_path, contacts, audiences, legal=["ads", "ads-2"], **options).affected == 0
    report = ask(tmp_path, contacts, audiences, **options)
    assert (report.affected, report.given_for) == (1, {"ads-2": 1})
    assert report.advertisers["acme"].months == {"2020-06": 1}


def test_rows_that_cannot_be_read_are_counted_by_reason_and_the_others_go_on(tmp_path):
    good = "u1,email,a@example.com,two-factor,2019-01-01T00:00:00Z,\n"
    bad = [
        "u2,email,no-address,two-factor,2019-01-01T00:00:00Z,\n",
        "u2,phone,015112345678,two-factor,2019-01-01T00:00:00Z,\n",
        "u2,fax,a@example.com,two-factor,2019-01-01T00:00:00Z,\n",
        f"u2,email,{sha('')},two-factor,2019-01-01T00:00:00Z,\n",
        f"u2,email,{'ab' * 28},two-factor,2019-01-01T00:00:00Z,\n",
        ",email,b@example.com,two-factor,2019-01-01T00:00:00Z,\n",
        "u2,email\n",
        "\n",
        ",,,,,\n",
        'u2,"email",a"b,two-factor,2019-01-01T00:00:00Z,x,y\n',
        'u3,email,"open,two-factor,2019-01-01T00:00:00Z,\n' + good * 3,
    ]
    contacts = tmp_path / "contacts.csv"
    contacts.write_text(",".join(CONTACTS) + "\n" + good + "".join(bad))
    audiences = write(tmp_path / "audiences.csv", [AUDIENCES, ["acme", "l", "a@example.com", NOW], ["", "l", "x", NOW]])
    report = ask(tmp_path, contacts, audiences)
    assert report.advertisers["acme"].subjects == ("u1",)
    assert report.audiences.unreadable == {"nobody-named": 1}
    reasons = dict(report.contacts.unreadable)
    assert reasons.pop("bad-quotes") + reasons.pop("too-many-cells", 0) == 2
    assert reasons == {
        "hash-of-nothing": 1,
        "lost-lines": 3,
        "nobody-named": 1,
        "not-an-email": 1,
        "phone-without-country": 1,
        "too-few-cells": 1,
        "unknown-hash": 1,
        "unknown-kind": 1,
    }
    assert report.contacts.rows == report.contacts.usable + sum(report.contacts.unreadable.values())


def test_cells_may_hold_line_breaks_and_no_line_is_lost_by_them(tmp_path):
    header = [*CONTACTS, "note"]
    row = ["u1", "email", "a@example.com", "two-factor", "2019-01-01T00:00:00Z", "", 'two\n\nlines, "quoted"']
    contacts = write(tmp_path / "contacts.csv", [header, row])
    audiences = write(tmp_path / "audiences.csv", [AUDIENCES, ["acme", "l", "a@example.com", NOW]])
    report = ask(tmp_path, contacts, audiences)
    assert (report.contacts.rows, dict(report.contacts.unreadable), report.affected) == (1, {}, 1)


def test_typed_parquet_moments_are_read_in_any_unit(tmp_path):
    moment = dt.datetime(2019, 1, 1, tzinfo=dt.UTC)
    for unit in ("s", "ms", "us", "ns"):
        table = pa.table(
            {
                "subject": ["u1"],
                "kind": ["email"],
                "value": ["a@example.com"],
                "given_for": ["two-factor"],
                "given_at": pa.array([moment], pa.timestamp(unit, "UTC")),
                "withdrawn_at": pa.array([None], pa.timestamp(unit)),
            }
        )
        pq.write_table(table, tmp_path / "contacts.parquet")
        audiences = write(tmp_path / "audiences.csv", [AUDIENCES, ["acme", "l", "a@example.com", NOW]])
        assert ask(tmp_path, tmp_path / "contacts.parquet", audiences).affected == 1


@pytest.mark.parametrize(
    "moment", ["", "soon", "2020-01-01", "2020-02-30T00:00:00Z", "infinity", "1577836800", "2020-01-01T00:00:00+99:00"]
)
def test_a_moment_it_does_not_understand_stops_it_and_names_column_and_row(moment, tmp_path):
    good = ["u1", "email", "secret@example.com", "two-factor", "2019-01-01T00:00:00Z", ""]
    with pytest.raises(BadInput) as caught:
        answer(tmp_path, [good, [*good[:4], moment, ""]], [])
    assert caught.value.where == "contacts.csv, column given_at, readable row 2"
    assert caught.value.cure
    assert "secret" not in str(caught.value)


def test_missing_columns_and_files_are_named_with_a_cure(tmp_path):
    contacts = write(tmp_path / "contacts.csv", [CONTACTS[:-1]])
    audiences = write(tmp_path / "audiences.csv", [AUDIENCES])
    with pytest.raises(BadInput, match=r"no column withdrawn_at .name it with --contact-column withdrawn_at=NAME"):
        ask(tmp_path, contacts, audiences)
    with pytest.raises(BadInput, match="no column gone"):
        ask(tmp_path, contacts, audiences, contact_columns={"withdrawn_at": "gone"})
    with pytest.raises(BadInput, match="no such column of contacts: e-mail"):
        ask(tmp_path, contacts, audiences, contact_columns={"e-mail": "value"})
    with pytest.raises(BadInput, match=r"none\.csv: can't be opened"):
        ask(tmp_path, tmp_path / "none.csv", audiences)
    with pytest.raises(BadInput, match="no file there"):
        ask(tmp_path, tmp_path / "*.parquet", audiences)
    with pytest.raises(BadInput, match="no lawful purpose"):
        ask(tmp_path, contacts, audiences, legal=[""])
    with pytest.raises(Unavailable):
        ask(tmp_path / "nowhere", contacts, audiences)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b""),
        ("a.csv", b"\xff\xfes\x00u\x00"),
        ("a.csv", b"subject\rkind\r"),
        ("a.csv.gz", b"\x1f\x8bnothing"),
        ("a.csv.gz", gzip.compress(bytes(200_000), mtime=0)[:100]),
        ("a.parquet", b"PAR1"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_our_error(name, data, tmp_path):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput):
        ask(tmp_path, tmp_path / name, write(tmp_path / "audiences.csv", [AUDIENCES]))


def test_it_stays_within_its_memory_spills_and_leaves_nothing_behind(tmp_path):
    """A join of 300,000 rows under 100 MB, which DuckDB can only do by spilling to the directory it was given."""
    contacts, audiences, spill = tmp_path / "contacts.parquet", tmp_path / "audiences.parquet", tmp_path / "spill"
    spill.mkdir()
    with duckdb.connect() as maker:
        maker.execute(
            "COPY (SELECT 'u' || range AS subject, 'email' AS kind, sha256(range::VARCHAR) AS value,"
            " 'two-factor' AS given_for,"
            f" '2019-01-01T00:00:00Z' AS given_at, '' AS withdrawn_at FROM range(150000)) TO '{contacts}'",
        )
        maker.execute(
            "COPY (SELECT 'acme' AS advertiser, sha256(range::VARCHAR) AS identifier, '2020-01-01T00:00:00Z'"
            f" AS matched_at FROM range(149000, 300000)) TO '{audiences}'",
        )
    said: list[str] = []
    tables = Tables(read_place(str(contacts)), read_place(str(audiences)))
    question = Question(legal_purposes(()), None, None, ())
    report = audit(
        tables, question, memory_bytes=160 << 20, temp=spill, threads=2, tell=lambda words, _part: said.append(words)
    )
    assert report.affected == 1_000
    assert {"reading the contacts", "matching"} <= set(said)
    assert list(spill.iterdir()) == []
