"""Promise 2 at delivery: worlds that differ only in what was given for other purposes decide the same, to the byte."""

import itertools
import json
from dataclasses import asdict

import pytest

from solely.advertising.campaign import Campaign
from solely.app.decisions import handle_of, open_campaigns, open_decisions

pytestmark = pytest.mark.server
PEOPLE = 150
OTHERS = ("two-factor", "account-recovery", "login-alert", "reauthentication", "service-notice")


def live(stage, *, gives_more):
    """The same life in each world, and in one of them much that was given for other purposes."""
    solely = stage.solely
    addresses = {f"u{n}": f"someone{n}@example.com" for n in range(PEOPLE)}
    stage.give_all(addresses)
    if gives_more:
        for place, purpose in enumerate(OTHERS):
            stage.give_all(dict(list(addresses.items())[place::3]), purpose)
            stage.give_all({f"other{n}": f"someone{n}@example.com" for n in range(40)}, purpose)
        solely.withdraw("u3", "two-factor")
        solely.withdraw("u4", "service-notice")
        solely.erase("other7")
    stage.match(list(addresses.values())[: PEOPLE - 5], "spring")
    stage.match([addresses["u1"], addresses["u2"]], "do-not-reach")
    solely.withdraw("u9", "tailored-audiences")
    campaigns = open_campaigns(solely.parts)
    for name, exclude in (("all", ()), ("some", ("do-not-reach",))):
        campaigns.add(Campaign("acme", name, ("spring",), exclude, stage.time[0], None))


def observed(stage):
    """What the ad server and the advertiser are told, and all that advertising's role can read of delivery."""
    solely = stage.solely
    asked = [*(f"u{n}" for n in range(PEOPLE)), *(f"other{n}" for n in range(9))]
    decisions = open_decisions(solely.parts)
    made = decisions.decide_all([handle_of(solely.parts, one) for one in asked])
    told = [[one.at.isoformat(), [asdict(reached) for reached in one.reached]] for one in made]
    campaigns = [str(one) for one in open_campaigns(solely.parts).all_of("acme")]
    tables = ("campaigns", "campaign_audiences", "version")
    rows = [str(decisions.connection.execute(f"SELECT * FROM advertising.{one}").fetchall()) for one in tables]
    return json.dumps([told, campaigns, rows])


def test_decisions_are_the_same_whatever_was_given_for_other_purposes(make_stage):
    first = make_stage()
    second = make_stage(copy_of=first.folder)  # with the same keys: noise is drawn from one of them
    seen = []
    for stage, gives_more in ((first, False), (second, True)):
        stage.numbers = itertools.count(1)
        with stage.solely:
            live(stage, gives_more=gives_more)
            seen.append(observed(stage))
    assert seen[0] == seen[1]
    assert seen[0].count('"some"') == PEOPLE - 5 - 3
