"""The states an incident goes through; what is not in the table does not happen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from solely.errors import Conflict

__all__ = ["STATES", "TRANSITIONS", "Event", "State", "after"]

State = Literal["open", "contained", "assessed", "notified", "closed"]
STATES: tuple[State, ...] = get_args(State)
Event = Literal["open", "describe", "narrow", "contain", "release", "decide", "notify", "close"]

TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        ("open", "describe"): "open",
        ("open", "narrow"): "open",
        ("open", "contain"): "contained",
        ("open", "release"): "open",
        ("open", "decide"): "assessed",  # nothing goes on that could be stopped
        ("contained", "describe"): "contained",
        ("contained", "narrow"): "contained",
        ("contained", "contain"): "contained",
        ("contained", "release"): "contained",
        ("contained", "decide"): "assessed",
        ("assessed", "describe"): "assessed",
        ("assessed", "narrow"): "assessed",
        ("assessed", "contain"): "assessed",
        ("assessed", "release"): "assessed",
        ("assessed", "decide"): "assessed",
        ("assessed", "notify"): "notified",
        ("assessed", "close"): "closed",  # it was decided that nobody need be told
        ("notified", "describe"): "notified",
        ("notified", "narrow"): "notified",
        ("notified", "contain"): "notified",
        ("notified", "release"): "notified",
        ("notified", "decide"): "notified",
        ("notified", "notify"): "notified",
        ("notified", "close"): "closed",
        ("closed", "release"): "closed",  # what was stopped may outlast the incident
    }
)

_CURES: Mapping[State, str] = MappingProxyType(
    {
        "open": "decide first whether it is a breach, and who is told",
        "contained": "decide first whether it is a breach, and who is told",
        "closed": "open another incident, and name this one in its title",
    }
)


def after(state: State, event: Event) -> State:
    """The state that follows. Raises Conflict where the table has none."""
    following = TRANSITIONS.get((state, event))
    if following is None:
        cure = _CURES.get(state, "look at its state first")
        raise Conflict(f"an incident that is {state} can't be changed so", where=event, cure=cure)
    return following
