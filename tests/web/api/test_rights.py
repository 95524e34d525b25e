"""A person's rights over HTTP: what is held of them, what was done, all of it to take away, and to be forgotten."""

import io
import json
import zipfile
from types import SimpleNamespace
from uuid import UUID

import pytest

from solely.app import erased
from solely.app.approvals import Wish, person_in
from solely.app.parts import Parts
from solely.app.starting import erasures
from solely.errors import Unavailable
from solely.ledger.checkpoint import read_verifier_key
from solely.ledger.member_receipt import verify_member_receipt
from solely.ledger.receipt import verify_receipt

pytestmark = pytest.mark.server

ADDRESS, MASKED = "rita@example.com", "r•••@e•••.com"
NOTICE = {"version": "r1", "text": "We use this as you were told."}
PURPOSES = ("two-factor", "service-notice", "tailored-audiences")


def path(subject, what=""):
    return f"/v1/subjects/{subject}{what}"


def give(backend, subject, purpose="two-factor", value=ADDRESS):
    one = {"kind": "email", "value": value, "purpose": purpose, "notice": NOTICE}
    answer = backend("POST", path(subject, "/givings"), json=one)
    assert answer.status_code == 201, answer.text
    return answer.json()["giving"]


@pytest.fixture(scope="module")
def rita(api, tmp_path_factory):
    """Somebody of whom there is a bit of everything; nobody else has their address."""
    backend, value = api.as_("service", "registry"), "rita.of.the.module@example.com"
    givings = {purpose: give(backend, "rita", purpose, value) for purpose in PURPOSES}
    customers = tmp_path_factory.mktemp("rita") / "list.csv"
    customers.write_text(f"email\n{value}\n")
    for audience in ("summer", "winter"):
        api.solely.match(customers, "rita-shop", audience)
    return SimpleNamespace(id="rita", givings=givings, value=value)


def test_what_is_held_is_told_with_words_and_uses_and_contacts_masked(backend, rita):
    answer = backend("GET", path(rita.id, "/held"))
    assert rita.value not in answer.text
    told = {one["purpose"]["name"]: one for one in answer.json()["givings"]}
    assert {name: one["giving"] for name, one in told.items()} == rita.givings
    assert [told[name]["contact"] for name in PURPOSES] == [MASKED, MASKED, None]
    assert "tokens" in told["tailored-audiences"]["why_not"]
    assert all(one["notice"]["text"] == NOTICE["text"] for one in told.values())
    (used,) = told["tailored-audiences"]["used"]
    assert (used["advertiser"], used["what"], used["times"]) == ("rita-shop", "use", 2)
    assert used["first_at"] < used["last_at"]
    (seen,) = told["two-factor"]["used"]
    assert (seen["by"], seen["what"], seen["advertiser"]) == ("subject", "access", None)


def test_uses_are_told_page_by_page_each_once_in_the_order_of_the_ledger(backend, rita):
    whole = backend("GET", path(rita.id, "/uses")).json()
    assert whole["next"] is None
    read, cursor = [], None
    while True:
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = backend("GET", path(rita.id, "/uses"), params=asked).json()
        assert len(page["items"]) in {1, 2}
        read += page["items"]
        if (cursor := page["next"]) is None:
            break
    assert read == whole["items"]
    assert [one["entry"] for one in read] == sorted(one["entry"] for one in read)
    matches = [one for one in read if one["what"] == "use"]
    assert [(one["advertiser"], one["details"]["audience"]) for one in matches] == [
        ("rita-shop", "summer"),
        ("rita-shop", "winter"),
    ]
    assert {one["giving"] for one in matches} == {rita.givings["tailored-audiences"]}


@pytest.mark.parametrize("cursor", ["AAAA", "MS4y_", "bm9uZQ"])
def test_a_cursor_of_nobody_is_told(backend, rita, cursor):
    assert backend("GET", path(rita.id, "/uses"), params={"cursor": cursor}).status_code == 400


def test_a_use_is_proved_without_this_service(backend, rita):
    use = next(one for one in backend("GET", path(rita.id, "/uses")).json()["items"] if one["what"] == "use")
    proof = backend("GET", path(rita.id, f"/uses/{use['entry']}/proof")).json()
    (member,) = proof["members"]
    assert member["giving"] == use["giving"]
    proven = verify_receipt(proof["receipt"], read_verifier_key(proof["verifier"]))
    assert (proven.entry.sequence, proven.entry.principal) == (use["entry"], "advertiser rita-shop")
    verify_member_receipt(member["text"], proven.entry.members)


def test_an_entry_about_somebody_else_is_not_proved_to_them(backend, rita, subject):
    give(backend, subject)
    (other,) = backend("GET", path(subject, "/uses")).json()["items"]
    assert backend("GET", path(rita.id, f"/uses/{other['entry']}/proof")).status_code == 404
    assert backend("GET", path("nobody-at-all", "/uses")).status_code == 404


def test_a_giving_has_its_record_and_its_proofs(backend, rita):
    giving = rita.givings["two-factor"]
    found = backend("GET", path(rita.id, f"/givings/{giving}/receipt")).json()
    assert (found["record"]["record_id"], found["record"]["pii_principal_id"]) == (giving, rita.id)
    assert {one["name"].partition(".")[2] for one in found["proofs"]} == {"tlog-proof", "member"}
    assert "controller.name" in found["not_stated"]
    assert backend("GET", path(rita.id, f"/givings/{UUID(int=3)}/receipt")).status_code == 404


def test_all_of_it_is_a_zip_file_which_is_kept_nowhere(api, backend, rita):
    before = {one for one in api.solely.directory.rglob("*") if "postgres" not in one.parts}
    answer = backend("GET", path(rita.id, "/export"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert "export.zip" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.testzip() is None
        data = json.loads(file.read("data.json"))
        listed = {one["name"] for one in json.loads(file.read("manifest.json"))["files"]}
        assert listed | {"manifest.json"} == set(file.namelist())
    assert [one["contact"] for one in data["givings"]] == [rita.value, rita.value, None]
    new = {one for one in api.solely.directory.rglob("*") if "postgres" not in one.parts} - before
    assert all("public" in one.parts for one in new), "the ledger's own files"


def test_the_schema_says_that_it_is_a_zip_file(api):
    told = api.client.get("/openapi.json").json()["paths"]["/v1/subjects/{subject}/export"]["get"]
    assert list(told["responses"]["200"]["content"]) == ["application/zip"]


def test_where_an_access_can_t_be_written_down_nothing_is_shown_or_taken_away(backend, rita, monkeypatch):
    def shut(*_args, **_options):
        raise Unavailable("the ledger can't be written")

    monkeypatch.setattr("solely.gate.LedgerGate.write_down", shut)
    for what in ("/held", "/export"):
        answer = backend("GET", path(rita.id, what))
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


@pytest.mark.parametrize("what", ["/held", "/uses", "/export"])
def test_a_person_s_own_is_told_to_them_and_to_no_other_person(api, backend, rita, subject, what):
    give(backend, subject)
    assert api.ask("GET", path(subject, what), api.token(subject)).status_code == 200
    assert api.ask("GET", path(rita.id, what), api.token(subject)).status_code == 403


def test_one_person_alone_does_not_keep_what_takes_long_busy(api, subject):
    asked = [api.ask("GET", path(subject, "/export"), api.token(subject)) for _ in range(15)]
    assert [one.status_code for one in asked[:10]] == [404] * 10
    assert asked[-1].status_code == 429
    assert int(asked[-1].headers["retry-after"]) >= 1
    other = f"{subject}-other"
    assert api.ask("GET", path(other, "/export"), api.token(other)).status_code == 404
    assert api.ask("GET", path(subject, "/preferences"), api.token(subject)).status_code == 200


def test_an_officer_looks_at_a_person_while_a_break_glass_about_them_is_open(api, backend, rita, subject):
    give(backend, subject)
    there = api.principals("registry")
    keys = [api.key("officer", "registry"), api.key("officer", "registry", "second-of-registry")]
    first, second = (there.authenticate(key) for key in keys)
    assert api.ask("GET", path(subject, "/held"), keys[0]).status_code == 403
    person = person_in(api.solely.parts, "registry", subject)
    asked = there.approvals.ask(first, Wish(act="break-glass", person=person, reason="fault", case="C-7"))
    assert api.ask("GET", path(subject, "/held"), keys[0]).status_code == 403
    there.approvals.approve(second, asked.approval)
    told = api.ask("GET", path(subject, "/held"), keys[0])
    assert told.json()["givings"][0]["contact"] == MASKED
    assert api.ask("GET", path(rita.id, "/held"), keys[0]).status_code == 403
    assert api.ask("GET", path(subject, "/held"), keys[1]).status_code == 403
    assert api.ask("GET", path(subject, "/export"), keys[0]).status_code == 403
    seen = [(one["what"], one["by"]) for one in backend("GET", path(subject, "/uses")).json()["items"]]
    assert ("access", "officer officer-of-registry") in seen
    assert ("break-glass", "officer officer-of-registry") in seen


def test_who_is_erased_is_unknown_when_it_is_answered_and_asked_again_it_is_the_same(api, backend, subject):
    give(backend, subject)
    names, before = set(api.solely.desk.names(subject)), len(erased.read(erasures(api.solely.directory)))
    for _ in range(2):
        answer = backend("DELETE", path(subject))
        assert (answer.status_code, answer.content) == (204, b"")
        assert backend("GET", path(subject, "/givings")).json() == {"items": []}
    listed = list(erased.read(erasures(api.solely.directory)).values())
    assert len(listed) == before + 1
    assert set(listed[-1]) == names


def test_nobody_is_erased_who_is_not_on_the_list_first(api, backend, subject, monkeypatch):
    give(backend, subject)

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(erased, "add", full)
    assert backend("DELETE", path(subject)).status_code == 500
    assert len(backend("GET", path(subject, "/givings")).json()["items"]) == 1


def test_what_was_cut_off_is_finished_when_it_is_asked_again(api, backend, subject, monkeypatch):
    def cut(*_):
        raise Unavailable("the process of advertising does not answer")

    give(backend, subject)
    monkeypatch.setattr(Parts, "compact", cut)
    assert [backend("DELETE", path(subject)).status_code for _ in range(2)] == [503, 503]
    assert backend("GET", path(subject, "/givings")).json() == {"items": []}
    monkeypatch.undo()
    assert backend("DELETE", path(subject)).status_code == 204
    assert erased.owed(erasures(api.solely.directory)) == []


def test_a_person_erases_themselves_and_nobody_else(api, backend, subject):
    give(backend, subject)
    give(backend, f"{subject}-other")
    token = api.token(subject)
    assert api.ask("DELETE", path(f"{subject}-other"), token).status_code == 403
    assert api.ask("DELETE", path(subject), token).status_code == 204
    assert len(backend("GET", path(f"{subject}-other", "/givings")).json()["items"]) == 1


def test_who_is_narrowed_to_purposes_is_not_asked_about_all_of_a_person(api, backend, subject):
    give(backend, subject)
    key = api.key("service", "registry", "sign-in", purposes={"two-factor"})
    for what in ("/held", "/uses", "/export", "/uses/1/proof", f"/givings/{UUID(int=1)}/receipt"):
        assert api.ask("GET", path(subject, what), key).status_code == 403
    assert api.ask("DELETE", path(subject), key).status_code == 403
