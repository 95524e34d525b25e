"""A contact is read into one spelling, meets every digest of itself, and never shows."""

import contextlib
import copy
import json
import logging
import pickle
import string
import traceback
from hashlib import sha256
from pprint import pformat

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from solely.contact import CURES, GMAIL, Contact, read_email
from solely.errors import ContactError

ADA = Contact.read("email", "Ada.Lovelace+x@Gmail.com")
PHONE = Contact.read("phone", "+49 151 12345678")


def sha(text):
    return sha256(text.encode()).digest()


def digests(kind, text):
    found = Contact.read(kind, text).digests()
    assert len(set(found)) == len(found)
    return set(found)


def reason(read, *arguments):
    with pytest.raises(ContactError) as caught:
        read(*arguments)
    assert str(caught.value) == f"{caught.value.reason} ({CURES[caught.value.reason]})"
    return caught.value.reason


def reads(read, *arguments):
    """The spelling, or None where it is refused; what is read must read as itself."""
    try:
        spelling = read(*arguments)
    except ContactError as error:
        refusal = error
    else:
        assert read(spelling) == spelling
        return spelling
    # Neither its words nor what it was raised from hold the text: logs print the whole chain.
    assert str(refusal) == f"{refusal.reason} ({CURES[refusal.reason]})"
    assert refusal.__context__ is refusal.__cause__ is None
    return None


# ---------------------------------------------------------------- digests


def test_a_gmail_address_has_a_digest_for_each_way_to_write_dots_suffix_and_domain():
    locals_ = ("ada.l+x.y", "adal+xy", "ada.l", "adal")
    assert digests("email", "Ada.L+x.y@gmail.com") == {sha(f"{one}@{domain}") for one in locals_ for domain in GMAIL}
    assert digests("email", "adal@googlemail.com") == {sha("adal@gmail.com"), sha("adal@googlemail.com")}


def test_at_other_domains_dots_and_suffixes_tell_mailboxes_apart():
    """TikTok (in some versions) and Reddit strip them everywhere: two people's mailboxes may become one."""
    for address in ("a.b+c@example.com", "ab@gmail.com.example.com", "a.b@notgmail.com"):
        assert digests("email", address) == {sha(address)}


def test_an_international_domain_meets_in_letters_and_as_a_label():
    both = {sha("ada@bücher.de"), sha("ada@xn--bcher-kva.de")}
    for text in ("ada@bücher.de", "Ada@BÜCHER.de", "ada@xn--bcher-kva.de", "ada@bu\u0308cher。de"):
        assert read_email(text) == "ada@xn--bcher-kva.de"
        assert digests("email", text) == both


def test_a_number_meets_with_and_without_its_plus():
    assert digests("phone", "+49 151 12345678") == {sha("+4915112345678"), sha("4915112345678")}
    assert PHONE.key_digest() == sha("+4915112345678")


@given(st.from_regex(r"[a-z0-9_\-]{1,12}", fullmatch=True), st.data())
def test_all_spellings_of_one_gmail_mailbox_share_the_key_digest(mailbox, data):
    dots = data.draw(st.lists(st.booleans(), min_size=len(mailbox) - 1, max_size=len(mailbox) - 1))
    local = mailbox[0] + "".join(("." if dot else "") + letter for dot, letter in zip(dots, mailbox[1:], strict=True))
    suffix = data.draw(st.sampled_from(["", "+", "+x", "+x.y+z"]))
    text = data.draw(st.sampled_from([str.lower, str.upper]))(f"{local}{suffix}@{data.draw(st.sampled_from(GMAIL))}")
    found = Contact.read("email", text)
    assert found.key_digest() == sha(f"{mailbox}@gmail.com")
    assert found.key_digest() in found.digests()
    assert sha(text.lower()) in found.digests()


@given(st.emails())
def test_the_key_digest_is_always_among_the_digests(address):
    with contextlib.suppress(ContactError):
        found = Contact.read("email", address)
        assert found.key_digest() in found.digests()
        assert all(len(digest) == 32 for digest in found.digests())


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("\tAda@Example.COM\r\n", "ada@example.com"),
        ("ada@faß.de", "ada@xn--fa-hia.de"),  # IDNA 2008: not fass.de
        ("ada@ΟΔΟΣ.com", "ada@xn--pxavbq.com"),  # UTS 46: a capital sigma is the small one, at the end too
        ("ada@\uff27\uff2d\uff21\uff29\uff2c.com", "ada@gmail.com"),
        ("\u212aelvin@example.com", "kelvin@example.com"),  # the Kelvin sign is a K
        ("mu\u0308ller@example.com", "müller@example.com"),  # NFC
        ("MÜLLER@example.com", "müller@example.com"),
        ("O'Neil/x=1@Example.com", "o'neil/x=1@example.com"),
        ("a" * 65 + "@example.com", "a" * 65 + "@example.com"),  # RFC 5321 promises 64; some servers take more
    ],
)
def test_an_address_has_one_spelling(text, spelling):
    assert reads(read_email, text) == spelling


LONG = "abcdefg." * 30 + "abcd.com"  # 248 characters: with five and an @ just an address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        (" \t\u00a0\u3000", "empty"),
        ("a" * 321, "too-long"),  # RFC 3696 erratum 1690: 64 + @ + 255
        ("a" * 320, "not-an-email"),
        (f"abcdef@{LONG}", "not-an-email"),
        ("ada@localhost", "not-an-email"),
        ("ada@example.test", "not-an-email"),
        ("ada@[192.0.2.1]", "not-an-email"),
        ("ada@192.0.2.1", "not-an-email"),
        ('"ada l"@example.com', "not-an-email"),
        ("Ada <ada@example.com>", "not-an-email"),
        ("ada@example.com, bob@example.com", "not-an-email"),
        ("a..b@example.com", "not-an-email"),
        (".a@example.com", "not-an-email"),
        ("a.@example.com", "not-an-email"),
        ("ada@exa_mple.com", "not-an-email"),
        ("ada\x00@example.com", "not-an-email"),
        ("ada\u200b@example.com", "not-an-email"),
        ("\ud800@example.com", "not-an-email"),
        ("ada@\ud800.com", "not-an-email"),
        ("+x@gmail.com", "not-an-email"),
        ("+@\uff27\uff2d\uff21\uff29\uff2c.com", "not-an-email"),
    ],
)
def test_what_is_no_address_is_refused(text, expected):
    assert reason(read_email, text) == expected
    assert reads(read_email, text) is None


def test_an_address_has_at_most_254_characters():
    for first in "a!":
        assert len(reads(read_email, f"{first}bcde@{LONG}")) == 254
        assert reads(read_email, f"{first}bcdef@{LONG}") is None


def test_lowering_makes_no_address_longer_than_an_address():
    """U+0130 in lower case is two characters: what would then be too long is refused, not kept and lost."""
    assert reads(read_email, "\u0130" * 21 + "@example.com") == "i\u0307" * 21 + "@example.com"
    assert reads(read_email, f"abc\u0130e@{LONG}") is None


def library_email(text):
    local, _, domain = text.strip().rpartition("@")
    try:
        read = validate_email(f"{local.lower()}@{domain}", check_deliverability=False)
    except EmailNotValidError:
        return None
    nothing = read.ascii_domain in GMAIL and not read.local_part.partition("+")[0].replace(".", "")
    return None if nothing else f"{read.local_part}@{read.ascii_domain}"


LOCALS = st.text("abcXYZ019_+-.", min_size=1, max_size=12) | st.integers(60, 66).map("x".__mul__)
DOMAINS = (
    st.sampled_from(
        [
            "Example.com",
            "GoogleMail.com",
            "Bücher.de",
            "xn--bcher-kva.de",
            "xn--.de",
            "a_b.com",
            "-a.com",
            "ab--c.com",
            "b",
        ]
    )
    | st.sampled_from(
        [
            "x.test",
            "ΟΔΟΣ.com",
            "例え.jp",
            "أمثلة.com",
            "1.2.3.4",
            "İ.com",
            "ex\u00adample.com",
            "😊.com",
            "a..com",
            "com.",
        ]
    )
    | st.integers(240, 256).map(lambda size: ("abcdefgh." * 30)[: size - 5].rstrip(".") + "x.com")
    | st.text(max_size=8)
)


@given(LOCALS, DOMAINS)
@example("a", "cΣ90.com")
def test_the_short_way_for_plain_local_parts_is_the_librarys(local, domain):
    assert reads(read_email, f"{local}@{domain}") == library_email(f"{local}@{domain}")


@given(st.emails() | st.text(max_size=20) | st.builds("{}@{}".format, st.text(max_size=70), DOMAINS))
def test_any_text_is_an_address_that_reads_as_itself_or_refused_without_an_echo(text):
    reads(read_email, text)


# ---------------------------------------------------------------- what must not be seen

BOTH = pytest.mark.parametrize("kept", [ADA, PHONE], ids=["email", "phone"])
SHOWS = {
    "str": str,
    "repr": repr,
    "ascii": ascii,
    "pformat": pformat,
    "!r": "{!r}".format,
    "!s": "{!s}".format,
    "%s": "%s".__mod__,
    "%r": "%r".__mod__,
    "template": lambda kept: string.Template("$kept").substitute(kept=kept),
    "list": lambda kept: str([kept]),
    "json of a str": lambda kept: json.dumps(kept, default=str),
}
REFUSES = {
    "format": format,
    "f-string": lambda kept: f"{kept}",
    "f-string with a width": lambda kept: f"{kept:>40}",
    "str.format": "{}".format,
    "==": lambda kept: kept == Contact.read(kept.kind, kept.expose()),
    "!=": lambda kept: kept != Contact.read(kept.kind, kept.expose()),
    "== its value": lambda kept: kept == kept.expose(),
    "its value ==": lambda kept: kept.expose() == kept,
    "in": lambda kept: kept in [1, Contact.read(kept.kind, kept.expose())],
    "<": lambda kept: kept < kept,  # noqa: PLR0124
    "sorted": lambda kept: sorted([kept, kept]),
    "hash": hash,
    "set": lambda kept: {kept},
    "dict": lambda kept: {kept: 1},
    **{f"pickle {n}": lambda kept, n=n: pickle.dumps(kept, n) for n in range(pickle.HIGHEST_PROTOCOL + 1)},
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "json": json.dumps,
    "bytes": bytes,
    "vars": vars,
    "iter": iter,
    "len": len,
    "assign": lambda kept: setattr(kept, "kind", "phone"),
    "assign anew": lambda kept: setattr(kept, "note", kept.expose()),
    "delete": lambda kept: delattr(kept, "kind"),
}


@BOTH
@pytest.mark.parametrize("show", SHOWS.values(), ids=SHOWS)
def test_a_contact_prints_its_kind_alone(kept, show):
    assert show(kept).strip('[]"') == f"<{kept.kind}>"


@BOTH
@pytest.mark.parametrize("act", REFUSES.values(), ids=REFUSES)
def test_a_contact_does_not_compare_hash_pickle_format_or_change(kept, act):
    with pytest.raises(TypeError) as caught:
        act(kept)
    assert not any(value.lstrip("+") in str(caught.value) for value in (ADA.expose(), PHONE.expose()))


@BOTH
def test_a_log_line_holds_no_contact(kept, caplog):
    logging.getLogger("test").error("%s %r %s", kept, kept, {"contact": kept})
    assert caplog.messages == [f"<{kept.kind}> <{kept.kind}> {{'contact': <{kept.kind}>}}"]


def test_a_traceback_of_a_refusal_holds_nothing_of_what_was_typed():
    for kind, text in (("email", "secret-ü..@example.com"), ("phone", "+999 5550199"), ("phone", "5550199 ext 7")):
        with pytest.raises(ContactError) as caught:
            Contact.read(kind, text)
        printed = "".join(traceback.format_exception(caught.value))
        assert printed.endswith(f"ContactError: {caught.value}\n")
        assert not any(part in printed for part in ("secret", "ü", "555", "U+00FC"))


def test_only_expose_gives_the_value():
    assert (ADA.kind, ADA.expose()) == ("email", "ada.lovelace+x@gmail.com")
    assert (PHONE.kind, PHONE.expose()) == ("phone", "+4915112345678")
