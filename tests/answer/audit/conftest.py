"""What the audit's tests share: small tables as files, and the question asked of them."""

import csv

import pytest

from solely.answer.audit import Moments, Question, Tables, audit, legal_purposes, read_place

CONTACTS = ("subject", "kind", "value", "given_for", "given_at", "withdrawn_at")
AUDIENCES = ("advertiser", "audience", "identifier", "purpose", "matched_at")


@pytest.fixture
def write(tmp_path):
    """A function: a table as a CSV file."""

    def written(name, *rows):
        with (tmp_path / name).open("w", newline="") as stream:
            csv.writer(stream).writerows(rows)
        return tmp_path / name

    return written


@pytest.fixture
def tables(write):
    """A function: contacts and audience rows (as above) -> Tables."""
    return lambda contacts, audiences, moments=None: Tables(
        read_place(str(write("contacts.csv", CONTACTS, *contacts))),
        read_place(str(write("audiences.csv", AUDIENCES, *audiences))),
        moments=moments or Moments(),
    )


@pytest.fixture
def ask(tmp_path):
    """A function: Tables and what is asked of them -> the report, by DuckDB."""

    def asked(tables, *, legal=(), start=None, end=None, rules=(), **options):
        question = Question(legal_purposes(legal), start, end, tuple(rules))
        return audit(tables, question, memory_bytes=512 << 20, temp=tmp_path, threads=2, **options)

    return asked
