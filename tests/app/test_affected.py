"""What an officer is told of people is in the ledger before it is told, and who was named can see it."""

import pytest

from acts import ADS, SECURITY, Platform
from solely.answer import affected_people
from solely.answer.question import Question
from solely.errors import Unavailable
from solely.store import ledger

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    with Platform.made(tmp_path_factory.mktemp("platform")) as platform:
        values = [f"person{n}@example.com" for n in range(9)]
        platform.give([(one.partition("@")[0], ADS, one, "v1", "DE") for one in values])
        platform.give([(f"other{n}", SECURITY, f"other{n}@example.com", "v1", None) for n in range(4)])
        platform.match(values, "acme", "summer")
        for gave in platform.gave[9:]:
            platform.send(gave)
        yield platform


def everything(platform):
    return Question(since=platform.uses[0].at)


def written(platform, since):
    """The entries from a sequence on."""
    sources = platform.solely.parts.sources
    return list(sources.entries.read(range(since, since + 20)).values())


def size(platform):
    return ledger.read_head(platform.solely.parts.entries.connection).size


def test_counts_are_a_disclosure_that_names_the_question(platform):
    platform.wait(minutes=1)
    before = size(platform)
    assert platform.solely.affected(everything(platform)).counts().people == 13
    (entry,) = written(platform, before)
    assert (entry.type, entry.principal, entry.members) == ("disclosure", "officer", None)
    assert entry.details == {"of": "affected", "question": everything(platform).digest()}


def test_a_list_is_told_in_pieces_each_committed_to_before_one_of_it_is_told(platform, monkeypatch):
    monkeypatch.setattr(affected_people.pieces, "__defaults__", (5,))
    platform.wait(minutes=1)
    before = size(platform)
    told = platform.solely.affected(everything(platform)).subjects()
    assert written(platform, before) == []
    listed = []
    for subject in told:
        listed.append(subject)
        assert sum(entry.members.count for entry in written(platform, before)) >= len(listed)
    assert sorted(listed) == sorted({gave.subject for gave in platform.gave})
    pieces = written(platform, before)
    assert [entry.details["piece"] for entry in pieces] == list(range(1, len(pieces) + 1))
    assert sum(entry.members.count for entry in pieces) == 13
    assert max(entry.members.count for entry in pieces) <= 5
    for subject in listed:
        acts = platform.solely.uses(subject).uses.acts
        assert [act.sequence for act in acts if act.what == "disclosure" and act.sequence >= before] != []


def test_where_the_ledger_can_t_be_written_nothing_is_told(platform, monkeypatch):
    asked = platform.solely.affected(everything(platform))

    def broken(_):
        raise Unavailable("the ledger is full")

    object.__setattr__(asked, "write_down", broken)
    told = []
    for tell in (asked.counts, lambda: asked.people, asked.over_time, lambda: told.extend(asked.subjects())):
        with pytest.raises(Unavailable):
            tell()
    assert told == []
