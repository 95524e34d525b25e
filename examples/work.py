"""The steps of the tour: Solely at work on a made world, then a platform without purposes on the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interrupts import held
from naive import Giving, Platform
from terminal import Step, Steps

from solely.answer.audit import AuditReport
from solely.app import Solely, init
from solely.app.audit import audit_tables
from solely.errors import Refused
from solely.ledger.proof import Verified

__all__ = ["Found", "Matched", "make_world", "work"]

EXAMPLES = Path(__file__).resolve().parent
MAKERS = (EXAMPLES.parent.parent / "shared" / "world" / "make_world.py", EXAMPLES / "world.py")
ADVERTISERS = {"tailored-audiences": "shop", "partner-audiences": "data partner"}
LAWFUL = ("tailored-audiences",)


@dataclass(frozen=True, slots=True)
class Matched:
    """One list: its rows, those usable, and for each purpose the subjects Solely put in the audience."""

    rows: int
    usable: int
    members: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """All that was found. `met` is what each list meets where purposes are ignored."""

    truth: Mapping[str, Any]
    matched: Mapping[str, Matched]
    platform: Platform
    met: Mapping[str, set[Giving]]
    audit: AuditReport
    ledger: Verified
    refusal: int


def make_world(steps: Steps, world: Path, people: int, seed: int) -> None:
    """People, what they gave, and lists: by the maker that is there."""
    maker = next(path for path in MAKERS if path.is_file())
    with steps.step("making a world") as step:
        options = ("--people", str(people), "--seed", str(seed))
        subprocess.run([sys.executable, str(maker), str(world), *options], check=True, stdout=subprocess.DEVNULL)
        step.done = f"{people:,} people are invented, with what they gave, and ten lists."


def work(steps: Steps, world: Path, data: Path) -> Found:
    """All that comes after the world is there."""
    truth = json.loads((world / "truth.json").read_text())
    lists = [world / "lists" / name for name in truth["lists"]]
    with steps.step("making a data directory") as step:
        with held():
            policy = init(data)
        step.done = f"A data directory is made: {len(policy.purposes)} purposes, keys, database, ledger."
    with _open(data) as solely:
        _give(steps, solely, world / "given.csv")
        with steps.step("matching") as step:
            matched = {file.name: _match(step, solely, file) for file in lists}
            step.done = f"{len(lists)} lists are matched, for tailored and for partner audiences."
        refusal = _refuse(steps, solely, lists[0])
    with _open(data) as solely, steps.step("verifying the ledger") as step:
        ledger = solely.verify_ledger()
        step.done = f"The ledger is verified: {ledger.size} entries, under a signed head."
    platform, met = _without_purposes(steps, world, lists)
    return Found(truth, matched, platform, met, _audit(steps, world / "legacy"), ledger, refusal)


@contextmanager
def _open(data: Path) -> Iterator[Solely]:
    """`with Solely(data)`, whose start and end can't be interrupted."""
    with ExitStack() as stack:
        with held():
            solely = stack.enter_context(Solely(data))
        try:
            yield solely
        finally:
            with held():
                stack.close()


def _give(steps: Steps, solely: Solely, file: Path) -> None:
    with steps.step("giving") as step:
        given = solely.give_file(file, on_progress=lambda so_far: step.doing(f"giving: {so_far.rows:,} rows"))
        refused = sum(given.refused.values())
        step.done = f"{given.given:,} contacts are given, each for one purpose" + (
            f"; {refused:,} rows are refused." if refused else f"; {given.ended:,} were withdrawn."
        )


def _match(step: Step, solely: Solely, file: Path) -> Matched:
    """One list for both purposes, and, as the privacy officer sees them, the members of each audience."""
    members, report = {}, None
    for purpose, advertiser in ADVERTISERS.items():
        step.doing(f"matching {file.name} for {purpose}")
        report = solely.match(file, advertiser, file.name, purpose).report
        members[purpose] = solely.members(advertiser, file.name)
    return Matched(report.rows, report.usable, members)


def _refuse(steps: Steps, solely: Solely, file: Path) -> int:
    """Ask for what must not be. Returns the sequence of the entry that holds the refusal."""
    with steps.step("asking for two-factor contacts") as step:
        before = solely.verify_ledger().size
        try:
            solely.match(file, ADVERTISERS["tailored-audiences"], "not to be", "two-factor")
        except Refused:
            refusal = solely.verify_ledger().size - 1
        else:
            raise AssertionError("a list was matched with two-factor contacts")
        assert refusal == before, "the refusal is not the next entry"
        step.done = f"Matching against two-factor contacts is refused: ledger entry {refusal}."
    return refusal


def _without_purposes(steps: Steps, world: Path, lists: list[Path]) -> tuple[Platform, dict[str, set[Giving]]]:
    with steps.step("matching without purposes") as step:
        platform, met = Platform(world / "given.csv"), {}
        for file in lists:
            step.doing(f"matching {file.name} without purposes")
            met[file.name] = platform.match(file)
        step.done = "The same lists are matched as a platform without purposes would."
    return platform, met


def _audit(steps: Steps, legacy: Path) -> AuditReport:
    with steps.step("auditing") as step:
        report = audit_tables(
            str(legacy / "contacts.csv"),
            str(legacy / "audiences.csv"),
            legal=LAWFUL,
            tell=lambda words, _part: step.doing(f"auditing: {words}"),
        )
        step.done = f"An older platform's tables are audited: {report.affected:,} people wronged."
    return report
