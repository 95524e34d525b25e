"""A person's rights through the client: what is held and was done, choices, their browser's signal, erasure."""

import io
import zipfile

import pytest

from solely.client import Notice
from solely.errors import GivingError

pytestmark = pytest.mark.server
SHOWN = Notice(version="client-1", text="Advertisers who have this contact may have their advertisements shown to you.")


def marketing(client, subject, **more):
    return client.give(subject, "email", f"{subject}@example.com", "tailored-audiences", SHOWN, **more)


def stance(client, subject):
    return {one.purpose: one.objects for one in client.preferences(subject).items}["tailored-audiences"]


def test_an_objection_ends_what_it_reaches_and_stands_until_its_person_lifts_it(client, subject):
    marketing(client, subject)
    done = client.object_to(subject, "tailored-audiences")
    assert (done.new, dict(done.ended)) == (True, {"tailored-audiences": 1})
    assert stance(client, subject)
    with pytest.raises(GivingError) as told:
        marketing(client, subject)
    assert told.value.reason == "objected"
    assert client.lift(subject, "tailored-audiences")
    assert not client.lift(subject, "tailored-audiences")
    marketing(client, subject)
    assert not stance(client, subject)
    assert [one.choice for one in client.preferences(subject).history] == ["object", "allow"]


def test_a_browsers_signal_is_an_objection_and_yields_to_who_was_told(client, subject):
    with pytest.raises(GivingError) as told:
        marketing(client, subject, gpc=True)
    assert told.value.reason == "objected"
    assert stance(client, subject)
    assert not client.preferences(subject, gpc=True).signal.new
    assert marketing(client, subject, gpc=True, told=True).purpose == "tailored-audiences"
    assert not stance(client, subject)


def test_an_objection_to_all_marketing_names_no_purpose(client, subject):
    client.object_to(subject)
    assert all(one.objects for one in client.preferences(subject).items)


def test_who_is_erased_has_nothing(client, subject):
    marketing(client, subject)
    client.erase(subject)
    client.erase(subject)
    assert client.givings(subject) == ()


def test_what_is_held_and_was_done_is_told_and_taken_away(client, subject):
    recorded = client.give(subject, "email", f"{subject}@example.com", "service-notice", SHOWN)
    held = client.held(subject)
    (one,) = held.givings
    assert (one.giving, one.purpose.name, one.notice.text) == (recorded.giving, "service-notice", SHOWN.text)
    assert one.contact.startswith("p•••@")
    assert one.contact not in repr(held)
    assert "access" in [one.what for one in client.uses(subject)]
    assert str(recorded.giving) in str(client.receipt(subject, recorded.giving).record)
    with zipfile.ZipFile(io.BytesIO(client.export(subject))) as taken:
        assert f"{subject}@example.com" in taken.read("data.json").decode()
