"""The parts of a data directory: each wired to its own role, all closed together."""

import psycopg
import pytest

from solely.app.ground import Ground
from solely.app.parts import Parts
from solely.errors import Refused


def test_parts_end_with_their_connections(solely):
    with Parts(solely.ground) as parts:
        connection = parts.login("ledger")
        assert parts.gate.connection is not connection
    assert connection.closed
    assert parts.gate.connection.closed


def test_a_part_is_made_once(solely):
    with Parts(solely.ground) as parts:
        assert parts.desk is parts.desk
        assert parts.verification.security.gate is parts.gate


def test_each_part_is_its_own_role(solely):
    with Parts(solely.ground) as parts:
        roles = [one.execute("SELECT current_user").fetchone()[0] for one in (parts.registry, parts.desk.connection)]
        assert roles == ["solely_registry", "solely_desk"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            parts.audiences.connection.execute("SELECT * FROM security.contacts")


def test_parts_of_one_compartment_reach_no_other(solely):
    ground = Ground(solely.directory, solely.ground.database, solely.policy, own=frozenset({"advertising"}))
    with Parts(ground) as parts:
        assert parts.login("advertising")
        for name in ("security", "registry", "desk", "ledger"):
            with pytest.raises(Refused):
                parts.login(name)
        with pytest.raises(Refused):
            _ = parts.verification
