"""Make a small world whose truth is known: people, what they gave for what, and what advertisers upload.

    python3 examples/world.py OUT [--people 20000] [--seed 1] [--list-rows 2000]

Nothing of Solely is used here, so truth.json can judge Solely. The standard library is all it takes, and the
same arguments always write the same bytes.

    OUT/people.csv            subject,country,name
    OUT/given.csv             one giving a row: subject,kind,value,purpose,notice,given_at,withdrawn_at
    OUT/notices/PURPOSE/vN.txt    the words a person saw when giving
    OUT/lists/                ten customer lists (exports.py)
    OUT/legacy/contacts.csv   what a platform without purposes holds
    OUT/legacy/audiences.csv  what it matched, for whom and when
    OUT/truth.json            for each list its rows, those that can't be read, and who must match: for each
                              advertising purpose, and with purposes ignored (naive); then, for each advertiser
                              of the legacy tables, who was reached through a contact not given for that
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from exports import FORMATS, Customer, customers, mailbox, sha256_hex
from population import NOTICE_VERSIONS, PARTNER, PURPOSES, TAILORED, Giving, Person, givings, people, stamp

_WORDS = {
    "two-factor": "You get your sign-in codes here. We use this contact for nothing else.",
    "account-recovery": "With this you get back into your account. We use this contact for nothing else.",
    "login-alert": "We tell you here when someone signs in. We use this contact for nothing else.",
    "service-notice": "We tell you here of changes to the service, and when something went wrong.",
    "tailored-audiences": "Yes: companies that know this contact may show me their advertising here, until I say stop.",
    "partner-audiences": "Yes: data partners may use this contact to choose advertising for me, until I say stop.",
}
_ADVERTISERS = ("harbour", "lantern", "meadow")
_AUDIENCES_EACH = 3

Index = Mapping[tuple[str, str], set[str]]  # kind and contact -> subjects


@dataclass(frozen=True, slots=True)
class World:
    """Who there is and what they gave; `r` goes on to draw the lists."""

    r: Random
    people: Sequence[Person]
    givings: Sequence[Giving]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list-rows", type=int, default=0, help="rows of each list (default: a tenth of the people)")
    arguments = parser.parse_args()
    r = Random(arguments.seed)
    everyone = people(r, arguments.people)
    world = World(r, everyone, givings(r, everyone))
    truth = write(world, arguments.out, arguments.list_rows or max(100, arguments.people // 10))
    truth = {"people": arguments.people, "seed": arguments.seed, **truth}
    (arguments.out / "truth.json").write_text(json.dumps(truth, indent=1))
    for name, one in truth["lists"].items():
        found = {purpose: len(subjects) for purpose, subjects in one["match"].items()}
        print(f"{name:27}{one['rows']:>7} rows{found[TAILORED]:>7} for tailored audiences{found['naive']:>7} naive")


def write(world: World, out: Path, list_rows: int) -> dict[str, Any]:
    """Write all files but truth.json, and return what belongs in it."""
    names = ([p.subject, p.country, f"{p.first} {p.last}"] for p in world.people)
    _csv(out / "people.csv", ("subject", "country", "name"), names)
    given = ([g.subject, g.kind, g.typed, g.purpose, g.notice, g.given_at, g.withdrawn_at] for g in world.givings)
    header = ("subject", "kind", "value", "purpose", "notice", "given_at", "withdrawn_at")
    _csv(out / "given.csv", header, given)
    for purpose, words in _WORDS.items():
        for version in NOTICE_VERSIONS:
            file = out / "notices" / purpose / f"v{version}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{words}\n(wording {version})\n")
    return {
        "lists": _write_lists(world, out / "lists", list_rows),
        "legacy_affected": _write_legacy(world, out / "legacy"),
    }


def _csv(file: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


# -- lists, and who must match


def _write_lists(world: World, folder: Path, rows: int) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    standing = {
        TAILORED: _standing(world.givings, (TAILORED,)),
        PARTNER: _standing(world.givings, (PARTNER,)),
        "naive": _standing(world.givings, PURPOSES),
    }
    truth = {}
    for name, (make, kinds) in FORMATS.items():
        listed = customers(world.r, world.people, rows)
        (folder / name).write_bytes(make(world.r, listed))
        truth[name] = {
            "rows": len(listed),
            "unusable_rows": sum(c.lost for c in listed),
            "kinds": list(kinds),
            "match": {purpose: _met(index, listed, kinds) for purpose, index in standing.items()},
        }
    return truth


def _standing(given: Iterable[Giving], purposes: Collection[str]) -> Index:
    """Who stands behind each contact that was given for one of the purposes and not withdrawn."""
    index = defaultdict(set)
    for g in given:
        if g.purpose in purposes and not g.withdrawn_at:
            index[g.kind, mailbox(g.value) if g.kind == "email" else g.value].add(g.subject)
    return index


def _met(index: Index, listed: Iterable[Customer], kinds: Collection[str]) -> list[str]:
    keys = [(kind, mailbox(c.email) if kind == "email" else c.phone) for c in listed if not c.lost for kind in kinds]
    return sorted(set().union(*(index.get(key, ()) for key in keys)))


# -- legacy tables, and who was wronged


def _write_legacy(world: World, folder: Path) -> dict[str, list[str]]:
    held = ([g.subject, g.kind, g.value, g.purpose, g.given_at, g.withdrawn_at] for g in world.givings)
    _csv(folder / "contacts.csv", ("subject", "kind", "value", "given_for", "given_at", "withdrawn_at"), held)
    by_contact = defaultdict(list)
    for g in world.givings:
        by_contact[g.kind, g.value].append(g)
    rows, wronged = [], {}
    for advertiser in _ADVERTISERS:
        found: set[str] = set()
        for audience, (kind, value), at in _legacy_matches(world):
            rows.append((advertiser, f"{advertiser}-{audience}", sha256_hex(value), at))
            found |= _wronged(by_contact.get((kind, value), ()), at)
        wronged[advertiser] = sorted(found)
    _csv(folder / "audiences.csv", ("advertiser", "audience", "identifier_sha256", "matched_at"), rows)
    return wronged


def _legacy_matches(world: World) -> Iterable[tuple[int, tuple[str, str], str]]:
    for audience in range(1, _AUDIENCES_EACH + 1):
        for c in customers(world.r, world.people, max(50, len(world.people) // 20)):
            at = datetime(2020, 1, 1) + timedelta(minutes=world.r.randrange(4 * 365 * 1440))  # noqa: DTZ001 - written as UTC
            yield audience, world.r.choice((("email", c.email), ("phone", c.phone))), stamp(at)


def _wronged(given: Iterable[Giving], at: str) -> set[str]:
    """Those who had given this contact by then, but not, at that moment, for tailored advertising."""
    by_then = [g for g in given if g.given_at <= at]
    agreed = {g.subject for g in by_then if g.purpose == TAILORED and (not g.withdrawn_at or g.withdrawn_at > at)}
    return {g.subject for g in by_then} - agreed


if __name__ == "__main__":
    main()
