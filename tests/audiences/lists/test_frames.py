"""Frames of an honest reader arrive as they were sent; of any other, nothing is believed."""

import contextlib
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.audiences.lists.frames import Account, read_error, read_frame, write_frame, write_report
from solely.audiences.lists.reasons import CURES
from solely.audiences.lists.refusals import REFUSALS, refused
from solely.audiences.lists.report import Column, ListReport

DIGESTS = bytes(range(48))
REPORT = ListReport(
    rows=5,
    usable=3,
    unusable={"empty": 1, "placeholder": 1},
    columns=(Column(1, "email", "email", "header"), Column(2, None, "ignored", "content")),
    format="csv",
    encoding="utf-8",
    delimiter=",",
    header=True,
)
HONEST = json.loads(write_report(REPORT))
NOTHING = r"^$"  # is what the errors say
PERSON = "ada@example.com"


def account(*, rejects=True):
    """An account that has seen five rows, three digests and two rejects."""
    one = Account(rejects=rejects)
    one.digests((5).to_bytes(8, "big") + DIGESTS)
    if rejects:
        one.rejects(b'[[2, 3, "empty"], [4, 5, "placeholder"]]')
    return one


def said(**changes):
    return json.dumps(HONEST | changes).encode()


# ----------------------------------------------------------------- honest


@given(st.lists(st.tuples(st.sampled_from([b"D", b"R", b"Z", b"E"]), st.binary(max_size=99)), max_size=9))
def test_frames_arrive_as_they_were_written(frames):
    pipe = io.BytesIO()
    for letter, body in frames:
        write_frame(pipe, letter, body)
    pipe.seek(0)
    assert [read_frame(pipe) for _ in frames] == frames
    assert read_frame(pipe) is None


def test_a_report_arrives_as_it_was_sent():
    assert account().report(write_report(REPORT)) == REPORT
    assert account(rejects=False).report(write_report(REPORT)) == REPORT


@pytest.mark.parametrize("delimiter", ["", ";", "\t", " ", "\u00a6"])
@pytest.mark.parametrize("encoding", ["", "cp932", "windows-1252", "utf-16-be"])
def test_any_delimiter_and_encoding_may_be_reported(delimiter, encoding):
    report = replace(REPORT, delimiter=delimiter, encoding=encoding)
    assert account().report(write_report(report)) == report


def test_digests_and_rejects_arrive_in_order():
    one = Account(rejects=True)
    digests = one.digests((3).to_bytes(8, "big") + DIGESTS)
    assert digests.tobytes() == DIGESTS
    assert (digests.shape, digests.dtype, one.rows) == ((3, 16), np.uint8, 3)
    assert one.digests((7).to_bytes(8, "big")).shape == (0, 16)
    assert one.rejects(b'[[4, 5, "empty"], [7, 9, "md5"]]') == [(4, 5, "empty"), (7, 9, "md5")]


@pytest.mark.parametrize("what", REFUSALS)
def test_a_refusal_arrives_as_it_was_made(what):
    error = refused(what, 99, where="line 7")
    got = read_error(json.dumps({"what": error.what, "where": error.where, "cure": error.cure}).encode())
    assert str(got) == str(error)


# ------------------------------------------------------------- broken off


def test_there_is_no_frame_where_it_is_cut_off():
    write_frame(pipe := io.BytesIO(), b"D", DIGESTS)
    for size in range(len(pipe.getvalue())):
        assert read_frame(io.BytesIO(pipe.getvalue()[:size])) is None


def test_a_frame_over_the_bound_is_not_taken_in():
    pipe = io.BytesIO(b"D" + (64 * 1024 * 1024 + 1).to_bytes(4, "big") + b"x" * 100)
    assert read_frame(pipe) is None
    assert pipe.tell() == 5


# ---------------------------------------------------------------- hostile


@pytest.mark.parametrize("body", [b"", bytes(7), bytes(9), bytes(8 + 17), (4).to_bytes(8, "big"), b"\xff" * 8])
def test_digests_of_another_length_or_from_rows_that_go_back_are_refused(body):
    with pytest.raises(ValueError, match=NOTHING):
        account().digests(body)


REJECTS = {
    "a reason that is none": [[5, 6, PERSON]],
    "a reason that is no text": [[5, 6, ["empty"]]],
    "a reason as an object": [[5, 6, {}]],
    "no reason": [[5, 6]],
    "one thing more": [[5, 6, "empty", PERSON]],
    "a text for a list": ["abc"],
    "a row that was not read": [[6, 6, "empty"]],
    "a row once more": [[4, 6, "empty"]],
    "rows out of order": [[5, 6, "empty"], [3, 7, "empty"]],
    "a row that is no number": [["5", 6, "empty"]],
    "a row that is true": [[True, 6, "empty"]],
    "a row with a fraction": [[5.0, 6, "empty"]],
    "a line with a fraction": [[5, 6.5, "empty"]],
    "a line before the first": [[5, -1, "empty"]],
    "a line that is a phone number and more": [[5, 2**63, "empty"]],
    "an object": {"5": "empty"},
}


@pytest.mark.parametrize("what", REJECTS)
def test_rejects_are_rows_that_were_read_once_each_with_a_reason_of_ours(what):
    with pytest.raises(ValueError, match=NOTHING):
        account().rejects(json.dumps(REJECTS[what]).encode())


def test_no_rejects_are_taken_that_were_not_asked_for():
    with pytest.raises(ValueError, match=NOTHING):
        account(rejects=False).rejects(b"[]")


def column(**changes):
    return {"columns": [HONEST["columns"][0] | changes, HONEST["columns"][1]]}


REPORTS = {
    "more rows than were read": {"rows": 6, "usable": 4},
    "fewer rows than were read": {"rows": 4, "usable": 2},
    "counts that do not add up": {"usable": 2},
    "fewer unusable rows than rejects": {"usable": 4, "unusable": {"empty": 1}},
    "other reasons than the rejects had": {"unusable": {"empty": 2}},
    "a reason that is none": {"unusable": {"empty": 1, PERSON: 1}},
    "more usable rows than digests": {"usable": 4, "rows": 6},
    "more digests than usable cells": {"usable": 2, "unusable": {"empty": 1, "placeholder": 2}},
    "a count below nothing": {"unusable": {"empty": -1, "placeholder": 3}},
    "a count that is text": {"rows": "5"},
    "a count that is true": {"unusable": {"empty": True, "placeholder": 1}},
    "a format that is none": {"format": PERSON},
    "a format that is no text": {"format": ["csv"]},
    "an encoding that is none": {"encoding": PERSON},
    "an encoding that is no text": {"encoding": 8},
    "a delimiter that is a word": {"delimiter": PERSON},
    "a delimiter that is a letter": {"delimiter": "a"},
    "a delimiter that is a number": {"delimiter": 7},
    "a delimiter in a list": {"delimiter": [PERSON]},
    "a delimiter that is half a letter": {"delimiter": "\ud800"},
    "a header that is neither": {"header": None},
    "a header that is a number": {"header": 1},
    "one thing more": {"note": PERSON},
    "columns that are none": {"columns": PERSON},
    "no columns": {"columns": []},
    "a column that is text": {"columns": [PERSON, PERSON]},
    "a header out of the list": column(header=PERSON),
    "a header that is a name": column(header="Ada Lovelace"),
    "a header that is a list": column(header=["email"]),
    "a header that is a number of a phone": column(header=4915112345678),
    "a meaning that is none": column(meaning=PERSON),
    "a meaning that is a list": column(meaning=["email"]),
    "a meaning that is none beside one that is": {
        "columns": [HONEST["columns"][0], HONEST["columns"][1] | {"meaning": PERSON}]
    },
    "a way that is none": column(by=PERSON),
    "another number": column(number=2),
    "one thing more of a column": column(note=PERSON),
    "no column of contacts": column(meaning="ignored"),
}


@pytest.mark.parametrize("what", REPORTS)
def test_a_report_agrees_with_the_frames_and_shows_only_our_words(what):
    with pytest.raises(ValueError, match=NOTHING):
        account().report(said(**REPORTS[what]))


def test_a_report_must_agree_with_the_digests_though_no_rejects_were_asked_for():
    with pytest.raises(ValueError, match=NOTHING):
        account(rejects=False).report(said(usable=5, unusable={}))
    with pytest.raises(ValueError, match=NOTHING):
        account(rejects=False).report(said(usable=2, unusable={"empty": 3}))
    with pytest.raises(ValueError, match=NOTHING):
        account(rejects=False).report(said(unusable={PERSON: 2}))


def test_a_report_that_lacks_a_part_is_none():
    for name in HONEST:
        with pytest.raises(ValueError, match=NOTHING):
            account().report(json.dumps({key: value for key, value in HONEST.items() if key != name}).encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"what": PERSON}, {"where": PERSON}, {"cure": PERSON}, {"what": "the list is empty " + PERSON}, {"note": "x"},
        {"what": None}, {"where": 7}, {"cure": ["export it again"]}, {"where": "line 1\n"},
    ],
)  # fmt: skip
def test_an_error_that_is_none_of_ours_is_not_shown(changes):
    honest = {"what": "the list is empty", "where": "", "cure": "export it again"}
    assert str(read_error(json.dumps(honest).encode())) == "the list is empty (export it again)"
    with pytest.raises(ValueError, match=NOTHING):
        read_error(json.dumps(honest | changes).encode())


# --------------------------------------------------------------- anything

DEEP = [b"[" * 100_000, b'{"what":' * 100_000, b"[" * 500 + b"]" * 500, b"9" * 10_000, b"\xff\xfe", b"", b"NaN"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*CURES, *HONEST]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(list(HONEST)) | st.text(), inner),
    max_leaves=12,
)


def takes_or_refuses(body):
    for take in (account().digests, account().rejects, account().report, read_error):
        with contextlib.suppress(ValueError):
            take(body)


@pytest.mark.parametrize("body", DEEP, ids=range(len(DEEP)))
def test_json_that_is_deep_or_long_or_none_is_refused(body):
    takes_or_refuses(body)


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(body):
    takes_or_refuses(body)
    with contextlib.suppress(ValueError):
        read_frame(io.BytesIO(body))


@given(VALUES, st.sampled_from(list(HONEST)), st.sampled_from(sorted(HONEST["columns"][0])))
def test_no_json_does_more_than_be_refused(value, name, field):
    takes_or_refuses(json.dumps(value).encode())
    takes_or_refuses(json.dumps([[5, 6, value]]).encode())
    takes_or_refuses(said(**{name: value}))
    takes_or_refuses(said(**column(**{field: value})))
