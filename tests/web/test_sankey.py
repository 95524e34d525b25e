"""The picture's geometry: what enters a node leaves it, nothing lies on anything else, all is in the frame."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.web.sankey import Frame, draw

ORDER = (("email", "phone"), ("tailored", "partner", "service", "security"), ("ads", "partners", "none"))
PATHS = tuple(itertools.product(*ORDER))
FRAME = Frame(width=560, height=400, left=74, right=112)
CLOSE = pytest.approx
amounts = st.dictionaries(st.sampled_from(PATHS), st.integers(1, 10**8))


def column(picture, number):
    return [node for node in picture.nodes if node.column == number]


@given(amounts)
def test_every_column_holds_everything(given_amounts):
    picture = draw(given_amounts, ORDER, FRAME)
    for number in range(3):
        assert sum(node.amount for node in column(picture, number)) == sum(given_amounts.values())


@given(amounts)
def test_what_enters_a_node_leaves_it_and_is_as_high_as_it(given_amounts):
    picture = draw(given_amounts, ORDER, FRAME)
    for node in picture.nodes:
        into = [r for r in picture.ribbons if (r.target, r.x1) == (node.name, node.x)]
        out = [r for r in picture.ribbons if (r.source, r.x0) == (node.name, node.x + FRAME.bar)]
        for side in [into] * (node.column > 0) + [out] * (node.column < 2):
            assert sum(r.amount for r in side) == node.amount
            assert sum(r.height for r in side) == CLOSE(node.height, abs=1e-6)


@given(amounts)
def test_heights_have_one_scale(given_amounts):
    picture = draw(given_amounts, ORDER, FRAME)
    total = sum(given_amounts.values()) or 1
    unit = (FRAME.height - 3 * FRAME.gap) / total
    for part in (*picture.nodes, *picture.ribbons):
        assert part.height == CLOSE(part.amount * unit, abs=1e-6)


@given(amounts)
def test_ribbons_lie_side_by_side_on_their_nodes(given_amounts):
    picture = draw(given_amounts, ORDER, FRAME)
    nodes = {(node.name, node.column): node for node in picture.nodes}
    for ribbon in picture.ribbons:
        left = 0 if ribbon.x0 == FRAME.left + FRAME.bar else 1
        for y, node in ((ribbon.y0, nodes[ribbon.source, left]), (ribbon.y1, nodes[ribbon.target, left + 1])):
            assert node.y - 1e-6 <= y
            assert y + ribbon.height <= node.y + node.height + 1e-6
    for edge in ("0", "1"):
        ends = sorted((getattr(r, f"x{edge}"), getattr(r, f"y{edge}"), r.height) for r in picture.ribbons)
        for (x, y, height), (next_x, next_y, _) in itertools.pairwise(ends):
            assert next_x > x or next_y >= y + height - 1e-6


@given(amounts)
def test_neither_nodes_nor_labels_overlap_and_all_stay_in_the_frame(given_amounts):
    picture = draw(given_amounts, ORDER, FRAME)
    for number in range(3):
        nodes = column(picture, number)
        assert all(a.y + a.height + FRAME.gap == CLOSE(b.y) for a, b in itertools.pairwise(nodes))
        assert nodes[0].y >= -1e-6
        assert nodes[-1].y + nodes[-1].height <= FRAME.height + 1e-6
        labels = [label for label in picture.labels if label.column == number]
        assert all(a.y + 2 * FRAME.line <= b.y + 1e-6 for a, b in itertools.pairwise(labels))
        assert labels[-1].y + 2 * FRAME.line <= FRAME.height + 1e-6
        assert labels[0].y >= -1e-6


def test_nothing_at_all_is_a_picture_too():
    picture = draw({}, ORDER, FRAME)
    assert not picture.ribbons
    assert all(node.height == 0 for node in picture.nodes)
    assert len(picture.labels) == 9


def test_an_outline_starts_and_ends_at_its_nodes():
    (ribbon, *_) = draw({PATHS[0]: 5}, ORDER, FRAME).ribbons
    assert re.fullmatch(r"M[\d.,]+ C[\d., ]+ V[\d.]+ C[\d., ]+ Z", ribbon.path)
    assert ribbon.path.startswith(f"M{ribbon.x0:.1f},{ribbon.y0:.2f} ")
    assert ribbon.path.endswith(f"{ribbon.x0:.1f},{ribbon.y0 + ribbon.height:.2f} Z")


def test_amounts_that_name_an_unknown_node_are_an_error():
    with pytest.raises(KeyError):
        draw({("fax", "service", "none"): 1}, ORDER, FRAME)
