"""Alive and ready are told to whoever asks, and nothing else is."""

import pytest

from asked import ask
from solely.app.ground import Ground
from solely.store.database import Database
from solely.web.alive import alive, is_ready


@pytest.mark.parametrize(("ready", "status"), [(True, 204), (False, 503)])
def test_it_lives_and_says_whether_it_is_ready(ready, status):
    app = alive(lambda: ready)
    for method in ("GET", "HEAD"):
        assert ask(app, method, "/health/live").status_code == 204
        assert ask(app, method, "/health/ready").status_code == status
    assert ask(app, "POST", "/health/live").status_code == 405
    assert [ask(app, "GET", path).status_code for path in ("/", "/docs", "/openapi.json")] == [404, 404, 404]


@pytest.mark.server
def test_it_is_ready_while_its_roles_can_log_in(solely, database):
    ground = solely.ground
    assert is_ready(ground)
    assert not is_ready(Ground(ground.directory, Database("/nowhere"), ground.policy))
