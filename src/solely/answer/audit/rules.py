"""The normal forms that advertisers hash a contact in, vendor by vendor, as SQL over its one spelling.

`text` is the spelling `solely.contact` gives: an address in lower case, a number in E.164. `alt` is the same
address with its domain in Unicode, where it has one.

- The rules that hold without being asked for keep two mailboxes, and two lines, apart.
- Those that `merges` may not: Reddit's form of jane.doe@example.com is that of janedoe@example.com, too.
  They are used on demand, since an audit must not name a person for what reached another.
- A keyed hash (X for its partners, LiveRamp, PAIR) can't be met by anybody without the key.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import phonenumbers

from solely.contact import GMAIL
from solely.errors import BadInput
from solely.purpose import Kind

__all__ = ["ALGORITHMS", "NOTHING", "ON_DEMAND", "RULES", "Rule", "chosen", "forms"]

# Name of a digest -> SQL of its hex over `form`. Hex and Base64 of all are read.
ALGORITHMS = {"sha256": "sha2(form, 256)", "sha1": "sha1(form)", "md5": "md5(form)", "sha512": "sha2(form, 512)"}
NOTHING = (  # digests of no text at all
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "d41d8cd98f00b204e9800998ecf8427e",
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One normal form: who asks for it, of which kind of contact, as SQL; whether two contacts may share it."""

    vendors: str
    kind: Kind
    says: str
    form: str
    where: str = "true"
    merges: str = ""  # the name it is asked for by


_LOCAL, _DOMAIN = "split_part(text, '@', 1)", "split_part(text, '@', 2)"
_PLAIN = f"split_part({_LOCAL}, '+', 1)"
_AT_GMAIL = f"{_DOMAIN} IN ({', '.join(repr(one) for one in GMAIL)})"


def _gmail() -> tuple[Rule, ...]:
    """Dots, suffix, both or none dropped, at either host: one mailbox, whatever was hashed of it."""
    locals_ = {
        "as written": ("Meta, X, LinkedIn, Snap, Amazon, Pinterest", _LOCAL),
        "without dots": ("Google's own Python tool", f"replace({_LOCAL}, '.', '')"),
        "without +suffix": ("older lists of TikTok", _PLAIN),
        "without dots and +suffix": ("Google, UID2", f"replace({_PLAIN}, '.', '')"),
    }
    return tuple(
        Rule(vendors, "email", f"{says}, at {host}", f"{local} || '@{host}'", _AT_GMAIL)
        for says, (vendors, local) in locals_.items()
        for host in GMAIL
    )


def _codes(size: int) -> str:
    codes = sorted(code for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE if len(str(code)) == size)
    return ", ".join(f"'{code}'" for code in codes)


_CODE_SIZE = (
    f"CASE WHEN substr(text, 2, 1) IN ({_codes(1)}) THEN 1 WHEN substr(text, 2, 2) IN ({_codes(2)}) THEN 2 ELSE 3 END"
)
_NATIONAL = f"substr(text, 2 + {_CODE_SIZE})"


def _trunk() -> str:
    """SQL: what is dialled before a national number in its own country; NULL where nothing is."""
    by_prefix: dict[str, list[str]] = {}
    for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE):
        region = phonenumbers.region_code_for_country_code(code)
        meta = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
        prefix = (meta.national_prefix if meta else None) or ""
        if prefix.isdigit():
            by_prefix.setdefault(prefix, []).append(f"'{code}'")
    code_sql = f"substr(text, 2, {_CODE_SIZE})"
    cases = (f"WHEN {code_sql} IN ({', '.join(codes)}) THEN '{prefix}'" for prefix, codes in by_prefix.items())
    return f"CASE {' '.join(cases)} END"


RULES: tuple[Rule, ...] = (
    Rule("Meta, Google, X, TikTok, LinkedIn, Snap, UID2, Amazon, Pinterest", "email", "lower case, trimmed", "text"),
    Rule("all, of an international domain", "email", "domain in Unicode", "alt", "alt IS NOT NULL"),
    *_gmail(),
    Rule("Google, UID2, TikTok", "phone", "+, country code, number", "text"),
    Rule("Meta, Snap, Amazon, TikTok in 2025", "phone", "country code, number", "substr(text, 2)"),
    Rule("lists that follow no rule", "phone", "00, country code, number", "'00' || substr(text, 2)"),
    Rule(
        "Reddit", "email", "without dots and +suffix, any domain",
        f"replace({_PLAIN}, '.', '') || '@' || {_DOMAIN}", merges="reddit",
    ),
    Rule(
        "TikTok, some versions", "email", "without +suffix, any domain",
        f"{_PLAIN} || '@' || {_DOMAIN}", merges="tiktok-suffix",
    ),
    Rule("TikTok, also supported", "phone", "without country code", _NATIONAL, merges="national"),
    Rule("lists as dialled at home", "phone", "trunk prefix, number", f"{_trunk()} || {_NATIONAL}", merges="national"),
)  # fmt: skip
ON_DEMAND = tuple(sorted({rule.merges for rule in RULES} - {""}))

# The text whose SHA-256 stands for a contact point, whichever way it was spelled.
POINT = f"CASE WHEN kind = 'email' AND {_AT_GMAIL} THEN replace({_PLAIN}, '.', '') || '@gmail.com' ELSE text END"


def chosen(asked: Collection[str]) -> tuple[Rule, ...]:
    """The rules that always hold, and those asked for by name. Raises BadInput."""
    if unknown := sorted(set(asked) - set(ON_DEMAND)):
        raise BadInput(f"no such rule: {unknown[0]}", where="--rule", cure=f"one of: {', '.join(ON_DEMAND)}")
    return tuple(rule for rule in RULES if not rule.merges or rule.merges in asked)


def forms(rules: Collection[Rule]) -> dict[str, list[str]]:
    """Condition over a contact -> SQL of its forms then. A form may be NULL, or stand twice."""
    branches = {
        "kind = 'phone'": [rule for rule in rules if rule.kind == "phone"],
        _AT_GMAIL: [rule for rule in rules if rule.kind == "email" and rule.where != "alt IS NOT NULL"],
        "true": [rule for rule in rules if rule.kind == "email" and rule.where != _AT_GMAIL],
    }
    return {where: list(dict.fromkeys(rule.form for rule in some)) for where, some in branches.items()}
