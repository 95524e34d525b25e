"""A form is read within bounds, and nothing but a form."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.client.pages.asked import MOST, Asked, Cookie, read_form
from solely.errors import BadInput, SolelyError, TooLarge, WrongType

FORM = "application/x-www-form-urlencoded"


def test_a_form_is_read():
    assert read_form(b"name=ana&password=a+b%26c&x=", f"{FORM}; charset=utf-8") == {
        "name": "ana",
        "password": "a b&c",
        "x": "",
    }
    assert read_form(b"name=%C3%A4", FORM) == {"name": "ä"}
    assert read_form(b"", "") == {}


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b"x=" + b"a" * MOST, FORM, TooLarge),
        (b'{"x": 1}', "application/json", WrongType),
        (b"x=1", "", WrongType),
        (b"&".join(b"x=1" for _ in range(201)), FORM, BadInput),
        (b"x=\xff", FORM, BadInput),
        (b"x=%ff", FORM, BadInput),
        (b"no field", FORM, BadInput),
    ],
)
def test_what_is_no_form_is_refused(body, kind, error):
    with pytest.raises(error):
        read_form(body, kind)


@given(st.binary(max_size=500))
def test_whatever_is_sent_is_read_or_refused_as_ours(body):
    with suppress(SolelyError):
        assert all(isinstance(one, str) for pair in read_form(body, FORM).items() for one in pair)


@pytest.mark.parametrize(("sent", "signals"), [("1", True), (" 1 ", True), ("0", False), ("", False), ("yes", False)])
def test_a_browsers_signal_is_one_sign(sent, signals):
    known = {"prefix": "", "host": "", "secure": True, "cookies": {}, "query": {}, "form": {}, "source": None}
    asked = Asked(method="GET", path="", headers={"sec-gpc": sent}, request=None, **known)
    assert asked.gpc is signals
    assert "Asked" in repr(asked)


def test_what_a_cookie_holds_is_not_shown():
    assert "secret" not in repr(Cookie("x", "secret", 1))
