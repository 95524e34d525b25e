"""The API of all compartments, served once for all tests of a worker."""

import pytest

from apis import served


@pytest.fixture(scope="session")
def api(solely):
    with served(solely) as found:
        yield found


@pytest.fixture
def backend(api):
    """The platform's own backend, as it asks the registry."""
    return api.as_("service", "registry")
