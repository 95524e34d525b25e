"""What a person's choices come to for a purpose: the one rule, apart from any database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.preference import ALL, Preference, refuses, standing

ADS, PARTNERS = "tailored-audiences", "partner-audiences"
START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number):
    return START + timedelta(days=number)


def history(*chosen):
    return [Preference(purpose, choice, by, day(at), at) for at, (purpose, choice, by) in enumerate(chosen)]


OBJECT, OBJECT_ALL = (ADS, "object", "person"), (ALL, "object", "person")
SIGNAL, ALLOW = (ALL, "object", "gpc"), (ADS, "allow", "person")


@pytest.mark.parametrize(
    ("chosen", "objects"),
    [
        ((), False),
        ((OBJECT,), True),
        ((OBJECT_ALL,), True),
        ((SIGNAL,), True),
        (((PARTNERS, "object", "person"),), False),
        ((OBJECT, ALLOW), False),
        ((OBJECT_ALL, ALLOW), False),
        ((OBJECT_ALL, (PARTNERS, "allow", "person")), True),
        ((OBJECT_ALL, ALLOW, OBJECT_ALL), True),
        ((SIGNAL, ALLOW), False),
        ((SIGNAL, ALLOW, SIGNAL), False),  # they allowed it knowing of the signal
        ((OBJECT, ALLOW, SIGNAL), True),  # they allowed it before there was one
        ((OBJECT, SIGNAL, ALLOW, SIGNAL), False),
        ((SIGNAL, ALLOW, OBJECT, SIGNAL), True),
        ((SIGNAL, ALLOW, OBJECT, ALLOW, SIGNAL), False),
        ((OBJECT, ALLOW, SIGNAL, ALLOW, SIGNAL), False),
    ],
)
def test_what_choices_come_to(chosen, objects):
    assert standing(history(*chosen), ADS).objects is objects


def test_what_was_given_up_to_an_objection_does_not_count_even_once_it_is_lifted():
    lifted = standing(history(SIGNAL, OBJECT, ALLOW), ADS)
    assert not lifted.objects
    assert [refuses(lifted, day(at)) for at in (0, 1, 2)] == [True, True, False]


def test_while_an_objection_stands_only_a_giving_that_lifts_it_counts():
    stands = standing(history(OBJECT), ADS)
    assert refuses(stands, day(5))
    assert not refuses(stands, day(5), lifts=True)
    assert refuses(stands, day(0), lifts=True)


def test_since_is_when_they_began_to_object():
    assert standing(history(OBJECT, OBJECT_ALL, SIGNAL), ADS).since.entry == 0
    assert standing(history(OBJECT, ALLOW), ADS).since.choice == "allow"


@given(st.lists(st.sampled_from([OBJECT, OBJECT_ALL, SIGNAL, ALLOW, (PARTNERS, "allow", "person")]), max_size=8))
def test_only_that_person_s_own_choice_for_that_purpose_lifts_an_objection(chosen):
    before, after = standing(history(*chosen[:-1]), ADS), standing(history(*chosen), ADS)
    if before.objects and not after.objects:
        assert chosen[-1] == ALLOW


@given(st.lists(st.sampled_from([OBJECT, OBJECT_ALL, SIGNAL, ALLOW]), max_size=8))
def test_who_objects_in_person_objects(chosen):
    assert standing(history(*chosen, OBJECT_ALL), ADS).objects
