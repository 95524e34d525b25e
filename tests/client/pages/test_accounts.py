"""Signing up gives what was agreed to and nothing else; signing in takes a second step from whoever has one."""

from datetime import UTC, datetime

import pytest

from visitors import PASSWORD, Visitor

pytestmark = pytest.mark.server


def given(client, platform, name):
    return {one.purpose for one in client.givings(platform.state.people[name]) if one.state == "stands"}


def test_who_signs_up_gives_what_is_needed_and_what_they_ticked(visitor, browser, platform, client, subject):
    visitor.open("sign-up")
    form = visitor.page.form("sign-up")
    assert form.boxes == {"offer-1", "offer-2"}
    assert not form.boxes & form.fields.keys()  # nothing is ticked beforehand
    visitor.sign_up(subject)
    assert given(client, platform, subject) == {"service-notice"}
    browser().sign_up(f"{subject}-b", **{"offer-2": "yes"})
    assert given(client, platform, f"{subject}-b") == {"service-notice", "tailored-audiences"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": "no address"}, "not an e-mail address"),
        ({"password": "short"}, "."),
        ({"name": " "}, "Choose a name"),
        ({"email": ""}, "e-mail address is needed"),
    ],
)
def test_who_can_not_sign_up_is_told_why_and_leaves_nothing_behind(visitor, platform, client, subject, wrong, said):
    before = dict(platform.state.people)
    visitor.open("sign-up")
    fields = {"name": subject, "password": PASSWORD, "email": "ana@example.com"} | wrong
    visitor.send("sign-up", **fields)
    assert visitor.answer.status_code == 400
    assert said in visitor.text
    assert platform.state.people == before
    assert PASSWORD not in visitor.answer.text
    visitor.send("sign-up", **fields | {"password": PASSWORD, "name": subject, "email": "ana@example.com"})
    assert visitor.at == "two-step"


def test_a_name_that_is_taken_is_kept_by_who_has_it(person, browser, platform, client, subject):
    mine = platform.state.people[subject]
    other = browser()
    other.sign_up(subject)
    assert other.answer.status_code == 409
    assert platform.state.people[subject] == mine
    assert given(client, platform, subject) == {"service-notice"}


def test_a_browsers_signal_is_taken_as_an_answer_at_the_sign_up(visitor, platform, client, subject):
    visitor.open("sign-up", **{"Sec-GPC": "1"})
    assert visitor.page.form("sign-up").boxes == {"offer-1"}
    assert "Global Privacy Control" in visitor.text
    visitor.sign_up(subject, headers={"Sec-GPC": "1"})
    assert given(client, platform, subject) == {"service-notice"}
    assert all(one.objects for one in client.preferences(platform.state.people[subject]).items)


def test_a_ticked_box_does_not_get_past_the_signal(visitor, platform, subject):
    visitor.sign_up(subject, headers={"Sec-GPC": "1"}, **{"offer-2": "yes"})
    assert visitor.answer.status_code == 400
    assert "objected" in visitor.text
    assert subject not in platform.state.people


def test_name_and_password_are_enough_for_who_has_no_second_step(person, browser, subject):
    other = browser()
    other.sign_in(subject)
    assert other.at == "privacy"
    other.open("privacy")
    assert other.answer.status_code == 200


@pytest.mark.parametrize("name", ["their own", "of nobody"])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(person, browser, subject, name):
    other = browser()
    other.sign_in(subject if name == "their own" else f"{subject}-nobody", "a wrong password")
    assert other.answer.status_code == 401
    assert "The name or the password is not right." in other.text
    other.open("privacy")
    assert other.at == "sign-in"


def test_a_second_step_is_asked_of_who_has_one(with_app, browser, subject):
    _, app = with_app
    other = browser()
    other.sign_in(subject)
    assert other.page.headings == ["One more step"]
    other.send("sign-in/check", code="000000")
    assert (other.answer.status_code, "not right" in other.text) == (401, True)
    other.send("sign-in/check", code=app.code(datetime.now(UTC), steps=1))
    assert other.at == "privacy"


def test_there_is_no_way_around_a_second_step(with_app, browser, platform, client, subject):
    """Not by another page, and not by making the factor unusable: then there is no way in at all."""
    other = browser()
    other.sign_in(subject)
    before = Visitor(other.http)
    before.open("privacy")
    assert before.at == "sign-in"
    known = platform.state.people[subject]
    client.report_lost(known, client.factors(known)[0].id)
    other.sign_in(subject)
    assert other.page.headings == ["One more step"]
    assert "None of your ways" in other.text


def test_a_step_of_another_browser_opens_nothing(with_app, browser, subject):
    _, app = with_app
    one, other = browser(), browser()
    one.sign_in(subject)
    form = one.page.form("sign-in/check")
    other.open("sign-in")
    fields = form.fields | {"token": other.page.form("sign-in").fields["token"], "code": app.code(datetime.now(UTC), 1)}
    other._seen(other.http.post(form.action, data=fields, follow_redirects=True))
    assert other.at == "sign-in"


def test_a_password_is_changed_by_who_knows_the_one_that_stands(person, browser, subject):
    person.open("password")
    person.send("/password", current="not this one", password="a hill stands by 9 lakes")
    assert person.answer.status_code in {401, 403}
    person.send("/password", current=PASSWORD, password="short")
    assert person.answer.status_code == 400
    person.send("/password", current=PASSWORD, password="a hill stands by 9 lakes")
    assert "Your password is changed." in person.text
    other = browser()
    other.sign_in(subject)
    assert other.answer.status_code == 401
    other.sign_in(subject, "a hill stands by 9 lakes")
    assert other.at == "privacy"


def test_a_session_ends_with_its_account(person, browser, platform, subject):
    other = browser()
    other.sign_in(subject)
    person.open("privacy/erase")
    person.send("privacy/erase", password=PASSWORD)
    other.open("privacy")
    assert other.at == "sign-in"


def test_who_signs_out_is_out(person):
    person.open("privacy")
    person.send("sign-out")
    person.open("privacy")
    assert person.at == "sign-in"


def test_nobody_answers_a_passkey_challenge_with_what_no_browser_returns(visitor):
    visitor.open("sign-in")
    visitor.send("sign-in/passkey")
    form = visitor.page.form("passkey/answer")
    assert "challenge" in form.data["options"]
    for answer in ("", "[]", "{}", '{"id": "x"}', "{" * 5_000):
        visitor._seen(visitor.http.post(form.action, data=form.fields | {"answer": answer}))
        assert visitor.answer.status_code in {400, 401}
