"""The API of all compartments, served once for all tests of a worker; and once more with an advertising side."""

import pytest

from ads import staged
from apis import served


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
    with staged(tmp_path_factory.mktemp("ads")) as made:
        yield made
