"""Versions are added in their order, and the newest stands."""

from datetime import UTC, datetime

import pytest

from solely.errors import Conflict
from solely.store.incidents import Row, add, every, newest, numbered, versions

pytestmark = pytest.mark.server
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def registry(login):
    with login("registry") as connection:
        yield connection


def row(incident, version, content="{}"):
    return Row(incident, version, NOW, "Eva", content, 0)


def test_the_newest_stands_and_all_are_there(registry):
    for version in (1, 2, 3):
        add(registry, row("one-incident", version, f'{{"a":{version}}}'))
    assert newest(registry, "one-incident") == row("one-incident", 3, '{"a":3}')
    assert [one.version for one in versions(registry, "one-incident")] == [3, 2, 1]
    assert [one.version for one in versions(registry, "one-incident", last=2)] == [3, 2]
    assert [one.version for one in every(registry) if one.incident == "one-incident"] == [3]
    assert newest(registry, "no-such") is None


def test_a_version_is_there_once(registry):
    add(registry, row("twice", 1))
    with pytest.raises(Conflict, match="at this moment"):
        add(registry, row("twice", 1, '{"other":1}'))
    assert versions(registry, "twice") == [row("twice", 1)]


def test_the_highest_number_of_a_year_is_known(registry):
    assert numbered(registry, 1999) == 0
    for name in ("1999-007", "1999-012", "1999-special", "1998-099", "1999-1000"):
        add(registry, row(name, 1))
    assert numbered(registry, 1999) == 1_000


def test_its_content_does_not_print(registry):
    assert "secret" not in repr(row("x", 1, "secret"))
