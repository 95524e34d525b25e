from datetime import timedelta
from types import SimpleNamespace

import pytest

from directories import copied
from rights import START, live
from solely.app import Solely


@pytest.fixture(scope="session")
def place(made, tmp_path_factory):
    """The directory at work, and its clock."""
    folder = tmp_path_factory.mktemp("rights")
    directory, clock = copied(made, folder / "data"), SimpleNamespace(now=START)
    (directory / "rights.toml").write_text('jurisdiction = "IE"\n[controller]\nname = "Chirp Ltd"\n')
    with Solely(directory, clock=lambda: clock.now, signs=False) as solely:
        live(solely, folder)
        clock.now += timedelta(days=1)
        yield SimpleNamespace(solely=solely, parts=solely.parts, clock=clock, folder=folder)
