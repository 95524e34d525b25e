"""The API keeps to its schema, whoever asks, whatever is sent. `bench/contract.py` asks for as long as one likes."""

import pytest

from contract import odd_ones, platform, run
from directories import copied

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(scope="module")
def asked(made, tmp_path_factory):
    with platform(copied(made, tmp_path_factory.mktemp("contract") / "data")) as found:
        yield found


@pytest.mark.filterwarnings("ignore")  # schemathesis's own
@pytest.mark.parametrize(("phase", "examples"), [("fuzzing", 2), ("stateful", 12)])
def test_no_answer_departs_from_the_schema_or_goes_to_who_has_no_right(asked, phase, examples):
    statuses, broken = set(), []
    for requests, failures in run(asked, phases=(phase,), examples=examples):
        statuses |= {one.response.status_code for one in requests if one.response is not None}
        broken += failures
    assert not broken, "\n\n".join(broken[:10])
    assert statuses >= {200, 201, 400, 401, 404}


def test_nothing_odd_is_answered_by_a_fault_of_ours(asked):
    found = [(sent, fault) for sent, fault in odd_ones(asked, every=9)]
    assert len(found) > 500
    assert [one for one in found if one[1]] == []


def test_whoever_reaches_a_route_without_the_right_is_found(asked, monkeypatch):
    monkeypatch.setattr("solely.principal.who.Principal.require", lambda *_: None)
    monkeypatch.setattr("contract.RIGHTFUL", 0)
    broken = [one for _, failures in run(asked, phases=("examples",), examples=1) for one in failures]
    assert any("reached without the right" in one for one in broken)
