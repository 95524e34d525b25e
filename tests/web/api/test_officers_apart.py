"""The officers' routes as they are deployed: the registry's process asks others, the ledger's answers for itself."""

from contextlib import ExitStack, closing
from functools import partial

import pytest
from httpx import Client

from apis import OPERATOR, at_port
from linked import split
from offices import new
from solely.app.principals import open_principals
from solely.app.serve_settings import ServeSettings
from solely.consent import Notice
from solely.web.api import open_api

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def apart(made, tmp_path_factory):
    """A directory of its own: two officers there are its first, whatever other tests add elsewhere."""
    with split(made, tmp_path_factory.mktemp("officers")) as found:
        yield found


@pytest.fixture(scope="module")
def ask(apart):
    """A function: ask a compartment's process as one of its principals."""
    clients, keys = {}, {}
    with ExitStack() as stack:
        for home in ("registry", "security", "ledger"):
            api = stack.enter_context(closing(open_api(apart.grounds[home], [home], ServeSettings())))
            base = stack.enter_context(at_port(api.door))
            clients[home] = stack.enter_context(closing(Client(base_url=base, timeout=30)))
            there = open_principals(apart.parts(home), home, lambda _words: None)
            for name in ("eva", "max"):
                keys[home, name] = there.add(OPERATOR, name, "officer").key

        def run(home, name, method, path, **more):
            headers = {"authorization": f"Bearer {keys[home, name]}"}
            return clients[home].request(method, path, headers=headers, **more)

        yield run


@pytest.fixture(scope="module")
def people(apart, tmp_path_factory):
    """Three whom acme's list met, and whom security knows."""
    folder, people = tmp_path_factory.mktemp("apart"), [new("apart-") for _ in range(3)]
    with apart.whole.new_parts() as parts:
        for one in people:
            for purpose in ("tailored-audiences", "two-factor"):
                row = {"subject": one, "kind": "email", "value": f"{one}@example.org", "purpose": purpose}
                row |= {"notice": f"{purpose}/v1", "given_at": "2026-01-02T00:00:00Z", "withdrawn_at": ""}
                parts.desk.give(row, Notice(purpose, "v1", purpose), apart.whole.clock())
    (folder / "list.csv").write_text("email\n" + "".join(f"{one}@example.org\n" for one in people))
    apart.whole.match(folder / "list.csv", "acme", "officers")
    return sorted(people)


def agreed(ask, home, **about):
    body = {"reason": "data-breach", "case": "C-1", **about}
    one = ask(home, "eva", "POST", "/v1/approvals", json=body)
    assert one.status_code == 201, one.text
    opened = ask(home, "max", "POST", f"/v1/approvals/{one.json()['approval']}/approve")
    assert opened.json()["state"] == "open", opened.text


def test_an_incident_is_counted_stopped_and_its_people_named_across_processes(ask, people):
    eva = partial(ask, "registry", "eva")
    path = f"/v1/incidents/{eva('POST', '/v1/incidents', json={'title': 'A list met people'}).json()['incident']}"
    narrowed = eva("POST", f"{path}/narrow", json={"question": {"audiences": ["acme/officers"]}})
    assert (narrowed.status_code, narrowed.json()["people"]) == (200, 3), narrowed.text
    stopped = {"stops": [{"what": "audience", "name": "umbra/officers"}]}
    assert eva("POST", f"{path}/contain", json=stopped).json()["stops"] == stopped["stops"]
    assert eva("GET", f"{path}/people").status_code == 403
    agreed(ask, "registry", act="disclosure", scope=path.rpartition("/")[2])
    agreed(ask, "registry", act="disclosure", scope="acme/officers")
    named = eva("GET", f"{path}/people").json()["items"]
    assert sorted(one["subject"] for one in named) == people
    assert sorted(eva("GET", "/v1/advertisers/acme/audiences/officers/members").json()["items"]) == people
    assert eva("GET", f"{path}/told").json()["items"] == []


@pytest.mark.parametrize(("home", "what"), [("registry", "givings"), ("security", "factors")])
def test_an_officer_looks_at_one_person_in_each_process_by_its_own_break_glass(ask, people, home, what):
    path = f"/v1/subjects/{people[0]}/{what}"
    assert ask(home, "eva", "GET", path).status_code == 403
    agreed(ask, home, act="break-glass", person=people[0])
    looked = ask(home, "eva", "GET", path)
    assert (looked.status_code, "items" in looked.json()) == (200, True), looked.text
    assert ask(home, "max", "GET", path).status_code == 403
    assert ask(home, "eva", "GET", f"/v1/subjects/{people[1]}/{what}").status_code == 403


def test_the_ledger_s_process_proves_its_entries_and_knows_nobody_of_the_others(ask, apart, people):
    apart.whole.sign_ledger()
    head = ask("ledger", "eva", "GET", "/v1/ledger/head").json()
    assert head["size"] > len(people)
    last = head["size"] - 1
    assert ask("ledger", "eva", "GET", f"/v1/ledger/entries/{last}").json()["sequence"] == last
    assert ask("ledger", "eva", "GET", f"/v1/ledger/entries/{last}/receipt").json()["receipt"].startswith("c2sp.org/")
    assert ask("ledger", "eva", "GET", "/v1/policy").status_code == 404
    assert [one["name"] for one in ask("ledger", "eva", "GET", "/v1/principals").json()["items"]] == ["eva", "max"]
