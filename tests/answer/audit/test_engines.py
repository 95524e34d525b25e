"""One meaning for every engine: each case is an advertiser of one audit, and whom it must name."""

import base64
import csv
import datetime as dt
import functools
import hashlib
import itertools

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from solely.answer.audit import Moments, Question, Tables, audit, audit_by_spark, legal_purposes, read_place
from solely.app.environment import prepare_spark
from solely.errors import BadInput, Unavailable

ENGINES = ["duckdb", pytest.param("spark", marks=pytest.mark.slow)]
LEGAL = ("tailored-audiences", "partner=partner-audiences,marketing")
THEN, NOW = "2019-01-01T00:00:00Z", "2020-06-01T00:00:00Z"
ADS, SECURITY = "tailored-audiences", "two-factor"
NAMED, NOBODY = ("u",), ()
_numbers = itertools.count(1)


def sha(text, name="sha256"):
    return hashlib.new(name, text.encode()).digest()


def held(value, purpose=SECURITY, given=THEN, gone="", kind="email", who="u"):
    return (who, kind, value, purpose, given, gone)


def matched(identifier, moment=NOW, aim=""):
    return (identifier, aim, moment)


def one(made, given=THEN, gone="", purpose=SECURITY, moment=NOW, aim="", affected=NAMED):
    """A case of one address, its own, and one audience row: `made` turns the address into the identifier."""
    value = f"case{next(_numbers)}@example.com"
    return [held(value, purpose, given, gone)], [matched(made(value), moment, aim)], affected


def moments(given, affected, moment=NOW):
    return one(lambda value: sha(value).hex(), given=given, moment=moment, affected=affected)


def withdrawn(gone, affected):
    return one(lambda value: sha(value).hex(), purpose=ADS, gone=gone, affected=affected)


def aimed(aim, purpose, affected):
    return one(lambda value: value, purpose=purpose, aim=aim, affected=affected)


def met(value, identifier, kind="email", affected=NAMED):
    return [held(value, kind=kind)], [matched(identifier)], affected


DIGEST = sha("hashed@example.com").hex()
CASES = {
    "given at that very moment": moments(NOW, NAMED),
    "given a microsecond later": moments("2020-06-01T00:00:00.000001Z", NOBODY),
    "given in another zone, at that moment": moments("2020-06-01T02:00:00+02:00", NAMED),
    "given in another zone, a second later": moments("2020-05-31T18:30:01-0530", NOBODY),
    "an offset of hours alone": moments("2020-06-01 02:00:00+02", NAMED),
    "no zone is UTC": moments("2020-06-01 00:00", NAMED),
    "the first half past two of a long night": moments("2019-10-27T02:30:00+02:00", NAMED, "2019-10-27T00:30:00Z"),
    "the second half past two of that night": moments("2019-10-27T02:30:00+01:00", NOBODY, "2019-10-27T00:30:00Z"),
    "a leap day": moments("2020-02-29T23:59:59Z", NAMED),
    "consent stands": withdrawn("", NOBODY),
    "withdrawn a second later": withdrawn("2020-06-01T00:00:01Z", NOBODY),
    "withdrawn at that very moment": withdrawn(NOW, NAMED),
    "withdrawn in another zone, before": withdrawn("2020-06-01T01:59:59+02:00", NAMED),
    "partners need a giving for partners": aimed("partner", ADS, NAMED),
    "partners had one": aimed("partner", "partner-audiences", NOBODY),
    "partners had marketing": aimed("partner", "marketing", NOBODY),
    "an aim not named needs a giving for itself": aimed("survey", ADS, NAMED),
    "an aim not named had it": aimed("survey", "survey", NOBODY),
    "no aim": aimed("", ADS, NOBODY),
    "upper-case hex": one(lambda value: sha(value).hex().upper()),
    "base64": one(lambda value: base64.b64encode(sha(value)).decode()),
    "base64url without padding": one(lambda value: base64.urlsafe_b64encode(sha(value)).decode().rstrip("=")),
    "MD5": one(lambda value: sha(value, "md5").hex()),
    "SHA-1 in base64": one(lambda value: base64.b64encode(sha(value, "sha1")).decode()),
    "SHA-512": one(lambda value: sha(value, "sha512").hex()),
    "plain, otherwise spelled": one(lambda value: f" {value.upper()}"),
    "a stranger": one(lambda value: sha(f"x{value}").hex(), affected=NOBODY),
    "Gmail as Google hashes it": met("Jane.Doe+chirp@Gmail.com", sha("janedoe@gmail.com").hex()),
    "Gmail's other host": met("j.k@googlemail.com", sha("j.k@gmail.com").hex()),
    "a phone with plus": met("+49 (151) 12345678", sha("+4915112345678").hex(), "phone"),
    "a phone without": met("+33612345678", sha("33612345678").hex(), "phone"),
    "a phone behind 00": met("0044 7400 123456", sha("447400123456").hex(), "phone"),
    "a phone that takes a closer look": met("+54 9 11 2345 6789", sha("5491123456789").hex(), "phone"),
    "a domain in Unicode": met("ada@bücher.de", sha("ada@xn--bcher-kva.de").hex()),
    "a domain hashed in Unicode": met("bob@bücher.de", sha("bob@bücher.de").hex()),
    "a local part that takes a closer look": met("d'arcy@example.com", sha("d'arcy@example.com").hex()),
    "a tab around it": met("\ttab@example.com\t", sha("tab@example.com").hex()),
    "a contact that is a digest": met(DIGEST, DIGEST.upper()),
    "a plain identifier, the contact a digest": met(sha("p@example.com").hex(), "p@example.com"),
    "consent for another spelling of the mailbox": (
        [held("m.b@gmail.com"), held("mb@gmail.com", ADS)], [matched(sha("m.b@gmail.com").hex())], ()
    ),
    "consent held as a digest of the mailbox": (
        [held("n.b@gmail.com"), held(sha("n.b@gmail.com", "md5").hex(), ADS)], [matched(sha("n.b@gmail.com").hex())], ()
    ),
    "consent of another person at the same address": (
        [held("shared@example.com", who="v"), held("shared@example.com", ADS, who="w")],
        [matched(sha("shared@example.com").hex())], ("v",)
    ),
    "another row of the same person was lawful": (
        [held("late@example.com", ADS, given="2020-07-01T00:00:00Z"), held("late@example.com")],
        [matched(sha("late@example.com").hex()), matched(sha("late@example.com").hex(), "2020-08-01T00:00:00Z")], ("u",)
    ),
    "quotes, delimiters, and what looks like SQL": (
        [held("q@example.com", who='Robert"); DROP, \'x\'')], [matched("q@example.com")], ('Robert"); DROP, \'x\'',)
    ),
}  # fmt: skip
UNREAD = [
    ("email", "no-address", "not-an-email"),
    ("email", "a@localhost", "not-an-email"),
    ("phone", "015112345678", "phone-without-country"),
    ("fax", "a@example.com", "unknown-kind"),
    ("email", sha("").hex(), "hash-of-nothing"),
    ("email", "ab" * 48, "unknown-hash"),
]


def run(engine, tables, question, temp):
    if engine == "duckdb":
        return audit(tables, question, memory_bytes=512 << 20, temp=temp, threads=2)
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'solely[spark]'")
    prepare_spark()
    return audit_by_spark(tables, question, master="local[2]", tell=lambda _words, _part: None)


def write(path, *rows):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return read_place(str(path))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A function: engine -> its report on all cases in one audit."""
    folder = tmp_path_factory.mktemp("cases")
    contacts = [("subject", "kind", "value", "given_for", "given_at", "withdrawn_at"), ("", "", "", "", "", "")]
    rows = [("advertiser", "identifier", "purpose", "matched_at"), ("stranger", "nobody@example.com", "", NOW)]
    for name, (givings, matches, _) in CASES.items():
        contacts += [(f"{name}: {who}", *rest) for who, *rest in givings]
        rows += [(name, *match) for match in matches]
    contacts += [("bad", kind, cell, SECURITY, THEN, "") for kind, cell, _ in UNREAD]
    tables = Tables(write(folder / "contacts.csv", *contacts), write(folder / "audiences.csv", *rows))
    question = Question(legal_purposes(LEGAL), None, None, ())
    return functools.cache(lambda engine: run(engine, tables, question, folder))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CASES)
def test_it_names_exactly_whom_it_must(name, engine, report):
    found = report(engine).advertisers[name]
    assert found.subjects == tuple(f"{name}: {who}" for who in CASES[name][2])
    assert found.affected == len(found.subjects)
    assert found.audience_rows == len(CASES[name][1])


@pytest.mark.parametrize("engine", ENGINES)
def test_it_counts_rows_people_and_reasons(engine, report):
    found = report(engine)
    reasons = [reason for _, _, reason in UNREAD]
    assert dict(found.contacts.unreadable) == {reason: reasons.count(reason) for reason in sorted(set(reasons))}
    assert found.contacts.rows == found.contacts.usable + len(UNREAD)
    assert found.affected == sum(len(whom) for _, _, whom in CASES.values())
    assert found.advertisers["stranger"].affected == 0
    assert found.advertisers["withdrawn at that very moment"].given_for == {ADS: 1}
    assert found.advertisers["another row of the same person was lawful"].months == {"2020-06": 1}
    assert sum(found.kinds.values()) == found.affected
    assert found.audiences.forms["md5"] == 1


def test_every_engine_says_the_same(report):
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'solely[spark]'")
    assert report("spark").as_json() == report("duckdb").as_json()


@pytest.mark.parametrize("engine", ENGINES)
def test_typed_columns_of_several_files_are_read(engine, tmp_path):
    moment = dt.datetime(2019, 1, 1, tzinfo=dt.UTC)
    for number in (1, 2):
        table = {
            "subject": [f"u{number}"], "kind": ["email"],
            "value": pa.array([sha(f"{number}@example.com")], pa.binary()),
            "given_for": [SECURITY], "given_at": pa.array([moment], pa.timestamp("ms", "UTC")),
            "withdrawn_at": pa.array([None], pa.timestamp("us")),
        }  # fmt: skip
        pq.write_table(pa.table(table), tmp_path / f"part-{number}.parquet")
    head = ("advertiser", "identifier", "matched_at")
    rows = [("acme", "1@example.com", NOW), ("acme", "2@example.com", "2021-01-01")]
    places = read_place(str(tmp_path / "*.parquet")), write(tmp_path / "rows.csv", head, *rows)
    question = Question(legal_purposes(()), None, None, ())
    if engine == "duckdb":
        with pytest.raises(BadInput, match="not a date and time"):
            run(engine, Tables(*places), question, tmp_path)
    found = run(engine, Tables(*places, moments=Moments(days="start")), question, tmp_path)
    assert found.advertisers["acme"].subjects == ("u1", "u2")
    assert found.advertisers["acme"].months == {"2020-06": 1, "2021-01": 1}


def test_a_spark_that_is_not_there_is_told_with_a_cure(monkeypatch, tmp_path):
    tables = Tables(write(tmp_path / "a.csv", ("a",)), write(tmp_path / "b.csv", ("b",)))
    monkeypatch.setitem(__import__("sys").modules, "pyspark.sql", None)
    with pytest.raises(Unavailable, match="PySpark is not installed"):
        audit_by_spark(tables, Question(legal_purposes(()), None, None, ()), master="local[1]", tell=print)
