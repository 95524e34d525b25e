"""The advertising tables: the rule that says what stands is consent's own, and nothing is told of other purposes."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from givings import ADS, NOW, PARTNERS, SECURITY, give
from solely.consent import Giving, stands
from solely.errors import Conflict, NotFound
from solely.store import advertising

pytestmark = pytest.mark.server

STEPS = (
    None,
    -timedelta(days=400),
    -timedelta(microseconds=1),
    timedelta(0),
    timedelta(microseconds=1),
    timedelta(days=9),
)
times = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone follows


@pytest.fixture(scope="session")
def connection(solely):
    return solely.audiences.connection


def in_sql(connection, rows, now):
    """What the database's rule says of givings with these times of beginning, expiry and end."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    found = connection.execute(
        f"SELECT {advertising._STANDS} FROM unnest(%(given)s::timestamptz[], %(expires)s::timestamptz[],"
        " %(ended)s::timestamptz[]) WITH ORDINALITY AS g (given_at, expires_at, ended, place),"
        " LATERAL (SELECT g.ended) AS e (ended_at) ORDER BY g.place",
        {"now": now, "given": columns[0], "expires": columns[1], "ended": columns[2]},
    )
    return [stood for (stood,) in found]


def in_python(rows, now):
    return [
        stands(Giving(uuid4(), "u", ADS, "email", given_at, expires_at, ended_at), now)
        for given_at, expires_at, ended_at in rows
    ]


def test_the_database_s_rule_says_what_consent_s_rule_says_around_every_moment(connection):
    near = [None if step is None else NOW + step for step in STEPS]
    rows = [one for one in itertools.product(near, near, near) if one[0] is not None]
    said = in_sql(connection, rows, NOW)
    assert said == in_python(rows, NOW)
    assert (len(said), sum(said)) == (180, 27)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(times, st.none() | times, st.none() | times), min_size=1, max_size=40), times)
def test_the_database_s_rule_says_what_consent_s_rule_says_at_any_time(connection, rows, now):
    rows += [(now, expires_at, ended_at) for _, expires_at, ended_at in rows]
    assert in_sql(connection, rows, now) == in_python(rows, now)


def live(connection, purpose, now, above):
    """Standing givings above a number: by giving number, the member number and the tokens."""
    advertising.admit_members(connection, above)
    found = {}
    for numbers, members, counts, tokens, _ in advertising.live_tokens(
        connection, purpose, now, above, advertising.last_number(connection)
    ):
        assert len(tokens) == 16 * counts.sum()
        cuts = np.split(np.frombuffer(tokens, np.uint8), np.cumsum(16 * counts)[:-1])
        found |= {
            int(number): (int(member), cut.tobytes())
            for number, member, cut in zip(numbers, members, cuts, strict=True)
        }
    return found


def test_live_tokens_are_those_of_one_purpose_that_stand(desk, connection, subject):
    above = advertising.last_number(connection)
    give(desk, subject, value="ada@gmail.com")
    give(desk, f"{subject}-2", value="ada@gmail.com")
    give(desk, f"{subject}-3", withdrawn_at="2024-06-01")
    give(desk, subject, purpose=PARTNERS)
    give(desk, subject, purpose=SECURITY)
    found = live(connection, ADS, NOW, above)
    assert sorted(found) == [above + 1, above + 2]
    assert len({member for member, _ in found.values()}) == 2
    one, two = (tokens for _, tokens in found.values())
    assert one == two
    assert len(one) == 16 * 2  # at gmail.com and at googlemail.com
    assert list(live(connection, PARTNERS, NOW, above)) == [above + 4]
    assert live(connection, SECURITY, NOW, above) == {}
    desk.withdraw(subject, ADS, None, NOW)
    assert list(live(connection, ADS, NOW, above)) == [above + 2]


def test_a_giving_not_yet_begun_is_none_and_numbers_settle_below_it(desk, connection, subject):
    above = advertising.last_number(connection)
    give(desk, subject)
    give(desk, f"{subject}-2", NOW + timedelta(days=2), given_at=(NOW + timedelta(days=1)).isoformat())
    assert list(live(connection, ADS, NOW, above)) == [above + 1]
    assert advertising.settled_number(connection, NOW, above) == above + 1
    assert advertising.settled_number(connection, NOW + timedelta(days=1), above) == above + 2


def test_numbers_of_givings_and_ends_rise_by_one_in_the_order_of_recording(desk, connection, subject):
    giving, ending = advertising.last_number(connection), advertising.last_ending(connection)
    for number in range(3):
        give(desk, f"{subject}-{number}")
        assert advertising.last_number(connection) == giving + number + 1
    for number in (2, 0):
        desk.withdraw(f"{subject}-{number}", ADS, None, NOW)
    assert advertising.last_ending(connection) == ending + 2
    never = datetime(1970, 1, 1, tzinfo=UTC)
    since = advertising.ended_since(connection, ending, ending + 2, never, never)
    assert sorted(since) == [giving + 1, giving + 3]
    assert advertising.ended_since(connection, ending, ending + 1, never, never) == [giving + 3]
    marks = {advertising.giving_mark(connection, giving + number) for number in (1, 2, 3)}
    assert len(marks) == 3
    assert advertising.giving_mark(connection, 1 << 40) == advertising.ending_mark(connection, 1 << 40) == ""
    assert advertising.ending_mark(connection, ending + 1) == advertising.giving_mark(connection, giving + 3)


def test_givings_for_other_purposes_leave_no_trace_that_advertising_can_see(desk, connection, subject):
    """Promise 2 at its root: what the role reads is the same whether or not someone gave for security."""

    def seen():
        tables = ("givings", "endings", "members", "audiences", "uploads", "uses")
        rows = [connection.execute(f"SELECT t::text FROM advertising.{t} t ORDER BY 1").fetchall() for t in tables]
        return rows, advertising.last_number(connection), advertising.last_ending(connection)

    before = seen()
    for purpose in (SECURITY, "service-notice", "ad-measurement", "contact-discovery"):
        give(desk, subject, purpose=purpose, withdrawn_at="2024-06-01")
        give(desk, subject, value="+4915112345678", purpose=purpose)
        desk.withdraw(subject, purpose, None, NOW)
    assert seen() == before


def upload(*pairs):
    givings, members = (np.array(column, np.uint32) for column in zip(*pairs, strict=True))
    return advertising.Upload(uuid4(), givings, members)


def made(days):
    return advertising.Made(None, "00", "0", NOW, NOW + timedelta(days=days))


def test_an_upload_comes_back_as_it_was_while_it_is_valid(connection, subject):
    advertising.add_audience(connection, subject, "summer", ADS)
    kept = [upload((1, 5), (7, 5), (900_000, 2), (1 << 22, 4), (3 << 22, 3)), upload((3, 1))]
    for one, days in zip(kept, (10, 20), strict=True):
        advertising.add_evidence(connection, subject, one)
        advertising.add_upload(connection, subject, "summer", one.id, made(days))
    found = {one.id: one for one in advertising.uploads(connection, subject, "summer", NOW)}
    for one in kept:
        assert np.array_equal(found[one.id].givings, one.givings)
        assert np.array_equal(found[one.id].members, one.members)
    (left,) = advertising.uploads(connection, subject, "summer", NOW + timedelta(days=10))
    assert left.id == kept[1].id


def test_evidence_is_of_no_audience_until_its_upload_is(connection, subject):
    advertising.add_audience(connection, subject, "summer", ADS)
    one = upload((1, 5))
    advertising.add_evidence(connection, subject, one)
    assert list(advertising.uploads(connection, subject, "summer", NOW)) == []
    advertising.add_upload(connection, subject, "summer", one.id, made(1))
    assert [found.id for found in advertising.uploads(connection, subject, "summer", NOW)] == [one.id]


def test_an_upload_that_met_nobody_is_one_too(connection, subject):
    advertising.add_audience(connection, subject, "summer", ADS)
    none = advertising.Upload(uuid4(), np.empty(0, np.uint32), np.empty(0, np.uint32))
    advertising.add_upload(connection, subject, "summer", none.id, made(1))
    (found,) = advertising.uploads(connection, subject, "summer", NOW)
    assert (found.id, len(found.givings), len(found.members)) == (none.id, 0, 0)


def test_an_audience_is_its_advertiser_s_and_keeps_its_purpose(connection, subject):
    advertising.add_audience(connection, subject, "summer", ADS)
    advertising.add_audience(connection, subject, "summer", ADS)
    advertising.add_audience(connection, f"{subject}-rival", "summer", PARTNERS)
    advertising.expect_purpose(connection, subject, "summer", ADS)
    advertising.expect_purpose(connection, subject, "winter", PARTNERS)
    for check in (advertising.expect_purpose, advertising.add_audience):
        with pytest.raises(Conflict):
            check(connection, subject, "summer", PARTNERS)
    with pytest.raises(NotFound):
        advertising.uploads(connection, f"{subject}-stranger", "summer", NOW)


def test_each_use_has_a_number_of_its_own(connection, subject):
    numbers = [advertising.number_use(connection, subject, uuid4()) for _ in range(3)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_whose_a_giving_is_is_told_with_all_they_gave(connection, desk, superuser, subject):
    """By number: the member, and each of their givings, whichever of them was asked for; nothing of anyone else's."""
    for who, value in (
        (subject, "one@example.com"),
        (subject, "two@example.com"),
        (f"{subject}-other", "x@example.com"),
    ):
        give(desk, who, value=value, notice=f"{ADS}/v1")
    advertising.admit_members(connection, 0)
    query = "SELECT number FROM advertising.givings JOIN registry.pseudonyms USING (pseudonym) WHERE subject = %s"
    numbers = [number for (number,) in superuser.execute(query, [subject])]
    found = [advertising.givings_beside(connection, asked) for asked in ([numbers[0]], numbers)]
    assert sorted(found[0]) == sorted(found[1])
    assert {giving for _, giving in found[0]} == set(numbers)
    assert len({member for member, _ in found[0]}) == 1
    assert advertising.givings_beside(connection, []) == []
