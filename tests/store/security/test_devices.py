"""A device's counter moves once from each place, and a revoked device is trusted no more."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from races import at_once
from solely.store.security import devices
from solely.store.security.devices import DeviceRow

pytestmark = pytest.mark.server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER, END = NOW + timedelta(hours=1), NOW + timedelta(days=30)


@pytest.fixture
def connection(login):
    with login("security") as connection:
        yield connection


def trusted(connection, person, now=NOW, name="Laptop"):
    device = uuid4()
    devices.add(connection, person, device, name=name, version=7, now=now, expires_at=END)
    return device


def test_a_device_comes_back_as_it_was_trusted_and_to_its_person_alone(connection):
    person = uuid4()
    device = trusted(connection, person)
    row = DeviceRow(device, "Laptop", 0, 7, NOW, NOW, END, None)
    assert devices.one(connection, person, device) == row
    assert devices.of(connection, person) == [row]
    assert devices.one(connection, uuid4(), device) is None
    assert devices.one(connection, person, uuid4()) is None
    assert "Laptop" not in repr(row)


def test_devices_come_oldest_first_without_those_that_were_revoked(connection):
    person = uuid4()
    new, old, gone = (trusted(connection, person, at) for at in (LATER, NOW, NOW))
    assert devices.revoke(connection, person, gone, LATER) == 1
    assert [row.device for row in devices.of(connection, person)] == [old, new]
    assert devices.one(connection, person, gone).revoked_at == LATER


def test_a_counter_moves_from_where_it_is_and_from_nowhere_else(connection):
    person = uuid4()
    device = trusted(connection, person)
    for counter in (1, -1):
        assert not devices.rotate(connection, person, device, counter, LATER)
    assert not devices.rotate(connection, uuid4(), device, 0, LATER)
    assert devices.rotate(connection, person, device, 0, LATER)
    assert not devices.rotate(connection, person, device, 0, LATER)  # an old token, shown again
    row = devices.one(connection, person, device)
    assert (row.counter, row.created_at, row.rotated_at, row.expires_at) == (1, NOW, LATER, END)


def test_of_many_who_show_one_token_at_once_one_moves_the_counter(login, connection):
    person = uuid4()
    device = trusted(connection, person)
    moved = at_once(login, "security", lambda own, _number: devices.rotate(own, person, device, 0, LATER))
    assert sorted(moved) == [False] * 11 + [True]
    assert devices.one(connection, person, device).counter == 1


def test_a_revoked_device_moves_no_more_and_is_revoked_once(connection):
    person = uuid4()
    device = trusted(connection, person)
    assert devices.revoke(connection, uuid4(), device, NOW) == 0
    assert devices.revoke(connection, person, device, NOW) == 1
    assert devices.revoke(connection, person, device, LATER) == 0
    assert not devices.rotate(connection, person, device, 0, LATER)
    row = devices.one(connection, person, device)
    assert (row.counter, row.revoked_at) == (0, NOW)


def test_all_of_a_person_s_devices_are_revoked_and_nobody_else_s(connection):
    person, other = uuid4(), uuid4()
    first, _, _ = (trusted(connection, person) for _ in range(3))
    theirs = trusted(connection, other)
    devices.revoke(connection, person, first, NOW)
    assert devices.revoke(connection, person, None, LATER) == 2
    assert devices.of(connection, person) == []
    assert devices.one(connection, person, first).revoked_at == NOW
    assert [row.device for row in devices.of(connection, other)] == [theirs]
