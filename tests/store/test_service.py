"""What the service role reads: sealed contacts of givings for service notices that stand."""

from datetime import timedelta
from uuid import uuid4

import pytest

from givings import NOW, give
from givings import held as rows
from solely.store.service import held, sealed

pytestmark = pytest.mark.server
PURPOSE = "service-notice"


@pytest.fixture
def service(login):
    with login("service") as connection:
        yield connection


@pytest.fixture
def person(desk, subject, superuser):
    """Someone with a mailbox and a phone for notices: their pseudonym."""
    for value in ("+4915123455555", f"{subject}@example.org"):
        kind = "email" if "@" in value else "phone"
        give(desk, subject, purpose=PURPOSE, value=value, kind=kind, notice=f"{PURPOSE}/v1")
    return rows(superuser, subject, "service", "contacts")[0][0]


def test_it_is_listed_by_kind_and_nothing_of_the_contact_is_in_it(service, person):
    found = held(service, [person, uuid4()], PURPOSE, NOW)
    assert [(one.pseudonym, one.kind, one.stands) for one in found] == [
        (person, "email", True),
        (person, "phone", True),
    ]
    assert "example" not in repr(found)
    assert held(service, [person], "two-factor", NOW) == []


def test_a_sealed_contact_does_not_print_and_is_of_its_person_and_purpose(service, person):
    (one, _) = held(service, [person], PURPOSE, NOW)
    row = sealed(service, person, one.giving, PURPOSE, NOW)
    assert (row.kind, "box" in repr(row)) == ("email", False)
    assert sealed(service, uuid4(), one.giving, PURPOSE, NOW) is None
    assert sealed(service, person, uuid4(), PURPOSE, NOW) is None
    assert sealed(service, person, one.giving, "two-factor", NOW) is None


def test_what_ended_stands_no_more_from_that_moment(service, person, desk, subject):
    later = NOW + timedelta(days=1)
    desk.withdraw(subject, PURPOSE, "email", later)
    email, phone = held(service, [person], PURPOSE, later)
    assert (email.stands, phone.stands) == (False, True)
    assert [one.stands for one in held(service, [person], PURPOSE, later - timedelta(seconds=1))] == [True, True]
    assert sealed(service, person, email.giving, PURPOSE, later) is None
    assert sealed(service, person, email.giving, PURPOSE, later - timedelta(seconds=1)) is not None
