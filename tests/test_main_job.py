"""The main job: every list meets exactly the people who gave that very contact for it. The grid has it whole."""

import pytest

from main_job import differences
from world import make_world

pytestmark = pytest.mark.server


LONG = [pytest.param(2_000, seed, marks=pytest.mark.long) for seed in (1, 2)]


@pytest.mark.parametrize(("people", "seed"), [*LONG, (20_000, 3)])
def test_every_list_of_a_world_meets_whom_it_must_and_nobody_else(people, seed, tmp_path):
    truth = make_world(tmp_path / "world", people, seed)
    found = differences(tmp_path / "world", truth, tmp_path / "data")
    assert found.differences == []
    assert found.checks == 10 * 2 * 3 + 2 + len(truth["legacy_affected"])
