"""A block knows how many rows it holds, as records and as arrays."""

import pyarrow as pa

from solely.audiences.lists.blocks import Arrays, Rows


def test_a_block_is_as_long_as_its_rows():
    assert len(Rows([], [])) == 0
    assert len(Rows([1, 4], [["a"], None])) == 2
    assert len(Arrays(7, 2, {3: pa.array(["a", ""])})) == 2
    assert len(Arrays(7, 2, {})) == 2  # rows without a wanted column are rows
