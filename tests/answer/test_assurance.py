"""Assurance claims nothing it can't show: what a clause names is there, and a claim needs its parts."""

import ast
import json
from pathlib import Path

import pytest
import typer.main
from pydantic import ValidationError

import assured
from solely.answer.assurance import STATUSES, Clause, read_laws
from solely.answer.assurance_figures import FIGURES
from solely.cli import main as command_line

ROOT = Path(__file__).resolve().parents[2]
CLAUSES = [clause for law in read_laws() for clause in law.clause]
ARTICLES = "5(1)(b) 5(1)(e) 5(2) 6 7(1) 7(3) 15 17 20 21(2)-(3) 25 30 32 33 34"
SHOWN = {
    "id": "x",
    "place": "Art. 1",
    "title": "t",
    "demands": "d",
    "known-from": "k",
    "status": "shown",
    "answered-by": ("solely.gate",),
    "tests": ("tests/test_gate.py::test_x",),
    "figures": ("uses",),
}


def each(clauses=CLAUSES):
    return pytest.mark.parametrize("clause", clauses, ids=[clause.id for clause in clauses])


@each()
def test_each_test_that_proves_a_clause_is_there(clause):
    for named in clause.tests:
        file, _, test = named.partition("::")
        tree = ast.parse((ROOT / file).read_text())
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, named


@each()
def test_each_module_and_command_that_answers_a_clause_is_there(clause):
    for named in clause.answered_by:
        if named.startswith("solely."):
            place = ROOT / "src" / named.replace(".", "/")
            assert place.is_dir() or place.with_suffix(".py").is_file(), named
        else:
            found = typer.main.get_command(command_line.__globals__["cli"])
            for word in named.split()[1:]:
                found = found.get_command(None, word)
                assert found, named


def test_each_clause_has_an_id_of_its_own():
    assert len({clause.id for clause in CLAUSES}) == len(CLAUSES)


def test_the_articles_are_those_that_contacts_and_consent_fall_under():
    gdpr, *_ = read_laws()
    assert [clause.place.removeprefix("Art. ") for clause in gdpr.clause] == ARTICLES.split()


@each([clause for clause in CLAUSES if not clause.id.startswith("gdpr")])
def test_no_order_is_said_to_have_been_read(clause):
    assert clause.known_from.endswith("not checked against the order")


@pytest.mark.parametrize(
    "change",
    [
        {"missing": "something"},
        {"tests": ()},
        {"figures": ()},
        {"answered-by": ()},
        {"figures": ("guesses",)},
        {"status": "partly"},
        {"status": "not built"},
        {"status": "organisation"},
        {"status": "partly", "missing": "m", "tests": ()},
        {"status": "fulfilled"},
        {"tests": ("a test that we will write",)},
        {"certified": "yes"},
    ],
    ids=str,
)
def test_a_clause_that_claims_more_than_it_has_is_none(change):
    assert Clause.model_validate(SHOWN).status == "shown"
    with pytest.raises(ValidationError):
        Clause.model_validate(SHOWN | change)


def test_every_figure_is_named_by_some_clause():
    assert {name for clause in CLAUSES for name in clause.figures} == set(FIGURES)


def test_each_clause_comes_with_the_figures_it_names():
    made = assured.assurance()
    assert [one.clause for one in made.clauses()] == CLAUSES
    for one in made.clauses():
        assert [figure.name for figure in one.figures] == list(one.clause.figures)


def test_the_statuses_add_up():
    counted = assured.assurance().statuses()
    assert tuple(counted) == STATUSES
    assert sum(counted.values()) == len(CLAUSES)


def test_as_json_is_one_object_that_says_all():
    made = assured.assurance()
    told = json.loads(json.dumps(made.as_json()))
    assert told["ledger"] | {"verified": True, "entries": 15, "root": made.verified.root.hex()} == told["ledger"]
    clauses = {one["id"]: one for law in told["laws"] for one in law["clauses"]}
    assert clauses["gdpr-5-1-b"]["figures"]["uses"]["values"] == {"tailored-audiences": 2, "two-factor": 1}
    assert clauses["gdpr-5-1-b"]["tests"] == list(CLAUSES[0].tests)
    assert clauses["gdpr-17"]["missing"]
    assert len(told["register"]["lines"]) == 9
    assert told["register"]["not_known"]
