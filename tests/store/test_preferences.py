"""What people chose is kept, all of it, in the order it was chosen."""

from datetime import UTC, datetime

import pytest

from solely.preference import ALL, Preference
from solely.store import preferences

pytestmark = pytest.mark.server
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def connection(login):
    """The desk's connection; what is done by it is undone."""
    with login("desk") as connection, connection.transaction(force_rollback=True):
        yield connection


def test_each_choice_is_kept_in_its_order_and_apart_from_others(connection, subject):
    first = preferences.newest(connection) + 1_000_000
    chosen = [
        Preference(ALL, "object", "gpc", AT, first),
        Preference("tailored-audiences", "allow", "person", AT, first + 1),
    ]
    for one in reversed(chosen):
        preferences.add(connection, subject, one)
    assert preferences.of(connection, subject) == chosen
    assert preferences.of(connection, f"not {subject}") == []
    assert preferences.of_each(connection, [subject, f"not {subject}"]) == {subject: chosen}
    assert preferences.newest(connection) == first + 1
    assert preferences.changed_since(connection, first) == {subject}
    assert preferences.changed_since(connection, first + 1) == set()
