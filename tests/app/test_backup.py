"""A backup: all of a directory at one moment, what opens its contacts apart from it, whole or not at all."""

import gzip
import json
import threading

import pytest

from backups import ADS, SECURITY, address, fill, give
from directories import copied
from solely.app import Solely, backup, erased
from solely.app.backup import back_up, shred
from solely.app.directory import read_keyring
from solely.app.manifest import NAME, check_files, read_manifest
from solely.contact import Contact
from solely.errors import Conflict, Tampered

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def data(made, tmp_path_factory):
    directory = copied(made, tmp_path_factory.mktemp("backing-up") / "data")
    with Solely(directory, signs=False) as solely:
        fill(solely, directory.parent)
        yield solely


@pytest.fixture(scope="module")
def one(data, tmp_path_factory):
    """A backup, and its keys apart."""
    place = tmp_path_factory.mktemp("backups")
    told = []
    back_up(data, place / "rows" / "one", place / "keys", told.append)
    return place / "rows" / "one", place / "keys" / "one"


def everything(folder):
    """Every byte of a folder, also of what is compressed."""
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield gzip.decompress(data) if path.suffix == ".gz" else data


def test_its_manifest_tells_the_ledger_the_policy_and_each_file_and_is_signed(data, one):
    rows, apart = one
    key = read_keyring(data.directory, "ledger").ledger().public_key
    manifest = read_manifest(rows, key)
    check_files(rows, manifest)
    check_files(apart, read_manifest(apart, key))
    proven = data.verify_ledger()
    assert (manifest.ledger.size, manifest.ledger.root) == (proven.size, proven.root.hex())
    assert manifest.policy == data.policy.digest
    assert {"policy.toml", "checkpoint", "erased", "database/toc.dat"} <= set(manifest.files)


def test_what_opens_contacts_is_apart_and_nothing_of_it_is_in_the_rows(data, one):
    rows, apart = one
    kept = b"".join(everything(apart / "wrapped")).decode().splitlines()
    wrapped = [line.split(",")[-1] for line in kept if not line.startswith("pseudonym")]
    assert len(wrapped) > 5
    found = b"".join(everything(rows))
    assert not any(one.removeprefix("\\x").encode() in found for one in wrapped)
    for path in (data.directory / "keys").iterdir():
        assert (apart / "keys" / path.name).read_bytes() == path.read_bytes()
        secrets = json.loads(path.read_text())["content"]["secrets"]
        for secret in (text for name, text in secrets.items() if name != "origin"):
            assert secret.encode() not in found
    assert all(path.stat().st_mode & 0o077 == 0 for path in (apart, rows, *(apart / "keys").iterdir()))


def test_no_contact_and_no_stranger_is_in_it(one):
    for folder in one:
        found = b"".join(everything(folder))
        for who in ("p0", "p2", "stranger"):
            digest = Contact.read("email", address(who)).key_digest()
            for trace in (address(who).encode(), digest, digest.hex().encode(), digest[:16].hex().encode()):
                assert trace not in found


def test_without_keys_it_holds_none_and_says_so(data, tmp_path):
    manifest = back_up(data, tmp_path / "alone")
    assert manifest.keys == "none"
    assert not any("key" in name or "wrapped" in name for name in manifest.files)
    assert [path.name for path in tmp_path.iterdir()] == ["alone"]


def test_whoever_is_erased_later_is_taken_out_of_older_keys_by_the_next_backup(made, tmp_path):
    with Solely(copied(made, tmp_path / "data"), signs=False) as solely:
        for who in ("p0", "p1"):
            give(solely, who, address(who), SECURITY)
        back_up(solely, tmp_path / "rows" / "old", tmp_path / "keys")
        asked = "SELECT subject, pseudonym FROM registry.pseudonyms WHERE compartment = 'security'"
        names = dict(solely.parts.registry.execute(asked).fetchall())
        old = tmp_path / "keys" / "old"
        before = b"".join(everything(old / "wrapped")).decode()
        assert str(names["p0"]) in before
        solely.erase("p0")
        back_up(solely, tmp_path / "rows" / "new", tmp_path / "keys")
        after = b"".join(everything(old / "wrapped")).decode()
        assert str(names["p0"]) not in after
        assert str(names["p1"]) in after
        keyring = read_keyring(solely.directory, "ledger")
        check_files(old, read_manifest(old, keyring.ledger().public_key))
        assert shred(tmp_path / "keys", erased.read(solely.directory / "registry" / "erased"), keyring) == 0


def test_it_is_one_moment_while_others_give(data, tmp_path):
    ended, given = threading.Event(), []

    def go_on():
        with Solely(data.directory, signs=False) as other:
            while not ended.is_set():
                give(other, f"busy-{len(given)}", f"busy{len(given)}@example.com", ADS)
                given.append(1)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        while len(given) < 3:
            ended.wait(0.01)
        before = len(given)
        manifest = back_up(data, tmp_path / "busy", tmp_path / "keys")
        during = len(given) - before
    finally:
        ended.set()
        thread.join()
    assert during > 3  # nobody waited for it
    assert manifest.ledger.size < data.verify_ledger().size


@pytest.mark.parametrize("place", ["data/backup", "data", "rows/one"])
def test_a_place_that_is_taken_or_not_apart_is_refused_and_nothing_is_left(data, one, place):
    target = one[0].parent.parent / place if place.startswith("rows") else data.directory.parent / place
    with pytest.raises(Conflict):
        back_up(data, target)
    assert not list(target.parent.glob(".*.part"))


def test_keys_inside_the_backup_are_refused(data, tmp_path):
    with pytest.raises(Conflict):
        back_up(data, tmp_path / "rows", tmp_path / "rows" / "keys")
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_of_another_ledger_or_a_changed_one_is_found(data, one, tmp_path):
    path = one[0] / NAME
    with pytest.raises(Tampered):
        read_manifest(one[0], bytes(32))
    whole = path.read_bytes()
    for place in range(0, len(whole), 101):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        (tmp_path / NAME).write_bytes(flipped)
        if json_or_none(flipped) != json.loads(whole):
            with pytest.raises(Tampered):
                read_manifest(tmp_path, read_keyring(data.directory, "ledger").ledger().public_key)


def json_or_none(data):
    try:
        return json.loads(data)
    except ValueError:
        return None


def test_where_it_fails_nothing_is_left(data, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "no room")

    monkeypatch.setattr(backup, "write_apart", fail)
    with pytest.raises(OSError, match="no room"):
        back_up(data, tmp_path / "rows", tmp_path / "keys")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
