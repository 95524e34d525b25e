"""A service contact is opened for a notice alone, against a permit whose entry is durable."""

from uuid import uuid4

import pytest

from solely.errors import NotFound, Tampered
from solely.store import notified

pytestmark = pytest.mark.server


@pytest.fixture
def service(office):
    with office.post() as post:
        yield post.way.service


def known(office, subject):
    with office.login("registry") as registry:
        return notified.service_pseudonyms(registry, [subject])[subject]


def held(office, service, subject):
    return service.held([known(office, subject)], office.clock())


def test_it_is_opened_once_its_entry_is_durable_and_says_whose_giving_it_is(office, service, subject):
    value = office.give(subject, purpose="service-notice")
    (one,) = held(office, service, subject)
    before = office.size()
    contact = service.open(one.pseudonym, one.giving, "2026-001", office.clock())
    assert contact.expose() == value
    (entry,) = office.entries(before)
    assert (entry.type, entry.purpose, entry.principal) == ("notice", "service-notice", "incidents")
    assert entry.details == {"incident": "2026-001"}
    assert entry.members.count == 1
    with office.login("ledger") as ledger:
        kept = ledger.execute("SELECT id FROM ledger.about WHERE sequence = %s", [entry.sequence]).fetchall()
    assert kept == [(one.giving,)]


def test_what_ended_is_not_opened_and_nothing_is_written(office, service, subject):
    office.give(subject, purpose="service-notice")
    (one,) = held(office, service, subject)
    office.solely.withdraw(subject, "service-notice")
    before = office.size()
    with pytest.raises(NotFound, match="has ended"):
        service.open(one.pseudonym, one.giving, "2026-001", office.clock())
    assert office.size() == before
    assert [each.stands for each in held(office, service, subject)] == [False]


@pytest.mark.parametrize("purpose", ["two-factor", "tailored-audiences"])
def test_what_was_given_for_something_else_is_not_there(office, service, subject, purpose):
    office.give(subject, "+4915123450000" if purpose == "two-factor" else None, purpose)
    with office.login("registry") as registry:
        assert notified.service_pseudonyms(registry, [subject]) == {}
        rows = registry.execute("SELECT giving FROM registry.givings WHERE subject = %s", [subject]).fetchall()
    with pytest.raises(NotFound):
        service.open(uuid4(), rows[0][0], "2026-001", office.clock())


def test_another_s_giving_does_not_open(office, service, subject):
    office.give(subject, purpose="service-notice")
    office.give(f"{subject}-other", purpose="service-notice")
    (one,), (other,) = held(office, service, subject), held(office, service, f"{subject}-other")
    with pytest.raises(NotFound):
        service.open(one.pseudonym, other.giving, "2026-001", office.clock())


def test_a_seal_that_was_moved_does_not_open(office, service, subject):
    office.give(subject, purpose="service-notice")
    (one,) = held(office, service, subject)
    before = office.size()
    broken = type(service)(_Swapped(service.connection), service.sealer, service.gate)
    with pytest.raises(Tampered):
        broken.open(one.pseudonym, one.giving, "2026-001", office.clock())
    assert len(office.entries(before)) == 1  # it was to be opened: that was written down first


class _Swapped:
    """A connection that answers with every box changed in one bit."""

    def __init__(self, connection):
        self.connection = connection

    def cursor(self, row_factory):
        cursor = self.connection.cursor(row_factory=row_factory)
        return _Cursor(cursor)


class _Cursor:
    def __init__(self, cursor):
        self.cursor = cursor

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cursor.close()

    def execute(self, *arguments):
        self.cursor.execute(*arguments)
        return self

    def fetchone(self):
        row = self.cursor.fetchone()
        return type(row)(row.kind, row.key_number, bytes((row.box[0] ^ 1,)) + row.box[1:], row.wrapped)


def test_email_comes_first(office, service, subject):
    office.give(subject, "+4915123451111", "service-notice")
    office.give(subject, purpose="service-notice")
    assert [one.kind for one in held(office, service, subject)] == ["email", "phone"]
