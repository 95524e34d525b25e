"""An officer's work through the client: an incident from its opening to its end, and whom uses affected, by two."""

from datetime import timedelta

import pytest

from solely.client import Client
from solely.client.incidents import Question, Stop
from solely.errors import Conflict, Outdated, Refused

pytestmark = pytest.mark.server


@pytest.fixture
def officer(ads):
    with Client(ads.served.base, ads.served.key("officer", "registry", "eva")) as client:
        yield client


@pytest.fixture
def second(ads):
    with Client(ads.served.base, ads.served.key("officer", "registry", "max")) as client:
        yield client


def test_an_incident_goes_to_its_end_by_who_read_it_as_it_stands(ads, officer):
    noticed = ads.stage.time[0]
    first = officer.open_incident("A list met people it should not have", name=ads.new("inc"), noticed_at=noticed)
    assert {one.rule: one.due for one in first.due}["gdpr-authority"] == noticed + timedelta(hours=72)
    stop = Stop(what="advertiser", name=ads.new("advertiser"))
    contained = officer.contain(first, [stop])
    assert (contained.state, contained.stops) == ("contained", (stop,))
    with pytest.raises(Outdated):
        officer.release(first, [stop], "mended")
    released = officer.release(contained, [stop], "mended")
    described = officer.describe_incident(released, texts={"nature": "It met them."}, began_at=noticed)
    counted = officer.count_by_hand(described, 26, 30)
    assert (counted.people, counted.records) == (26, 30)
    with pytest.raises(Conflict):
        officer.close_incident(counted, "over")
    decided = officer.decide_incident(counted, {"breach": False, "authority": False, "people": False}, "looked at")
    closed = officer.close_incident(decided, "over")
    assert closed.state == "closed"
    assert officer.incident(closed.incident) == closed
    assert closed.incident in [one.incident for one in officer.incidents()]


def test_people_are_told_by_who_read_the_incident_as_it_stands_and_a_draft_shows_what(ads, officer):
    opened = officer.open_incident("Lists met people", name=ads.new("inc"))
    asked = Question(audiences=(f"acme/{ads.audience}",))
    counted = officer.narrow_incident(opened, asked)
    written = {"nature": "A list met them.", "consequences": "They saw advertising.", "measures": "We stopped it."}
    described = officer.describe_incident(counted, texts=written)
    with pytest.raises(Conflict):
        officer.notify_people(described)
    decided = officer.decide_incident(described, {"breach": True, "people": True}, "they must know")
    page = officer.incident_draft(decided.incident, "people")
    assert written["nature"] in page
    assert written["nature"] not in officer.incident_draft(decided.incident, "people", "de")
    with pytest.raises(Outdated):
        officer.notify_people(described)
    assert officer.notify_people(decided)["waiting"] == len(ads.subjects)
    as_it_stands = officer.incident(decided.incident)
    assert officer.notify_people(as_it_stands, again=["failed"]) == officer.incident_progress(decided.incident)


def test_whom_uses_affected_is_counted_by_one_and_named_by_two(ads, officer, second):
    asked = Question(audiences=(f"acme/{ads.audience}",))
    counts = officer.affected(asked)
    assert counts.people == len(ads.subjects)
    opened = officer.narrow_incident(officer.open_incident("So it was", name=ads.new("inc")), asked)
    assert officer.affected_by(opened.incident) == counts
    with pytest.raises(Refused):
        list(officer.people_of(opened.incident))
    wanted = officer.ask_approval(
        "registry", "disclosure", scope=opened.incident, reason="data-breach", case="DPO-2026/17", minutes=30
    )
    with pytest.raises(Refused):
        officer.approve("registry", wanted.approval)
    assert second.approve("registry", wanted.approval).state == "open"
    officer._wire.limit = 100
    ads.stage.time[0] += timedelta(seconds=1)  # what is being done at this very moment is not among them
    assert {one.subject for one in officer.people_of(opened.incident)} == set(ads.subjects)
    assert list(officer.told_of(opened.incident)) == []
    assert sum(officer.incident_progress(opened.incident).values()) == 0


def test_an_audience_is_named_once_two_agreed(ads, officer, second):
    wanted = officer.ask_approval(
        "registry", "disclosure", scope=f"acme/{ads.audience}", reason="data-breach", case="DPO-2026/18"
    )
    second.approve("registry", wanted.approval)
    assert set(officer.members("acme", ads.audience)) == set(ads.subjects)
