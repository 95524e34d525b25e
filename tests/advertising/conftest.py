"""The advertising side of stage.py, with delivery."""

from dataclasses import dataclass

import pytest

from solely.advertising.campaign import Campaign, Campaigns
from solely.advertising.decision import Decisions
from solely.app.decisions import handle_of, open_campaigns, open_decisions
from stage import Stage, make_stage, policy, stage

__all__ = ["Delivery", "delivery", "make_stage", "policy", "stage"]


@dataclass
class Delivery:
    """Campaigns and decisions of a stage, and short ways to use them."""

    stage: Stage
    campaigns: Campaigns
    decisions: Decisions

    def campaign(self, *include, exclude=(), advertiser="acme", days=None, after=None):
        """A campaign that runs from now on, or from `after` on; returns its name."""
        name, now = self.stage.new("campaign"), after or self.stage.time[0]
        ends = now.replace(year=now.year + 5) if days is None else now + days
        self.campaigns.add(Campaign(advertiser, name, include, exclude, now, ends))
        return name

    def handle(self, subject):
        return handle_of(self.stage.solely.parts, subject)

    def reached(self, subject):
        """The names of the campaigns that may reach a subject now."""
        return [one.campaign for one in self.decisions.decide(self.handle(subject)).reached]

    def reaches(self, campaign, subjects):
        """Whom of these a campaign may reach, by one batch."""
        made = self.decisions.decide_all([self.handle(one) for one in subjects])
        there = [campaign in {one.campaign for one in decision.reached} for decision in made]
        return [subject for subject, is_there in zip(subjects, there, strict=True) if is_there]


@pytest.fixture(scope="module")
def delivery(stage):
    stage.pass_time(days=3650)  # the ledger's first entry is of today, and its time never goes back
    parts = stage.solely.parts
    return Delivery(stage, open_campaigns(parts), open_decisions(parts))
