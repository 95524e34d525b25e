"""A giving is taken as asked or refused with its reason, and one rule says how long it stands."""

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely import contact, purpose
from solely.consent import COLUMNS, CURES, Giving, Notice, Permit, read_asked, read_time, stands
from solely.errors import ContactError, GivingError
from solely.give.rows import Batch, Rules, prepare
from solely.purpose import read_policy

SHIPPED = Path(purpose.__file__).with_name("policy.toml").read_text(encoding="utf-8")
OWN = """
[purpose.parcel-tracking]
compartment = "service"
kinds = ["phone"]
explicit-consent = false
legal-basis = "contract"
fideslang = "essential.service"
dpv = "CommunicationManagement"
lifetime-days = 90
"""
POLICY = read_policy((SHIPPED + OWN).encode())
NOW = datetime(2024, 5, 31, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
NOTICES = {
    notice.name: notice.digest
    for notice in (Notice(name, "v1", f"We use this for {name}, and for nothing else.") for name in POLICY.purposes)
}
ROW = {
    "subject": "u1",
    "kind": "phone",
    "value": "+49 151 12345678",
    "purpose": "two-factor",
    "notice": "two-factor/v1",
    "given_at": "2024-05-01T12:00:00Z",
    "withdrawn_at": "",
}


def asked(**changed):
    return read_asked(ROW | changed, POLICY, NOTICES, NOW)


# ---------------------------------------------------------------- one row

REFUSED = [
    ("no-subject", {"subject": ""}),
    ("no-subject", {"subject": " \t\u00a0"}),
    ("subject-too-long", {"subject": "u" * 129}),
    ("unknown-kind", {"kind": ""}),
    ("unknown-kind", {"kind": "Phone"}),
    ("unknown-kind", {"kind": "address"}),
    ("unknown-purpose", {"purpose": ""}),
    ("unknown-purpose", {"purpose": "Two-Factor"}),
    ("unknown-purpose", {"purpose": "security"}),
    ("kind-not-for-purpose", {"purpose": "parcel-tracking", "kind": "email", "notice": "parcel-tracking/v1"}),
    ("unknown-notice", {"notice": ""}),
    ("unknown-notice", {"notice": "two-factor"}),
    ("unknown-notice", {"notice": "two-factor/v2"}),
    ("unknown-notice", {"notice": "two-factor/v1.txt"}),
    ("notice-of-another-purpose", {"notice": "login-alert/v1"}),
    ("notice-of-another-purpose", {"purpose": "tailored-audiences"}),
    ("bad-time", {"given_at": ""}),
    ("bad-time", {"given_at": "yesterday"}),
    ("bad-time", {"withdrawn_at": "never"}),
    ("given-in-the-future", {"given_at": "2024-05-31T12:00:00.000001Z"}),
    ("given-in-the-future", {"given_at": "2024-05-31T11:59:00-00:02"}),
    ("withdrawn-in-the-future", {"withdrawn_at": "2024-05-31T12:00:00.000001Z"}),
    ("withdrawn-before-given", {"withdrawn_at": "2024-05-01T11:59:59.999999Z"}),
    ("empty", {"value": " "}),
    ("too-long", {"value": "1" * 321}),
    ("not-a-phone", {"value": "+49 151 12345678 ext 5"}),
    ("not-an-email", {"kind": "email"}),
    ("phone-without-country", {"value": "0151 12345678"}),
    ("phone-without-country", {"value": "0151 12345678", "country": " "}),
    ("phone-without-country", {"value": "0151 12345678", "country": "Germany"}),
]
# What a row is before it is read: give/rows.py looks at the cells and at what the registry knows.
RAW_REFUSED = [
    ("ragged-row", list(ROW.values())[:-1]),
    ("ragged-row", [*ROW.values(), ""]),
    ("not-text", list((ROW | {"subject": "u\ufffd1"}).values())),
    ("not-text", list((ROW | {"subject": "u\x001"}).values())),
    ("not-text", list((ROW | {"value": "\ud800"}).values())),
    ("notice-changed", list((ROW | {"notice": " parcel-tracking/v1 ", "purpose": "parcel-tracking"}).values())),
]


@pytest.mark.parametrize(("reason", "changed"), REFUSED)
def test_a_row_that_is_no_giving_is_refused_with_its_reason(reason, changed):
    with pytest.raises(ContactError if reason in contact.CURES else GivingError) as caught:
        asked(**changed)
    assert str(caught.value) == f"{reason} ({CURES[reason]})"
    assert caught.value.reason == reason


@pytest.mark.parametrize(("reason", "cells"), RAW_REFUSED)
def test_a_row_that_is_none_is_refused_before_it_is_read(reason, cells):
    rules = Rules(POLICY, {}, frozenset({"parcel-tracking/v1"}), COLUMNS, NOW)
    assert prepare(Batch([(7, cells)], {}), rules, {}).refused == [(7, reason)]


def test_every_reason_has_a_row_that_meets_it():
    assert {reason for reason, _ in REFUSED + RAW_REFUSED} == set(CURES) - {
        "objected"
    }  # no row tells that: see give/test_choosing.py
    assert set(contact.CURES) < set(CURES)


def test_a_row_is_taken_as_it_was_asked():
    one = asked(withdrawn_at="2024-05-02")
    assert (one.subject, one.purpose, one.contact.kind) == ("u1", POLICY.purpose("two-factor"), "phone")
    assert one.contact.expose() == "+4915112345678"
    assert one.notice == hashlib.sha256(b"We use this for two-factor, and for nothing else.").digest()
    assert (one.given_at, one.withdrawn_at) == (datetime(2024, 5, 1, 12, tzinfo=UTC), datetime(2024, 5, 2, tzinfo=UTC))
    assert "4915112345678" not in repr(one)


@pytest.mark.parametrize("name", POLICY.purposes)
def test_every_purpose_takes_its_kinds_under_its_own_notice_alone(name):
    for kind, value in (("phone", "+4915112345678"), ("email", "ada@example.com")):
        row = {"purpose": name, "kind": kind, "value": value, "notice": f"{name}/v1"}
        if kind in POLICY.purpose(name).kinds:
            assert asked(**row).purpose.name == name
            for other in POLICY.purposes.keys() - {name}:
                with pytest.raises(GivingError, match="notice-of-another-purpose"):
                    asked(**row | {"notice": f"{other}/v1"})


def test_a_notice_whose_purpose_merely_begins_alike_is_of_another_purpose():
    notices = {"two-factor-backup/v1": bytes(32), "two/v1": bytes(32)}
    for name in notices:
        with pytest.raises(GivingError, match="notice-of-another-purpose"):
            read_asked(ROW | {"notice": name}, POLICY, notices, NOW)


def test_spaces_around_cells_do_not_count_and_a_country_reads_in_any_case():
    spaced = {column: f" {value}\t" for column, value in ROW.items()}
    one = read_asked(spaced | {"value": "0151 12345678", "country": " de "}, POLICY, NOTICES, NOW)
    assert (one.subject, one.contact.expose(), one.country) == ("u1", "+4915112345678", "DE")
    assert one.withdrawn_at is None


@pytest.mark.parametrize(
    ("changed", "country"),
    [
        ({"kind": "phone", "value": "+4915112345678"}, "DE"),
        ({"kind": "phone", "value": "+12125550123"}, None),  # the calling code of two dozen countries
        ({"kind": "phone", "value": "+12125550123", "country": "CA"}, "CA"),
        ({"kind": "phone", "value": "+80012345678"}, None),  # of none
        ({"kind": "email", "value": "ada@example.de"}, None),
        ({"kind": "email", "value": "ada@example.de", "country": "pt"}, "PT"),
        ({"kind": "email", "value": "ada@example.de", "country": "ZZ"}, None),
        ({"kind": "email", "value": "ada@example.de", "country": "Portugal"}, None),
    ],
)
def test_where_someone_is_is_what_the_platform_says_or_a_calling_code_tells(changed, country):
    assert read_asked(ROW | changed, POLICY, NOTICES, NOW).country == country


def test_what_is_just_inside_the_limits_is_taken():
    now = NOW.isoformat()
    assert asked(subject="u" * 128).subject == "u" * 128
    assert asked(given_at=now, withdrawn_at=now).withdrawn_at == NOW
    assert asked(withdrawn_at=ROW["given_at"]).withdrawn_at == asked().given_at


def test_a_giving_expires_when_its_purpose_says_or_never():
    assert asked().expires_at is None
    one = asked(purpose="parcel-tracking", notice="parcel-tracking/v1", given_at="2024-03-30T12:00:00+01:00")
    assert one.expires_at == datetime(2024, 6, 28, 11, tzinfo=UTC)


def test_the_longest_life_there_is_stays_in_the_calendar():
    century = dataclasses.replace(POLICY.purpose("parcel-tracking"), lifetime_days=36_525)
    one = dataclasses.replace(asked(), purpose=century, given_at=datetime(9899, 1, 1, tzinfo=UTC))
    assert one.expires_at.year == 9999


# ---------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-05-31T12:00:00Z", NOW),
        (" 2024-05-31 12:00 ", NOW),
        ("2024-05-31t12:00:00,0Z", NOW),
        ("2024-05-31T12:00:00", NOW),
        ("2024-05-31T14:00:00+02:00", NOW),
        ("2024-05-31T06:30:00-05:30", NOW),
        ("2024-06-01T01:45:00+13:45", NOW),
        ("20240531T120000Z", NOW),
        ("2024-W22-5T12", NOW),
        ("2024-05-31", NOW - timedelta(hours=12)),
        ("2024-02-29T00:00:00.000001Z", datetime(2024, 2, 29, 0, 0, 0, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_its_zone_and_kept_in_utc(text, time):
    found = read_time(text)
    assert (found, found.tzinfo) == (time, UTC)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "now", "31.05.2024", "05/31/2024", "2024-5-31", "2023-02-29", "2024-05-31x12:00:00Z",
        "2024-05-31T23:59:60Z", "2024-05-31T12:00:00+24:00", "2024-05-31T12:00:00 Europe/Berlin", "1717156800",
        "\ud800", "\uff12\uff10\uff12\uff14-05-31", "2024-05-31T12:00:00Z\x00", "2024-05-31112:00:00",
        # In UTC these lie before the first day and after the last.
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_and_not_repeated(text):
    with pytest.raises(GivingError) as caught:
        read_time(text)
    assert str(caught.value) == f"bad-time ({CURES['bad-time']})"
    assert caught.value.__context__ is None


@given(st.datetimes(), st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))))
def test_a_time_means_the_same_moment_in_any_zone(naive, zone):
    try:
        time = naive.replace(tzinfo=UTC).astimezone(zone)
    except OverflowError:
        return
    assert read_time(time.isoformat()) == naive.replace(tzinfo=UTC)


# ---------------------------------------------------------------- the one rule

GIVING = Giving(UUID(int=1), "u1", "two-factor", "phone", NOW, None, None)


@pytest.mark.parametrize(
    ("changed", "at", "standing"),
    [
        ({}, NOW - TICK, False),
        ({}, NOW, True),
        ({}, datetime.max.replace(tzinfo=UTC), True),
        ({"ended_at": NOW + TICK}, NOW, True),
        ({"ended_at": NOW + TICK}, NOW + TICK, False),
        ({"ended_at": NOW}, NOW, False),
        ({"expires_at": NOW + TICK}, NOW, True),
        ({"expires_at": NOW + TICK}, NOW + TICK, False),
        ({"expires_at": NOW + 2 * TICK, "ended_at": NOW + TICK}, NOW + TICK, False),
        ({"expires_at": NOW + TICK, "ended_at": NOW + 2 * TICK}, NOW + TICK, False),
    ],
)
def test_a_giving_stands_from_its_first_moment_until_just_before_its_end(changed, at, standing):
    giving = dataclasses.replace(GIVING, **changed)
    assert stands(giving, at) is standing
    assert stands(giving, at.astimezone(timezone(timedelta(hours=-9)))) is standing


MOMENTS = st.integers(0, 6).map(lambda ticks: NOW + ticks * TICK)


@given(MOMENTS, st.none() | MOMENTS, st.none() | MOMENTS, MOMENTS)
def test_whatever_ended_or_expired_stands_never_again(begun, expires_at, ended_at, at):
    giving = dataclasses.replace(GIVING, given_at=begun, expires_at=expires_at, ended_at=ended_at)
    ends = [end for end in (expires_at, ended_at) if end is not None]
    assert stands(giving, at) == (begun <= at and all(at < end for end in ends))
    if ends and at >= min(ends):
        assert not any(stands(giving, at + later * TICK) for later in range(5))


# ---------------------------------------------------------------- words


def test_a_notice_is_known_by_its_very_text():
    notice = Notice("two-factor", "v1", "Für Codes, sonst nichts.\n", "de")
    assert notice.name == "two-factor/v1"
    assert notice.digest == hashlib.sha256("Für Codes, sonst nichts.\n".encode()).digest()
    assert notice.digest != dataclasses.replace(notice, text=notice.text.strip()).digest


@pytest.mark.parametrize("value", [asked(), GIVING, Notice("p", "v1", ""), Permit("two-factor", UUID(int=1), 7)])
def test_what_was_given_and_permitted_does_not_change(value):
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.purpose = "tailored-audiences"
    assert not hasattr(value, "__dict__")


CELLS = st.text(max_size=12) | st.sampled_from(
    [
        *ROW.values(),
        *NOTICES,
        "email",
        "ada@example.com",
        "de",
        "2024-05-31",
        "9999-12-31T23:00:00-14:00",
        "0151 1234567",
    ]
)


@given(st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELLS), optional={"country": CELLS}))
def test_any_row_is_a_giving_or_refused_with_a_reason_and_no_echo(row):
    try:
        one = read_asked(row, POLICY, NOTICES, NOW)
    except (GivingError, ContactError) as error:
        refusal = error
    else:
        assert one.given_at <= NOW
        assert one.notice == NOTICES[f"{one.purpose.name}/{row['notice'].strip().partition('/')[2]}"]
        return
    assert str(refusal) == f"{refusal.reason} ({CURES[refusal.reason]})"
    assert refusal.__context__ is None


@given(st.sampled_from(COLUMNS), CELLS)
def test_one_odd_cell_in_a_good_row_raises_only_our_errors(column, cell):
    try:
        asked(**{column: cell})
    except (GivingError, ContactError) as error:
        refusal = error
    else:
        return
    assert refusal.__context__ is None
