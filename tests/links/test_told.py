"""An error crosses a link as what it was, with where and cure, and with nothing else."""

from datetime import UTC, datetime

import pytest

from solely import errors
from solely.errors import BadInput, ContactError, GivingError, SolelyError, Throttled, Unavailable
from solely.links.records import dump, load
from solely.links.told import ends_link, error_from, parts_of

PLAIN = sorted(set(errors.__all__) - {"SolelyError", "ContactError", "GivingError", "Throttled"})


def crossed(error):
    return error_from(load(dump(parts_of(error))))


@pytest.mark.parametrize("name", PLAIN)
def test_each_error_is_the_same_on_the_other_side(name):
    error = crossed(getattr(errors, name)("what", where="where", cure="cure"))
    assert (type(error).__name__, error.what, error.where, error.cure) == (name, "what", "where", "cure")


def test_those_that_hold_more_keep_it():
    at = datetime(2030, 1, 1, tzinfo=UTC)
    assert crossed(Throttled("what", retry_at=at)).retry_at == at
    assert crossed(Throttled("what")).retry_at is None
    for kind in (ContactError, GivingError):
        error = crossed(kind("unknown-kind", "a cure"))
        assert (type(error), error.reason, error.cure) == (kind, "unknown-kind", "a cure")


def test_an_error_of_no_known_kind_is_unavailable():
    assert type(error_from(["SystemExit", "what", "where", "cure", None])) is Unavailable
    assert type(crossed(SolelyError("what"))) is Unavailable


def test_only_what_may_be_broken_ends_a_link():
    going_on = {name for name in PLAIN if not ends_link(getattr(errors, name)("what"))}
    assert set(PLAIN) - going_on == {"Tampered", "Unavailable"}
    assert not ends_link(BadInput("what"))
    assert ends_link(ValueError())
