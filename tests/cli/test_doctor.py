"""`solely doctor` prints settings and findings, and its exit code says whether anything is bad."""

import json

import pytest
from typer.testing import CliRunner

from solely.cli.doctor import BAD
from solely.cli.main import cli
from solely.errors import NotFound

pytestmark = pytest.mark.server


def test_it_prints_every_setting_and_finding_within_a_line_and_ends_with_8(fresh, monkeypatch):
    monkeypatch.setenv("SOLELY_LIMITS_RATE", "7.5")
    done = CliRunner().invoke(cli, ["doctor", "--dir", str(fresh)])
    assert done.exit_code == BAD
    words = " ".join(done.stdout.split())
    assert "limits.rate 7.5 SOLELY_LIMITS_RATE" in words
    assert "bad key files: 9 key files are plain" in words
    assert "ok roles" in words
    assert "cure: wrap them" in words


def test_as_json_it_is_one_object(fresh):
    done = CliRunner().invoke(cli, ["doctor", "--dir", str(fresh), "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["bad"]) == (BAD, 2)
    assert told["checks"]["login"] == []
    assert {"file", "name", "value", "origin"} == set(told["settings"][0])


def test_without_a_directory_it_asks_for_one(monkeypatch):
    monkeypatch.delenv("SOLELY_DIR", raising=False)
    with pytest.raises(NotFound):
        CliRunner().invoke(cli, ["doctor"], catch_exceptions=False)
