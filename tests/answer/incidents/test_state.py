"""An incident's states are the table: each way in it is open, and every other is not."""

import itertools
from typing import get_args

import pytest

from solely.answer.incidents.state import STATES, TRANSITIONS, Event, after
from solely.errors import Conflict

EVENTS = get_args(Event)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(STATES, EVENTS)))
def test_what_is_not_in_the_table_does_not_happen(state, event):
    if (state, event) in TRANSITIONS:
        assert after(state, event) == TRANSITIONS[state, event]
    else:
        with pytest.raises(Conflict, match=f"an incident that is {state} can't be changed so"):
            after(state, event)


def test_the_way_of_an_incident_is_open_contained_assessed_notified_closed():
    state, way = "open", ["open"]
    for event in ("contain", "decide", "notify", "close"):
        state = after(state, event)
        way.append(state)
    assert tuple(way) == STATES


@pytest.mark.parametrize("state", ["open", "contained"])
@pytest.mark.parametrize("event", ["notify", "close"])
def test_nobody_is_told_and_nothing_ends_before_it_was_decided(state, event):
    with pytest.raises(Conflict) as caught:
        after(state, event)
    assert "decide first" in caught.value.cure


def test_of_what_is_closed_only_stops_are_lifted():
    assert [event for event in EVENTS if ("closed", event) in TRANSITIONS] == ["release"]
    assert "open" not in {event for _, event in TRANSITIONS}
