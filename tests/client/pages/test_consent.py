"""Consent stands for each purpose by itself: allowed under its notice, as easily ended, no signal passed over."""

import pytest

pytestmark = pytest.mark.server
ADS = {"offer": "2"}


def stands(client, platform, name):
    return {one.purpose for one in client.givings(platform.state.people[name]) if one.state == "stands"}


def test_what_is_allowed_stands_until_it_is_withdrawn(person, platform, client, subject):
    person.open("consent")
    person.send("/consent", having=ADS, value="ana@example.com")
    assert person.at == "consent"
    assert "That is recorded." in person.text
    assert stands(client, platform, subject) == {"service-notice", "tailored-audiences"}
    person.send("consent/withdraw", having=ADS)
    assert "That has ended, as of now." in person.text
    assert stands(client, platform, subject) == {"service-notice"}


def test_the_notice_is_shown_as_text(person):
    person.open("consent")
    assert "<b>and</b>" not in person.answer.text
    assert "Codes, <b>and</b> nothing else." in person.text


def test_a_contact_that_is_none_is_told_where_it_was_typed_and_not_again(person, platform, client, subject):
    person.open("consent")
    person.send("/consent", having=ADS, value="very.own.words")
    assert person.answer.status_code == 400
    assert "not an e-mail address" in person.text
    assert "very.own.words" not in person.answer.text
    assert stands(client, platform, subject) == {"service-notice"}


def test_a_browsers_signal_ends_what_was_allowed_and_says_so(person, platform, client, subject):
    person.open("consent")
    person.send("/consent", having=ADS, value="ana@example.com")
    person.open("consent", **{"Sec-GPC": "1"})
    assert "ended what you had allowed before" in person.text
    assert stands(client, platform, subject) == {"service-notice"}


def test_it_is_allowed_against_the_signal_by_who_was_told_of_it(person, platform, client, subject):
    signal = {"Sec-GPC": "1"}
    person.open("consent", **signal)
    assert "told" in person.page.form("/consent", **ADS).boxes
    person.send("/consent", having=ADS, headers=signal, value="ana@example.com")
    assert person.answer.status_code == 400
    assert stands(client, platform, subject) == {"service-notice"}
    person.send("/consent", having=ADS, headers=signal, value="ana@example.com", told="yes")
    assert stands(client, platform, subject) == {"service-notice", "tailored-audiences"}


def test_told_is_asked_of_nobody_who_has_not_objected(person):
    person.open("consent")
    assert "told" not in person.page.form("/consent", **ADS).boxes


@pytest.mark.parametrize("offer", ["3", "-1", "x", "²", "", "99999999999999999999"])
def test_what_is_not_offered_can_not_be_allowed(person, platform, client, subject, offer):
    person.open("consent")
    person.send("/consent", having=ADS, offer=offer, value="ana@example.com")
    assert person.answer.status_code == 400
    assert stands(client, platform, subject) == {"service-notice"}
