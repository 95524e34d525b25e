"""What a country cell says: ISO 3166 codes, names in the languages of the headers, calling codes."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from babel import Locale
from babel.core import get_global

from solely.audiences.lists.words import fold

__all__ = ["country_of"]

_LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "ja")
_ALSO = {
    "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northernireland": "GB", "greatbritain": "GB",
    "grandebretagne": "GB", "granbretana": "GB", "grossbritannien": "GB", "angleterre": "GB", "inglaterra": "GB",
    "inghilterra": "GB", "engeland": "GB", "us": "US", "usa": "US", "unitedstatesofamerica": "US", "america": "US",
    "eeuu": "US", "eua": "US", "etatsunisdamerique": "US", "vereinigtestaatenvonamerika": "US", "holland": "NL",
    "thenetherlands": "NL", "korea": "KR", "southkorea": "KR", "republicofkorea": "KR", "russianfederation": "RU",
    "czechrepublic": "CZ", "turkey": "TR", "アメリカ": "US", "米国": "US", "英国": "GB", "brd": "DE",
    "unitedkingdomofgreatbritainandnorthernireland": "GB", "estadosunidosdeamerica": "US", "republicofireland": "IE",
    "eire": "IE", "oesterreich": "AT", "daenemark": "DK", "tuerkei": "TR",
    "holanda": "NL", "hollande": "NL", "olanda": "NL", "tschechischerepublik": "CZ", "weissrussland": "BY",
    "hongkong": "HK", "macau": "MO", "macao": "MO", "bosnia": "BA", "burma": "MM", "swaziland": "SZ", "macedonia": "MK",
    "vatican": "VA", "palestine": "PS", "uae": "AE", "vae": "AE", "ivorycoast": "CI", "elfenbeinkuste": "CI",
    "koreasouth": "KR", "moldovarepublicof": "MD", "taiwanprovinceofchina": "TW",
    "iranislamicrepublicof": "IR", "korearepublicof": "KR", "boliviaplurinationalstateof": "BO",
    "venezuelabolivarianrepublicof": "VE", "tanzaniaunitedrepublicof": "TZ", "syrianarabrepublic": "SY",
    "laopeoplesdemocraticrepublic": "LA",
}  # fmt: skip
_NOT_WORD = re.compile(r"[\W_]+")
_LONGEST = 64  # characters a country's name has
_CALLING_CODE = re.compile(r"(?:\+|00)?([1-9]\d{0,2})")


def _key(text: str) -> str:
    return _NOT_WORD.sub("", fold(text))


def _table() -> dict[str, str]:
    regions = {region: region for region in phonenumbers.SUPPORTED_REGIONS}
    aliases = get_global("territory_aliases")
    table = {alias.lower(): new[0] for alias, new in aliases.items() if len(alias) in (2, 3) and new[0] in regions}
    for language in _LANGUAGES:
        table |= {_key(name): code for code, name in Locale(language).territories.items() if code in regions}
    return table | {code.lower(): code for code in regions} | {_key(name): code for name, code in _ALSO.items()}


_TABLE = _table()


def country_of(text: str) -> str | None:
    """The ISO 3166 alpha-2 code a cell names, or None. A calling code names its main country."""
    text = text.strip()
    return _named(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=1_024)
def _named(text: str) -> str | None:
    if code := _CALLING_CODE.fullmatch(text):
        region = phonenumbers.region_code_for_country_code(int(code[1]))
        return region if region in phonenumbers.SUPPORTED_REGIONS else None
    return _TABLE.get(_key(text))
