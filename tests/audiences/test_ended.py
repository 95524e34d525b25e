"""What ended: all of it, at once, whatever is kept in the file beside the indexes."""

import json
import shutil

import pytest

from solely.audiences.ended import ended

pytestmark = pytest.mark.server


def truth(connection, now):
    """By the rule itself, row by row: what ended or expired."""
    rows = connection.execute(
        "SELECT g.number FROM advertising.givings g LEFT JOIN advertising.endings e USING (pseudonym, giving)"
        " WHERE e.giving IS NOT NULL OR g.expires_at <= %s",
        [now],
    )
    return {number for (number,) in rows}


@pytest.fixture
def ask(stage, tmp_path):
    """A function: what ended by now, by this module with a file of the test's own, checked against the rule."""

    def asked(keep=5, folder=tmp_path):
        now = stage.time[0]
        found = set(ended(folder, stage.solely.audiences.connection, now, keep))
        assert found == truth(stage.solely.audiences.connection, now)
        return found

    return asked


def end(stage, count, purpose="tailored-audiences"):
    for _ in range(count):
        stage.solely.withdraw(stage.give(stage.address(), purpose), purpose)


def test_every_end_counts_at_once_whether_the_file_is_written_or_not(stage, ask, tmp_path):
    for _ in range(14):
        before = ask()
        end(stage, 1)
        assert len(ask()) == len(before) + 1
    assert (tmp_path / "ended").exists()


def test_few_ends_are_not_worth_a_file(stage, ask, tmp_path):
    end(stage, 2)
    ask(keep=1_000_000)
    assert not (tmp_path / "ended").exists()


def test_an_end_counts_though_the_clock_was_set_back(stage, ask):
    subject = stage.give(stage.address())
    before = ask()
    stage.solely.withdraw(subject, "tailored-audiences")
    stage.pass_time(hours=-1)
    after = ask()
    stage.pass_time(hours=1)
    assert len(after - before) == 1


def test_expiry_counts_when_its_time_comes_and_not_before(stage, ask):
    stage.give(stage.address(), "partner-audiences")
    before = ask(keep=0)
    stage.pass_time(days=29, hours=23)
    assert ask(keep=0) == before
    stage.pass_time(hours=1)
    assert len(ask(keep=0)) == len(before) + 1


def test_a_file_made_under_a_clock_that_was_ahead_is_dropped(stage, ask, tmp_path):
    stage.give(stage.address(), "partner-audiences")
    now = ask()
    stage.pass_time(days=400)
    assert len(ask(keep=0)) > len(now)
    stage.pass_time(days=-400)
    assert ask(keep=1_000_000) == now
    assert not (tmp_path / "ended").exists()
    stage.give(stage.address(), "partner-audiences")
    stage.pass_time(days=31)
    assert len(ask()) > len(now) + 1


@pytest.mark.parametrize("place", [0, 1, 40, 90, -1, -5])
def test_a_file_that_is_damaged_is_made_anew(stage, ask, tmp_path, place):
    end(stage, 6)
    ask()
    data = bytearray((tmp_path / "ended").read_bytes())
    data[place] ^= 1
    (tmp_path / "ended").write_bytes(data)
    ask()


@pytest.mark.parametrize("data", [b"", b"\n", b"{}\n", b"[]\n", b"null\nx", b'{"format": 1}\n', b'{"format": 2}\n'])
def test_a_file_of_another_format_is_made_anew(stage, ask, tmp_path, data):
    (tmp_path / "ended").write_bytes(data)
    ask()


def test_a_file_of_another_database_is_dropped(stage, make_stage, ask, tmp_path):
    """A restored database gives the numbers of what it lost to other ends."""
    other = make_stage()
    with other.solely:
        end(other, 8)
        ended(tmp_path / "other", other.solely.audiences.connection, other.time[0], 1)
    end(stage, 9)
    for _ in range(9):
        stage.give(stage.address())
    assert json.loads((tmp_path / "other" / "ended").read_bytes().partition(b"\n")[0])["number"] == 8
    shutil.copy(tmp_path / "other" / "ended", tmp_path / "ended")
    ask(keep=1_000_000)
    assert not (tmp_path / "ended").exists()
