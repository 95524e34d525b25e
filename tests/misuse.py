"""Planted misuse: small worlds, each with something that should not have been, and the question that asks for it.

Many worlds share a platform: each has names, notices, imports and a span of time of its own. Whom a question affects
is told from the acts alone (tests/acts.py), by code that shares none with what is tested.
"""

from dataclasses import dataclass
from datetime import timedelta

from acts import ADS, PARTNERS, SECURITY, SERVICE
from solely.answer.affected import UNKNOWN, Counts
from solely.answer.question import Question

KINDS = (
    "import", "period", "notice", "partner", "software", "policy", "audience", "advertiser", "purpose", "elsewhere",
    "givings", "everything",
)  # fmt: skip
COUNTRIES = ("DE", "FR", "BR", None, None)


@dataclass
class World:
    """What is of one world: its names, and where its acts begin among the platform's."""

    name: str
    start: object
    since: int
    gave: int
    imports: list
    half: object = None

    def people(self, chance):
        return [f"{self.name}p{n}" for n in range(chance.randint(2, 6))]


def grow(platform, chance, number):
    """Let a world happen: givings in two imports, matches, sends, ends, kills, now and then a restart between."""
    platform.wait(hours=1)
    world = World(f"w{number}", platform.time, len(platform.uses), len(platform.gave), [])
    people = world.people(chance)
    values = {
        one: [f"{one}@example.com", f"{one}@example.org", _phone(number, place)] for place, one in enumerate(people)
    }
    for _ in range(2):
        platform.wait(minutes=1)
        rows = _rows(platform, chance, world, people, values)
        if rows:
            world.imports.append(platform.give(rows))
    for step in range(chance.randint(2, 5)):
        platform.wait(minutes=chance.choice([0, 1, 60, 60 * 24 * 5, 60 * 24 * 31]))
        if step == 1:
            world.half = platform.time
        _something(platform, chance, world, values)
    platform.wait(minutes=1)
    return world


def _phone(number, place):
    return f"+4915{number:06}{place:02}"


def _rows(platform, chance, world, people, values):
    standing = {
        (one.subject, one.value, one.purpose) for one in platform.gave[world.gave :] if one.stands(platform.time)
    }
    rows = {}
    for one in people:
        for purpose in chance.sample([ADS, ADS, ADS, PARTNERS, SECURITY, SERVICE], 2):
            value = chance.choice(values[one])
            if (one, value, purpose) not in standing:
                notice = f"{world.name}{chance.choice('ab')}"
                rows[one, purpose] = (one, purpose, value, notice, chance.choice(COUNTRIES))
    return list(rows.values())


def _something(platform, chance, world, values):
    mine = [one for one in platform.gave[world.gave :] if one.stands(platform.time) and not one.erased]
    what = chance.choice(["match"] * 6 + ["send"] * 2 + ["withdraw", "erase", "restart"])
    if what == "send" and (may := [one for one in mine if one.purpose in {SECURITY, SERVICE}]):
        platform.send(chance.choice(may))
    elif what == "withdraw" and mine:
        one = chance.choice(mine)
        platform.withdraw(one.subject, one.purpose)
    elif what == "erase" and mine and chance.random() < 0.5:
        platform.erase(chance.choice(mine).subject)
    elif what == "restart" and chance.random() < 0.1:
        platform.restart(software=f"{world.name}.0", policy=world.name, rotate=chance.random() < 0.5)
    else:
        _match(platform, chance, world, values)


def _match(platform, chance, world, values):
    purpose = chance.choice([ADS, ADS, PARTNERS])
    listed = [value for some in values.values() for value in some if chance.random() < 0.6]
    partner = chance.choice([None, f"{world.name}partner"])
    killed = chance.choice([None] * 8 + ["before", "after"])
    advertiser, audience = f"{world.name}{chance.choice(['acme', 'globex'])}", f"{chance.choice('mn')} {purpose[:3]}"
    platform.match(listed, advertiser, audience, purpose, partner, killed)


def ask(platform, chance, world, kind):
    """A question of a kind about a world; None where it has nothing of that kind."""
    uses = platform.uses[world.since :]
    if not uses:
        return None
    span = {"since": world.start, "until": platform.time}
    names = {
        "import": lambda: {"imports": {chance.choice(world.imports)}},
        "period": lambda: _period(chance, world, uses, platform.time),
        "notice": lambda: {"notices": {_notice(chance.choice(platform.gave[world.gave :]))}},
        "partner": lambda: {"partners": _one(chance, [use.partner for use in uses])},
        "software": lambda: {"software": {chance.choice(uses).software}} | span,
        "policy": lambda: {"policies": {chance.choice(uses).policy[: chance.randint(8, 64)]}} | span,
        "audience": lambda: {"audiences": _one(chance, [_audience(use) for use in uses])},
        "advertiser": lambda: {"advertisers": _one(chance, [_advertiser(use) for use in uses])},
        "purpose": lambda: {"purposes": {chance.choice(uses).purpose}} | span,
        "elsewhere": lambda: {"purposes": {SECURITY, SERVICE}} | span,
        "givings": lambda: {"givings": _ids(platform, chance, world)},
        "everything": lambda: span,
    }
    parts = names[kind]()
    if any(value in ({None}, set(), None) for value in parts.values()):
        return None
    if chance.random() < 0.3:  # and something else besides
        parts = _period(chance, world, uses, platform.time) | parts
    return Question(**parts)


def _period(chance, world, uses, now):
    moments = sorted({world.start, now, *(use.at + timedelta(microseconds=d) for use in uses for d in (0, 1))})
    first, last = sorted(chance.sample(range(len(moments)), 2))
    return {"since": moments[first], "until": moments[last]}


def _notice(gave):
    return f"{gave.purpose}/{gave.notice}"


def _one(chance, names):
    there = [one for one in names if one]
    return {chance.choice(there)} if there else set()


def _advertiser(use):
    return use.by.removeprefix("advertiser ") if use.audience else None


def _audience(use):
    return f"{_advertiser(use)}/{use.audience}" if use.audience else None


def _ids(platform, chance, world):
    mine = [one for one in platform.gave[world.gave :] if not one.erased]
    return {platform.id_of(one) for one in chance.sample(mine, min(len(mine), 3))}


def expected(platform, world, question):
    """The subjects and the counts, told from the acts."""
    pairs = list(platform.used(question, world.since))
    people = {gave.subject for _, gave in pairs}
    countries = {}
    for _, gave in pairs:
        countries.setdefault(gave.subject, set()).update({gave.country} - {None})
    known = [(country, subject) for subject, some in countries.items() for country in some or {UNKNOWN}]
    return people, Counts(
        len(people),
        _counted((_advertiser(use), gave.subject) for use, gave in pairs),
        _counted((_audience(use), gave.subject) for use, gave in pairs),
        _counted((f"{use.at:%Y-%m}", gave.subject) for use, gave in pairs),
        _counted(known),
        _counted((use.purpose, gave.subject) for use, gave in pairs),
    )


def _counted(pairs):
    found = {}
    for name, subject in pairs:
        if name:
            found.setdefault(name, set()).add(subject)
    return {name: len(subjects) for name, subjects in found.items()}


def differs(platform, world, question):
    """What the answer has that it should not, or lacks; empty where it is exact."""
    people, counts = expected(platform, world, question)
    asked = platform.solely.affected(question)
    listed = list(asked.subjects())
    erased = {one.subject for one in platform.gave[world.gave :] if one.erased}
    found = {one for one in listed if not one.startswith("erased:")}
    wrong = []
    if len(listed) != len(set(listed)) or found != people - erased or len(listed) != len(people):
        wrong.append(("subjects", sorted(listed), sorted(people), sorted(erased)))
    if (said := asked.counts()) != counts:
        wrong.append(("counts", said, counts))
    return wrong
