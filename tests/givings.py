"""Givings for the tests of the desk: a row with what a test does not care about filled in, and files of them."""

import csv
import os

from solely.consent import COLUMNS, Notice
from solely.give.intake import open_intake
from solely.keys import new_keyring
from solely.purpose import COMPARTMENTS

HEADER = ",".join(COLUMNS)
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
