"""Delivery, wired: with advertising's key file and the gate alone; a handle says nothing of what a person gave."""

import itertools
from datetime import timedelta

import pytest

from linked import split
from solely.advertising.campaign import Campaign
from solely.app.decisions import handle_of, open_campaigns, open_decisions
from solely.app.environment import now
from solely.errors import GivingError, Refused
from solely.store.ledger import Concern, Words
from stage import Stage, make_stage, policy

__all__ = ["make_stage", "policy"]

pytestmark = pytest.mark.server
PEOPLE = 150


def test_everyone_has_a_handle_and_it_stays(solely, subject):
    first = handle_of(solely.parts, subject)
    assert first.startswith("ad-")
    assert handle_of(solely.parts, subject) == first
    assert handle_of(solely.parts, subject, "measurement").startswith("me-")
    with pytest.raises(GivingError):
        handle_of(solely.parts, " ")


def test_each_process_does_its_part_of_a_decision_and_no_other(make_stage, tmp_path):
    """As deployed: the registry names a person, advertising decides, the ledger's process writes it down first."""
    made = make_stage()
    with split(made.folder / "data", tmp_path) as processes:
        stage = Stage(processes.whole, [now() - timedelta(hours=1)], tmp_path, itertools.count(1))
        audience, subjects = stage.audience(PEOPLE)
        advertising, registry = processes.parts("advertising"), processes.parts("registry")
        campaigns, decisions = open_campaigns(advertising), open_decisions(advertising)
        campaigns.add(Campaign("acme", "sale", (audience,), (), now(), None))
        handles = [handle_of(registry, one) for one in subjects[:3]]
        assert [len(one.reached) for one in decisions.decide_all(handles)] == [1, 1, 1]
        assert [act.what for act in processes.whole.uses(subjects[0]).uses.acts] == ["giving", "use", "use"]
        stop = [Concern("audience", f"acme/{audience}")]
        processes.whole.parts.gate.contain(Words("incident", "officer ada"), stop, (), "2026-001")
        assert [len(one.reached) for one in decisions.decide_all(handles)] == [0, 0, 0]
        assert len(processes.whole.uses(subjects[0]).uses.acts) == 3
        with pytest.raises(Refused):
            handle_of(advertising, subjects[0])
