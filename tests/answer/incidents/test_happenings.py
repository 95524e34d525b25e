"""What a notice tells of one person is what the incident's question finds of them, and no more."""

from datetime import timedelta

import pytest

from offices import new
from solely.answer.question import Question

pytestmark = pytest.mark.server


def happened(office, subject, **asked):
    asked = {name: value if name in ("since", "until") else frozenset(value) for name, value in asked.items()}
    return list(office.solely.incidents.happened(Question(**asked), subject))


def test_it_is_told_by_giving_and_purpose_who_used_it_and_when(office, subject):
    value, start = office.give(subject), office.clock()
    acme, globex = new("acme"), new("globex")
    office.match([value], acme)
    office.clock.forward(days=2)
    office.match([value], globex)
    (one,) = happened(office, subject, since=start)
    assert (one.kind, one.given_for, one.used_for) == ("email", "tailored-audiences", "tailored-audiences")
    assert one.given_on.isoformat() == "2026-01-02"
    assert one.used_by == (acme, globex)
    assert (one.first, one.last) == (start.date(), (start + timedelta(days=2)).date())


def test_only_what_was_asked_is_told(office, subject):
    value = office.give(subject)
    acme, globex, axon = new("acme"), new("globex"), new("axon")
    office.match([value], acme, "spring")
    between = office.clock.now + timedelta(hours=1)
    office.clock.forward(hours=2)
    office.match([value], globex, "summer", partner=axon)
    software = office.entries()[-1].software
    policy = office.solely.policy.digest

    def by(**asked):
        return [name for one in happened(office, subject, **asked) for name in one.used_by]

    assert by(advertisers=[acme]) == [acme]
    assert by(audiences=[f"{globex}/summer"]) == [globex]
    assert by(audiences=[f"{globex}/spring"]) == []
    assert by(partners=[axon]) == [globex]
    assert by(until=between) == [acme]
    assert by(since=between) == [globex]
    assert by(purposes=["tailored-audiences"]) == [acme, globex]
    assert by(purposes=["partner-audiences"]) == []
    assert by(notices=["tailored-audiences/v-en"]) == [acme, globex]
    assert by(notices=["tailored-audiences/other"]) == []
    assert by(software=[software]) == [acme, globex]
    assert by(software=["0.0.0"]) == []
    assert by(policies=[policy[:12]]) == [acme, globex]
    assert by(policies=["0" * 64]) == []
    assert by(imports=["no-such"]) == []


def test_an_import_is_told_by_its_name(office, subject):
    place = office.folder / new("import")
    (place / "notices" / "tailored-audiences").mkdir(parents=True)
    (place / "notices" / "tailored-audiences" / "v9.txt").write_text("I agree.")
    header = "subject,kind,value,purpose,notice,given_at,withdrawn_at\n"
    row = f"{subject},email,{subject}@example.org,tailored-audiences,tailored-audiences/v9,2026-01-03T00:00:00Z,\n"
    (place / "given.csv").write_text(header + row)
    name = new("crm")
    office.solely.give_file(place / "given.csv", imported=name)
    other, acme, globex = office.give(subject), new("acme"), new("globex")
    office.match([f"{subject}@example.org"], acme)
    office.match([other], globex)

    def told(**asked):
        return [(one.given_on.day, *one.used_by) for one in happened(office, subject, **asked)]

    assert told(imports=[name]) == [(3, acme)]
    assert told(advertisers=[acme, globex]) == [(2, globex), (3, acme)]


def test_of_who_gave_nothing_nothing_is_told(office):
    assert happened(office, "nobody-of-that-id", advertisers=["acme"]) == []
