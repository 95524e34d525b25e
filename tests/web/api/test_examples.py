"""Examples of the schema are requests: each is sent by whoever has the right, and answered as the schema says."""

import re

import pytest

from apis import served
from directories import copied
from solely.app import Solely
from solely.principal import KINDS, RIGHTS
from solely.web.api import ROUTES
from solely.web.api.examples import put_examples
from told import ASKS

pytestmark = pytest.mark.server

PLACES = {"subject": "ana", "advertiser": "acme", "audience": "spring", "campaign": "spring", "name": "shop"}
NOTHING = "00000000-0000-4000-8000-000000000000"


class Places(dict):
    def __missing__(self, name):
        return "{" + name + "}"


@pytest.fixture(scope="module")
def api(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    (folder / "list.csv").write_text("email\nnobody@example.com\n")
    directory = copied(made, folder / "data")
    (directory / "incidents.toml").write_text(ASKS)
    with Solely(directory, signs=False) as solely, served(solely) as found:
        solely.match(folder / "list.csv", "acme", "spring")
        yield found


@pytest.fixture(scope="module")
def schema(api):
    return api.client.get("/openapi.json").json()


def keys(api, route):
    """Somebody who has the right: an officer, the platform's backend, an advertiser."""
    for home in sorted(route.homes, key=lambda one: one != "registry"):
        for kind in sorted(KINDS, key=lambda one: one not in {"officer", "service"}):
            if kind not in {"subject", "partner"} and route.act in RIGHTS[kind][home]:
                return api.key(kind, home, "acme" if kind == "advertiser" else f"{kind}-of-{home}")
    raise AssertionError(route)


def bodies(schema):
    for route in ROUTES:
        told = schema["paths"][route.path][route.method.lower()]
        content = told.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            yield route, told, content["application/json"]


def test_every_body_that_can_be_sent_has_an_example(schema):
    assert [f"{route.method} {route.path}" for route, _, body in bodies(schema) if "example" not in body] == []


def test_every_example_is_taken_by_what_it_is_an_example_of(api, schema):
    places, done, wrong = dict(PLACES), [], []
    for route, told, body in bodies(schema):
        sent = {name: places.get(name, value) if value == NOTHING else value for name, value in body["example"].items()}
        path = re.sub(r"{\w+}", NOTHING, route.path.format_map(Places(places)))
        answer = api.ask(route.method, path, keys(api, route), json=sent)
        at = (route.method, path, answer.status_code, answer.text[:300])
        if str(answer.status_code) not in told["responses"] or answer.status_code in {400, 403}:
            wrong.append(at)
        if answer.is_success:
            done.append(route.name)
            places |= {name: pointed(answer.json(), at) for name, at in route.yields.items()}
    assert not wrong, "\n".join(map(str, wrong))
    assert {"subjects-give", "factors-enrol", "campaigns-add", "principals-add", "incidents-open_"} <= set(done)


def pointed(said, place):
    for part in place.split("/")[1:]:
        said = said[int(part)] if isinstance(said, list) else said[part]
    return said


def test_an_example_is_put_together_of_what_the_fields_say():
    sent = {"schema": {"$ref": "#/components/schemas/Sent"}}
    schema = {
        "paths": {"/": {"post": {"requestBody": {"content": {"application/json": sent}}}}},
        "components": {
            "schemas": {
                "Sent": {
                    "type": "object",
                    "required": ["id", "kind", "part"],
                    "properties": {
                        "id": {"type": "string", "format": "uuid"},
                        "kind": {"enum": ["email", "phone"]},
                        "part": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                        "more": {"type": "string"},
                    },
                },
                "Part": {"type": "object", "properties": {"name": {"type": "string", "examples": ["ana"]}}},
            }
        },
    }
    put_examples(schema)
    assert sent["example"] == {"id": NOTHING, "kind": "email", "part": [{"name": "ana"}]}
    del sent["example"], schema["components"]["schemas"]["Part"]["properties"]["name"]["examples"]
    schema["components"]["schemas"]["Part"]["required"] = ["name"]
    put_examples(schema)
    assert "example" not in sent
