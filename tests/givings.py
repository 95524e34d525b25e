"""Givings for the tests of the desk: a row with what a test does not care about filled in, and files of them."""

import csv
import json
import os
from datetime import UTC, datetime

from solely.consent import COLUMNS, Notice
from solely.give.intake import open_intake
from solely.keys import new_keyring
from solely.purpose import COMPARTMENTS

HEADER = ",".join(COLUMNS)
NOW = datetime(2025, 1, 1, tzinfo=UTC)
SECURITY, ADS, PARTNERS = "two-factor", "tailored-audiences", "partner-audiences"


def notice(purpose=ADS, version="v1", text=None):
    return Notice(purpose, version, text or f"What we use it for: {purpose}.")


def row(subject, value="ada@example.com", **changed):
    """One giving for tailored audiences. Its kind follows from its value, its notice from its purpose."""
    given = {
        "subject": subject,
        "kind": "email" if "@" in value else "phone",
        "value": value,
        "purpose": ADS,
        "given_at": "2024-05-31T12:00:00Z",
        "withdrawn_at": "",
    } | changed
    return {"notice": f"{given['purpose']}/v1"} | given


def write(folder, rows, purposes=(SECURITY, ADS, PARTNERS, "service-notice")):
    """A file of givings, and beside it the notices of these purposes."""
    for purpose in purposes:
        place = folder / "notices" / purpose
        place.mkdir(parents=True, exist_ok=True)
        (place / "v1.txt").write_text(notice(purpose).text)
    path = folder / "given.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def intakes(policy):
    """Intakes under fresh keys, and the keyrings they were opened from."""
    rings = {name: new_keyring(name, [p.name for p in policy.of(name)], os.urandom) for name in COMPARTMENTS}
    return {name: open_intake(name, ring, os.urandom) for name, ring in rings.items()}, rings


def give(desk, subject, now=NOW, text=None, **changed):
    one = row(subject, **changed)
    purpose, _, version = one["notice"].partition("/")
    return desk.give(one, notice(purpose, version, text), now)


def counts(given):
    return given.given, given.known, given.ended


def givings(superuser, subject):
    """A subject's givings as the registry has them: purpose, kind, whether ended; and where else they are."""
    return superuser.execute(
        "SELECT g.purpose, g.kind, e.ended_at FROM registry.givings g LEFT JOIN registry.endings e"
        " USING (subject, giving) WHERE subject = %s ORDER BY 1, 2, g.given_at",
        [subject],
    ).fetchall()


def held(superuser, subject, compartment, table):
    return superuser.execute(
        f"SELECT t.* FROM {compartment}.{table} t JOIN registry.pseudonyms USING (pseudonym)"
        " WHERE subject = %s AND compartment = %s",
        [subject, compartment],
    ).fetchall()


def entries(superuser, above):
    rows = superuser.execute("SELECT body FROM ledger.entries WHERE sequence >= %s ORDER BY sequence", [above])
    return [json.loads(body) for (body,) in rows]


def size(superuser):
    return superuser.execute("SELECT size FROM ledger.head").fetchone()[0]
