"""The notice to a person: plain words in their language, what happened to their contact, and never the contact."""

import string
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from offices import GERMAN, SETTINGS, TEXTS
from solely.answer.document import as_text
from solely.answer.incidents import letter
from solely.answer.incidents.incident import Decision, Incident, Texts
from solely.answer.incidents.letter import LANGUAGES, Happening
from solely.app.create import SHIPPED_POLICY
from solely.errors import Conflict

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FIRST = Happening(
    "phone",
    date(2026, 1, 2),
    "two-factor",
    "tailored-audiences",
    ("acme", "globex"),
    date(2026, 5, 1),
    date(2026, 5, 3),
)
SECOND = Happening(
    "email", date(2026, 2, 3), "our-own", "partner-audiences", ("acme",), date(2026, 5, 4), date(2026, 5, 4)
)
DRAFT = Incident("i", 1, NOW, "Eva", "open", "open", "t", NOW, texts={"en": TEXTS, "de": GERMAN})
DECIDED = replace(DRAFT, decisions=(Decision("people", True, "r", NOW, "Eva"),))  # noqa: FBT003


def text(incident=DECIDED, settings=SETTINGS, language="en", happened=(FIRST,)):
    return as_text(letter.document(incident, settings, language, happened))


def flat(words):
    return " ".join(words.split())


def test_it_tells_what_happened_to_their_contact():
    said = flat(text())
    for words in (
        "your phone number (not shown here)", "January 2, 2026", "signing in in two steps",
        "advertising by advertisers' lists", "2: acme, globex", "May 1, 2026 to May 3, 2026", TEXTS.nature,
        TEXTS.consequences, TEXTS.measures, "privacy@chirp.example", "Data Protection Officer",
    ):  # fmt: skip
        assert words in said


def test_it_tells_each_giving_by_itself_and_a_platform_s_own_purpose_by_its_name():
    said = flat(text(happened=(FIRST, SECOND)))
    assert said.count("Used by:") == 2
    assert "Used by: acme When: May 4, 2026" in said
    assert "our-own" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_words_with_the_same_places(language):
    mine, english = letter.words()[language], letter.words()["en"]
    assert mine.keys() == english.keys()
    for key, value in english.items():
        if isinstance(value, dict):
            assert mine[key].keys() == value.keys()
        assert _places(mine[key]) == _places(value), key
    assert mine["purposes"].keys() == tomllib.loads(SHIPPED_POLICY.read_text())["purpose"].keys()


def _places(value):
    texts = [value] if isinstance(value, str) else [*(value.values() if isinstance(value, dict) else value)]
    return sorted({name for one in texts for _, name, _, _ in string.Formatter().parse(one) if name})


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_written_whole_in_each_language(language):
    incident = replace(DECIDED, texts={language: Texts("N", "C", "M")})
    made = letter.letter(incident, SETTINGS, language, (FIRST,))
    words = letter.words()[language]
    assert made.subject == words["title"].format(service="Chirp")
    assert words["purposes"]["two-factor"] in flat(made.text)
    assert f'<html lang="{language}"' in made.html
    assert words["draft"] not in made.text
    if language != "en":
        assert "You gave it" not in made.text + made.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_short_message_says_it_in_a_few_parts(language):
    incident = replace(DECIDED, texts={language: Texts("N", "C", "M")})
    sms = letter.letter(incident, SETTINGS, language, (FIRST,)).sms
    assert sms.startswith("Chirp")
    assert "privacy@chirp.example" in sms
    assert len(sms) <= 2 * 153
    page = replace(SETTINGS, page="https://chirp.example/incident")
    assert letter.letter(incident, page, language, (FIRST,)).sms.endswith("https://chirp.example/incident")


def test_until_it_is_decided_it_says_that_it_is_a_draft():
    assert text(DRAFT).count("DRAFT") == 1
    assert "DRAFT" not in text()
    no = replace(DRAFT, decisions=(Decision("people", False, "r", NOW, "Eva"),))  # noqa: FBT003
    assert "DRAFT" in text(no)
    assert "ENTWURF" in text(DRAFT, language="de")


@pytest.mark.parametrize("name", ["nature", "consequences", "measures"])
def test_what_nobody_wrote_is_named_and_nothing_stands_for_it(name):
    incident = replace(DECIDED, texts={"en": replace(TEXTS, **{name: ""})})
    said = text(incident)
    assert "Still missing" in said
    assert f"- {letter.words()['en'][name]}" in said
    assert said.count("[…]") == 1
    with pytest.raises(Conflict, match="the notice still lacks"):
        letter.letter(incident, SETTINGS, "en", (FIRST,))


def test_who_can_be_asked_must_be_known():
    nobody = replace(SETTINGS, officer="")
    assert letter.missing(DECIDED, nobody, "en") == ["reach"]
    assert "whom to ask" in text(settings=nobody)


def test_without_a_person_their_part_is_named_and_not_invented():
    said = text(happened=None)
    assert said.count("[each person's own]") == 6


def test_a_language_in_which_the_officer_wrote_nothing_gives_way_to_the_platform_s():
    def tongue(tag):
        return letter.language_for(DECIDED, SETTINGS, tag)

    assert [tongue(tag) for tag in ("de", "de-AT", "DE_ch", "ja", "nl", "", None)] == [
        "de", "de", "de", "en", "en", "en", "en",
    ]  # fmt: skip


def test_nothing_in_it_is_markup():
    mean = replace(DECIDED, texts={"en": Texts("<script>alert(1)</script>", "&amp;", "[b]x[/b]")})
    made = letter.letter(mean, SETTINGS, "en", (replace(FIRST, used_by=("<b>acme</b>",)),))
    assert "<script>" not in made.html
    assert "<b>acme" not in made.html
    assert "[b]x[/b]" in made.text


def test_a_letter_does_not_show_itself():
    assert "stopped" not in repr(letter.letter(DECIDED, SETTINGS, "en", (FIRST,)))
