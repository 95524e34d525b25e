"""A contact point: read it, its one spelling, and every digest an honest advertiser may hold of it.

- E-mail addresses are read by `email-validator` without DNS; the spelling is lower case with the
  domain as A-labels (RFC 5890). Phones are read by `phonenumbers`; the spelling is E.164.
- A contact does not print, compare, hash, pickle, format or change. `expose` is the one way in, and says so.
- Digests follow the published rules of the vendors (docs/lists.md): SHA-256 of each normal form.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import NoReturn, final

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
)
from typing_extensions import override

from solely.errors import ContactError
from solely.purpose import Kind

__all__ = ["ATOM", "COUNTRIES", "CURES", "GMAIL", "MAX_ADDRESS", "MAX_LENGTH", "Contact", "read_email", "read_phone"]

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)  # ISO 3166 alpha-2, those that have phone numbers

MAX_LENGTH = 320  # characters: 64 + @ + 255, the most an address can have (RFC 3696 erratum 1690)

CURES = {
    "empty": "fill the cell in, or leave the row out",
    "too-long": f"no contact has over {MAX_LENGTH} characters: check the column",
    "not-an-email": "write one address as name@domain.tld",
    "not-a-phone": "write one number as +, country code and digits, without extension",
    "phone-without-country": "put + and the country code in front, add a country column, or name the country",
}

GMAIL = ("gmail.com", "googlemail.com")
_AT_GMAIL = tuple(f"@{domain}" for domain in GMAIL)
ATOM = r"[a-z0-9_+\-]+(?:\.[a-z0-9_+\-]+)*"  # a local part that needs no judging
_ATOM = re.compile(ATOM)
_DIGITS = re.compile(r"\+?[0-9]+")
# What people put between digits: the punctuation that phonenumbers knows, without the x of extensions.
_SEPARATORS = {ord(c): None for c in " \t().-/[]~\u00ad\u200b\u2053\u2060\u2212\u223c\u30fc"}
_SEPARATORS |= dict.fromkeys(range(0x2010, 0x2016))
_LENGTHS = range(7, 16)  # digits a phone number may have (E.164 ends at 15)
MAX_ADDRESS = 254  # RFC 5321 §4.5.3.1.3 less the angle brackets


def _fail(reason: str) -> NoReturn:
    raise ContactError(reason, CURES[reason])


@final
class Contact:
    """An open contact point: `kind`, and a value that only `expose` shows."""

    __slots__ = ("_value", "kind")
    kind: Kind
    _value: str

    def __init__(self, kind: Kind, value: str) -> None:
        """Take a value that `read_email` or `read_phone` returned; use `Contact.read` for typed text."""
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "_value", value)

    @classmethod
    def read(cls, kind: Kind, text: str, country: str | None = None) -> Contact:
        """Read typed text. `country` is an ISO 3166 alpha-2 code for national phones.

        Raises ContactError, with a reason of `CURES` and never the text.
        """
        return cls(kind, read_email(text) if kind == "email" else read_phone(text, country))

    def expose(self) -> str:
        """The value in its one spelling. Only sealing, opening and sending have a use for it."""
        return self._value

    def country(self) -> str | None:
        """The country (ISO 3166 alpha-2) of a phone number whose calling code is that of one country alone."""
        if self.kind != "phone":
            return None
        codes = (self._value[1 : 1 + size] for size in (1, 2, 3))
        regions = next((phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)] for code in codes if code in _CODES), ())
        return regions[0] if len(regions) == 1 and regions[0].isalpha() else None

    def key_digest(self) -> bytes:
        """The one digest (32 bytes) a plain list cell is looked up by; always among `digests`."""
        if self.kind == "phone":
            return _sha256(self._value)
        local, domain = self._value.rsplit("@", 1)
        return _sha256(f"{_mailbox(local)}@gmail.com" if domain in GMAIL else self._value)

    def digests(self) -> tuple[bytes, ...]:
        """The SHA-256 (32 bytes each) of every normal form an advertiser may have hashed; no order, no doubles."""
        forms = _phone_forms(self._value) if self.kind == "phone" else _email_forms(self._value)
        return tuple(_sha256(form) for form in forms)

    @override
    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise TypeError("a contact point does not change: read another")

    @override
    def __delattr__(self, name: str) -> NoReturn:
        raise TypeError("a contact point does not change: read another")

    @override
    def __repr__(self) -> str:
        return f"<{self.kind}>"

    __str__ = __repr__

    @override
    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a contact point is not formatted")

    @override
    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("contact points are not compared: compare tokens of one purpose")

    @override
    def __hash__(self) -> NoReturn:
        raise TypeError("a contact point is not hashed: use a token")

    @override
    def __reduce__(self) -> NoReturn:
        raise TypeError("a contact point is not pickled")


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _mailbox(local: str) -> str:
    """The mailbox a Gmail local part reaches: dots and +suffix do not count."""
    return local.split("+", 1)[0].replace(".", "")


def _email_forms(address: str) -> set[str]:
    local, domain = address.rsplit("@", 1)
    if domain in GMAIL:
        plain = local.split("+", 1)[0]
        locals_ = {local, local.replace(".", ""), plain, plain.replace(".", "")}
        return {f"{one}@{host}" for one in locals_ for host in GMAIL}
    forms = {address}
    if "xn--" in domain:
        forms.add(f"{local}@{_unicode_domain(domain)}")
    return forms


def _phone_forms(number: str) -> set[str]:
    return {number, number[1:]}


@lru_cache(maxsize=65_536)
def _domain(domain: str) -> str | None:
    """The A-label form of a domain, or None where the library refuses it (no contact: it may be cached)."""
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).ascii_domain
    except EmailNotValidError:
        return None


@lru_cache(maxsize=4_096)
def _unicode_domain(domain: str) -> str:
    return validate_email(f"a@{domain}", check_deliverability=False).domain


def read_email(text: str) -> str:
    """One spelling of an address: lower case, NFC, domain as A-labels. Raises ContactError."""
    text = text.strip()
    if not text:
        _fail("empty")
    if len(text) > MAX_LENGTH:
        _fail("too-long")
    local, _, domain = text.rpartition("@")
    local = local.lower()
    # Most addresses have a plain local part; for those the library has only the domain to judge.
    # tests/test_contact.py shows that both ways agree.
    address = (_plain_email if _ATOM.fullmatch(local) else _any_email)(local, domain)
    # UID2 and Google refuse an address of which nothing is left.
    if address is None or (address.endswith(_AT_GMAIL) and not _mailbox(address.rpartition("@")[0])):
        _fail("not-an-email")
    return address


def _plain_email(local: str, domain: str) -> str | None:
    # An ASCII domain is lowered for the cache's sake alone. Others are for the library to map: what is the
    # lower case of a capital sigma, IDNA (UTS 46) says in one way and Python in another.
    ascii_domain = _domain(domain.lower() if domain.isascii() else domain)
    if ascii_domain is None or len(local) + 1 + len(ascii_domain) > MAX_ADDRESS:
        return None
    return f"{local}@{ascii_domain}"


def _any_email(local: str, domain: str) -> str | None:
    # The library judges the local part in lower case, as we keep it: lowering \u0130 makes it longer.
    try:
        read = validate_email(f"{local}@{domain}", check_deliverability=False)
    except EmailNotValidError:
        return None
    return f"{read.local_part}@{read.ascii_domain}"  # the library has made the one NFC, the other lower case


def read_phone(text: str, country: str | None = None) -> str:
    """A number in E.164. `country` (ISO 3166 alpha-2) says where a number without + was written.

    Raises ContactError: `phone-without-country` where the number alone could be of any country.
    """
    text = text.strip()
    if not text:
        _fail("empty")
    if len(text) > MAX_LENGTH:
        _fail("too-long")
    digits = _digits(text) or _fail("not-a-phone")
    if digits.startswith("+"):
        return _international(digits) or _fail("not-a-phone")
    if digits.startswith("00") and (read := _international("+" + digits[2:])):
        return read
    return _from_country(digits, country) or _fail("not-a-phone")


def _digits(text: str) -> str | None:
    """A plus, if there is one, and ASCII digits; None where there is more.

    More is a vanity number, an extension, or two numbers: not one person's own line, and what the library
    leaves out of it would make it another person's.
    """
    if not text.isascii():
        if any(c.isnumeric() and not c.isdecimal() for c in text):
            return None  # NFKC makes digits of a footnote's \u00b2 or \u2460, too
        text = unicodedata.normalize("NFKC", text)
        text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    digits = text.translate(_SEPARATORS)
    return digits if _DIGITS.fullmatch(digits) else None


def _from_country(digits: str, country: str | None) -> str | None:
    """Read digits without +: as international digits of that country first, then as a national number.

    Lists give 4915112345678 beside DE (Meta's rule) and 015112345678 beside DE. The library alone
    takes the first for a long number of Leer (0491), so the valid international reading goes first.
    """
    if country not in COUNTRIES:
        _fail("phone-without-country" if len(digits) in _LENGTHS else "not-a-phone")
    code = str(phonenumbers.country_code_for_region(country))
    if digits.startswith(code) and (read := _international("+" + digits, valid=True)):
        return read
    return _spelling(_parse(digits, country)) or _international("+" + digits, valid=True)


def _international(text: str, *, valid: bool = False) -> str | None:
    """Read + and digits; possible numbers by default (vendors' own vectors use 555), valid ones on demand."""
    if (known := _by_length(text)) is not None and not valid:
        return known
    number = _parse(text, None)
    return _spelling(number) if number is not None and (not valid or is_valid_number(number)) else None


def _parse(text: str, country: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except NumberParseException:
        return None


def _spelling(number: PhoneNumber | None) -> str | None:
    """E.164 of a possible number; None where that would not read as itself (+49 000 1233: which zeros count?)."""
    if number is None or is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    text: str = format_number(number, PhoneNumberFormat.E164)
    return text if _by_length(text) is not None or _parse(text, None) == number else None


@lru_cache(maxsize=512)
def _calling_code(code: str) -> tuple[re.Pattern[str] | None, frozenset[int]] | None:
    """For a calling code: what its numbers may have in front that is no part of them, and their lengths."""
    region = phonenumbers.region_code_for_country_code(int(code))
    meta = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    if region == phonenumbers.UNKNOWN_REGION or meta is None or meta.general_desc is None:
        return None
    prefix = meta.national_prefix_for_parsing
    return (re.compile(prefix) if prefix else None), frozenset(meta.general_desc.possible_length)


def _by_length(text: str) -> str | None:
    """The answer for the many numbers that hold nothing but calling code and digits of a possible length.

    What the library would do more for these is nothing: tests/test_contact_phones.py compares the two.
    """
    for size in (1, 2, 3):
        code = text[1 : 1 + size]
        if code in _CODES:
            known = _calling_code(code)
            if known is None or len(text) - 1 - size not in known[1]:
                return None
            stripped = known[0] is not None and known[0].match(text, 1 + size)
            return None if stripped else text
    return None


_CODES = frozenset(str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
