"""Ten customer lists as advertisers export them: who is on them, and how each tool writes them down.

A list is some of the platform's people and some strangers. Each format is a function from the customers to
the bytes of a file; it marks as `lost` those whose row holds nothing that could be read.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

from population import Person, draw_country, draw_name, draw_phone, national, spaced

_STRANGERS = 0.35  # of a list are not on the platform
BOTH, EMAIL, PHONE = ("email", "phone"), ("email",), ("phone",)


@dataclass(slots=True)
class Customer:
    """One row of a list, before a format has its way with it."""

    email: str
    phone: str
    country: str
    first: str
    last: str
    lost: bool = False


Format = Callable[[Random, list[Customer]], bytes]


def customers(r: Random, everyone: Sequence[Person], count: int) -> list[Customer]:
    """Draw customers; the same person may come twice, as on real lists."""
    return [_stranger(r) if r.random() < _STRANGERS else _known(r, r.choice(everyone)) for _ in range(count)]


def _known(r: Random, person: Person) -> Customer:
    return Customer(r.choice(person.emails), person.phone, person.country, person.first, person.last)


def _stranger(r: Random) -> Customer:
    country = draw_country(r)
    return Customer(f"nobody{r.randrange(10**9)}@example.net", draw_phone(r, country), country, *draw_name(r))


def mailbox(email: str) -> str:
    """The mailbox an address reaches: for Gmail neither dots nor a +suffix count."""
    local, _, host = email.lower().rpartition("@")
    if host not in {"gmail.com", "googlemail.com"}:
        return f"{local}@{host}"
    return f"{local.partition('+')[0].replace('.', '')}@gmail.com"


def sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def sha256_hex(text: str) -> str:
    return sha256(text).hex()


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def _meta_template(_: Random, rows: list[Customer]) -> bytes:
    """Nineteen columns, three of each name, phones without a plus sign."""
    header = "email email email phone phone phone madid fn ln zip ct st country dob doby gen age uid value".split()  # noqa: SIM905
    body = [
        [c.email, "", "", c.phone[1:], "", "", "", c.first, c.last, "", "", "", c.country, *[""] * 5, "0"] for c in rows
    ]
    return _table(header, body).encode()


def _google_template(r: Random, rows: list[Customer]) -> bytes:
    """Two comment lines first, names twice, and rows that end early."""
    lines = [
        "# Customer contact data, one customer a row.",
        "# A column may repeat; leave its name as it is.",
        "Email,First Name,Last Name,Country,Zip,Email,Zip,Phone,Phone",
    ]
    for c in rows:
        email = c.email.upper() if r.random() < 0.25 else c.email
        lines.append(f"{email},{c.first},{c.last},{c.country},10115,,,{c.phone}")
    return "\n".join([*lines, ""]).encode()


def _x_hashed(_: Random, rows: list[Customer]) -> bytes:
    """One column of lower-case hex and no header."""
    return "".join(f"{sha256_hex(c.email)}\n" for c in rows).encode()


def _tiktok_hashed(_: Random, rows: list[Customer]) -> bytes:
    """Two hashed columns; the number was hashed with its plus sign."""
    body = [[sha256_hex(c.email), sha256_hex(c.phone)] for c in rows]
    return _table(("Email_SHA256", "Phone_SHA256"), body).encode()


def _uid2_base64(_: Random, rows: list[Customer]) -> bytes:
    """Base64 of the digest; gmail.com addresses are hashed as their mailbox."""
    forms = (mailbox(c.email) if c.email.endswith("@gmail.com") else c.email for c in rows)
    return _table(("email_hash",), ([base64.b64encode(sha256(form)).decode()] for form in forms)).encode()


def _meta_hashed_phone(_: Random, rows: list[Customer]) -> bytes:
    """Digits alone were hashed, without the plus sign; hex in capitals."""
    return _table(("phone",), ([sha256_hex(c.phone[1:]).upper()] for c in rows)).encode()


def _mailchimp(_: Random, rows: list[Customer]) -> bytes:
    """A byte-order mark, quotes within quotes, times beside numbers."""
    header = (
        "Email Address",
        "First Name",
        "Last Name",
        "Address",
        "Phone Number",
        "MEMBER_RATING",
        "OPTIN_TIME",
        "TAGS",
    )
    body = [
        [
            c.email.capitalize(),
            c.first,
            c.last,
            '7 Mill Lane, "Top floor"',
            spaced(c.phone),
            "3",
            "2022-05-06 07:08:09",
            '"new","uk"',
        ]
        for c in rows
    ]
    return _table(header, body).encode("utf-8-sig")


def _excel_semicolon(r: Random, rows: list[Customer]) -> bytes:
    """A German Excel: semicolons, Windows-1252, national numbers; some were turned into 4.91E+11."""
    body = []
    for c in rows:
        c.lost = r.random() < 0.02
        phone = f"{float(c.phone):.2E}" if c.lost else national(c.phone, c.country)
        body.append((c.last, phone, c.country))
    return _table(("Name", "Telefon", "Land"), body, ";").encode("cp1252", "replace")


def _outlook_utf16(_: Random, rows: list[Customer]) -> bytes:
    """Tabs in UTF-16, which older programs call Unicode text."""
    body = [(c.first, c.last, c.email, c.phone) for c in rows]
    return _table(("First Name", "Last Name", "E-mail Address", "Mobile Phone"), body, "\t").encode("utf-16")


_JUNK = ("n/a", "none", "-", "someone@", "@example.com", "a@@example.com", "me@here", "=1+1", sha256_hex(""))


def _dirty(r: Random, rows: list[Customer]) -> bytes:
    """Hashed beside plain, placeholders, a hash of nothing, MD5 by mistake."""
    body = []
    for c in rows:
        roll = r.random()
        c.lost = roll >= 0.8
        if c.lost:
            md5 = hashlib.md5(c.email.encode(), usedforsecurity=False).hexdigest()
            body.append([r.choice((*_JUNK, md5, f"{'y' * 320}@example.com"))])
        else:
            body.append([c.email if roll < 0.7 else sha256_hex(c.email)])
    return _table(("email",), body).encode()


FORMATS: dict[str, tuple[Format, tuple[str, ...]]] = {
    "meta-template.csv": (_meta_template, BOTH),
    "google-customer-match.csv": (_google_template, BOTH),
    "x-sha256.txt": (_x_hashed, EMAIL),
    "tiktok-sha256.csv": (_tiktok_hashed, BOTH),
    "uid2-base64.csv": (_uid2_base64, EMAIL),
    "meta-phone-sha256.csv": (_meta_hashed_phone, PHONE),
    "mailchimp-export.csv": (_mailchimp, BOTH),
    "excel-semicolon-cp1252.csv": (_excel_semicolon, PHONE),
    "outlook-utf16.txt": (_outlook_utf16, BOTH),
    "dirty.csv": (_dirty, EMAIL),
}
