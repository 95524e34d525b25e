"""What takes two officers, through the client: asked, looked at, ended; one's own is approved by another."""

import pytest

from solely.client import Client
from solely.errors import NotFound, Refused

pytestmark = pytest.mark.server


@pytest.fixture
def officer(api):
    with Client(api.base, api.key("officer", "security")) as client:
        yield client


def test_it_is_asked_for_looked_at_and_ended(api, officer, subject):
    wanted = officer.ask_approval("security", "officers", scope="new-officer", reason="staff", case="HR-1")
    assert (wanted.state, wanted.asked_by) == ("asked", "officer-of-security")
    assert wanted.approval in [one.approval for one in officer.approvals("security")]
    with pytest.raises(Refused):
        officer.approve("security", wanted.approval)
    ended = officer.end_approval("security", wanted.approval)
    assert ended.state == "ended"
    assert officer.approval("security", wanted.approval) == ended


def test_one_that_is_not_there_is_not_found(officer, subject):
    with pytest.raises(NotFound):
        officer.approval("security", "00000000-0000-0000-0000-000000000000")
