"""What is held is told; an objection stands; erasing takes who they are, and leaves nothing."""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from visitors import PASSWORD

pytestmark = pytest.mark.server


def test_a_person_sees_what_they_gave_and_never_the_key_it_was_asked_with(person, keys):
    person.open("privacy")
    assert "News about your account" in person.text
    assert not any(key in person.answer.text for key in keys)


def test_an_objection_to_all_marketing_stands(person, platform, client, subject):
    person.open("privacy")
    person.send("privacy/object")
    assert "You object to all marketing" in person.text
    assert all(one.objects for one in client.preferences(platform.state.people[subject]).items)


def test_what_is_held_is_shown_masked_with_its_words_and_uses(person, subject):
    person.open("privacy/held")
    assert "p•••@e•••.com" in person.text
    assert f"{subject}@example.com" not in person.answer.text
    assert "About your account." in person.text
    person.open("privacy/held")
    assert "Shown to you" in person.text


def test_all_of_it_is_taken_away_by_who_showed_their_factor(with_app, subject):
    person, app = with_app
    person.open("privacy")
    person.send("privacy/export")
    assert person.page.headings == ["Show that it is you"]
    person.send("step-up", code=app.code(datetime.now(UTC), steps=1))
    form = person.page.form("privacy/export")
    answer = person.http.post(form.action, data=form.fields)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as taken:
        assert f"{subject}@example.com" in taken.read("data.json").decode()


def test_who_has_no_factor_is_erased_by_their_password(person, platform, client, subject):
    known = platform.state.people[subject]
    person.open("privacy/erase")
    person.send("privacy/erase", password="something else")
    assert person.answer.status_code == 401
    assert client.givings(known)
    person.send("privacy/erase", password=PASSWORD)
    assert person.at == "sign-in"
    assert (client.givings(known), subject in platform.state.people) == ((), False)


def test_who_has_one_is_erased_by_it(with_app, platform, client, subject):
    person, app = with_app
    known = platform.state.people[subject]
    person.open("privacy/erase")
    person.send("privacy/erase")
    assert person.page.headings == ["Show that it is you"]
    assert client.givings(known)
    person.send("step-up", code=app.code(datetime.now(UTC), steps=1))
    person.send("privacy/erase")
    assert person.at == "sign-in"
    assert (client.givings(known), client.factors(known)) == ((), ())
