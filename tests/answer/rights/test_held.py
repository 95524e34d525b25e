"""What a person is told of themselves: all of it, in words, and nothing of another or of what opens it."""

from datetime import timedelta
from uuid import UUID

import pytest

from rights import ADDRESS, NUMBER, OTHER, PURPOSES, START, WHO, words
from solely.answer.rights.held import SEALED_OVER, TOKENS, sealed_of
from solely.answer.rights.told import holding
from solely.app.rights import chosen, held
from solely.errors import NotFound
from solely.store import registry

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def told(place):
    return held(place.parts, WHO)


def by_purpose(told):
    return {(one.giving.purpose, one.giving.kind): one for one in told.givings}


def test_each_giving_is_told_with_the_words_it_was_given_under(told):
    givings = by_purpose(told)
    assert set(givings) == {
        *((purpose, "email") for purpose in (*PURPOSES, "login-alert")),
        ("two-factor", "phone"),
    }
    for (purpose, _), one in givings.items():
        assert one.notice.text == words(purpose)
        assert one.notice.language == "en"
        assert one.purpose.name == purpose
        assert one.purpose.description


def test_how_each_was_given_and_how_it_ended(told):
    givings = by_purpose(told)
    assert givings["two-factor", "phone"].how == "import january"
    assert givings["login-alert", "email"].how == "at the desk"
    ends = {purpose: (one.state, one.ended_by) for (purpose, kind), one in givings.items() if kind == "email"}
    assert ends == {
        "two-factor": ("stands", ""),
        "service-notice": ("stands", ""),
        "tailored-audiences": ("stands", ""),
        "ad-measurement": ("stands", ""),
        "partner-audiences": ("ended", "your objection"),
        "login-alert": ("ended", "you"),
    }


def test_a_sealed_contact_is_shown_masked_and_of_tokens_there_is_none_to_show(told):
    givings = by_purpose(told)
    assert givings["two-factor", "email"].contact == "a•••@e•••.org"
    assert givings["service-notice", "email"].contact == "a•••@e•••.org"
    assert givings["two-factor", "phone"].contact == "+49 ••• ••78"
    for purpose in ("tailored-audiences", "partner-audiences", "ad-measurement"):
        assert (givings[purpose, "email"].contact, givings[purpose, "email"].why_not) == (None, TOKENS)
    assert (givings["login-alert", "email"].contact, givings["login-alert", "email"].why_not) == (None, SEALED_OVER)


def test_who_used_it_is_told_and_that_it_was_shown(told):
    givings = by_purpose(told)
    assert [(act.what, act.by) for act in givings["tailored-audiences", "email"].used] == [("use", "advertiser acme")]
    shown = givings["service-notice", "email"].used[-1]
    assert (shown.what, shown.by, dict(shown.details)) == ("access", "subject", {"form": "masked"})


def test_the_factors_are_told_without_what_they_work_by_and_so_are_their_choices(told):
    assert [(one.kind, one.state) for one in told.factors] == [("totp", "active")]
    assert [name for name, one in told.chosen.standing.items() if one.objects] == ["partner-audiences"]
    assert [act.what for act in told.others if act.what == "preference"] == ["preference"]


def test_nothing_in_it_is_a_contact_a_secret_or_another_person(told, place):
    text = str(told) + str(holding(told))
    for one in (ADDRESS, "ada.lovelace", NUMBER, "5112345", OTHER, "bob"):
        assert one not in text
    secrets = place.parts.registry.execute("SELECT pseudonym FROM registry.pseudonyms WHERE subject = %s", [WHO])
    advertising = {str(pseudonym) for (pseudonym,) in secrets}
    assert not any(one in text for one in advertising)


def test_only_what_stands_under_seal_is_to_be_opened(place):
    policy = place.parts.ground.policy
    given = registry.Held(UUID(int=1), "two-factor", "email", "v1", START, None, None, 1, None)
    day = timedelta(days=1)
    lists = [
        given,
        given._replace(giving=UUID(int=2), expires_at=START + day),
        given._replace(giving=UUID(int=3), ended_at=START + day),
        given._replace(giving=UUID(int=4), purpose="tailored-audiences"),
        given._replace(giving=UUID(int=5), purpose="a-purpose-that-was"),
        given._replace(giving=UUID(int=6), purpose="service-notice"),
    ]
    early = sealed_of(lists, policy, START)
    assert {one.int for one in early["security"]} == {1, 2, 3}
    assert set(early) == {"security", "service"}
    assert {one.int for one in sealed_of(lists, policy, START + day)["security"]} == {1}


@pytest.mark.parametrize("subject", ["nobody", "", "a\nb"])
def test_who_is_not_known_is_not_found_and_chose_nothing(place, subject):
    with pytest.raises(NotFound):
        held(place.parts, subject)
    assert chosen(place.parts, subject).history == ()
