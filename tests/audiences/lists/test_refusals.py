"""Every refusal of a list is a sentence of ours with a cure, and nothing else passes for one."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.audiences import lists
from solely.audiences.lists import source
from solely.audiences.lists.refusals import REFUSALS, is_refusal, refused
from solely.errors import ListError

MODULES = sorted(Path(lists.__file__).parent.glob("*.py"))
PLACES = ("", "byte 1", "sheet", "schema", "footer", "line 7", "column -3")


def calls(name):
    """Every call of a function in the reader's modules, with the name of its module."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield path.stem, node


def sentences(node):
    """The texts an argument may be."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=one, orelse=other):
            return sentences(one) + sentences(other)
        case ast.JoinedStr():  # the list is {what}
            return [f"the list is {what}" for _, what in source._BINARY + source._TEXTUAL]
        case _:
            raise AssertionError(ast.unparse(node))


def test_every_sentence_the_modules_refuse_with_has_its_cure_and_every_one_is_used():
    said = {text for _, call in calls("refused") for text in sentences(call.args[0])}
    assert said == set(REFUSALS)


def test_the_child_refuses_with_nothing_but_these():
    """`reading`, `text` and `frames` make errors of their own for what the caller asked, before a list is opened."""
    outside = {module for module, _ in calls("ListError")}
    assert outside == {"refusals", "reading", "text", "frames"}


def test_a_cure_is_words_and_no_sentence_says_the_same_as_another():
    for what, cure in REFUSALS.items():
        assert len(cure) >= 8
        assert cure[0].islower()
        assert not cure.endswith(".")
        assert what.count("{}") + cure.count("{}") <= 1
    assert len({what.lower() for what in REFUSALS}) == len(REFUSALS)


@pytest.mark.parametrize("what", REFUSALS)
def test_a_refusal_is_known_for_one_with_any_number_and_in_any_place(what):
    for place in PLACES:
        error = refused(what, 2**63, where=place)
        assert is_refusal(error.what, error.where, error.cure)
        assert "{" not in str(error)


@pytest.mark.parametrize("what", REFUSALS)
def test_a_refusal_with_one_word_more_is_none(what):
    error = refused(what, 7)
    for more in ("\n", " ", "ada@example.com"):
        assert not is_refusal(error.what + more, "", error.cure)
        assert not is_refusal(more + error.what, "", error.cure)
        assert not is_refusal(error.what, "", error.cure + more)
        assert not is_refusal(error.what, more, error.cure)
        assert not is_refusal(error.what, "line 7" + more, error.cure)
    assert not is_refusal(error.what, "", next(cure for cure in REFUSALS.values() if cure != REFUSALS[what]))


@given(st.text(), st.text(), st.text())
def test_what_is_not_ours_is_no_refusal(what, where, cure):
    assert not is_refusal(what, where, cure)
    assert not is_refusal("the list is empty", where, cure) or (where in PLACES and cure == "export it again")


def test_digits_of_other_scripts_are_no_number_of_ours():
    assert not is_refusal("over \u0661\u0662 rows", "", "split the list")
    assert not is_refusal("over 12 rows", "line \u0661", "split the list")


def test_a_number_is_too_short_to_hold_a_digest():
    assert not is_refusal(f"over {10**20} rows", "", "split the list")


def test_no_sentence_that_is_none_of_these_can_be_said():
    with pytest.raises(KeyError):
        refused("the list holds ada@example.com")
    assert isinstance(refused("the list is empty"), ListError)
