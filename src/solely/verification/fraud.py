"""Toll fraud: whether a message may go where it is asked to go; no clock, no store, no network.

Somebody who is paid for messages to their own numbers asks for codes to them, from many accounts and addresses
("SMS pumping"). Five things bound what that costs:

- SMS go to the countries that the settings name. None is named at first, so none is sent at first.
- Lines that cost extra, and those that take no SMS, get none.
- Each contact, person, source, range of 10,000 numbers and country has its caps, and all SMS of a day have one.
- A country where codes are sent and not typed in rings an alarm, and then is closed for as long as the window says so.
- In the mode `record` nothing is refused: what would have been is told, to see a setting's effect first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberType

from solely.contact import Contact
from solely.errors import Refused, Throttled
from solely.store.security.limits import Count, Limit

__all__ = ["Conversion", "Destination", "FraudSettings", "Judged", "Line", "admit", "counts", "destination", "judge"]

Line = Literal["mobile", "fixed", "voip", "premium", "other"]
Conversion = Mapping[str, tuple[int, int]]  # by country: sent, and of these typed in (store.security.sends)

MAIL = "ZZ"  # the country of every mailbox, and of a number that is of none
_RANGE = 4  # the last digits, which a range of 10,000 numbers differs in
_LINES: Mapping[int, Line] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "premium",
    PhoneNumberType.PERSONAL_NUMBER: "premium",  # follow-me numbers (UK 070), charged as such
}
_MINUTES, _HOUR, _DAY = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a message would go. `prefix` is a mailbox's domain, or a number without its last four digits."""

    country: str
    prefix: str = field(repr=False)
    line: Line


@dataclass(frozen=True, slots=True)
class FraudSettings:
    """What is let through; the numbers are of the order that published systems use (docs/delivery.md).

    `countries` are ISO 3166 alpha-2, and 001 for satellites. The conversion is judged from `least_sends` on.
    """

    countries: frozenset[str] = frozenset()
    blocked: frozenset[Line] = frozenset({"premium", "fixed", "other"})
    contact: tuple[Limit, ...] = (Limit("contact-10-minutes", 5, _MINUTES), Limit("contact-day", 10, _DAY))
    person: tuple[Limit, ...] = (Limit("person-hour", 10, _HOUR),)
    source: tuple[Limit, ...] = (Limit("source-hour", 20, _HOUR),)
    prefix: tuple[Limit, ...] = (Limit("prefix-hour", 20, _HOUR),)
    country: tuple[Limit, ...] = (Limit("country-hour", 1_000, _HOUR),)
    total: tuple[Limit, ...] = (Limit("sms-day", 10_000, _DAY),)
    least_sends: int = 50
    alarm_below: float = 0.6
    stop_below: float = 0.3
    mode: Literal["enforce", "record"] = "enforce"


@dataclass(frozen=True, slots=True)
class Judged:
    """The way is free. `alarm` is for a person to look at; `reasons` are what `enforce` would have refused for."""

    alarm: bool
    reasons: tuple[str, ...] = ()


def destination(contact: Contact) -> Destination:
    """Where that is, by the numbering plans that `phonenumbers` knows."""
    value = contact.expose()
    if contact.kind == "email":
        return Destination(MAIL, value.rsplit("@", 1)[1], "other")
    number = phonenumbers.parse(value)
    country = phonenumbers.region_code_for_number(number) or MAIL
    return Destination(country, value[:-_RANGE], _LINES.get(phonenumbers.number_type(number), "other"))


def counts(
    to: Destination,
    *,
    fingerprint: bytes,
    source: bytes | None,
    person: bytes,
    mac: Callable[[bytes], bytes],
    settings: FraudSettings,
) -> list[Count]:
    """What one message is counted as, for `limits.take`. Mail has no caps by domain, country and day: it costs nothing.

    `fingerprint` is the contact's, `source` the address that asks (None where there is no telling), `person` the
    pseudonym. Only their keyed forms are kept.
    """
    found: list[tuple[str, bytes | None, tuple[Limit, ...]]] = [
        ("contact", fingerprint, settings.contact),
        ("person", person, settings.person),
        ("source", source, settings.source),
    ]
    if not _is_mail(to):
        found += [
            ("prefix", to.prefix.encode(), settings.prefix),
            ("country", to.country.encode(), settings.country),
            ("total", b"", settings.total),
        ]
    return [
        Count(limit, mac(what.encode() + b"\0" + value))
        for what, value, caps in found
        if value is not None
        for limit in caps
    ]


def judge(to: Destination, conversion: Conversion, settings: FraudSettings) -> Judged:
    """Whether SMS may go there at all. Raises Refused, save in the mode `record`; mail is always free to go."""
    reasons = tuple(_reasons(to, conversion, settings))
    if reasons and settings.mode == "enforce":
        raise Refused("no message is sent there", where=reasons[0], cure="use another factor")
    return Judged(_below(to, conversion, settings, settings.alarm_below), reasons)


def admit(limits: Sequence[Count], take: Callable[[list[Count]], None], settings: FraudSettings) -> tuple[str, ...]:
    """Count one message by `take`, which raises Throttled; in the mode `record` returns the caps it met instead."""
    if settings.mode == "enforce":
        take(list(limits))
        return ()
    met = []
    for count in sorted(limits, key=lambda one: (one.key, one.limit.name)):  # the order in which `take` locks them
        try:
            take([count])
        except Throttled:
            met.append(count.limit.name)
    return tuple(met)


def _is_mail(to: Destination) -> bool:
    return not to.prefix.startswith("+")


def _reasons(to: Destination, conversion: Conversion, settings: FraudSettings) -> Iterator[str]:
    if _is_mail(to):
        return
    if to.country not in settings.countries:
        yield "country"
    if to.line in settings.blocked:
        yield "line"
    if _below(to, conversion, settings, settings.stop_below):
        yield "conversion"


def _below(to: Destination, conversion: Conversion, settings: FraudSettings, rate: float) -> bool:
    sent, good = conversion.get(to.country, (0, 0))
    return not _is_mail(to) and sent >= settings.least_sends and good < rate * sent
