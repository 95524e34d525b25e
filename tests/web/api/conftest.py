"""The API of all compartments, served once for all tests of a worker; and once more with an advertising side."""

import itertools
from datetime import timedelta

import pytest

from ads import PEOPLE, Ads
from apis import served
from solely.app import Solely, init
from solely.app.create import SHIPPED_POLICY
from stage import FLOOR, START, Stage


@pytest.fixture(scope="session")
def api(solely):
    with served(solely) as found:
        yield found


@pytest.fixture
def backend(api):
    """The platform's own backend, as it asks the registry."""
    return api.as_("service", "registry")


@pytest.fixture(scope="session")
def ads(tmp_path_factory):
    """Under a clock that stands still, and a policy with a low floor."""
    folder = tmp_path_factory.mktemp("ads")
    policy = folder / "policy.toml"
    policy.write_text(SHIPPED_POLICY.read_text().replace("floor = 1000 ", f"floor = {FLOOR} "))
    init(folder / "data", policy)
    time = [START + timedelta(days=3650)]  # the ledger's first entry is of today, and its time never goes back
    with Solely(folder / "data", clock=lambda: time[0], signs=False) as solely:
        stage = Stage(solely, time, folder, itertools.count(1))
        with served(solely) as at:
            made = Ads(stage, at)
            made.audience, made.subjects = stage.audience(PEOPLE)
            made.agree()
            yield made
