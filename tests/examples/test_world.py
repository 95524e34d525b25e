"""The two makers of worlds agree on what a world is, and ours is the same every time and true to itself."""

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import phonenumbers
import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ROOT / "examples" / "world.py"
SHARED = ROOT.parent / "shared" / "world" / "make_world.py"
PEOPLE = 1_500


def make(maker, out, *options):
    subprocess.run([sys.executable, maker, out, *options], check=True, stdout=subprocess.DEVNULL)
    return out


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return make(OURS, tmp_path_factory.mktemp("ours"), "--people", str(PEOPLE), "--seed", "3")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    if not SHARED.is_file():
        pytest.skip("no other maker beside this project")
    return make(SHARED, tmp_path_factory.mktemp("shared"), "--people", str(PEOPLE), "--seed", "3")


def files(world):
    return {str(file.relative_to(world)): file.read_bytes() for file in world.rglob("*") if file.is_file()}


def rows(world, name):
    with (world / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def truth(world):
    return json.loads((world / "truth.json").read_text())


def test_the_same_arguments_write_the_same_bytes(ours, tmp_path):
    again = make(OURS, tmp_path, "--people", str(PEOPLE), "--seed", "3")
    assert files(again) == files(ours)


def test_another_seed_is_another_world(ours, tmp_path):
    other = files(make(OURS, tmp_path, "--people", str(PEOPLE), "--seed", "4"))
    assert other.keys() == files(ours).keys()
    assert other["given.csv"] != files(ours)["given.csv"]


def test_lists_are_as_long_as_asked(tmp_path):
    world = make(OURS, tmp_path, "--people", "200", "--list-rows", "40")
    assert {one["rows"] for one in truth(world)["lists"].values()} == {40}


def test_both_makers_write_the_same_files_with_the_same_columns(ours, shared):
    assert files(ours).keys() == files(shared).keys()
    for name in ("people.csv", "given.csv", "legacy/contacts.csv", "legacy/audiences.csv"):
        assert list(rows(ours, name)[0]) == list(rows(shared, name)[0])
    for column in ("kind", "purpose", "notice"):
        assert {row[column] for row in rows(ours, "given.csv")} == {row[column] for row in rows(shared, "given.csv")}


def test_both_makers_tell_the_truth_in_the_same_shape(ours, shared):
    mine, other = truth(ours), truth(shared)
    assert mine.keys() == other.keys()
    assert (mine["people"], mine["seed"]) == (other["people"], other["seed"])
    assert mine["lists"].keys() == other["lists"].keys()
    for name, one in mine["lists"].items():
        assert one.keys() == other["lists"][name].keys()
        assert one["match"].keys() == other["lists"][name]["match"].keys()
        assert (one["rows"], one["kinds"]) == (other["lists"][name]["rows"], other["lists"][name]["kinds"])
    assert all(isinstance(subjects, list) for subjects in mine["legacy_affected"].values())


def test_the_truth_of_a_hashed_list_by_hand(ours):
    """Done over from the files alone: one column of SHA-256, met by addresses as they are and as Gmail sees them."""
    held = {}
    for row in rows(ours, "given.csv"):
        if row["kind"] == "email" and not row["withdrawn_at"]:
            held.setdefault(row["value"].strip().lower(), []).append((row["subject"], row["purpose"]))
    by_digest = {hashlib.sha256(address.encode()).hexdigest(): givings for address, givings in held.items()}
    listed = (ours / "lists" / "x-sha256.txt").read_text().split()
    met = [giving for digest in listed for giving in by_digest.get(digest, ())]
    told = truth(ours)["lists"]["x-sha256.txt"]["match"]
    assert (
        sorted({subject for subject, purpose in met if purpose == "tailored-audiences"}) == told["tailored-audiences"]
    )
    assert sorted({subject for subject, _ in met}) == told["naive"]


def test_the_truth_of_the_legacy_tables_by_hand(ours):
    held = {}
    for row in rows(ours, "legacy/contacts.csv"):
        held.setdefault(hashlib.sha256(row["value"].encode()).hexdigest(), []).append(row)
    affected = {}
    for match in rows(ours, "legacy/audiences.csv"):
        at, wronged = match["matched_at"], affected.setdefault(match["advertiser"], set())
        for subject in {row["subject"] for row in held.get(match["identifier_sha256"], ())}:
            theirs = [r for r in held[match["identifier_sha256"]] if r["subject"] == subject and r["given_at"] <= at]
            agreed = [r for r in theirs if r["given_for"] == "tailored-audiences" and (r["withdrawn_at"] or "9") > at]
            if theirs and not agreed:
                wronged.add(subject)
    assert {name: sorted(subjects) for name, subjects in affected.items()} == truth(ours)["legacy_affected"]


def test_a_naive_match_takes_more_than_any_purpose_allows(ours):
    for one in truth(ours)["lists"].values():
        allowed = set(one["match"]["tailored-audiences"]) | set(one["match"]["partner-audiences"])
        assert allowed < set(one["match"]["naive"])


def test_every_number_could_be_dialled(ours):
    numbers = {row["value"] for row in rows(ours, "legacy/contacts.csv") if row["kind"] == "phone"}
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)


def test_the_maker_knows_nothing_of_solely():
    for file in ("world.py", "population.py", "exports.py"):
        code = (OURS.parent / file).read_text()
        assert not [line for line in code.splitlines() if line.startswith(("import solely", "from solely"))]
