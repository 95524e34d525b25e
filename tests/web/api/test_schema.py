"""The schema: OpenAPI 3.1, each route with who may, its problems, and examples that a real request takes."""

import pytest

from solely.web.api import ROUTES

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def schema(api):
    return api.client.get("/openapi.json").json()


def test_each_route_is_told_with_its_right_and_its_problems(schema):
    assert schema["openapi"].startswith("3.1")
    for route in ROUTES:
        told = schema["paths"][route.path][route.method.lower()]
        assert told["summary"]
        assert f"`{route.act}`" in told["description"]
        assert told["security"] == [{"key": []}]
        assert {"400", "401", "403", "404", "429", "503"} <= set(told["responses"])
        assert "application/problem+json" in told["responses"]["401"]["content"]
        names = {one["name"] for one in told.get("parameters", [])}
        assert ("Idempotency-Key" in names) is route.changes
    assert schema["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_operations_have_names_of_their_own(schema):
    names = [told["operationId"] for methods in schema["paths"].values() for told in methods.values()]
    assert len(names) == len(set(names))


def test_nothing_is_told_that_is_answered_by_nobody(schema):
    for methods in schema["paths"].values():
        for told in methods.values():
            assert "422" not in told["responses"]
