"""A ZIP file that is whole or not there, and the same bytes for the same content."""

import json
import stat
import zipfile

import pytest

from solely.answer.rights.package import packing
from solely.errors import Conflict


def write(path, content=b"one"):
    with packing(path, lambda: {"format": "x"}) as package:
        package.add("a.txt", [content[:1], content[1:].decode()])
        package.add_json("b/c.json", {"n": [1, "é"]})
    return path


def test_the_same_content_is_the_same_bytes(tmp_path):
    assert write(tmp_path / "a.zip").read_bytes() == write(tmp_path / "b.zip").read_bytes()
    assert write(tmp_path / "c.zip", b"two").read_bytes() != (tmp_path / "a.zip").read_bytes()


def test_what_is_in_it_is_listed_and_comes_back(tmp_path):
    with zipfile.ZipFile(write(tmp_path / "a.zip")) as file:
        assert file.namelist() == ["a.txt", "b/c.json", "manifest.json"]
        assert file.read("a.txt") == b"one"
        assert json.loads(file.read("b/c.json")) == {"n": [1, "é"]}
        manifest = json.loads(file.read("manifest.json"))
    assert manifest["format"] == "x"
    assert manifest["files"][0]["name"] == "a.txt"
    assert manifest["files"][0]["bytes"] == 3


def test_it_is_its_owner_s_alone_and_takes_no_place_that_is_taken(tmp_path):
    path = write(tmp_path / "a.zip")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(Conflict):
        write(path)
    assert path.read_bytes() == before


def test_what_fails_leaves_nothing_and_what_a_kill_left_is_no_hindrance(tmp_path):
    path = tmp_path / "a.zip"
    (tmp_path / ".a.zip.part").write_bytes(b"half")
    with pytest.raises(TypeError), packing(path, dict) as package:
        package.add("a", [b"x", None])
    assert list(tmp_path.iterdir()) == []
    assert write(path).exists()
