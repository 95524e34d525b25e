"""The one table of rights: what it says, said again here in another way, cell by cell."""

import re
from pathlib import Path

import pytest

from solely.principal import ACTS, ADDS, HOMES, KINDS, LOOKS, RIGHTS, TWO
from solely.store.roles import SCHEMAS

OFFICE = {"principals", "principals.read", "approvals", "approvals.read"}
SEEN = {"principals.read", "approvals.read"}
OWN = {"give", "withdraw", "erase", "export", "read", "uses", "preferences"}
MAY = {  # by compartment and act, which kinds
    **{(home, act): {"officer"} for home in HOMES for act in OFFICE - SEEN},
    **{(home, act): {"officer", "auditor"} for home in HOMES for act in SEEN},
    **{(home, "metrics"): {"service"} for home in HOMES},
    ("advertising", "principals"): {"officer", "service"},
    ("advertising", "principals.read"): {"officer", "service", "auditor"},
    **{("registry", act): {"service", "subject"} for act in OWN},
    **{(home, "keys"): {"service", "officer", "auditor"} for home in HOMES},
    ("advertising", "keys"): {"service", "advertiser", "partner", "officer", "auditor"},
    ("ledger", "keys"): {"service", "officer", "auditor", "witness"},
    ("registry", "read"): {"service", "subject", "officer"},
    ("registry", "tokens.mint"): {"service"},
    ("registry", "handles"): {"service"},
    ("registry", "policy.read"): {"service", "officer", "auditor"},
    ("registry", "members"): {"officer"},
    ("registry", "affected"): {"officer"},
    ("registry", "incidents"): {"officer"},
    ("registry", "incidents.read"): {"officer", "auditor"},
    ("security", "verify"): {"service", "subject"},
    ("security", "factors"): {"service", "subject"},
    ("security", "factors.read"): {"service", "subject", "officer"},
    ("security", "tokens.mint"): {"service"},
    ("security", "reset"): {"officer"},
    ("advertising", "decide"): {"service"},
    ("advertising", "audiences"): {"advertiser", "partner"},
    ("advertising", "campaigns"): {"advertiser"},
    ("advertising", "upload"): {"advertiser", "partner"},
    ("measurement", "measure"): {"service"},
    ("ledger", "ledger.read"): {"officer", "auditor"},
    ("ledger", "witness"): {"witness"},
}


def test_a_principal_s_home_is_each_compartment_the_registry_and_the_ledger():
    assert set(HOMES) == set(SCHEMAS)


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_may_what_is_said_here_and_no_more(kind, home):
    assert RIGHTS[kind][home] == {act for (there, act), kinds in MAY.items() if there == home and kind in kinds}


def test_the_page_tells_the_table():
    page = (Path(__file__).parents[2] / "docs" / "principals.md").read_text()
    table = re.search(r"<!-- rights -->(.*)<!-- end of rights -->", page, re.DOTALL)[1]
    told = {(home, kind, "keys") for home in HOMES for kind in KINDS if kind in MAY[home, "keys"]}
    for home, kind, acts in re.findall(r"^\| (\w+) \| (\w+) \| ([a-z. ]+) \|$", table, re.MULTILINE)[1:]:
        told |= {(one, kind, act) for one in (HOMES if home == "all" else [home]) for act in acts.split()}
    assert told == {(home, kind, act) for (home, act), kinds in MAY.items() for kind in kinds}


def test_an_officer_looks_at_one_person_where_a_break_glass_can_be_opened():
    assert {home for home in HOMES if RIGHTS["officer"][home] & LOOKS} == {"registry", "security"}
    assert all("break-glass" in TWO[home] for home in HOMES if RIGHTS["officer"][home] & LOOKS)


def test_the_acts_there_are_are_those_somebody_may_do():
    assert {(home, act) for home in HOMES for act in ACTS[home]} == set(MAY)


def test_only_officers_change_officers_and_nobody_adds_a_person():
    assert set(ADDS) == {kind for kind in KINDS for home in HOMES if "principals" in RIGHTS[kind][home]}
    assert [kind for kind in ADDS if "officer" in ADDS[kind]] == ["officer"]
    assert not any("subject" in kinds for kinds in ADDS.values())


def test_what_takes_two_is_an_officer_everywhere_a_person_where_persons_are_and_many_where_names_are():
    assert all(TWO[home]["officers"].once for home in HOMES)
    assert {home for home in HOMES if "break-glass" in TWO[home]} == {"registry", "security"}
    assert {home for home in HOMES if "disclosure" in TWO[home]} == {"registry"}
    assert {name for home in HOMES for name in TWO[home]} == {"officers", "break-glass", "disclosure"}
