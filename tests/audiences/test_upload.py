"""Lists on their way: whose they are, what opens their files, and what becomes of them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.app.uploads import open_uploads
from solely.audiences.match import Target
from solely.audiences.upload import MOST_OPEN, target_of, told_at
from solely.errors import Conflict, NotFound, Tampered, Throttled
from stage import START

pytestmark = pytest.mark.server
ADS = "tailored-audiences"


@pytest.fixture
def uploads(stage):
    return open_uploads(stage.solely.parts)


def test_a_list_is_its_sender_s_and_to_others_it_is_not_there(stage, uploads):
    target = Target(stage.new("advertiser"), "spring", "broker")
    one = uploads.begin(target, "partner-audiences", {"country": "DE"})
    assert uploads.find(["other", target.advertiser], "broker", one.upload) == one
    assert target_of(one) == target
    for advertisers, partner in (([target.advertiser], None), ([target.advertiser], "rival"), ([], "broker")):
        with pytest.raises(NotFound):
            uploads.find(advertisers, partner, one.upload)


def test_its_file_opens_by_its_row_and_this_side_s_key_together(stage, uploads):
    one, other = (uploads.begin(Target(stage.new("advertiser"), "spring"), ADS, {}) for _ in range(2))
    spool = uploads.spool(one)
    with spool.writing() as writing:
        writing.add(b"somebody@example.com")
        writing.keep()
    foreign = uploads.spool(other)
    foreign.path.write_bytes(spool.path.read_bytes())
    with pytest.raises(Tampered), foreign.reading() as pieces:
        list(pieces)
    uploads.finish(one, "refused", {})
    assert not spool.path.exists()
    done = uploads.find([one.advertiser], None, one.upload)
    assert done.salt is None
    with pytest.raises(Conflict, match="done with"):
        uploads.spool(done)


def test_one_that_was_given_up_is_not_whole(stage, uploads):
    one = uploads.begin(Target(stage.new("advertiser"), "spring"), ADS, {})
    uploads.end(one)
    with pytest.raises(Conflict, match="not being received"):
        uploads.whole(one, 0)
    assert (one.whole_at, one.due_at) == (None, None)
    two = uploads.begin(Target(stage.new("advertiser"), "spring"), ADS, {})
    assert uploads.whole(two, 7).length == 7
    with pytest.raises(Conflict, match="being matched"):
        uploads.end(uploads.find([two.advertiser], None, two.upload))
    uploads.finish(two, "refused", {})


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 20 << 30))
def test_when_it_is_told_depends_on_its_length_and_on_how_many_steps_it_took(one, other, length):
    steps = [told_at(START, START + timedelta(milliseconds=took), length) - START for took in (one, other)]
    step = timedelta(seconds=1 + length / (4 << 20))
    for took, after in zip((one, other), steps, strict=True):
        assert timedelta(milliseconds=took) <= after <= timedelta(milliseconds=took) + step
        assert round(after / step, 6).is_integer()


def test_a_sender_has_so_many_on_their_way_and_another_s_do_not_count(stage, uploads):
    target = Target(stage.new("advertiser"), "spring")
    for _ in range(MOST_OPEN):
        uploads.require_room(target)
        uploads.begin(target, ADS, {})
    with pytest.raises(Throttled) as told:
        uploads.require_room(target)
    assert told.value.retry_at > stage.time[0]
    uploads.require_room(Target(target.advertiser, "spring", "broker"))
