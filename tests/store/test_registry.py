"""The registry: who is behind a pseudonym in one compartment, and how many gave for what."""

from uuid import uuid4

import pytest

from givings import ADS, NOW, PARTNERS, SECURITY, give
from solely.store import registry

pytestmark = pytest.mark.server


def pseudonyms(superuser, subject):
    asked = "SELECT compartment, pseudonym FROM registry.pseudonyms WHERE subject = %s"
    return dict(superuser.execute(asked, [subject]).fetchall())


def test_a_pseudonym_leads_to_its_subject_in_its_own_compartment_alone(desk, superuser, login, subject):
    give(desk, subject)
    give(desk, subject, purpose=SECURITY)
    give(desk, f"{subject}-b")
    mine, other = pseudonyms(superuser, subject), pseudonyms(superuser, f"{subject}-b")
    asked = [other["advertising"], mine["advertising"], mine["security"], uuid4()]
    with login("registry") as connection:
        assert registry.subjects_of(connection, "advertising", asked) == [subject, f"{subject}-b"]
        assert registry.subjects_of(connection, "security", asked) == [subject]
        assert registry.subjects_of(connection, "service", asked) == []
        assert registry.subjects_of(connection, "advertising", []) == []


def test_counts_are_of_givings_and_of_those_that_ended_by_purpose(desk, login, subject):
    with login("registry") as connection:
        before = registry.counts(connection)
        give(desk, subject, purpose=PARTNERS)
        give(desk, subject, purpose=PARTNERS, value="+4915112345678")
        give(desk, subject, withdrawn_at="2024-06-01")
        desk.withdraw(subject, PARTNERS, "phone", NOW)
        after = registry.counts(connection)
    for purpose, given, ended in ((PARTNERS, 2, 1), (ADS, 1, 1), (SECURITY, 0, 0)):
        had = before.get(purpose, (0, 0))
        assert after.get(purpose, (0, 0)) == (had[0] + given, had[1] + ended)
