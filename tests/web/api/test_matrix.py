"""Every principal at every route with every verb: the one table of rights says what becomes of it."""

import pytest

from solely.principal import HOMES, KINDS, RIGHTS
from solely.web.api import ROUTES

pytestmark = pytest.mark.server

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
BY_PATH = {path: {one.method: one for one in ROUTES if one.path == path} for path in {one.path for one in ROUTES}}
OF_A_PERSON = "nobody-of-the-matrix"


def example(path):
    """The path with something in its places: a person, a name, an id that is of nothing."""
    path = (
        path.replace("{sequence}", "0")
        .replace("{entry}", "1")
        .replace("{purpose}", "two-factor")
        .replace("{to}", "people")
    )
    for name in ("subject", "advertiser", "name", "partner", "audience"):
        path = path.replace("{" + name + "}", OF_A_PERSON if name == "subject" else f"no-such-{name}")
    return "/".join("00000000-0000-4000-8000-000000000000" if "{" in part else part for part in path.split("/"))


def callers(api):
    """A key of each kind in each compartment that has any use for it, and a token of each that mints."""
    for home in HOMES:
        for kind in KINDS:
            if kind != "subject" and RIGHTS[kind][home]:
                yield kind, home, api.key(kind, home)
        if RIGHTS["subject"][home]:
            yield "subject", home, api.token(OF_A_PERSON, home)


@pytest.fixture(scope="module")
def everyone(api):
    return list(callers(api))


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_each_cell_of_the_matrix_is_as_the_table_says(api, everyone, path):
    for method in METHODS:
        route = BY_PATH[path].get(method)
        if route is None:  # whoever asks
            assert api.ask(method, example(path), everyone[0][2]).status_code == 405, (method, path)
            continue
        for kind, home, key in everyone:
            answer = api.ask(method, example(path), key)
            at = (method, path, kind, home, answer.status_code)
            if home not in route.homes:
                assert answer.status_code == 401, at
            elif route.act not in RIGHTS[kind][home]:
                # a body that is none may be told before the right is asked; nothing else may
                assert answer.status_code in ({403, 400} if route.changes else {403}), at
            else:
                assert answer.status_code not in {405, 500}, at
                assert answer.status_code != 401 or "unauthenticated" not in answer.text, at
                if kind == "subject" and "{subject}" in path:
                    assert answer.status_code != 403, at
        assert api.ask(method, example(path)).status_code == 401


def test_each_route_takes_a_right_that_somebody_has():
    for route in ROUTES:
        for home in route.homes:
            assert any(route.act in RIGHTS[kind][home] for kind in KINDS), (route.method, route.path, home)
