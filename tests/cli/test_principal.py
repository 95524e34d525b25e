"""`solely principal …` and `solely approval …`, on a real directory whose server is kept up."""

import json
import re
import sys

import pytest

from directories import copied
from solely.app import Solely
from solely.cli import main
from solely.consent import Notice

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def directory(made, tmp_path_factory):
    data = copied(made, tmp_path_factory.mktemp("principal") / "data")
    with Solely(data) as application:
        row = {"subject": "ada", "kind": "email", "value": "ada@example.org", "purpose": "two-factor"}
        row |= {"notice": "two-factor/v1", "given_at": "2026-01-02T00:00:00Z", "withdrawn_at": ""}
        application.give(row, Notice("two-factor", "v1", "two-factor"))
        yield data


@pytest.fixture
def call(directory, monkeypatch, capsys):
    """Run a command in this process: (exit code, standard output, standard error)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["solely", *map(str, arguments), "--dir", str(directory)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


@pytest.fixture
def ask(call):
    def run(*arguments):
        code, out, err = call(*arguments, "--json")
        assert code == 0, out + err
        return json.loads(out)

    return run


@pytest.fixture
def key_of(ask, tmp_path):
    """The file with the key of a new principal."""

    def make(name, kind, *options):
        file = tmp_path / f"{name}.key"
        file.write_text(ask("principal", "add", name, "--kind", kind, *options)["key"] + "\n")
        return file

    return make


@pytest.fixture
def officers(key_of, call):
    """The key files of two officers, added by the operator: of those before none stands."""
    for name in ("eva", "max"):
        call("principal", "revoke", name)
    return [key_of(name, "officer") for name in ("eva", "max")]


def flat(text):
    return " ".join(text.split())


def test_a_key_is_alone_on_standard_output_and_the_warning_beside_it(call):
    code, out, err = call("principal", "add", "web", "--kind", "service", "--act", "give", "--purpose", "two-factor")
    assert code == 0
    assert re.fullmatch(r"solely_reg_\w{43}_\w{6}\n", out)
    assert "shown this once" in flat(err)
    assert out.strip() not in err
    code, out, err = call("principal", "rotate", "web", "--overlap", "1", "--days", "30")
    assert code == 0
    assert re.fullmatch(r"solely_reg_\w{43}_\w{6}\n", out)


def test_a_principal_is_shown_narrowed_listed_and_revoked(ask, call):
    ask("principal", "add", "shop", "--kind", "service", "--days", "10")
    assert ask("principal", "narrow", "shop", "--act", "give", "--act", "read") == {"name": "shop", "narrowed": True}
    shown = ask("principal", "show", "shop")
    assert (shown["acts"], shown["purposes"], len(shown["keys"])) == (["give", "read"], None, 1)
    assert shown["keys"][0]["stands"]
    _, out, _ = call("principal", "show", "shop")
    assert "Service shop" in out
    assert shown["keys"][0]["id"] in out
    _, out, _ = call("principal", "list")
    assert re.search(r"shop +service +\S+ +give read", out)
    ask("principal", "revoke", "shop", "--key", shown["keys"][0]["id"])
    assert not ask("principal", "show", "shop")["keys"][0]["stands"]
    ask("principal", "revoke", "shop")
    assert "ended" in flat(call("principal", "show", "shop")[1])
    assert {"shop"} <= {one["name"] for one in ask("principal", "list")["principals"]}
    assert call("principal", "list", "--compartment", "discovery")[1] == "No principals.\n"


def test_a_partner_s_agreement_is_made_shown_and_ended(ask, call):
    ask("principal", "add", "brokers", "--kind", "partner", "--compartment", "advertising")
    ask("principal", "agree", "brokers", "acme", "--from", "2026-01-01", "--until", "2036-01-01")
    (one,) = ask("principal", "show", "brokers", "--compartment", "advertising")["agreements"]
    assert (one["advertiser"], one["ends"]) == ("acme", "2036-01-01T00:00:00+00:00")
    assert "Acts for acme" in call("principal", "show", "brokers", "--compartment", "advertising")[1]
    assert ask("principal", "agree", "brokers", "acme", "--end")["ended"]
    code, *_ = call("principal", "agree", "brokers", "acme", "--end")
    assert code == 4


def test_a_service_mints_a_token_and_an_operator_none(key_of, ask, call):
    web = key_of("minter", "service")
    assert ask("principal", "token", "ada", "--key-file", web)["token"].startswith("solelyt_reg_")
    code, out, err = call("principal", "token", "ada", "--act", "read", "--key-file", web)
    assert (code, out.count("\n")) == (0, 1)
    assert "never in a URL" in flat(err)
    code, _, err = call("principal", "token", "ada")
    assert code == 2
    assert "--key-file" in err


def test_a_break_glass_takes_two_keys_is_announced_and_ends(officers, ask, call):
    eva, max_ = officers
    why = ("--reason", "person-request", "--case", "C-7")
    code, out, err = call("approval", "ask", "break-glass", "--person", "ada", *why, "--key-file", eva)
    assert code == 0, err
    (asked,) = re.findall(r"[0-9a-f-]{36}", out)
    code, _, err = call("approval", "approve", asked, "--key-file", eva)
    assert code == 3
    assert "nothing waits for this officer" in flat(err)
    code, out, err = call("approval", "approve", asked, "--key-file", max_)
    assert (code, out.startswith("Open to eva until ")) == (0, True)
    assert "break-glass in registry: opened by eva, approved by max" in err
    _, out, _ = call("approval", "list")
    assert f"break-glass {asked}: open" in out
    assert "ada" not in out
    (entry, *_) = [act for act in ask("uses", "ada")["acts"] if "approved" in str(act)]
    assert entry["what"] == "break-glass"
    assert ask("approval", "end", asked, "--key-file", eva)["state"] == "ended"


def test_an_officer_looks_at_a_person_by_their_own_key_while_a_break_glass_is_open(officers, key_of, ask, call):
    eva, max_ = officers
    code, out, err = call("held", "ada", "--key-file", eva)
    assert (code, out, "two officers have to agree" in flat(err)) == (3, "", True)
    why = ("--reason", "person-request", "--case", "C-8")
    asked = ask("approval", "ask", "break-glass", "--person", "ada", *why, "--key-file", eva)["approval"]
    ask("approval", "approve", asked, "--key-file", max_)
    assert ask("held", "ada", "--key-file", eva)["subject"] == "ada"
    assert call("held", "ada", "--key-file", max_)[0] == 3
    assert [act["by"] for act in ask("uses", "ada")["acts"] if act["what"] == "access"] == ["officer eva"]
    ask("approval", "end", asked, "--key-file", max_)
    assert call("held", "ada", "--key-file", eva)[0] == 3
    assert call("held", "ada", "--key-file", key_of("mint-only", "service", "--act", "tokens.mint"))[0] == 3


def test_people_are_named_to_the_officer_who_asked_and_by_their_name_in_the_ledger(officers, ask, call, directory):
    eva, max_ = officers
    ask("incident", "open", "A list met people", "--officer", "Eva", "--id", "named")
    ask("incident", "narrow", "named", "--officer", "Eva", "--purpose", "two-factor")
    told = directory.parent / "told.csv"
    code, _, err = call("incident", "progress", "named", "--told", told)
    assert (code, "two officers" in flat(err), told.exists()) == (3, True, False)
    people = ("affected", "--incident", "named", "--subjects", directory.parent / "who.csv")
    assert call(*people, "--key-file", eva)[0] == 3
    why = ("--reason", "data-breach", "--case", "C-9")
    asked = ask("approval", "ask", "disclosure", "--scope", "named", *why, "--key-file", eva)["approval"]
    ask("approval", "approve", asked, "--key-file", max_)
    assert ask(*people, "--key-file", eva)["listed"] == 0
    ask("incident", "progress", "named", "--told", told, "--key-file", eva)
    assert told.read_text().startswith("subject,")
    assert call("incident", "progress", "named", "--told", told, "--key-file", max_)[0] == 3
    assert call(*people, "--key-file", max_)[0] == 3
    code, _, err = call("audience", "members", "none", "--advertiser", "acme", "--key-file", eva)
    assert (code, "no such audience" in err) == (4, True)


def test_an_approval_is_asked_for_by_a_key_and_about_whom_there_is(key_of, call):
    why = ("--reason", "fault", "--case", "C-7")
    code, _, err = call("approval", "ask", "officers", "--scope", "kim", *why)
    assert (code, "by their own key" in flat(err)) == (2, True)
    kim = key_of("kim", "officer", "--compartment", "security")
    security = ("--compartment", "security", "--key-file", kim)
    code, _, err = call("approval", "ask", "break-glass", "--person", "nobody", *why, *security)
    assert (code, "nobody" in err) == (4, False)
    assert call("approval", "ask", "break-glass", "--person", "ada", *why, *security)[0] == 0
    assert call("approval", "list", "--compartment", "ledger")[1] == "Nothing was asked for.\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["principal", "add", "web2", "--kind", "typed-secret"], 2),
        (["principal", "add", "web2", "--kind", "subject"], 2),
        (["principal", "add", "web2", "--kind", "service", "--compartment", "typed-secret"], 2),
        (["principal", "add", "web2", "--kind", "service", "--act", "typed-secret"], 2),
        (["principal", "narrow", "typed-secret"], 2),
        (["principal", "show", "typed-secret"], 4),
        (["principal", "revoke", "typed-secret"], 4),
        (["principal", "agree", "brokers", "acme", "--end", "--until", "2036-01-01"], 2),
        (["principal", "list", "--key-file", "/no/such/file"], 4),
    ],
)
def test_what_is_refused_has_its_exit_code_and_is_not_shown(arguments, code, call):
    met, out, err = call(*arguments)
    assert met == code
    assert "typed-secret" not in out + err


def test_a_key_that_opens_nothing_is_refused_and_not_shown(call, tmp_path):
    (tmp_path / "wrong.key").write_bytes(b"solely_reg_\xff typed-secret")
    code, out, err = call("principal", "list", "--key-file", tmp_path / "wrong.key")
    assert code == 3
    assert "typed-secret" not in out + err


def test_the_commands_and_their_help_are_there(call, monkeypatch, capsys):
    for group, verbs in (
        ("principal", {"add", "rotate", "revoke", "narrow", "list", "show", "agree", "token"}),
        ("approval", {"ask", "approve", "end", "list"}),
    ):
        monkeypatch.setattr(sys, "argv", ["solely", group, "--help"])
        with pytest.raises(SystemExit):
            main()
        assert set(re.findall(r"^│ ([a-z]+) ", capsys.readouterr().out, re.MULTILINE)) == verbs
