"""A factor's states change as the table says, and in no other way."""

import itertools
from datetime import UTC, datetime
from typing import get_args
from uuid import uuid4

import pytest

from solely.errors import Conflict
from solely.verification.factor import KINDS, SENT, STATES, STRONG, TRANSITIONS, Event, Factor, after

EVENTS = get_args(Event)
TABLE = """
          confirm  disable   bind     remove
pending   active   disabled  -        removed
active    -        disabled  -        removed
disabled  -        -         pending  removed
removed   -        -         -        -
"""


def read(table):
    head, *rows = [line.split() for line in table.strip().splitlines()]
    return {(row[0], event): state for row in rows for event, state in zip(head, row[1:], strict=True) if state != "-"}


def factor(kind):
    return Factor(uuid4(), kind, "Mine", "active", "two-factor", datetime(2026, 1, 1, tzinfo=UTC), None, None)


def test_the_table_is_the_one_a_person_reads_here():
    assert read(TABLE) == TRANSITIONS


@pytest.mark.parametrize(("state", "event"), list(itertools.product(STATES, EVENTS)))
def test_what_is_in_the_table_happens_and_what_is_not_is_a_conflict(state, event):
    following = read(TABLE).get((state, event))
    if following:
        assert after(state, event) == following
    else:
        with pytest.raises(Conflict, match=f"{event}: a factor that is {state} can't be changed so"):
            after(state, event)


def test_what_is_removed_stays_so_and_what_is_disabled_needs_a_first_answer_anew():
    assert not [event for state, event in TRANSITIONS if state == "removed"]
    assert [state for (state, _), following in TRANSITIONS.items() if following == "active"] == ["pending"]


def test_every_state_can_be_reached_from_pending_and_can_end():
    reached = {"pending"}
    for _ in STATES:
        reached |= {following for (state, _), following in TRANSITIONS.items() if state in reached}
    assert reached == set(STATES)
    assert {state for state, event in TRANSITIONS if event == "remove"} == set(STATES) - {"removed"}


def test_the_table_can_not_be_changed():
    with pytest.raises(TypeError):
        TRANSITIONS["removed", "bind"] = "active"


def test_no_strong_factor_needs_anyone_to_carry_a_message():
    assert {"passkey", "totp"} == STRONG
    assert {"sms", "email"} == SENT
    assert set(KINDS) == STRONG | SENT | {"recovery-codes"}


@pytest.mark.parametrize("kind", KINDS)
def test_sms_alone_is_restricted_and_passkeys_alone_resist_phishing(kind):
    assert factor(kind).restricted == (kind == "sms")
    assert factor(kind).phishing_resistant == (kind == "passkey")


def test_a_factor_as_its_person_sees_it_has_no_secret_and_no_contact():
    fields = {"id", "kind", "name", "state", "purpose", "created_at", "activated_at", "used_at", "stale", "left"}
    assert set(Factor.__slots__) == fields
