"""How often one principal may ask."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from solely.errors import Throttled
from solely.principal import Principal
from solely.web.api.rates import Rates

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def someone():
    return Principal(kind="service", name="app", compartment="registry", acts=frozenset(), key=uuid4())


def test_by_person_each_has_their_own_and_by_key_they_share_it():
    time, kate = [0.0], someone()
    persons = [replace(kate, kind="subject", subject=name) for name in ("ann", "bob")]
    by_person, by_key = (Rates(1, 1, lambda: time[0], lambda: NOW, by_person=each) for each in (True, False))
    for one in persons:
        by_person.admit(one)
        with pytest.raises(Throttled):
            by_person.admit(one)
    by_key.admit(persons[0])
    with pytest.raises(Throttled):
        by_key.admit(persons[1])


def test_a_burst_is_let_through_and_then_so_many_a_second():
    time = [0.0]
    rates, who, other = Rates(2, 3, lambda: time[0], lambda: NOW), someone(), someone()
    for _ in range(3):
        rates.admit(who)
    with pytest.raises(Throttled) as told:
        rates.admit(who)
    assert 0 < (told.value.retry_at - NOW).total_seconds() <= 0.5
    rates.admit(other)
    time[0] = 0.5
    rates.admit(who)
    with pytest.raises(Throttled):
        rates.admit(who)
    time[0] = 100
    for _ in range(3):
        rates.admit(who)
    with pytest.raises(Throttled):
        rates.admit(who)
