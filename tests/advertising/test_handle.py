"""A handle names a person to one compartment: what is none, or another's, is refused and not told."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.advertising.handle import read_handle, write_handle
from solely.errors import BadInput


@given(st.uuids(), st.sampled_from(["advertising", "measurement"]))
def test_a_handle_reads_back(pseudonym, side):
    assert read_handle(side, write_handle(side, pseudonym)) == pseudonym


def test_a_handle_of_one_compartment_is_none_of_another():
    with pytest.raises(BadInput, match="not a handle of measurement"):
        read_handle("measurement", write_handle("advertising", UUID(int=1)))


@given(st.text(max_size=40))
def test_any_other_text_is_bad_input_and_is_not_repeated(text):
    with pytest.raises(BadInput) as caught:
        read_handle("advertising", f"{text}!")
    assert len(text) < 4 or text not in str(caught.value)
