"""Lists that came whole: matched once, whatever was cut off, and nothing is left of them."""

from contextlib import ExitStack
from uuid import uuid4

import pytest

from solely.app.uploads import open_uploads
from solely.audiences.arrived import REJECTS, Arrived
from solely.audiences.match import Audiences, Target
from solely.audiences.spool import PIECE
from solely.audiences.upload import LIFE
from solely.errors import NotFound, Unavailable

pytestmark = pytest.mark.server
ADS = "tailored-audiences"
PEOPLE = 150


@pytest.fixture
def arrived(stage):
    parts = stage.solely.parts
    return Arrived(open_uploads(parts), parts.audiences, lambda: None)


@pytest.fixture
def sent(stage, arrived):
    """A function: a list that came, and is whole unless said otherwise."""

    def send(content, *, whole=True):
        one = arrived.uploads.begin(Target(stage.new("advertiser"), "spring"), ADS, {})
        with arrived.uploads.spool(one).writing() as writing:
            writing.add(content)
            writing.keep()
        return arrived.uploads.whole(one, writing.offset) if whole else one

    return send


def told(arrived, one):
    found = arrived.uploads.find([one.advertiser], None, one.upload)
    return found.state, found.told


def silent(*_):
    raise Unavailable("a part that does not answer")


def file_of(arrived, one):
    return arrived.uploads.folder / str(one.upload)


def test_what_came_whole_is_matched_and_what_did_not_waits(stage, arrived, sent):
    addresses = {stage.new("u"): stage.address() for _ in range(PEOPLE)}
    stage.give_all(addresses)
    one, other = sent(("email\n" + "\n".join(addresses.values())).encode()), sent(b"email\n", whole=False)
    arrived.match_all()
    assert told(arrived, one)[0] == "ready"
    assert set(stage.members("spring", one.advertiser)) == set(addresses)
    assert not file_of(arrived, one).exists()
    assert told(arrived, other) == ("receiving", None)
    assert file_of(arrived, other).exists()


def test_one_that_was_cut_off_is_matched_again_and_the_third_time_refused(arrived, sent, monkeypatch):
    class KilledError(BaseException):
        pass

    def killed(*_):
        raise KilledError

    one = sent(b"email\na@example.com\n")
    with monkeypatch.context() as patch:
        patch.setattr(Audiences, "use", killed)
        with pytest.raises(KilledError):
            arrived.match_all()
    assert told(arrived, one)[0] == "processing"
    arrived.match_all()
    assert told(arrived, one)[0] == "too-small"
    two = sent(b"email\na@example.com\n")
    with monkeypatch.context() as patch:
        patch.setattr(Audiences, "use", killed)
        for _ in range(2):
            with pytest.raises(KilledError):
                arrived.match_all()
        arrived.match_all()
    state, said = told(arrived, two)
    assert (state, said["problem"]["what"]) == ("refused", "matching it was cut off twice")
    assert not file_of(arrived, two).exists()


def test_a_part_that_does_not_answer_is_no_fault_of_the_list(arrived, sent, monkeypatch):
    one = sent(b"email\na@example.com\n")
    with monkeypatch.context() as patch:
        patch.setattr(Audiences, "use", silent)
        for _ in range(4):
            with pytest.raises(Unavailable):
                arrived.match_all()
    arrived.match_all()
    assert told(arrived, one)[0] == "too-small"


def test_a_fault_of_ours_refuses_the_list_and_goes_on(arrived, sent, monkeypatch):
    def broken(*_):
        raise RuntimeError("somebody@example.com")

    one, seen = sent(b"email\na@example.com\n"), []
    with monkeypatch.context() as patch:
        patch.setattr(Audiences, "use", broken)
        arrived.match_all(seen.append)
    state, said = told(arrived, one)
    assert (state, said["problem"]["what"]) == ("refused", "something went wrong here")
    assert "somebody" not in str(said)
    assert [type(error) for error in seen] == [RuntimeError]
    assert not file_of(arrived, one).exists()


def test_a_file_that_was_changed_or_cut_is_refused_and_never_matched_in_part(stage, arrived, sent):
    first, last = stage.address(), stage.address()
    stage.give_all({stage.new("u"): first, stage.new("u"): last})
    content = f"email\n{first}\n".encode().ljust(PIECE, b"\n") + f"{last}\n".encode()
    for spoil in (lambda data: data[:-1] + bytes([data[-1] ^ 1]), lambda data: data[:-40]):
        one = sent(content)
        file_of(arrived, one).write_bytes(spoil(file_of(arrived, one).read_bytes()))
        arrived.match_all()
        state, said = told(arrived, one)
        assert (state, said["problem"]["error"]) == ("refused", "Tampered")
        assert not file_of(arrived, one).exists()


def test_what_came_of_a_list_is_told_after_whole_steps_and_is_of_no_audience_before(stage, arrived, sent, monkeypatch):
    """A match that takes a little longer, since it met somebody, is told at the same time as one that did not."""
    use, told_after = Audiences.use, []
    for seconds in (0.3, 0.9, 1.2):

        def takes(*given, seconds=seconds):
            stage.pass_time(seconds=seconds)
            return use(*given)

        one = sent(b"email\na@example.com\n")
        with monkeypatch.context() as patch:
            patch.setattr(Audiences, "use", takes)
            arrived.match_all()
        assert told(arrived, one)[0] == "processing"
        assert not file_of(arrived, one).exists()
        with pytest.raises(NotFound):
            arrived.audiences.status(one.advertiser, one.audience, stage.time[0])
        while told(arrived, one)[0] == "processing":
            stage.pass_time(milliseconds=100)
            arrived.match_all()
        assert arrived.audiences.status(one.advertiser, one.audience, stage.time[0]) == "too-small"
        told_after.append((stage.time[0] - one.whole_at).total_seconds())
    assert told_after == [1.1, 1.1, 2.1]  # a step is a second and a little for each byte


def test_one_that_was_cut_off_before_it_was_told_is_told_once(arrived, sent, monkeypatch):
    one = sent(b"email\na@example.com\n")
    with monkeypatch.context() as patch:
        patch.setattr(type(arrived.uploads), "finish", silent)
        for _ in range(2):
            with pytest.raises(Unavailable):
                arrived.match_all()
    arrived.match_all()
    state, said = told(arrived, one)
    assert (state, said["report"]["rows"]) == ("too-small", 1)


def test_what_another_process_matches_is_left_to_it(arrived, sent):
    one = sent(b"email\na@example.com\n")
    with arrived.uploads.spool(one).reading():
        arrived.match_all()
        assert told(arrived, one)[0] == "processing"
    arrived.match_all()
    assert told(arrived, one)[0] == "too-small"


def test_unusable_rows_are_told_one_by_one_up_to_a_number(arrived, sent):
    one = sent(b"email\na@example.com\n" + b"x y z\n" * 5000)
    arrived.match_all()
    report = told(arrived, one)[1]["report"]
    assert (report["rows"], report["usable"], sum(report["unusable"].values())) == (5001, 1, 5000)
    assert [row["row"] for row in report["first_unusable"]] == list(range(2, REJECTS + 2))


def test_what_did_not_come_in_time_is_refused_and_what_nobody_waits_for_is_removed(stage, arrived, sent):
    late, orphan = sent(b"email\n", whole=False), arrived.uploads.folder / str(uuid4())
    orphan.write_bytes(b"left")
    held = sent(b"email\n", whole=False)
    stage.pass_time(seconds=LIFE.total_seconds() - 1)
    arrived.clear()
    assert not orphan.exists()
    assert told(arrived, late)[0] == "receiving"
    stage.pass_time(seconds=1)
    with ExitStack() as stack:
        stack.enter_context(arrived.uploads.spool(held).writing())
        arrived.clear()
        assert told(arrived, held)[0] == "receiving", "it is being sent at this moment"
    state, said = told(arrived, late)
    assert (state, said["problem"]["what"]) == ("refused", "it did not come whole, or was not matched, in time")
    assert not file_of(arrived, late).exists()
    stage.pass_time(days=1)
    arrived.clear()
    assert list(arrived.uploads.folder.iterdir()) == []
