"""Factors by the pages: added with what is shown once, confirmed, used to step up, lost and removed."""

import json
import re
from datetime import UTC, datetime

import pytest

from authenticator import Authenticator
from solely.verification.senders.console import Console

pytestmark = pytest.mark.server
ORIGIN = "http://localhost:8000"


def test_an_app_is_added_by_the_code_it_shows(person, app_of, platform, client, subject):
    app = person.add_app(app_of, name="My phone")
    assert person.page.pictures[0].startswith("data:image/svg+xml;base64,")
    person.send("two-step/confirm", code=app.code(datetime.now(UTC)))
    assert "That is added." in person.text
    assert "My phone" in person.text
    (factor,) = client.factors(platform.state.people[subject])
    assert (factor.kind, factor.state) == ("totp", "active")


def test_a_wrong_code_adds_nothing_and_shows_the_key_to_nobody_again(person, app_of, platform, client, subject):
    app = person.add_app(app_of)
    person.send("two-step/confirm", code="000000")
    assert (person.answer.status_code, person.page.pictures) == (401, [])
    assert app.uri.partition("secret=")[2][:8] not in person.answer.text
    assert client.factors(platform.state.people[subject])[0].state == "pending"
    person.send("two-step/confirm", code=app.code(datetime.now(UTC)))
    assert "That is added." in person.text


def test_recovery_codes_are_shown_once(person, platform, client, subject):
    person.open("two-step")
    person.send("two-step/add", having={"kind": "recovery-codes"})
    codes = re.findall(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4})+\b", person.text)
    assert len(codes) == 10, person.text
    person.send("two-step/confirm", code=codes[0])
    assert "9 left" in person.text
    person.open("two-step")
    assert codes[1] not in person.answer.text


def test_a_passkey_is_added_by_what_the_browser_answers(person, platform, client, subject):
    person.open("two-step")
    person.send("two-step/add", having={"kind": "passkey"})
    form = person.page.form("two-step/confirm")
    options = json.loads(form.data["options"])
    passkey = Authenticator(origin=ORIGIN)
    person.send("two-step/confirm", answer=json.dumps(passkey.create(options)))
    assert "That is added." in person.text
    assert client.factors(platform.state.people[subject])[0].phishing_resistant
    person.send("sign-out")
    person.send("sign-in/passkey")
    asked = json.loads(person.page.form("passkey/answer").data["options"])
    person.send("passkey/answer", answer=json.dumps(passkey.get(asked)))
    assert person.at == "privacy"


def test_a_change_after_the_first_takes_a_step_up(with_app):
    person, app = with_app
    person.send("two-step/add", having={"kind": "recovery-codes"})
    assert person.page.headings == ["Show that it is you"]
    person.send("step-up", code=app.code(datetime.now(UTC), steps=1))
    assert (person.at, "Now go on" in person.text) == ("two-step", True)
    person.send("two-step/add", having={"kind": "recovery-codes"})
    assert person.page.headings == ["Your recovery codes"]


def test_what_is_lost_is_switched_off_at_once_and_the_last_strong_one_goes_by_itself_alone(with_app):
    person, app = with_app
    person.send("two-step/remove")
    person.send("step-up", code=app.code(datetime.now(UTC), steps=1))
    person.send("two-step/remove")
    assert "That is removed." in person.text
    assert "Nothing yet." in person.text


def test_a_step_up_leads_to_no_other_site(with_app):
    person, app = with_app
    person.open("step-up?act=pay&next=https://evil.example/")
    assert person.page.form("step-up").fields["next"] == "/account/privacy"
    person.send("step-up", code=app.code(datetime.now(UTC), steps=1), next="//evil.example/")
    assert person.answer.url.host == "127.0.0.1"
    assert person.at == "privacy"


@pytest.mark.parametrize("kind", ["sms", "carrier-pigeon", ""])
def test_what_can_not_be_added_is_told(person, kind):
    person.open("two-step")
    person.send("two-step/add", having={"kind": "totp"}, kind=kind)
    assert person.answer.status_code in {400, 404, 409}
    assert person.page.headings in (["That did not work"], ["Two-step verification"])


def test_an_address_for_codes_is_given_for_that_alone(person, platform, client, subject):
    person.open("two-step")
    person.send("two-step/add", having={"kind": "email"}, value="codes@example.com")
    assert person.page.headings == ["Codes by e-mail"], person.text
    known = platform.state.people[subject]
    given = {one.purpose for one in client.givings(known) if one.state == "stands"}
    assert given == {"service-notice", "two-factor"}
    (factor,) = client.factors(known)
    assert (factor.kind, factor.purpose, factor.state) == ("email", "two-factor", "pending")


def test_codes_by_email_are_sent_when_they_are_asked_for_and_sign_in(person, browser, subject, monkeypatch):
    letters = []
    monkeypatch.setattr(Console, "send", lambda self, contact, message, *, send: letters.append(message) or str(send))

    def sent():
        codes = [re.search(r"^(\d{8})$", one.text, re.MULTILINE) for one in letters]
        letters.clear()
        return [one[1] for one in codes if one]

    person.open("two-step")
    person.send("two-step/add", having={"kind": "email"}, value=f"{subject}@example.com")
    (code,) = sent()
    person.send("two-step/confirm", code=code)
    assert "That is added." in person.text
    other = browser()
    other.sign_in(subject)
    assert sent() == []
    send = next(one for one in other.page.forms if "send" in one.fields)
    other._seen(other.http.post(send.action, data=send.fields))
    assert "A code is on its way to you." in other.text
    (code,) = sent()
    typed = next(one for one in other.page.forms if "factor" in one.fields)
    other._seen(other.http.post(typed.action, data=typed.fields | {"code": code}, follow_redirects=True))
    assert other.at == "privacy", other.text
