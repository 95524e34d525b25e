"""The commands of campaigns and decisions; docs/deciding.md runs the rest of what they print."""

import json

import pytest
from typer.testing import CliRunner

from solely.cli.main import cli
from solely.errors import BadInput, NotFound

pytestmark = pytest.mark.server


def run(fresh, *arguments):
    return CliRunner().invoke(cli, [*arguments, "--dir", str(fresh), "--json"])


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
