"""All processes apart: what is given, matched and answered over links is what it is in one process."""

from uuid import UUID

import pytest

from givings import ADS
from solely.answer.question import Question
from solely.answer.uses import uses
from solely.app.approvals import Wish, person_in
from solely.app.principals import open_principals
from solely.audiences.lists import read_list
from solely.audiences.match import Target
from solely.consent import Notice
from solely.errors import Refused
from solely.links.table import PROCESSES
from solely.principal import Operator

pytestmark = pytest.mark.server

NOTICE = Notice(ADS, "1", "We use it for audiences.")
TARGET = Target("acme", "summer")


def give(apart, subject):
    row = {"subject": subject, "purpose": ADS, "kind": "email", "value": f"{subject}@example.org"}
    row |= {"notice": NOTICE.name, "given_at": "2024-01-01T00:00:00Z", "withdrawn_at": ""}
    return apart.parts("registry").desk.give(row, NOTICE, apart.whole.clock())


def match(apart, path, *subjects):
    path.write_text("email\n" + "\n".join(f"{one}@example.org" for one in subjects))
    audiences = apart.parts("advertising").audiences
    audiences.allow(TARGET, ADS)
    return audiences.match(read_list(path), TARGET, ADS, apart.whole.clock())


def test_what_is_given_is_matched_and_answered_for(apart, tmp_path):
    subjects = [f"person-{number}" for number in range(5)]
    for one in subjects:
        give(apart, one)
    match(apart, tmp_path / "list.csv", *subjects[:3])
    registry = apart.parts("registry")
    assert len(registry.members("acme", "summer")) == 3
    assert [act.what for act in uses(registry.sources, subjects[0]).acts] == ["giving", "use"]
    assert registry.affected(Question(advertisers=frozenset({"acme"}))).counts().people == 3


@pytest.mark.parametrize("home", PROCESSES)
def test_each_process_has_principals_of_its_own_and_their_changes_are_in_the_ledger(home, apart):
    parts, told = apart.parts(home), []
    there = open_principals(parts, home, told.append)
    eva, max_ = (there.authenticate(there.add(Operator(), name, "officer").key) for name in ("eva", "max"))
    if home in {"security", "registry"}:
        give(apart, "person-0")
        person = UUID(int=1) if home == "security" else person_in(parts, home, "person-0")
        asked = there.approvals.ask(eva, Wish(act="break-glass", person=person, reason="fault", case="C-1"))
    else:
        asked = there.approvals.ask(eva, Wish(act="officers", scope="kim", reason="staff", case="C-1"))
    there.approvals.approve(max_, asked.approval)
    assert len(told) == (home in {"security", "registry"})
    for other in set(PROCESSES) - {home}:
        with pytest.raises(Refused):
            open_principals(parts, other, told.append)


def test_a_process_has_no_key_file_but_its_own(apart):
    for name, ground in apart.grounds.items():
        for other in apart.grounds:
            if other != name:
                with pytest.raises(Refused):
                    ground.keyring(other)


def test_a_person_is_known_to_two_step_verification_by_a_name_of_its_own(apart):
    verification = apart.parts("security").verification
    assert verification.factors("person-1") == []
    assert verification.make("person-1") == verification.make("person-1")
    assert verification.find(["person-1", "nobody"]).keys() == {"person-1"}
