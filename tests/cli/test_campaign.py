"""The commands of campaigns and decisions; docs/deciding.md runs the rest of what they print."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from typer.testing import CliRunner

from solely.app import Solely
from solely.cli.main import cli
from solely.errors import BadInput, NotFound

pytestmark = pytest.mark.server


def run(fresh, *arguments):
    return CliRunner().invoke(cli, [*arguments, "--dir", str(fresh), "--json"])


def shown(fresh, *arguments):
    """What is printed, words apart by single spaces."""
    done = CliRunner().invoke(cli, [*arguments, "--dir", str(fresh)], catch_exceptions=False)
    return " ".join(done.stdout.split())


def test_a_campaign_of_an_audience_that_is_not_there_is_not_found_and_none_is_listed(fresh):
    done = run(fresh, "campaign", "add", "sale", "--advertiser", "acme", "--include", "spring")
    assert isinstance(done.exception, NotFound)
    done = run(fresh, "campaign", "list", "--advertiser", "acme")
    assert json.loads(done.stdout) == {"campaigns": []}
    done = run(fresh, "decide", "ann")
    assert json.loads(done.stdout)["reached"] == []


@pytest.mark.parametrize("bad", ["tomorrow", "2026-13-01"])
def test_a_time_that_is_none_is_bad_input_and_is_not_repeated(fresh, bad):
    done = run(fresh, "campaign", "add", "sale", "--advertiser", "acme", "--include", "spring", "--from", bad)
    assert isinstance(done.exception, BadInput)
    assert bad not in str(done.exception)


def test_what_is_said_of_a_campaign_tells_its_period(fresh, tmp_path, monkeypatch):
    """To come, running, over: by the directory's clock, which stands still here."""
    time = [datetime(2036, 3, 1, 9, 30, tzinfo=UTC)]
    monkeypatch.setattr("solely.cli.terminal.Solely", partial(Solely, clock=lambda: time[0]))
    (tmp_path / "list.csv").write_text("email\nann@example.com\n")
    mine = ("--advertiser", "acme")
    with Solely(fresh, clock=lambda: time[0]) as solely:
        solely.match(tmp_path / "list.csv", "acme", "spring")
    assert shown(fresh, "campaign", "list", *mine) == "This advertiser has no campaigns."
    add = ("campaign", "add", *mine, "--include", "spring")
    assert shown(fresh, *add, "open") == "Campaign open runs until paused."
    assert shown(fresh, *add, "brief", "--days", "2") == "Campaign brief runs until 2036-03-03 09:30."
    later = shown(fresh, *add, "later", "--from", "2036-03-02", "--days", "30")
    assert later == "Campaign later will run from 2036-03-02 until 2036-04-01."
    with pytest.raises(BadInput, match="over already"):
        shown(fresh, *add, "past", "--from", "2035-01-01", "--days", "30")
    assert shown(fresh, "campaign", "pause", *mine, "open") == "Campaign open is paused."
    time[0] += timedelta(days=7)
    assert shown(fresh, "campaign", "resume", *mine, "brief") == "Campaign brief is over since 2036-03-03 09:30."
    listed = shown(fresh, "campaign", "list", *mine)
    assert "brief over 2036-03-01 09:30 2036-03-03 09:30 spring" in listed
    assert "later running 2036-03-02 2036-04-01 spring" in listed
    assert "open paused 2036-03-01 09:30 paused spring" in listed
