"""A new policy is an entry once, before anything is done under it."""

import pytest

from solely.app import Solely
from solely.app.starting import note_new_policy

pytestmark = pytest.mark.server


def test_a_policy_that_is_noted_is_not_noted_again(fresh):
    with Solely(fresh, signs=False) as solely:
        before = solely.parts.entries.size()
        note_new_policy(solely.parts)
        assert solely.parts.entries.size() == before
        (fresh / "ledger" / "policy").write_text("another")
        note_new_policy(solely.parts)
        assert solely.parts.entries.size() == before + 1
        assert solely.parts.entries.read([before])[before].type == "policy"
