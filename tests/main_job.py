"""The main job on one world, compared with the world's truth: for the tests, and for the whole grid."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from solely.app import Solely, init
from solely.app.audit import audit_tables

PURPOSES = ("tailored-audiences", "partner-audiences")


@dataclass
class Found:
    givings: int = 0
    checks: int = 0
    differences: list[str] = field(default_factory=list)

    def compare(self, what: str, found: Any, truth: Any) -> None:
        self.checks += 1
        if found != truth:
            self.differences.append(f"{what}: {_size(found)}, and in truth {_size(truth)}")


def _size(value: Any) -> Any:
    return value if isinstance(value, int) else len(value)


def differences(world: Path, truth: dict[str, Any], data: Path) -> Found:
    """Do the main job on a world in the new directory `data`, and say where it differs from the truth."""
    found = Found()
    init(data)
    with Solely(data) as solely:
        given = solely.give_file(world / "given.csv")
        found.givings = given.given
        found.compare("refused givings", sum(given.refused.values()), 0)
        for name, expected in truth["lists"].items():
            match(solely, world / "lists" / name, expected, found)
        found.compare("uses in a ledger that verifies", solely.verify_ledger().size >= 20, truth=True)
    legacy = world / "legacy"
    report = audit_tables(str(legacy / "contacts.csv"), str(legacy / "audiences.csv"), legal=("tailored-audiences",))
    for advertiser, subjects in truth["legacy_affected"].items():
        found.compare(f"affected by {advertiser}", list(report.advertisers[advertiser].subjects), subjects)
    return found


def match(solely: Solely, file: Path, expected: dict[str, Any], found: Found) -> None:
    for purpose in PURPOSES:
        audience = f"{file.name} {purpose[:3]}"
        report = solely.match(file, "acme", audience, purpose).report
        found.compare(f"{file.name}, rows", report.rows, expected["rows"])
        found.compare(f"{file.name}, unusable", sum(report.unusable.values()), expected["unusable_rows"])
        members = solely.members("acme", audience)
        found.compare(f"{file.name}, members for {purpose}", members, expected["match"][purpose])
