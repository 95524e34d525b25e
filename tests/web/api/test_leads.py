"""Links: an answer that names something leads to what can be done with it."""

import pytest

from solely.principal import Principal
from solely.web.api.leads import links_from
from solely.web.api.routes import Route

pytestmark = pytest.mark.server


def route(method, path, homes=("registry",), **more):
    return Route(method=method, path=path, homes=homes, act="read", endpoint=Principal.require, **more)


def test_a_link_is_to_what_is_below_the_same_things_in_the_same_compartment():
    made = route("POST", "/v1/subjects/{subject}/things", yields={"thing": "/id"})
    same, other = "/v1/subjects/{subject}/things/{thing}", "/v1/people/{thing}"
    assert links_from(made, [made, route("GET", same)]) == {
        "who-require": {
            "operationId": "who-require",
            "parameters": {"subject": "$request.path.subject", "thing": "$response.body#/id"},
        }
    }
    assert links_from(made, [route("GET", "/v1/things/{thing}/parts")])["who-require"]["parameters"] == {
        "thing": "$response.body#/id"
    }
    for nothing in (route("GET", same, ("security",)), route("GET", other), route("GET", f"{same}/parts/{{part}}")):
        assert links_from(made, [nothing]) == {}


def test_each_answer_that_names_something_leads_to_what_can_be_done_with_it(api):
    schema = api.client.get("/openapi.json").json()
    found = [told for methods in schema["paths"].values() for told in methods.values()]
    by_name = {told["operationId"]: told for told in found}
    links = by_name["factors-enrol"]["responses"]["201"]["links"]
    assert links["verification-answer"]["parameters"] == {
        "challenge": "$response.body#/challenge",
        "subject": "$request.path.subject",
    }
    assert set(by_name["campaigns-add"]["responses"]["201"]["links"]) == {"campaigns-one", "campaigns-change"}
    assert {name for told in found for said in told["responses"].values() for name in said.get("links", {})} <= set(
        by_name
    )
