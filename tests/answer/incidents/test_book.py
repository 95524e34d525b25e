"""Every version is kept, each with its entry before it counts, and one that was changed is seen."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from offices import OFFICER
from solely.answer.incidents.book import Change
from solely.answer.incidents.incident import digest, to_json
from solely.app.directory import read_keyring
from solely.errors import BadInput, Conflict, NotFound, Tampered, Unavailable
from solely.store import incidents as store
from solely.store.database import Database
from solely.store.server import SUPERUSER, running

pytestmark = pytest.mark.server


@pytest.fixture
def book(office):
    return office.solely.incidents.book


@pytest.fixture
def superuser(office):
    password = read_keyring(office.solely.directory, "owner").secret("database")
    with running(office.solely.directory / "postgres") as host, Database(host).superuser(SUPERUSER, password) as it:
        yield it


def opened(book, name=None):
    return book.add(replace(book.fresh(name), title="a title"), Change("open", OFFICER))


def test_it_is_named_by_the_year_and_a_number_or_as_the_officer_says(book, office):
    first, second = opened(book), opened(book)
    year, number = first.id.split("-")
    assert (year, second.id) == (str(office.clock().year), f"{year}-{int(number) + 1:03}")
    assert opened(book, "acme-lists").id == "acme-lists"
    with pytest.raises(Conflict, match="of that name"):
        opened(book, "acme-lists")


@pytest.mark.parametrize("name", ["", "A", "a b", "../a", "a/b", "x" * 65, "a@b"])
def test_what_could_be_no_name_is_none(book, name):
    with pytest.raises(BadInput, match="not a name for an incident") as caught:
        book.fresh(name)
    assert name == "" or name not in str(caught.value).replace("not a name", "")


def test_each_version_is_kept_and_its_entry_has_its_digest(book, office):
    first = opened(book)
    before = office.size()
    second = book.add(replace(first, title="another"), Change("describe", OFFICER))
    assert [one.title for one in book.versions(first.id)] == ["a title", "another"]
    assert book.newest(first.id) == second
    (entry,) = office.entries(before)
    assert (entry.type, entry.principal, entry.purpose) == ("incident", f"officer {OFFICER}", None)
    assert entry.details == {
        "incident": first.id,
        "version": 2,
        "event": "describe",
        "state": "open",
        "sha256": digest(to_json(second)),
    }


def test_a_version_can_be_neither_changed_nor_deleted_by_who_writes_them(book):
    first = opened(book)
    for statement in ("UPDATE registry.incidents SET content = ''", "DELETE FROM registry.incidents"):
        with pytest.raises(Exception, match="permission denied"):
            book.connection.execute(statement)
    assert book.newest(first.id) == first


def test_a_version_that_was_changed_behind_our_back_is_seen(book, superuser):
    first = opened(book)
    superuser.execute(
        "UPDATE registry.incidents SET content = replace(content, 'a title', 'no title') WHERE incident = %s",
        [first.id],
    )
    for look in (book.newest, book.versions):
        with pytest.raises(Tampered, match="is not what its ledger entry says"):
            look(first.id)
    superuser.execute("DELETE FROM registry.incidents WHERE incident = %s", [first.id])


def test_a_version_that_leans_on_another_s_entry_is_seen(book, superuser):
    first, other = opened(book), opened(book)
    entries = "SELECT entry FROM registry.incidents WHERE incident = %s"
    (entry,) = superuser.execute(entries, [other.id]).fetchone()
    superuser.execute("UPDATE registry.incidents SET entry = %s WHERE incident = %s", [entry, first.id])
    with pytest.raises(Tampered):
        book.newest(first.id)
    superuser.execute("DELETE FROM registry.incidents WHERE incident = %s", [first.id])


def test_where_the_ledger_can_t_be_written_there_is_no_version(book, superuser):
    first = opened(book)
    superuser.execute("ALTER TABLE ledger.entries ADD CONSTRAINT broken CHECK (sequence < 0) NOT VALID")
    try:
        with pytest.raises(Unavailable):
            book.add(replace(first, title="another"), Change("describe", OFFICER))
    finally:
        superuser.execute("ALTER TABLE ledger.entries DROP CONSTRAINT broken")
    assert book.versions(first.id) == (first,)


def test_of_two_who_change_it_at_once_one_is_told_and_nothing_is_lost(book, office):
    first, barrier = opened(book), Barrier(4, timeout=60)

    def change(number):
        with office.login("registry") as registry, office.login("ledger") as ledger:
            mine = replace(book, connection=registry, gate=replace(book.gate, connection=ledger))
            barrier.wait()
            try:
                return mine.add(replace(first, title=f"title {number}"), Change("describe", OFFICER))
            except Conflict:
                return None

    with ThreadPoolExecutor(4) as pool:
        made = [one for one in pool.map(change, range(4)) if one]
    assert len(made) == 1
    assert book.versions(first.id) == (first, made[0])


def test_an_incident_that_is_not_there_is_not_found(book):
    for name in ("1999-001", "ada@example.org", ""):
        with pytest.raises(NotFound):
            book.newest(name)
        with pytest.raises(NotFound):
            book.versions(name)


@pytest.mark.parametrize("officer", ["", "eva@example.org", "Eva\n", "x" * 65])
def test_an_officer_has_a_name(book, officer):
    with pytest.raises(BadInput, match="not a name for an officer"):
        book.add(replace(book.fresh(None), title="t"), Change("open", officer))


def test_the_store_reads_what_stands(book):
    first = opened(book)
    book.add(replace(first, title="another"), Change("describe", OFFICER))
    row = store.newest(book.connection, first.id)
    assert (row.incident, row.version, row.officer) == (first.id, 2, OFFICER)
    assert "another" not in repr(row)
    assert [one.version for one in book.every() if one.id == first.id] == [2]
