"""Platforms to ask about: one that a module's tests share, and a function for more."""

import pytest

from acts import Platform


@pytest.fixture(scope="session")
def _blank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("blank")
    Platform.made(folder)
    return folder


@pytest.fixture(scope="session")
def make_platform(_blank, tmp_path_factory):
    """A function: a new platform, which works inside a with block."""
    return lambda: Platform.made(tmp_path_factory.mktemp("platform"), _blank)


@pytest.fixture(scope="module")
def platform(make_platform):
    with make_platform() as platform:
        yield platform
