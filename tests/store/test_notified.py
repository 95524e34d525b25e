"""Each person moves from state to state by one conditional step, and only as the steps allow."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from givings import give
from races import at_once
from solely.store.incidents import Row, add
from solely.store.notified import (
    STATES,
    Became,
    again,
    claim,
    drop,
    due,
    fill,
    language,
    lines,
    lost,
    owed,
    progress,
    service_pseudonyms,
    settle,
    told_at,
)

pytestmark = pytest.mark.server
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
GIVING = uuid4()
_numbers = itertools.count(1)


@pytest.fixture
def registry(login):
    with login("registry") as connection:
        yield connection


@pytest.fixture
def incident(registry):
    """An incident with two people who wait."""
    name = f"notified-{next(_numbers)}"
    fill(registry, name, 1, [("ada", uuid4()), ("bob", uuid4())], NOW)
    return name


def states(registry, incident):
    return {one.subject: one.state for one in lines(registry, incident, STATES)}


def waiting(registry, incident, now=NOW, after=""):
    return [one.subject for one in due(registry, incident, after, now, 10)]


def test_who_is_there_already_stays_as_they_are(registry, incident):
    (ada, _) = due(registry, incident, "", NOW, 10)
    claim(registry, incident, "ada", GIVING, NOW)
    fill(registry, incident, 1, [("ada", uuid4()), ("cyd", uuid4())], NOW)
    assert states(registry, incident) == {"ada": "sending", "bob": "waiting", "cyd": "waiting"}
    again(registry, incident, ["sending"], NOW)
    assert due(registry, incident, "", NOW, 10)[0].send == ada.send


def test_who_is_due_comes_in_order_and_in_parts(registry, incident):
    assert [one.subject for one in due(registry, incident, "", NOW, 1)] == ["ada"]
    assert waiting(registry, incident, after="ada") == ["bob"]
    settle(registry, incident, "ada", Became("waiting", "x", NOW + timedelta(hours=1)), NOW)
    assert waiting(registry, incident) == ["bob"]
    assert waiting(registry, incident, NOW + timedelta(hours=1)) == ["ada", "bob"]


def test_an_incident_is_owed_while_somebody_is_due_or_was_under_way_too_long(registry, incident):
    later, other = NOW + timedelta(hours=1), "notified-of-nobody"
    for name in (incident, other):
        for version in (1, 2):
            add(registry, Row(name, version, NOW, "Eva", "{}", 0))

    def owes(now, since):
        return {incident, other} & {*owed(registry, now, since)}

    assert owes(NOW, NOW) == {incident}
    settle(registry, incident, "ada", Became("waiting", "x", later), NOW)
    settle(registry, incident, "bob", Became("sent"), NOW)
    assert owes(NOW, NOW) == set()
    assert owes(later, NOW) == {incident}
    claim(registry, incident, "ada", GIVING, later)
    assert owes(later, NOW) == set()
    assert lost(registry, incident, later, NOW) == 0
    assert owes(later, later) == {incident}
    assert lost(registry, incident, later, later) == 1
    assert owes(later, later) == set()


def test_of_many_who_claim_one_person_one_does(login, registry, incident):
    done = at_once(login, "registry", lambda connection, _: claim(connection, incident, "ada", GIVING, NOW))
    assert sorted(done) == [False] * 11 + [True]


@pytest.mark.parametrize("state", ["sent", "failed", "unreachable", "unknown", "dropped"])
def test_whoever_does_not_wait_is_not_claimed_and_not_moved(registry, incident, state):
    settle(registry, incident, "ada", Became(state), NOW)
    assert not claim(registry, incident, "ada", GIVING, NOW)
    settle(registry, incident, "ada", Became("waiting"), NOW)
    assert states(registry, incident)["ada"] == state


def test_tries_are_counted_and_refused_givings_are_remembered(registry, incident):
    for giving in (GIVING, uuid4()):
        claim(registry, incident, "ada", giving, NOW)
        settle(registry, incident, "ada", Became("waiting", refused=giving), NOW)
    (ada, _) = due(registry, incident, "", NOW, 10)
    assert (ada.tries, len(ada.refused), ada.refused[0]) == (2, 2, GIVING)
    settle(registry, incident, "ada", Became("failed", "why"), NOW)
    again(registry, incident, ["failed"], NOW)
    (ada, _) = due(registry, incident, "", NOW, 10)
    assert (ada.tries, ada.refused) == (0, ())


def test_who_was_under_way_is_unknown_afterwards(registry, incident):
    claim(registry, incident, "ada", GIVING, NOW)
    assert lost(registry, incident, NOW, NOW) == 1
    assert states(registry, incident) == {"ada": "unknown", "bob": "waiting"}
    assert again(registry, incident, ["unknown"], NOW) == 1
    assert states(registry, incident)["ada"] == "waiting"


def test_whom_a_later_version_no_longer_names_is_dropped_but_who_was_told_was(registry, incident):
    settle(registry, incident, "ada", Became("sent"), NOW)
    fill(registry, incident, 2, [("cyd", uuid4())], NOW)
    drop(registry, incident, 2, NOW)
    assert states(registry, incident) == {"ada": "sent", "bob": "dropped", "cyd": "waiting"}
    fill(registry, incident, 3, [("bob", uuid4())], NOW)
    assert states(registry, incident)["bob"] == "waiting"


def test_how_far_it_is_is_counted(registry, incident):
    assert progress(registry, "no-such").people == 0
    settle(registry, incident, "ada", Became("sent"), NOW)
    seen = progress(registry, incident)
    assert (seen.states["sent"], seen.states["waiting"], seen.left, seen.people) == (1, 1, 1, 2)
    assert seen.next_at == NOW


def test_all_are_told_when_the_last_was(registry, incident):
    assert told_at(registry, "no-such") is None
    settle(registry, incident, "ada", Became("sent"), NOW)
    assert told_at(registry, incident) is None
    settle(registry, incident, "bob", Became("sent"), NOW + timedelta(hours=1))
    assert told_at(registry, incident) == NOW + timedelta(hours=1)


def test_where_all_are_unreachable_nobody_was_told(registry, incident):
    for subject in ("ada", "bob"):
        settle(registry, incident, subject, Became("unreachable"), NOW)
    assert told_at(registry, incident) is None


def test_a_list_has_who_is_in_these_states(registry, incident):
    settle(registry, incident, "bob", Became("unreachable", "gave none"), NOW)
    (line,) = lines(registry, incident, ["unreachable"])
    assert (line.subject, line.why, line.changed_at) == ("bob", "gave none", NOW)
    assert [one.subject for one in lines(registry, incident, STATES, "ada")] == ["bob"]
    assert [one.subject for one in lines(registry, incident, STATES, most=1)] == ["ada"]


def test_the_language_is_that_of_the_notice(registry, desk, subject):
    give(desk, subject, purpose="service-notice", notice="service-notice/v1")
    (giving,) = registry.execute("SELECT giving FROM registry.givings WHERE subject = %s", [subject]).fetchone()
    assert language(registry, subject, giving) == "en"
    assert language(registry, subject, uuid4()) is None
    assert set(service_pseudonyms(registry, [subject, "nobody"])) == {subject}
