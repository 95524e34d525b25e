"""A row is usable when one of its cells is; nothing but the row and the list's layout bears on its verdict."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.audiences.lists.blocks import Rows
from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.columns import Layout
from solely.audiences.lists.judge import Judge, Reject
from solely.audiences.lists.report import Column
from solely.errors import ListError

EMAIL, PHONE = "ada@example.org", "+4915112345678"


def judge_of(*meanings, country=None, bounds=None):
    columns = tuple(Column(number, None, meaning, "caller") for number, meaning in enumerate(meanings, 1))
    return Judge(Layout(columns, header=False, start=0), country, bounds or Bounds())


def start(text):
    return sha256(text.encode()).digest()[:16]


def verdict(judge, cells):
    """The digests of one row, or its reason."""
    digests, rejects = judge.judge(Rows([1], [cells]))
    assert bool(digests) != bool(rejects)
    return digests or rejects[0].reason


def test_a_row_is_usable_when_one_cell_is():
    judge = judge_of("email", "phone", "email")
    assert verdict(judge, ["x", "+12", EMAIL]) == start(EMAIL)
    assert verdict(judge, [EMAIL, PHONE, "n/a"]) == start(EMAIL) + start(PHONE)
    assert (judge.rows, judge.usable, judge.unusable) == (2, 2, {})


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["", "+12", "x"], "not-a-phone"),
        (["n/a", "+12", ""], "placeholder"),
        (["Ada L", "n/a", ""], "not-an-email"),
        (["", " ", ""], "empty"),
        ([], "empty"),
        (None, "unbalanced-quote"),
        (["a" * 1_025, "", ""], "too-long"),
    ],
)
def test_the_reason_of_a_row_is_that_of_its_first_cell_that_is_not_empty(cells, reason):
    assert verdict(judge_of("email", "phone", "email"), cells) == reason


def test_other_columns_do_not_count():
    judge = judge_of("ignored", "email", "country")
    assert verdict(judge, [PHONE, "", "DE"]) == "empty"
    assert verdict(judge, [EMAIL, "Ada L", EMAIL, EMAIL]) == "not-an-email"


def test_a_rows_country_goes_before_that_of_the_list():
    judge = judge_of("phone", "country", country="DE")
    assert verdict(judge, ["015112345678", ""]) == start(PHONE)
    assert verdict(judge, ["015112345678"]) == start(PHONE)
    assert verdict(judge, ["015112345678", "Atlantis"]) == start(PHONE)
    assert verdict(judge, ["(650) 561-5622", "USA"]) == start("+16505615622")
    assert verdict(judge_of("phone", "country"), ["015112345678", ""]) == "phone-without-country"
    both = judge_of("country", "phone", "country")
    assert verdict(both, ["", "015112345678", "+49"]) == verdict(both, ["DE", "015112345678", "US"]) == start(PHONE)


def test_a_reject_says_its_row_among_all_and_its_line():
    judge = judge_of("email")
    assert judge.judge(Rows([2, 3], [[EMAIL], ["Ada L"]]))[1] == [Reject(2, 3, "not-an-email")]
    assert judge.judge(Rows([7, 9], [None, [EMAIL]]))[1] == [Reject(3, 7, "unbalanced-quote")]
    assert judge.judge(Rows([], [])) == (b"", [])
    assert (judge.rows, judge.usable, judge.unusable) == (4, 2, {"not-an-email": 1, "unbalanced-quote": 1})


def test_a_list_of_more_rows_than_it_may_have_is_refused():
    judge = judge_of("email", bounds=Bounds(rows=2))
    judge.judge(Rows([1, 2], [[EMAIL], ["x"]]))
    with pytest.raises(ListError, match="over 2 rows"):
        judge.judge(Rows([3], [[EMAIL]]))


def test_a_cell_over_its_bound_spoils_no_other_cell():
    judge = judge_of("email", "phone", bounds=Bounds(cell=20))
    assert verdict(judge, [" " * 20 + EMAIL, ""]) == "too-long"
    assert verdict(judge, [" " * 20 + EMAIL, PHONE]) == start(PHONE)


ROWS = st.lists(
    st.none()
    | st.lists(
        st.sampled_from([EMAIL, PHONE, "015112345678", "", "n/a", "DE", "US", "x", "+12", "\ud800"]), max_size=4
    ),
    min_size=1,
    max_size=12,
)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_verdict_on_a_row_does_not_depend_on_the_others(rows, dice):
    order = list(range(len(rows)))
    dice.shuffle(order)
    alone = [verdict(judge_of("email", "phone", "country"), row) for row in rows]
    judge = judge_of("email", "phone", "country")
    digests, rejects = judge.judge(Rows([at + 1 for at in order], [rows[at] for at in order]))
    assert digests == b"".join(alone[at] for at in order if isinstance(alone[at], bytes))
    assert {reject.line - 1: reject.reason for reject in rejects} == {
        at: one for at, one in enumerate(alone) if isinstance(one, str)
    }
    assert judge.rows == len(rows) == judge.usable + len(rejects)
