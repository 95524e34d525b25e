"""Every error stands in the tree its module draws, and says what, where and the cure."""

import copy
import pickle
import re
import traceback

import pytest

from solely import errors
from solely.errors import BadInput, ContactError, GivingError, PolicyError, Refused, SolelyError, Tampered

LINE = re.compile(r"^(?P<bars>[ │]*)(?:├── |└── )(?P<name>\w+) .*?(?:(?P<status>\d{3})  exit (?P<exit>\d+))?$")
REASONED = (ContactError, GivingError)


def drawn():
    """The lines under the root: each class, the class it stands under, and the numbers written beside it."""
    above = {0: "SolelyError"}
    for line in errors.__doc__.splitlines():
        if found := LINE.fullmatch(line.rstrip()):
            depth = len(found["bars"]) // 4
            above[depth] = found["name"]
            yield found["name"], above[depth - 1], found["status"], found["exit"]


TREE = list(drawn())


def classes():
    return {name: one for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}


def test_the_tree_drawn_is_the_tree_of_classes():
    found = {name: one.__base__.__name__ for name, one in classes().items() if one is not SolelyError}
    assert {name: parent for name, parent, _, _ in TREE} == found
    assert len(TREE) == len(found) == 20


@pytest.mark.parametrize(("name", "parent", "status", "exit_code"), TREE)
def test_each_has_the_status_and_the_exit_code_drawn_beside_it_or_beside_its_parent(name, parent, status, exit_code):
    one = classes()[name]
    if status is None:
        assert (one.status, one.exit_code) == (classes()[parent].status, classes()[parent].exit_code)
    else:
        assert (one.status, one.exit_code) == (int(status), int(exit_code))


def test_no_two_kinds_of_error_share_an_exit_code_and_none_says_success():
    kinds = [SolelyError, *SolelyError.__subclasses__()]
    assert sorted(one.exit_code for one in kinds) == [1, 2, 3, 4, 5, 6, 7]


def test_all_names_every_error_and_nothing_else_in_order():
    assert errors.__all__ == sorted(classes())


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Refused("no", where="audience 7", cure="ask the officer"), "audience 7: no (ask the officer)"),
        (Refused("no", where="audience 7"), "audience 7: no"),
        (Refused("no", cure="ask the officer"), "no (ask the officer)"),
        (Tampered("no"), "no"),
        (ContactError("empty", "fill it in"), "empty (fill it in)"),
        (GivingError("no-subject", "name one"), "no-subject (name one)"),
    ],
)
def test_it_reads_as_place_then_what_then_cure(error, text):
    assert str(error) == text
    assert traceback.format_exception_only(error) == [f"solely.errors.{type(error).__name__}: {text}\n"]


@pytest.mark.parametrize("kind", [ContactError, GivingError])
def test_a_reasoned_error_has_its_reason_as_what_is_wrong(kind):
    error = kind("a-reason", "a cure")
    assert (error.reason, error.what, error.where, error.cure) == ("a-reason", "a-reason", "", "a cure")
    assert isinstance(error, BadInput)


@pytest.mark.parametrize("kind", classes().values())
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_it_comes_whole_out_of_another_process(kind, copied):
    error = kind("what", "cure") if kind in REASONED else kind("what", where="where", cure="cure")
    other = copied(error)
    assert type(other) is kind
    assert (str(other), other.args, vars(other)) == (str(error), error.args, vars(error))


def test_who_handles_bad_input_handles_each_of_its_leaves_and_no_refusal():
    assert set(BadInput.__subclasses__()) == {classes()[name] for name, parent, _, _ in TREE if parent == "BadInput"}
    assert issubclass(PolicyError, BadInput)
    assert not issubclass(Refused, BadInput)
