"""Several givings in one transaction: each is as if it were alone."""

from uuid import UUID

import pytest

from solely.consent import Notice
from solely.errors import GivingError
from solely.give.choosing import object_to
from solely.give.many import give_many

pytestmark = pytest.mark.server

NOTICE = Notice("two-factor", "many-1", "We use this to sign you in.")


def row(subject, value="ana@example.com", notice=NOTICE, **more):
    named = {"subject": subject, "kind": "email", "value": value, "purpose": notice.purpose, "notice": notice.name}
    return {**named, "given_at": "2024-05-01T12:00:00Z", "withdrawn_at": "", "country": "", **more}, notice


def test_each_gets_its_own_giving_or_its_own_reason(solely, desk, subject):
    people = [f"{subject}-{n}" for n in range(4)]
    said = give_many(
        desk,
        [row(people[0]), row(people[1], "nothing"), row(people[2]), row(people[0]), row(people[3], purpose="none")],
        solely.clock(),
    )
    assert [type(one) for one in (said[0], said[2], said[3])] == [UUID] * 3
    assert [one.reason for one in said if not isinstance(one, UUID)] == ["not-an-email", "unknown-purpose"]
    assert said[0] == said[3] != said[2]
    for place in (0, 2):
        assert [one.id for one in solely.standing(people[place], "two-factor")] == [said[place]]


def test_two_texts_under_one_version_are_not_one_notice(solely, desk, subject):
    other = Notice(NOTICE.purpose, NOTICE.version, "Something else.")
    first, second = give_many(desk, [row(subject), row(f"{subject}-b", notice=other)], solely.clock())
    assert isinstance(first, UUID)
    assert isinstance(second, GivingError)
    assert second.reason == "notice-changed"


def test_all_of_them_are_one_entry(solely, desk, subject):
    before = solely.verify_ledger().size
    give_many(desk, [row(f"{subject}-{n}") for n in range(10)], solely.clock())
    assert solely.verify_ledger().size == before + 1


def test_one_that_lifts_an_objection_is_alone_and_stands(solely, desk, subject):
    notice = Notice("tailored-audiences", "many-1", "We use this for adverts.")
    object_to(desk, subject, None, "person", solely.clock())
    now = row(subject, notice=notice, given_at=solely.clock().isoformat())
    assert [one.reason for one in give_many(desk, [now], solely.clock())] == ["objected"]
    (giving,) = give_many(desk, [now], solely.clock(), lifts=True)
    assert [one.id for one in solely.standing(subject, notice.purpose)] == [giving]
