"""An audience put together bit by bit is what it is when all is read anew."""

from uuid import uuid4

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from solely.advertising.gathered import Gathered
from solely.audiences.audience import effective
from solely.store.advertising import Upload

OF = dict(enumerate([1, 1, 1, 2, 2, 3, 3, 4, 5, 6], 1))  # giving -> member, as it is in all uploads
GIVINGS = st.sets(st.sampled_from(sorted(OF)))
STEPS = st.lists(st.tuples(st.sampled_from(["list", "list of a partner", "end"]), GIVINGS), max_size=12)


def upload(givings):
    numbers = sorted(givings)
    return Upload(uuid4(), np.array(numbers, np.uint32), np.array([OF[one] for one in numbers], np.uint32))


def beside(gone):
    """As the database tells it: each giving of those whose givings these are."""
    return {(OF[one], other) for one in gone for other, member in OF.items() if member == OF[one]}


@given(steps=STEPS)
def test_lists_and_ends_in_any_order_leave_whom_the_rule_says(steps):
    one, ended, uploads = Gathered("acme", "summer"), BitMap(), []
    for what, givings in steps:
        if what == "end":
            ended |= BitMap(givings)
            one.leave(beside(givings), ended)
        else:
            uploads.append(upload(givings))
            one.add(uploads[-1], "broker" if "partner" in what else None, ended)
        assert one.members == effective(uploads, ended)
    assert one.uploads == {each.id for each in uploads}


@given(steps=STEPS, own=GIVINGS)
def test_what_reached_someone_is_told_part_by_part(steps, own):
    one, truth = Gathered("acme", "summer"), {}
    for what, givings in steps:
        partner = "broker" if "partner" in what else None
        one.add(upload(givings), partner, BitMap())
        truth.setdefault(partner, set()).update(givings)
    found = {part.partner: set(givings) for part, givings in one.through(BitMap(own))}
    assert found == {partner: givings & own for partner, givings in truth.items() if givings & own}
    assert all(part.audience == "summer" for part, _ in one.through(BitMap(own)))
