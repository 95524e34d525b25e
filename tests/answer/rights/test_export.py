"""The file a person takes away: all of it, nobody else's, each part as it says, and proved."""

import csv
import hashlib
import io
import json
import stat
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import solely.answer.rights.export as module
from rights import ADDRESS, NUMBER, OTHER, PURPOSES, WHO, words
from solely.answer.rights.export import FORMAT
from solely.app.rights import export, objected
from solely.errors import Conflict, NotFound, Unavailable
from solely.gate import LedgerGate
from solely.ledger.checkpoint import read_verifier_key
from solely.ledger.member_receipt import verify_member_receipt
from solely.ledger.receipt import verify_receipt

pytestmark = pytest.mark.server
SCHEMAS = Path(module.__file__).parent


@pytest.fixture(scope="module")
def taken(place):
    path = place.folder / "mine.zip"
    export(place.parts, WHO, path)
    return path


@pytest.fixture(scope="module")
def inside(taken):
    with zipfile.ZipFile(taken) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def rows(inside, table):
    return list(csv.DictReader(io.StringIO(inside[f"csv/{table}.csv"].decode(), newline="")))


def test_it_is_its_person_s_alone_and_nothing_half_done_is_beside_it(place, taken):
    assert stat.S_IMODE(taken.stat().st_mode) == 0o600
    assert [path.name for path in place.folder.iterdir() if path.name.endswith(".part")] == []


def test_the_manifest_names_every_other_file_with_its_digest(inside):
    manifest = json.loads(inside["manifest.json"])
    assert manifest["format"] == FORMAT
    assert manifest["software"].startswith("solely ")
    listed = {one["name"]: (one["bytes"], one["sha256"]) for one in manifest["files"]}
    assert listed == {
        name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in inside.items() if name != "manifest.json"
    }


def test_the_data_is_as_its_schema_says(inside):
    schema = json.loads((SCHEMAS / "data.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(inside["data.json"]))
    assert inside["data.schema.json"] == (SCHEMAS / "data.schema.json").read_bytes()


def test_what_is_under_seal_is_in_it_whole_and_what_is_tokens_is_not(inside):
    data = json.loads(inside["data.json"])
    contacts = {(one["purpose"]["name"], one["kind"]): one["contact"] for one in data["givings"]}
    assert contacts == {
        ("two-factor", "email"): ADDRESS,
        ("two-factor", "phone"): NUMBER,
        ("service-notice", "email"): ADDRESS,
        ("tailored-audiences", "email"): None,
        ("partner-audiences", "email"): None,
        ("ad-measurement", "email"): None,
        ("login-alert", "email"): None,
    }


def test_each_opening_was_written_down_and_is_among_what_it_tells(inside):
    acts = json.loads(inside["data.json"])["acts"]
    opened = [one for one in acts if one["what"] == "access" and one["details"] == {"form": "whole"}]
    assert {one["purpose"] for one in opened} == {"two-factor", "service-notice"}
    assert len(opened) >= 3


def test_the_tables_have_the_same_rows_and_no_cell_is_a_formula(inside):
    data = json.loads(inside["data.json"])
    assert [one["giving"] for one in rows(inside, "givings")] == [one["giving"] for one in data["givings"]]
    assert [one["entry"] for one in rows(inside, "acts")] == [str(one["entry"]) for one in data["acts"]]
    assert [one["purpose"] for one in rows(inside, "preferences")] == ["partner-audiences"]
    assert [one["kind"] for one in rows(inside, "factors")] == ["totp"]
    for table in ("givings", "acts", "preferences", "factors", "devices"):
        for row in rows(inside, table):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row.values())
    assert f"'{NUMBER}" in {one["contact"] for one in rows(inside, "givings")}


def test_the_words_they_saw_the_records_and_a_page_are_in_it(inside):
    for purpose in (*PURPOSES, "login-alert"):
        assert inside[f"notices/{purpose}/v1.txt"].decode() == words(purpose)
    assert sum(name.startswith("receipts/") for name in inside) == 7
    page = inside["my-uses.html"].decode()
    assert "<html" in page
    assert ADDRESS in page
    assert "advertiser acme" in page


def test_each_act_is_proved_by_what_is_in_the_file_alone(inside):
    key = read_verifier_key(inside["proofs/verifier.key"].decode().strip())
    acts = json.loads(inside["data.json"])["acts"]
    members = [name for name in inside if name.endswith(".member")]
    assert len(members) == len(acts)
    for name in members:
        entry = name.split("/")[1][:6]
        proven = verify_receipt(inside[f"proofs/{entry}.tlog-proof"].decode(), key)
        assert proven.entry.sequence == int(entry)
        verify_member_receipt(inside[name].decode(), proven.entry.members)


def test_nothing_of_another_is_in_it(inside):
    for data in inside.values():
        assert OTHER.encode() not in data
        assert b"bob" not in data


def test_a_second_one_differs_only_in_when_and_in_that_there_was_a_first(place, inside):
    path = place.folder / "again.zip"
    export(place.parts, WHO, path)
    with zipfile.ZipFile(path) as file:
        again = {name: file.read(name) for name in file.namelist()}
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    same = {name for name, data in inside.items() if again.get(name) == data}
    assert {"README.txt", "csv/factors.csv", "csv/preferences.csv", "proofs/verifier.key"} < same
    assert {name for name in inside if name.startswith(("receipts/", "notices/"))} <= same


@pytest.mark.parametrize("subject", ["nobody", "", "a\nb"])
def test_who_is_not_known_is_not_found_and_leaves_no_file(place, subject):
    with pytest.raises(NotFound):
        export(place.parts, subject, place.folder / "none.zip")
    assert [path for path in place.folder.iterdir() if "none" in path.name] == []


def test_a_file_that_is_there_stays_and_nothing_is_opened_for_it(place, taken):
    before = taken.read_bytes()
    (size,) = place.parts.entries.connection.execute("SELECT count(*) FROM ledger.entries").fetchone()
    with pytest.raises(Conflict):
        export(place.parts, WHO, taken)
    assert taken.read_bytes() == before
    assert place.parts.entries.connection.execute("SELECT count(*) FROM ledger.entries").fetchone() == (size,)


def test_where_the_ledger_can_t_be_written_there_is_no_file(place, monkeypatch):
    def shut(*_):
        raise Unavailable("the ledger can't be written")

    monkeypatch.setattr(LedgerGate, "write_down", shut)
    with pytest.raises(Unavailable):
        export(place.parts, WHO, place.folder / "none.zip")
    assert [path for path in place.folder.iterdir() if "none" in path.name] == []


def test_a_person_of_whom_only_an_objection_is_known_has_that(place):
    objected(place.parts, "only-objects", source="gpc")
    place.clock.now += timedelta(seconds=1)
    path = place.folder / "objection.zip"
    export(place.parts, "only-objects", path)
    with zipfile.ZipFile(path) as file:
        data = json.loads(file.read("data.json"))
    assert (data["givings"], [one["what"] for one in data["acts"]]) == ([], ["preference"])
    assert all(one["objects"] for one in data["preferences"]["purposes"].values())
