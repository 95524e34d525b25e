"""Every message says in every language what it is for, in few segments, and shows nothing typed as more than text."""

import re
import string
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import BadInput
from solely.verification.messages import CODES, LANGUAGES, TEMPLATES, compose, plain, words

GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = set("^{}\\[~]|€\f")
LINK = "https://example.com/not-me?token=Zm9vYmFyYmF6"
KINDS = ("passkey", "totp", "sms", "email", "recovery-codes")


def segments(text):
    """How many SMS a text takes (3GPP TS 23.038, 23.040)."""
    if set(text) <= GSM | EXTENDED:
        length, one, many = sum(2 if c in EXTENDED else 1 for c in text), 160, 153
    else:
        length, one, many = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else -(-length // many)


def composed(template, language, channel, **more):
    given_ = {"code": "417293", "minutes": 10, "domain": "example.com"} if template in CODES else {"link": LINK}
    return compose(template, language, channel, **{"service": "Example"} | given_ | more)


def every(*channels):
    return [(t, lang, channel) for t in TEMPLATES for lang in LANGUAGES for channel in channels]


def leaves(table, path=()):
    for key, value in table.items():
        yield from leaves(value, (*path, key)) if isinstance(value, dict) else [((*path, key), value)]


def test_every_language_has_the_same_texts_with_the_same_places():
    def places(text):
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    assert set(words()) == set(LANGUAGES)
    english = {path: places(text) for path, text in leaves(words()["en"])}
    assert set(TEMPLATES) | {"words"} == set(words()["en"])
    for language in LANGUAGES:
        assert {path: places(text) for path, text in leaves(words()[language])} == english, language


def test_no_text_is_left_in_english():
    english = dict(leaves(words()["en"]))
    same_everywhere = {("words", "minutes")}
    for language in LANGUAGES[1:]:
        for path, text in leaves(words()[language]):
            left = not re.search(r"\b(the|your|you|was|this|will|and|with)\b", text)
            assert left, (language, path)
            if path not in same_everywhere and path[:2] != ("words", "kinds"):
                assert text != english[path], (language, path)


@pytest.mark.parametrize(("template", "language", "channel"), every("sms", "email"))
def test_a_message_says_what_its_people_need(template, language, channel):
    message = composed(template, language, channel)
    assert "Example" in message.text
    assert "{" not in message.subject + message.text + message.html
    assert "417293" not in message.subject
    if template in CODES:
        assert message.text.count("417293") == (2 if channel == "sms" else 1)
        assert "10" in message.text
        assert (message.text.splitlines()[-1] == "@example.com #417293") == (channel == "sms")
    else:
        assert LINK in message.text
        assert "link" not in composed(template, language, channel, link=None).text
        assert "https" not in composed(template, language, channel, link=None).text
    assert bool(message.html) == (channel == "email")


@pytest.mark.parametrize(("template", "language", "channel"), every("sms"))
def test_an_sms_is_one_segment_and_in_japanese_two_at_most(template, language, channel):
    text = composed(template, language, channel).text
    assert segments(text) <= (2 if language == "ja" else 1), text
    assert language == "ja" or set(text) <= GSM | EXTENDED, set(text) - GSM
    alone = composed(template, language, channel, domain=None, link=None).text
    assert segments(alone) == 1, alone


@pytest.mark.parametrize("language", LANGUAGES)
def test_hours_are_told_as_hours(language):
    hours = words()[language]["words"]["hours"].format(n=24)
    assert hours in composed("recovery-code", language, "email", minutes=1440).text
    assert (
        words()[language]["words"]["minutes"].format(n=90)
        in composed("recovery-code", language, "sms", minutes=90).text
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_by_mail_says_which_factor(language, kind):
    said = words()[language]["words"]["kinds"][kind]
    assert said in composed("factor-added", language, "email", kind=kind).text
    assert words()[language]["words"]["kinds"]["other"] in composed("factor-added", language, "email", kind="new").text


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("pt-BR", "pt"),
        ("pt_PT", "pt"),
        ("DE-at", "de"),
        ("ja", "ja"),
        ("nl", "en"),
        ("", "en"),
        ("en-GB", "en"),
        ("dea", "en"),
    ],
)
def test_a_language_falls_back_by_its_prefix(tag, language):
    assert composed("recovered", tag, "sms") == composed("recovered", language, "sms")


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data):
        self.text += data


def parsed(html):
    parser = _Tags()
    parser.feed(html)
    parser.close()
    return parser


# What has been tried on names: markup, links in the eyes of some mail program, ends of lines, turned writing.
HOSTILE = """<b>x</b> | "><script>alert(1)</script> | https://evil.example/x | evil.example | call +1 900 | {code}
&lt; | mailto:x@evil.example | //evil | evil。example | evil\uff0ecom | www.evil.com now | <a href=x>""".replace(
    "\n", " | "
)
NAMES = st.text(max_size=60) | st.sampled_from(
    [*HOSTILE.split(" | "), "a\r\nBcc: x", "\u202eevil", "x\u2028y", "a" * 500]
)  # fmt: skip


@given(name=NAMES, language=st.sampled_from(LANGUAGES))
def test_a_typed_name_is_text_in_mail_and_nothing_in_sms(name, language):
    message = composed("factor-added", language, "email", factor_name=name, kind="totp")
    page, without = parsed(message.html), parsed(composed("factor-added", language, "email", kind="totp").html)
    named = plain(name)
    more = [("p", ())] if named else []
    assert sorted(page.tags) == sorted([*without.tags, *more])
    assert len(named) <= 40
    assert not re.search(r"://|@|[.。]\w*[^\W\d_]|[\x00-\x1f\x7f-\x9f\u2028-\u202e]", named)
    assert named in message.text
    assert named in page.text
    assert len(message.text.splitlines()) == len(
        composed("factor-added", language, "email", kind="totp").text.splitlines()
    ) + (2 if named else 0)
    assert composed("factor-added", language, "sms", factor_name=name) == composed("factor-added", language, "sms")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Pixel 8.5", "Pixel 8.5"),
        ("  my\tkey ", "my key"),
        ("see evil.com now", "see now"),
        ("see evil\uff0ecom", "see"),
        ("{code}", "{code}"),
    ],
)
def test_what_is_shown_of_a_name(name, shown):
    assert plain(name) == shown


def test_a_link_is_one_link_and_the_page_loads_nothing():
    link = "https://example.com/?a=1&b=%22'"
    page = parsed(composed("recovered", "fr", "email", link=link).html)
    assert [attrs for tag, attrs in page.tags if tag == "a"] == [(("href", link),)]
    assert {tag for tag, _ in page.tags} <= {"html", "meta", "body", "p", "a"}


@pytest.mark.parametrize(
    "lacking",
    [
        *({"code": code} for code in (None, "", "1 2", "417293\n")),
        *({"minutes": minutes} for minutes in (None, 0, -1)),
        *({"domain": domain} for domain in ("", "a b", "x.example/y", "x\ny")),
        *({"link": link} for link in ("http://example.com", "https://a b", "javascript:x", 'https://x"y', "")),
    ],
)
def test_a_code_without_what_it_needs_is_refused(lacking):
    with pytest.raises(BadInput):
        composed("sign-in-code", "en", "sms", **lacking)


def test_a_notice_takes_no_code():
    with pytest.raises(BadInput):
        composed("recovered", "en", "sms", code="417293")
