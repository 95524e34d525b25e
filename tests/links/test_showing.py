"""What is under seal is opened for its person where its keys are, written down by that process, and for nobody else."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from solely.consent import Notice
from solely.errors import BadInput, Refused, Unavailable
from solely.links.showing import Known, far_contacts, far_known
from solely.links.table import PROCESSES
from solely.store import registry

pytestmark = pytest.mark.server

ADDRESS = "shown.person@example.org"
PURPOSES = {"security": "two-factor", "service": "service-notice"}


@pytest.fixture(scope="module")
def mine(apart):
    """By compartment: the person's pseudonym there, and their givings."""
    desk, now = apart.parts("registry").desk, datetime.now(UTC)
    for purpose in PURPOSES.values():
        notice = Notice(purpose, "shown-1", f"What it is for: {purpose}.")
        row = {"subject": "person-shown", "kind": "email", "value": ADDRESS, "purpose": purpose}
        desk.give(row | {"notice": notice.name, "given_at": "2024-01-01T00:00:00Z", "withdrawn_at": ""}, notice, now)
    connection = apart.whole.parts.registry
    names, held = registry.pseudonyms(connection, "person-shown"), registry.held(connection, "person-shown")
    return {
        home: (names[home], {one.giving: purpose for one in held if one.purpose == purpose})
        for home, purpose in PURPOSES.items()
    }


def last(apart):
    entries = apart.whole.parts.entries
    size = entries.size()
    return size, entries.read([size - 1])[size - 1]


@pytest.mark.parametrize("home", PURPOSES)
@pytest.mark.parametrize(("form", "shown"), [("masked", "s•••@e•••.org"), ("whole", ADDRESS)])
@pytest.mark.parametrize("by", ["subject", "officer eva"])
def test_each_opening_is_written_down_by_the_process_that_opens(apart, mine, home, form, shown, by):
    pseudonym, givings = mine[home]
    before, _ = last(apart)
    found = far_contacts(apart.grounds["registry"].links, home)(pseudonym, givings, form, by)
    assert found == dict.fromkeys(givings, shown)
    size, entry = last(apart)
    assert size == before + 1
    assert (entry.type, entry.principal, entry.purpose) == ("access", by, PURPOSES[home])
    assert (dict(entry.details), entry.members.count) == ({"form": form}, 1)


@pytest.mark.parametrize("home", PURPOSES)
def test_nothing_is_opened_in_the_name_of_another_or_in_no_form(apart, mine, home):
    show, before = far_contacts(apart.grounds["registry"].links, home), last(apart)[0]
    for by in ("advertiser acme", "operator", "subject by web", ""):
        with pytest.raises(Refused):
            show(*mine[home], "whole", by)
    with pytest.raises(BadInput):
        show(*mine[home], "as it is", "subject")
    assert show(uuid4(), mine[home][1], "whole", "subject") == {}
    assert last(apart)[0] == before


def test_where_the_ledger_does_not_answer_nothing_is_opened(apart, mine):
    show = far_contacts(apart.grounds["registry"].links, "service")
    apart.stop("ledger")
    try:
        with pytest.raises(Unavailable):
            show(*mine["service"], "whole", "subject")
    finally:
        apart.serve("ledger")


def test_nobody_but_the_registry_is_shown_anything(apart, mine):
    for caller in set(PROCESSES) - {"registry"}:
        for home in PURPOSES:
            with pytest.raises(Refused):
                apart.grounds[caller].links.call(home, "show", *mine[home], "whole", "subject")
    for home in ("advertising", "measurement", "discovery"):
        with pytest.raises(Refused):
            apart.grounds["registry"].links.call(home, "show", *mine["service"], "whole", "subject")


def test_who_has_no_factors_has_none(apart, mine):
    assert far_known(apart.grounds["registry"].links, mine["security"][0]) == Known([], [])
