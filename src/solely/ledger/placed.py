"""What stands in a place of the ledger: the entry itself, or its time alone, which is all that a whole log needs of it.

- An entry in plain form (printable ASCII without escapes, numbers of up to 15 digits) is known by one expression to be
  what `decode` takes, at a seventh of its cost. Whatever the expression does not know is left to `decode`, so it
  decides alone what is refused, and why.
"""

from __future__ import annotations

import re
from datetime import datetime

from solely.errors import Tampered
from solely.ledger.entry import ENTRY_TYPES, MAX_BYTES, Entry, decode

__all__ = ["read_entry", "read_time"]

# Possessive throughout: bytes of a stranger make no expression go back and try again.
_TEXT = rb'"[ !#-*,-?A-\[\]-~]{1,256}+"'  # without " and \ (escapes), + and @ (what may look like a contact)
_NUMBER = rb"(?:0|-?[1-9][0-9]{0,14}+)"
_DETAIL = rb'"[a-z][a-z0-9_-]{0,63}+":(?:' + _TEXT + rb"|" + _NUMBER + rb")"
_DATE = rb"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = rb"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
_PLAIN = re.compile(
    rb'\{(?:"details":\{(' + _DETAIL + rb"(?:," + _DETAIL + rb")*+)\},)?+"
    rb'(?:"members":\{"count":(?:0|[1-9][0-9]{0,14}+),"root":"[0-9a-f]{64}"\},)?+'
    rb'"policy":' + _TEXT + rb',"principal":' + _TEXT + rb",(?:"
    rb'"purpose":' + _TEXT + rb",)?+"
    rb'"sequence":(0|[1-9][0-9]{0,14}+),"software":' + _TEXT + rb",(?:"
    rb'"subject":"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",)?+'
    rb'"time":"(' + _DATE + rb"T" + _CLOCK + rb')",'
    rb'"type":"(?:' + "|".join(map(re.escape, ENTRY_TYPES)).encode() + rb')"\}'
)
_NAMES = re.compile(rb'"([a-z0-9_-]++)":')  # a name: no text holds a quote, and none has a colon behind its end


def read_entry(body: bytes, sequence: int) -> Entry:
    """The entry that stands at `sequence`. Raises Tampered where it is none, or one of another place."""
    where = f"ledger entry {sequence}"
    try:
        entry = decode(body)
    except Tampered as error:
        raise Tampered(error.what, where=where) from None
    if entry.sequence != sequence:
        raise Tampered(f"entry {entry.sequence} stands there", where=where)
    return entry


def read_time(body: bytes, sequence: int) -> datetime:
    """The time of the entry that stands at `sequence`; raises what `read_entry` does, and where it does."""
    plain = _PLAIN.fullmatch(body)
    if plain is not None:
        details, place, time = plain.groups()
        if int(place) == sequence and (details is None or _ascending(details)) and len(body) <= MAX_BYTES:
            try:
                return datetime.fromisoformat(time.decode())
            except ValueError:  # 30 February: for `decode` to say
                pass
    return read_entry(body, sequence).time


def _ascending(details: bytes) -> bool:
    """Whether the names come in order and once each, as canonical JSON has them."""
    names = _NAMES.findall(details)
    return len(names) == 1 or names == sorted(set(names))
