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


def test_what_a_subject_gave_comes_back_with_its_notice_and_both_its_entries(desk, login, subject):
    give(desk, subject)
    give(desk, subject, purpose=SECURITY, value="+4915112345678")
    desk.withdraw(subject, ADS, None, NOW)
    with login("registry") as connection:
        held = {one.purpose: one for one in registry.held(connection, subject)}
        assert set(held) == {ADS, SECURITY}
        assert (held[ADS].notice, held[ADS].kind, held[ADS].ended_at) == ("v1", "email", NOW)
        assert (held[SECURITY].ended_at, held[SECURITY].ending) == (None, None)
        assert held[ADS].ending > held[SECURITY].entry > held[ADS].entry
        for sequence, type_ in ((held[ADS].entry, "giving"), (held[ADS].ending, "withdrawal")):
            assert registry.givings_in(connection, sequence, type_).tobytes() == held[ADS].giving.bytes
        assert len(registry.givings_in(connection, held[ADS].ending, "giving")) == 0
        assert registry.held(connection, f"{subject}-nobody") == []


def test_notices_come_by_purpose_and_version_after_one_and_so_many(desk, login, subject):
    give(desk, subject)
    give(desk, subject, purpose=SECURITY)
    with login("registry") as connection:
        all_ = registry.notices_after(connection, ("", ""), 1_000)
        names = [(purpose, words.version) for purpose, words in all_]
        assert names == sorted(names)
        assert {(ADS, "v1"), (SECURITY, "v1")} <= set(names)
        assert registry.notices_after(connection, names[0], 1) == all_[1:2]
        assert registry.notices_after(connection, names[-1], 1) == []
        purpose, words = all_[-1]
        assert registry.notices(connection, [purpose])[purpose, words.version] == words


def test_a_giving_is_known_by_its_id_and_a_person_by_each_compartment(desk, superuser, login, subject):
    give(desk, subject, value="+4915112345678")
    give(desk, f"{subject}-b", purpose=SECURITY)
    mine = pseudonyms(superuser, subject)
    with login("registry") as connection:
        (one,) = registry.held(connection, subject)
        found = registry.about(connection, [one.giving, uuid4()])
        assert (found[one.giving].subject, found[one.giving].purpose) == (subject, ADS)
        assert (found[one.giving].country, found[one.giving].entry) == ("DE", one.entry)
        assert set(found) == {one.giving}
        assert registry.digests_of(connection)[f"{ADS}/v1"] == found[one.giving].notice
        assert registry.pseudonyms(connection, subject) == mine == {"advertising": mine["advertising"]}
        both = [subject, f"{subject}-b", "nobody"]
        assert registry.pseudonyms_in(connection, "advertising", both) == {subject: mine["advertising"]}
        asked = [mine["advertising"], uuid4()]
        assert registry.subjects(connection, "advertising", asked) == {mine["advertising"]: subject}
        assert registry.subjects(connection, "security", asked) == {}
        assert isinstance(registry.imported(connection), dict)
