"""Pages: what follows a page is what comes after its last name, and a cursor is one of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import BadInput
from solely.web.api.pages import after, cut

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@given(st.sets(NAMES), st.integers(1, 9))
def test_pages_of_any_names_are_all_of_them_in_order(names, limit):
    names, found, cursor, first = sorted(names), [], None, True
    while first or cursor:
        last = after(cursor)
        page, cursor = cut([one for one in names if one > last][: limit + 1], limit, str)
        found, first = [*found, *page], False
    assert found == names


@pytest.mark.parametrize("bad", ["a", "____", "AA", "gICA"])
def test_what_is_no_cursor_is_bad_input(bad):
    with pytest.raises(BadInput, match="not a cursor"):
        after(bad)
