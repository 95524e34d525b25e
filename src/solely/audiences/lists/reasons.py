"""Why a cell is unusable: every reason with its cure, and what people write where they have nothing to write."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from solely import contact

__all__ = ["CURES", "DIGEST_LENGTHS", "NOTHINGS", "PLACEHOLDERS", "REASONS", "SPREADSHEET_ERRORS"]

_SHA256_ONLY = "hash with SHA-256: Solely compares no other digest"

CURES: Mapping[str, str] = MappingProxyType(
    {
        **contact.CURES,
        "bad-hash": "a SHA-256 digest is 64 hex digits, or 44 characters of Base64 with the = at the end",
        "device-id": "Solely matches e-mail addresses and phone numbers, not devices",
        "excel-mangled": "Excel rounded the number: set the column to text and export again from the source",
        "formula": "the cell is a formula: export values",
        "hash-of-nothing": "the digest is that of an empty or placeholder cell: leave such rows out before hashing",
        "md5": _SHA256_ONLY,
        "not-text": "the cell holds control characters or damaged letters: export as UTF-8 text",
        "placeholder": "the cell says there is no contact: leave the row out",
        "sha1": _SHA256_ONLY,
        "sha224": _SHA256_ONLY,
        "sha384": _SHA256_ONLY,
        "sha512": _SHA256_ONLY,
        "unbalanced-quote": "a quotation mark opens and never closes: double the marks inside quoted cells",
    },
)
REASONS = tuple(CURES)

DIGEST_LENGTHS: Mapping[int, str] = MappingProxyType(
    {16: "md5", 20: "sha1", 28: "sha224", 32: "sha256", 48: "sha384", 64: "sha512"},
)

# What spreadsheets write where a formula fails, in the languages of the headers.
_ERRORS = """
    #n/a #n/d #n/b #nv #na #null! #nul! #nulo! #nullo! #ref! #bezug! #¡ref! #rif! #verw! #name? #nom? #¿nombre? #nome?
    #naam? #value! #wert! #valeur! #¡valor! #valor! #valore! #waarde! #div/0! #¡div/0! #deel/0! #num! #zahl! #nombre!
    #¡num! #núm! #getal! #error! #spill! #calc! #field! #getting_data #blocked! #unknown! #connect!
"""
SPREADSHEET_ERRORS = frozenset(_ERRORS.split())

_WORDS = """
    - -- --- . .. ... ? ?? * ** / \\ _ __ x xx xxx xxxx 0 00 000
    n/a n.a. n.a na n\\a nan null \\n <null> none nil undefined unknown unkown unavailable missing blank empty
    test testing tbd tba todo void default dummy example invalid
    no nope not-available no-email noemail no_email nomail no-phone nophone anonymous deleted redacted removed withheld
    (null) (none) (blank) (empty) [null] {} [] ""
    none@ none@none na@na n/a@n/a no@no a@a x@x test@test no@email no@mail none@none.none na@na.na
    unbekannt keine keiner leer inconnu inconnue aucun aucune vide desconocido desconocida ninguno ninguna vacio vacío
    desconhecido desconhecida nenhum nenhuma vazio sconosciuto sconosciuta nessuno nessuna vuoto onbekend geen leeg
    なし 無し 無 不明 未入力 未登録 該当なし
"""
_PHRASES = ("not available", "not applicable", "not provided", "no email", "no e-mail", "no mail", "no phone", "k. a.")
_RUNS = ("1234567890", "0123456789", "123456789", "12345678", "1234567", "987654321", "9876543210")

# What stands for nothing, in lower case.
PLACEHOLDERS = frozenset((*_WORDS.split(), *_PHRASES, *_RUNS, *SPREADSHEET_ERRORS, "k.a.", "ka", "s/d", "s/n"))


def _nothings() -> frozenset[bytes]:
    forms = {
        "",
        " ",
        "\n",
        "\r\n",
        "\t",
        "+",
        "@",
        "None",
        "NULL",
        "Null",
        "NaN",
        "N/A",
        "NA",
        "Unknown",
        *PLACEHOLDERS,
    }
    names = set(DIGEST_LENGTHS.values())
    digests = {hashlib.new(name, form.encode(), usedforsecurity=False).digest() for name in names for form in forms}
    return frozenset(digests | {hashlib.sha256(digest.hex().encode()).digest() for digest in digests})


# The digests of those, by every function, and such digests hashed once more.
NOTHINGS = _nothings()
