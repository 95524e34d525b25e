"""Invented people, and what each of them gave for what: the population of a made world.

Everything is drawn from one `random.Random`, so the same seed always makes the same people. No name, number
or address is anyone's: numbers are drawn from ranges of mobile phones, and may by chance exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

SECURITY = ("two-factor", "account-recovery", "login-alert")
SERVICE = "service-notice"
TAILORED, PARTNER = "tailored-audiences", "partner-audiences"
PURPOSES = (*SECURITY, SERVICE, TAILORED, PARTNER)
NOTICE_VERSIONS = (1, 2, 3)

_FIRST = "Aisha Benoît Çelik Dagny Emre Fleur Gonçalo Håkon Isla Jürgen Kenji Łucja Milena Noël Orla Pablo".split()  # noqa: SIM905
_LAST = "Andersson Bąk Carvalho Deschamps Ekström Fontaine Gupta Hernández Ito Jørgensen Keller Lefèvre Moretti".split()  # noqa: SIM905
_ASCII = str.maketrans("îçåüłëąöáøè", "icaulaaoaoe") | str.maketrans("Ç", "C") | str.maketrans("Ł", "L")
_HOSTS = {
    "gmail.com": 38,
    "outlook.com": 16,
    "yahoo.com": 11,
    "icloud.com": 10,
    "example.org": 8,
    "gmx.de": 7,
    "laposte.net": 4,
    "googlemail.com": 3,
    "example.com.br": 3,
}
_SECOND_HOST = "work.example.com"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a country numbers its mobiles: calling code, trunk prefix, first digits, and how many follow."""

    code: str
    trunk: str
    starts: tuple[str, ...]
    rest: int
    weight: int


PLANS = {
    "US": Plan("1", "", ("2024", "3035", "4046", "5127", "2067"), 6, 28),
    "BR": Plan("55", "0", ("1198", "2197", "3199", "7198"), 7, 13),
    "IN": Plan("91", "0", ("981", "970", "900"), 7, 13),
    "GB": Plan("44", "0", ("7712", "7823", "7931"), 6, 12),
    "DE": Plan("49", "0", ("170", "171", "172", "175", "179"), 7, 11),
    "FR": Plan("33", "0", ("61", "62", "66", "76"), 7, 9),
    "JP": Plan("81", "0", ("802", "804", "902", "905"), 7, 7),
    "IT": Plan("39", "", ("328", "335", "347"), 7, 4),
    "ES": Plan("34", "", ("61", "65", "69"), 7, 3),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with an account: one or two e-mail addresses, one phone, each in its plainest spelling."""

    subject: str
    country: str
    first: str
    last: str
    emails: tuple[str, ...]
    phone: str


@dataclass(frozen=True, slots=True)
class Giving:
    """One contact given for one purpose; `typed` is the value as the person wrote it. Times are ISO 8601 in UTC."""

    subject: str
    kind: str
    value: str
    typed: str
    purpose: str
    notice: str
    given_at: str
    withdrawn_at: str


def draw_name(r: Random) -> tuple[str, str]:
    return r.choice(_FIRST), r.choice(_LAST)


def draw_country(r: Random) -> str:
    return r.choices(list(PLANS), [plan.weight for plan in PLANS.values()])[0]


def draw_phone(r: Random, country: str) -> str:
    """A number as +, calling code and digits."""
    plan = PLANS[country]
    return f"+{plan.code}{r.choice(plan.starts)}{r.randrange(10**plan.rest):0{plan.rest}d}"


def national(phone: str, country: str) -> str:
    """The number as it is written inside its country."""
    plan = PLANS[country]
    return plan.trunk + phone[1 + len(plan.code) :]


def spaced(phone: str) -> str:
    digits = phone[3:]
    return " ".join([phone[:3], *(digits[i : i + 3] for i in range(0, len(digits), 3))])


def people(r: Random, count: int) -> list[Person]:
    return [_person(r, number) for number in range(count)]


def _person(r: Random, number: int) -> Person:
    country, (first, last) = draw_country(r), draw_name(r)
    f, la = (name.translate(_ASCII).lower() for name in (first, last))
    local = r.choice((f"{f}.{la}", f"{la}{f[0]}", f"{f}_{la}", f"{f[0]}.{la}", f"{la}.{f}")) + str(number)
    emails = [f"{local}@{r.choices(list(_HOSTS), list(_HOSTS.values()))[0]}"]
    if r.random() < 0.3:
        emails.append(f"{local}@{_SECOND_HOST}")
    return Person(f"p{number:07d}", country, first, last, tuple(emails), draw_phone(r, country))


def givings(r: Random, everyone: list[Person]) -> list[Giving]:
    """What all of them gave, person by person."""
    return [
        _giving(r, person, kind, value, purpose, ends)
        for person in everyone
        for kind, value, purpose, ends in _wishes(r, person)
    ]


def _wishes(r: Random, person: Person) -> Iterator[tuple[str, str, str, bool]]:
    """Yields kind, value, purpose and whether it is withdrawn later, in the order in which they are given."""
    main, other = person.emails[0], person.emails[-1]
    yield "email", main, SERVICE, False
    roll = r.random()
    if roll < 0.44:  # trusts the platform with a contact that keeps the account safe, and wants no advertising
        yield "phone", person.phone, r.choice(SECURITY), False
        if r.random() < 0.5:
            yield "email", other, r.choice(SECURITY), False
    elif roll < 0.78:  # agreed to advertising through a contact; some of them thought better of it
        ends = r.random() < 0.12
        yield "email", r.choice(person.emails), TAILORED, ends
        if r.random() < 0.5:
            yield "phone", person.phone, TAILORED, ends
        if r.random() < 0.4:  # the same number for security too: two givings of one number
            yield "phone", person.phone, "two-factor", False
        if r.random() < 0.3:
            yield "email", main, PARTNER, r.random() < 0.1
    elif roll < 0.88:
        yield "email", main, PARTNER, False


def _giving(r: Random, person: Person, kind: str, value: str, purpose: str, ends: bool) -> Giving:  # noqa: FBT001
    at = datetime(2019, 1, 1) + timedelta(minutes=r.randrange(5 * 365 * 1440))  # noqa: DTZ001 - written as UTC
    end = stamp(at + timedelta(days=r.randint(1, 300))) if ends else ""
    notice = f"{purpose}/v{r.choice(NOTICE_VERSIONS)}"
    return Giving(person.subject, kind, value, _typed(r, kind, value), purpose, notice, stamp(at), end)


def stamp(at: datetime) -> str:
    return f"{at.isoformat()}Z"


def _typed(r: Random, kind: str, value: str) -> str:
    if kind == "email":
        return r.choice((value, value, value, value.upper(), f"{value}  ", value.capitalize()))
    return r.choice((value, value, spaced(value), f"{value[:3]}-{value[3:]}", f"00{value[1:]}"))
