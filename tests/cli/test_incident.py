"""`solely incident …`, from its beginning to its end, on a real directory whose server is kept up."""

import csv
import json
import re
import sys

import pytest

from directories import copied
from offices import TEXTS
from solely.app import Solely
from solely.cli import main
from solely.consent import Notice
from solely.store.ledger import Concern, Words

pytestmark = pytest.mark.server

EVA = ("--officer", "Eva Adler")
WRITTEN = ("--nature", TEXTS.nature, "--consequences", TEXTS.consequences, "--measures", TEXTS.measures)
SETTINGS = '[contact]\nofficer = "Data Protection Officer"\nreach = "privacy@chirp.example"\n'
VERBS = "open describe narrow show list contain release decide draft notify progress close"


@pytest.fixture(scope="module")
def directory(made, tmp_path_factory):
    """A list of acme's met ada, who can be told, and bob, who can't."""
    folder = tmp_path_factory.mktemp("incident")
    data = copied(made, folder / "data")
    (data / "incidents.toml").write_text(SETTINGS)
    (folder / "list.csv").write_text("email\nada@example.org\nbob@example.org\n")
    with Solely(data) as application:
        for subject, purpose in (
            ("ada", "tailored-audiences"),
            ("bob", "tailored-audiences"),
            ("ada", "service-notice"),
        ):
            row = {"subject": subject, "kind": "email", "value": f"{subject}@example.org", "purpose": purpose}
            row |= {"notice": f"{purpose}/v1", "given_at": "2026-01-02T00:00:00Z", "withdrawn_at": ""}
            application.give(row, Notice(purpose, "v1", purpose))
        application.match(folder / "list.csv", "acme", "spring")
        yield data


@pytest.fixture
def call(directory, monkeypatch, capsys):
    """Run a command in this process: (exit code, standard output, standard error)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["solely", "incident", *map(str, arguments), "--dir", str(directory)])
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
def opened(ask):
    """An incident about acme's list."""
    made = ask("open", "A list met people it should not have", *EVA)
    ask("describe", made["incident"], *EVA, *WRITTEN)
    return ask("narrow", made["incident"], *EVA, "--advertiser", "acme")


def flat(text):
    return " ".join(text.split())


def test_its_verbs_are_these(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["solely", "incident", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert set(re.findall(r"^│ ([a-z]+) ", capsys.readouterr().out, re.MULTILINE)) == set(VERBS.split())


def test_it_is_opened_and_says_what_is_due_when(call, ask):
    code, out, _ = call("open", "An export was left open", *EVA, "--noticed", "2026-02-01T12:00:00Z", "--id", "exports")
    assert code == 0
    assert "Incident exports: An export was left open" in out
    assert "OVERDUE: the authorities had to be told by 2026-02-04 12:00 UTC" in flat(out)
    assert "people affected not counted yet" in flat(out)
    shown = ask("show", "exports")
    assert [(one["rule"], one["standing"]) for one in shown["due"]] == [
        ("gdpr-authority", "overdue"),
        ("gdpr-people", "no-date"),
        ("ftc-250", "uncounted"),
        ("ftc-500", "uncounted"),
    ]
    assert shown["due"][0]["due"] == "2026-02-04T12:00:00+00:00"
    assert ask("narrow", "exports", *EVA, "--people", "260")["people"] == 260
    assert "gdpr-authority, ftc-250" in flat(call("list")[1])
    assert call("open", "again", *EVA, "--id", "exports")[0] == 5


def test_a_question_is_asked_by_its_parts(ask, opened):
    incident = opened["incident"]
    assert (opened["people"], opened["question"]) == (2, {"advertisers": ["acme"]})
    asked = ask("narrow", incident, *EVA, "--advertiser", "acme", "--from", "2020-01-01", "--to", "2020-02-01")
    assert asked["people"] == 0
    assert asked["question"]["until"] == "2020-02-01T00:00:00+00:00"


def test_a_question_may_name_givings_in_a_file(ask, opened, directory, tmp_path):
    with Solely(directory) as application:
        given = [one.id for one in application.standing("ada", "tailored-audiences")]
    (tmp_path / "givings").write_text("".join(f"{one}\n" for one in given))
    assert ask("narrow", opened["incident"], *EVA, "--givings", tmp_path / "givings")["people"] == 1


def test_affected_asks_what_an_incident_asks(opened, directory, monkeypatch, capsys):
    def affected(*arguments):
        monkeypatch.setattr(sys, "argv", ["solely", "affected", *arguments, "--dir", str(directory), "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, json.loads(capsys.readouterr().out)

    code, said = affected("--incident", opened["incident"])
    assert (code, said["people"], said["question"]) == (0, 2, opened["question"])
    assert affected("--incident", opened["incident"], "--advertiser", "acme")[0] == 2
    assert affected("--incident", "1999-001")[0] == 4


def test_all_that_is_stopped_is_shown_and_let_go_with_a_reason(call, ask, opened):
    incident = opened["incident"]
    code, out, _ = call("contain", incident, *EVA, "--advertiser", "umbra", "--audience", "acme/other", "--why", "so")
    assert (code, flat(out)) == (0, f"Stopped for {incident}: advertiser umbra, audience acme/other.")
    assert ask("show", incident)["stopped"] == [["advertiser", "umbra"], ["audience", "acme/other"]]
    code, out, _ = call("release", incident, *EVA, "--advertiser", "umbra", "--why", "mended")
    assert (code, flat(out)) == (0, f"Released. Still stopped for {incident}: audience acme/other.")
    assert call("release", incident, *EVA, "--advertiser", "umbra", "--why", "mended")[0] == 4
    assert call("release", incident, *EVA, "--audience", "acme/other", "--why", "")[0] == 2
    assert call("contain", incident, *EVA)[0] == 2


def test_a_stop_whose_version_was_lost_to_a_kill_is_shown(call, opened, directory):
    with Solely(directory) as application:
        gate = application.incidents.book.gate
        gate.contain(Words("incident", "officer"), [Concern("partner", "axon")], (), opened["incident"])
    assert "stopped partner axon" in flat(call("show", opened["incident"])[1])


def test_from_the_draft_to_the_end(call, ask, opened, tmp_path):
    incident = opened["incident"]
    assert call("notify", incident, *EVA)[0] == 5
    call("draft", incident, "--to", "people", "--out", tmp_path / "draft.txt", "--subject", "ada")
    draft = (tmp_path / "draft.txt").read_text()
    assert "DRAFT" in draft
    assert "acme" in draft
    decided = ask(
        "decide", incident, *EVA, "--breach", "yes", "--authority", "yes", "--people", "yes", "--why", "it is"
    )
    assert decided["decisions"] == {"breach": True, "authority": True, "people": True}
    for name in ("report.html", "report.pdf", "report.txt"):
        assert call("draft", incident, "--to", "authority", "--out", tmp_path / name)[0] == 0
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "Record (Art. 33(5))" in (tmp_path / "report.txt").read_text()
    code, out, err = call("notify", incident, *EVA)
    assert (code, flat(out)) == (0, "Of 2 people to be told: sent 1 unreachable 1")
    assert "What happened to a contact you gave" in err  # no server is set: it is printed
    call("progress", incident, "--unreachable", tmp_path / "lost.csv", "--told", tmp_path / "all.csv")
    with (tmp_path / "lost.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["subject", "state", "since", "why"]
    assert [row[0::3] for row in rows[1:]] == [["bob", "there is no contact for service notices"]]
    assert (tmp_path / "all.csv").read_text().count("\n") == 3
    assert call("close", incident, *EVA, "--why", "done")[0] == 5
    told = ask("notify", incident, *EVA, "--authority", "gdpr-authority", "--reference", "IE-2026-17")
    assert told["due"][0]["standing"] == "met"
    assert ask("close", incident, *EVA, "--why", "all is done")["state"] == "closed"
    assert call("describe", incident, *EVA, "--title", "another")[0] == 5


def test_a_draft_in_another_language_says_what_is_missing_in_it(call, opened, tmp_path):
    code, out, _ = call(
        "draft", opened["incident"], "--to", "people", "--out", tmp_path / "entwurf.html", "--language", "de"
    )
    assert (code, "entwurf.html" in flat(out).replace(" ", "")) == (0, True)
    page = (tmp_path / "entwurf.html").read_text()
    assert "ENTWURF" in page
    assert "Es fehlt noch" in page


@pytest.mark.parametrize(
    "arguments",
    [
        ("open", "t", "--officer", "secret@example.org"),
        ("open", "t", *EVA, "--noticed", "secret"),
        ("open", "t", *EVA, "--id", "Secret!"),
        ("open", "secret\x1b", *EVA),
        ("narrow", "ID", *EVA, "--notice", "secret"),
        ("narrow", "ID", *EVA, "--advertiser", "acme", "--people", "3"),
        ("describe", "ID", *EVA, "--nature", "secret\x07"),
        ("describe", "ID", *EVA, "--language", "secret"),
        ("decide", "ID", *EVA, "--breach", "secret", "--why", "x"),
        ("decide", "ID", *EVA, "--why", "secret"),
        ("draft", "ID", "--to", "secret", "--out", "x.html"),
        ("draft", "ID", "--to", "people", "--out", "x.doc"),
        ("notify", "ID", *EVA, "--again", "secret"),
        ("notify", "ID", *EVA, "--again", "sent"),
        ("contain", "ID", *EVA, "--audience", "secret"),
    ],
)
def test_what_can_t_be_is_refused_and_not_repeated(call, opened, arguments):
    code, out, err = call(*(opened["incident"] if one == "ID" else one for one in arguments))
    assert code == 2, out + err
    assert "secret" not in (out + err).lower()


def test_what_is_not_there_is_not_found(call):
    assert call("show", "1999-001")[0] == 4
    assert call("progress", "secret@example.org")[0] == 4
