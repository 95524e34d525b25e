"""The tables of campaigns: what raises the version, and what stands, as the one rule says."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from solely.consent import Giving, stands
from solely.errors import Conflict
from solely.store import campaigns
from solely.store.campaigns import Row

pytestmark = pytest.mark.server
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def advertising(login):
    with login("advertising") as connection:
        yield connection


def test_each_change_raises_the_version_and_what_failed_does_not(advertising, subject):
    seen = [campaigns.version(advertising)]
    row = Row(subject, "one", "tailored-audiences", "running", NOW, None)
    campaigns.add(advertising, row, [("a", "include")])
    seen.append(campaigns.version(advertising))
    campaigns.set_state(advertising, subject, "one", "paused")
    seen.append(campaigns.version(advertising))
    with pytest.raises(Conflict):
        campaigns.add(advertising, row, [("a", "include")])
    seen.append(campaigns.version(advertising))
    assert [one - seen[0] for one in seen] == [0, 1, 2, 2]
    assert campaigns.rows(advertising, subject) == [row._replace(state="paused")]


def test_a_giving_stands_here_where_the_rule_says_so(advertising, superuser):
    """But for an end that is recorded: it counts at once, whatever the clock says of it."""
    who, truth = uuid4(), set()
    for given in (-DAY, DAY):
        for expires in (None, -DAY, timedelta(), DAY):
            for ended in (None, -DAY):
                giving = uuid4()
                at, until = NOW + given, None if expires is None else NOW + expires
                superuser.execute(
                    "INSERT INTO advertising.givings (pseudonym, giving, purpose, key_number, tokens, given_at,"
                    " expires_at) VALUES (%s, %s, 'tailored-audiences', 1, '', %s, %s)",
                    [who, giving, at, until],
                )
                end = None
                if ended is not None:
                    end = NOW + ended
                    superuser.execute(
                        "INSERT INTO advertising.endings VALUES (DEFAULT, %s, %s, %s)", [who, giving, end]
                    )
                if stands(Giving(giving, "x", "tailored-audiences", "email", at, until, end), NOW):
                    truth.add(giving)
    try:
        found = campaigns.standing(advertising, [who, uuid4()], NOW)
        assert {one.giving for one in found} == truth
        assert len(found) == 2
    finally:
        for table in ("givings", "endings"):
            superuser.execute(f"DELETE FROM advertising.{table} WHERE pseudonym = %s", [who])
