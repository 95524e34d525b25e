"""A number is read into E.164 as the library would, from any country, or refused."""

import numpy as np
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from solely import contact
from solely.contact import CURES, read_phone
from solely.errors import ContactError


def reads(text, country=None):
    """The spelling, or the reason; what is read must read as itself, and an error echoes nothing."""
    try:
        spelling = read_phone(text, country)
    except ContactError as error:
        refusal = error
    else:
        assert read_phone(spelling) == spelling
        return spelling
    assert str(refusal) == f"{refusal.reason} ({CURES[refusal.reason]})"
    assert refusal.__context__ is refusal.__cause__ is None
    return refusal.reason


# country, as written there, E.164
NATIONAL = [
    ("US", "(212) 555-0123", "+12125550123"), ("US", "1-212-555-0123", "+12125550123"),
    ("CA", "416.555.0123", "+14165550123"), ("GB", "07400 123456", "+447400123456"),
    ("GB", "(020) 7946 0958", "+442079460958"), ("FR", "06 12 34 56 78", "+33612345678"),
    ("DE", "0151/12345678", "+4915112345678"), ("DE", "015112345678", "+4915112345678"),
    ("DE", "4915112345678", "+4915112345678"), ("BR", "(11) 96123-4567", "+5511961234567"),
    ("BR", "011 96123-4567", "+5511961234567"), ("BR", "(55) 99123-4567", "+5555991234567"),
    ("JP", "090-1234-5678", "+819012345678"), ("IT", "320 123 4567", "+393201234567"),
    ("IT", "393 123 4567", "+393931234567"), ("IT", "06 698 12345", "+390669812345"),
    ("IN", "098765 43210", "+919876543210"), ("IN", "91987 65432", "+919198765432"),
    ("ES", "612 34 56 78", "+34612345678"), ("AU", "0412 345 678", "+61412345678"),
    ("MX", "55 1234 5678", "+525512345678"), ("AR", "011 15-2345-6789", "+5491123456789"),
    ("RU", "8 (912) 345-67-89", "+79123456789"), ("CN", "131 2345 6789", "+8613123456789"),
    ("NL", "06-12345678", "+31612345678"), ("SE", "070-123 45 67", "+46701234567"),
    ("CH", "078 123 45 67", "+41781234567"), ("PL", "512 345 678", "+48512345678"),
    ("KR", "010-1234-5678", "+821012345678"), ("ZA", "071 123 4567", "+27711234567"),
    ("NG", "0802 123 4567", "+2348021234567"), ("US", "4915112345678", "+4915112345678"),
    ("US", "011 49 151 12345678", "+4915112345678"), ("JP", "0049 151 12345678", "+4915112345678"),
]  # fmt: skip


@pytest.mark.parametrize(("country", "text", "spelling"), NATIONAL)
def test_a_national_number_is_read_as_its_country_writes_it(country, text, spelling):
    assert reads(text, country) == spelling


def test_every_countrys_own_numbers_read_in_every_way_they_are_written():
    for country in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            if (number := phonenumbers.example_number_for_type(country, kind)) is None:
                continue
            e164, abroad, home = (phonenumbers.format_number(number, form) for form in range(3))
            found = {reads(text, country) for text in (e164, abroad, home, e164[1:], f"00{e164[1:]}")}
            assert found == {e164} == {reads(abroad), reads(f"00{e164[1:]}")}


# The world's countries: calling code, trunk prefix, first digits, digits in all
PLANS = [
    ("US", "1", "", ("212", "415", "617"), 10), ("GB", "44", "0", ("7400", "7415", "7425"), 10),
    ("FR", "33", "0", ("61", "63"), 9), ("DE", "49", "0", ("151", "152", "157"), 11),
    ("BR", "55", "0", ("1196", "1199"), 11), ("JP", "81", "0", ("90",), 10),
    ("IT", "39", "", ("320", "328", "333", "347"), 10), ("IN", "91", "0", ("98",), 10),
]  # fmt: skip


@given(st.sampled_from(PLANS), st.data())
def test_one_line_is_one_spelling_however_its_country_or_another_writes_it(plan, data):
    country, code, trunk, firsts, size = plan
    first = data.draw(st.sampled_from(firsts))
    line = first + "2" + "".join(data.draw(st.lists(st.sampled_from("0123456789"), min_size=size, max_size=size)))
    line = line[:size]
    gap = data.draw(st.sampled_from(["", " ", "-", ".", "/", "\u00a0", "\u2011", "\u2013", "\u202f"]))
    for text in (trunk + line, line, code + line, f"00{code}{line}", f"+{code}{line}", f"+{code}({trunk}){line}"):
        spread = gap.join([text[:4], text[4:7], text[7:]])
        assert reads(spread, country) == f"+{code}{line}"
    for other in ("CH", "US", None):
        assert reads(f"+{code}{gap}{line}", other) == f"+{code}{line}"


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("(+49) 151-12345678", "+4915112345678"),
        ("+49 (0) 151 12345678", "+4915112345678"),
        ("[+49] 151~12345678", "+4915112345678"),
        ("+49\t151\u200b12\u00ad34\u201556\u221278", "+4915112345678"),
        ("+49 (151) 12345678".translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}), "+4915112345678"),
        ("+49 151 12345678".translate({ord("0") + n: chr(0x660 + n) for n in range(10)}), "+4915112345678"),
        ("0049 151 12345678", "+4915112345678"),
        ("+54 11 15 2345 6789", "+5491123456789"),  # in Argentina a mobile is 15 at home and 9 from abroad
        ("+39 06 698 12345", "+390669812345"),  # in Italy the zero stays
        ("+800 1234 5678", "+80012345678"),
    ],
)
def test_punctuation_and_digits_of_any_script_are_read(text, spelling):
    assert reads(text) == spelling


@pytest.mark.parametrize(
    "text",
    [
        "+1 800 FLOWERS",
        "+1 212 555 0123 ext 5",
        "+1 212 555 0123x5",
        "+1 212 555 0123;ext=5",
        "tel:+12125550123",
        # The library leaves off what stands behind these, which would make it another line.
        "+1 212 555 0123,,5",
        "+1 212 555 0123#5",
        "+1 212 555 0123;",
        "+1 212 555 0123 / +1 212 555 0124",
        "++12125550123",
        "+12125550123+",
        "+4915112345678\u00b2",
        "+491511234567\u2460",
        "+49151123456\u00bd",
        "+49151123456\u4e00",
        # Two readings: the trunk zero may stand for itself or be left out.
        "+490001233",
        "+49 00 151 12345678",
        "+44 00 20 7946 0958",
        "+0000000000",
        "+999123456789",
        "+49",
        "+",
        "00",
        "-",
        "123456",
        "1234567890123456",
        "\ud800",
    ],
)
def test_what_is_no_one_number_is_refused(text):
    assert reads(text) == "not-a-phone"


@pytest.mark.parametrize(("text", "reason"), [("", "empty"), (" \u3000", "empty"), ("1" * 321, "too-long")])
def test_nothing_and_too_much_are_refused(text, reason):
    assert reads(text) == reads(text, "DE") == reason


@pytest.mark.parametrize("country", [None, "", "ZZ", "XX", "DEU", "Germany", "de", "001", "49"])
def test_digits_alone_need_a_country_that_there_is(country):
    for text in ("015112345678", "4915112345678", "1234567", "123456789012345"):
        assert reads(text, country) == "phone-without-country"
    assert reads("123456", country) == "not-a-phone"
    assert reads("+4915112345678", country) == "+4915112345678"


def library(text):
    try:
        number = phonenumbers.parse(text, None)
    except NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if possible else None


def samples(code):
    """Numbers of a calling code, of each length, with each pair of first digits where they are long."""
    dice = np.random.default_rng(int(code))
    for size in range(3, 16 - len(code)):
        tails = dice.integers(0, 10, (100 if size > 6 else 10, size))
        tails[:, 0], tails[:, 1] = np.arange(len(tails)) // 10, np.arange(len(tails)) % 10
        yield from (f"+{code}{''.join(map(str, digits))}" for digits in tails.tolist())


def test_the_short_way_for_plain_numbers_is_the_librarys_for_every_calling_code():
    taken = 0
    for code in map(str, sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)):
        for text in samples(code):
            short = contact._by_length(text)
            assert short in {None, library(text)}
            taken += short is not None
    assert taken > 30_000


@given(st.from_regex(r"\+[0-9]{1,17}", fullmatch=True))
def test_a_number_with_a_plus_is_the_librarys_or_two_numbers(text):
    found, theirs = reads(text), library(text)
    assert found == theirs or (found == "not-a-phone" and (theirs is None or library(theirs) != theirs))


@given(
    st.text(max_size=20) | st.text("+0123456789 ()-/.x#\u0661\uff11\u00b2", max_size=20),
    st.none() | st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)) | st.text(max_size=3),
)
def test_any_text_is_a_number_that_reads_as_itself_or_refused_without_an_echo(text, country):
    assert reads(text, country) in CURES or text
