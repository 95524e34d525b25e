"""Once there was an officer, nobody is named but by two of them: not by the operator, not for another question."""

import pytest

from callers import OPERATOR, empty
from directories import copied
from solely.answer.incidents import Facts
from solely.answer.question import Question
from solely.app import Solely
from solely.app.approvals import Wish, person_in
from solely.app.directory import read_keyring
from solely.app.principals import open_principals
from solely.consent import Notice
from solely.errors import Conflict, Refused
from solely.store.server import SUPERUSER

pytestmark = pytest.mark.server
PEOPLE = ["ada", "bob"]
ACME, ALL = Question(advertisers=frozenset({"acme"})), Question(purposes=frozenset({"tailored-audiences"}))
WHY = {"reason": "data-breach", "case": "C-1"}


@pytest.fixture(scope="module")
def _solely(made, tmp_path_factory):
    """Lists of acme's met ada and bob."""
    folder = tmp_path_factory.mktemp("disclosures")
    (folder / "list.csv").write_text("email\n" + "".join(f"{one}@example.org\n" for one in PEOPLE))
    with Solely(copied(made, folder / "data"), signs=False) as solely:
        for subject in PEOPLE:
            row = {"subject": subject, "kind": "email", "value": f"{subject}@example.org", "withdrawn_at": ""}
            row |= {
                "purpose": "tailored-audiences",
                "notice": "tailored-audiences/v1",
                "given_at": "2026-01-02T00:00:00Z",
            }
            solely.give(row, Notice("tailored-audiences", "v1", "words"))
        solely.match(folder / "list.csv", "acme", "spring")
        yield solely


@pytest.fixture
def solely(_solely):
    """With no officer yet, nor ever."""
    password = read_keyring(_solely.directory, "owner").secret("database")
    with _solely.ground.database.superuser(SUPERUSER, password) as superuser:
        empty(superuser)
    return _solely


@pytest.fixture
def there(solely):
    return open_principals(solely.parts, "registry", lambda _words: None)


@pytest.fixture
def officers(there):
    """Who asks, and who approves."""
    return [there.authenticate(there.add(OPERATOR, name, "officer").key) for name in ("eva", "max")]


@pytest.fixture
def incident(solely):
    opened = solely.incidents.open("A list met people", officer="eva").id
    solely.incidents.narrow(opened, ACME, officer="eva")
    return opened


@pytest.fixture
def agreed(there, officers):
    """A function: both agree to what is asked for."""
    eva, max_ = officers

    def agree(act="disclosure", **about):
        return there.approvals.approve(max_, there.approvals.ask(eva, Wish(act=act, **about, **WHY)).approval)

    return agree


def named(solely, incident, by=OPERATOR):
    return sorted(solely.parts.disclosures.affected_by(by, incident).subjects())


def last(solely):
    size = solely.verify_ledger().size
    return solely.parts.entries.read([size - 1])[size - 1]


def test_until_there_is_an_officer_the_operator_alone_names_people(solely, incident):
    assert solely.members("acme", "spring") == PEOPLE
    assert sorted(solely.affected(ALL).subjects()) == PEOPLE == named(solely, incident)
    assert list(solely.parts.disclosures.told(OPERATOR, incident)) == []


def test_once_there_was_one_the_operator_names_nobody_alone_also_when_they_are_gone(solely, there, incident):
    there.add(OPERATOR, "eva", "officer")
    there.revoke(OPERATOR, "eva")
    disclosures = solely.parts.disclosures
    for name in (
        lambda: solely.members("acme", "spring"),
        lambda: list(solely.affected(ALL).rows()),
        lambda: named(solely, incident),
        lambda: disclosures.told(OPERATOR, incident),
        lambda: disclosures.require_look(OPERATOR, "ada"),
    ):
        with pytest.raises(Refused):
            name()
    assert solely.affected(ALL).people == solely.affected_by(incident).people == 2


def test_two_officers_open_an_audience_to_who_asked_and_to_the_operator(solely, officers, agreed):
    eva, max_ = officers
    agreed(scope="acme/other")
    with pytest.raises(Refused, match="two officers"):
        solely.members("acme", "spring")
    agreed(scope="acme/spring")
    assert solely.members("acme", "spring") == PEOPLE
    assert last(solely).principal == "officer"
    assert solely.parts.disclosures.members(eva, "acme", "spring") == PEOPLE
    entry = last(solely)
    assert (entry.type, entry.principal, entry.details["audience"]) == ("disclosure", "officer eva", "spring")
    with pytest.raises(Refused, match="two officers"):
        solely.parts.disclosures.members(max_, "acme", "spring")


def test_members_come_in_pages_each_an_entry_of_those_in_it(solely, officers, agreed):
    eva, _ = officers
    agreed(scope="acme/spring")
    found, number = [], 0
    while number is not None:
        some, number = solely.parts.disclosures.members_from(eva, "acme", "spring", number, 1)
        assert last(solely).members.count == len(some) == 1
        found += some
    assert sorted(found) == PEOPLE
    assert solely.parts.disclosures.members_from(eva, "acme", "spring", 2**32 - 1, 1) == ([], None)


def test_who_is_in_an_audience_is_told_to_nobody_without_the_right(solely, there):
    web = there.authenticate(there.add(OPERATOR, "web", "service").key)
    with pytest.raises(Refused):
        solely.parts.disclosures.members(web, "acme", "spring")
    with pytest.raises(Refused):
        solely.parts.disclosures.affected(web, ALL)
    with pytest.raises(Refused):
        solely.parts.disclosures.told(web, "any")


def test_what_two_agreed_to_is_for_the_question_the_incident_asked_then(solely, officers, agreed, incident):
    agreed(scope=incident)
    assert named(solely, incident) == PEOPLE == named(solely, incident, officers[0])
    assert last(solely).principal == "officer eva"
    solely.incidents.describe(incident, Facts(language="en"), officer="eva")
    assert list(solely.parts.disclosures.told(officers[0], incident, after="ada", most=1)) == []
    asked = solely.affected_by(incident)
    solely.incidents.narrow(incident, ALL, officer="eva")
    with pytest.raises(Conflict, match="another question"):
        list(asked.rows())
    with pytest.raises(Refused, match="two officers"):
        named(solely, incident)
    with pytest.raises(Refused, match="two officers"):
        solely.parts.disclosures.told(OPERATOR, incident)
    agreed(scope=incident)
    assert named(solely, incident) == PEOPLE


def test_who_asks_page_by_page_asks_of_one_time(solely, agreed, incident):
    agreed(scope=incident)
    disclosures, now = solely.parts.disclosures, solely.clock()
    asked = disclosures.affected_by(OPERATOR, incident, now)
    assert asked.question.until == now
    rows, after = asked.page(0, 1)
    assert last(solely).members.count == len(rows) == 1
    assert disclosures.affected_by(OPERATOR, incident, now).page(after, 5)[1] is None
    assert disclosures.affected_by(OPERATOR, incident, now.replace(year=2000)).people == 0
    ended = Question(until=now.replace(year=2001))
    solely.incidents.narrow(incident, ended, officer="eva")
    assert disclosures.affected_by(OPERATOR, incident, now).question == ended
    solely.incidents.narrow(incident, Question(since=now.replace(year=2001)), officer="eva")
    with pytest.raises(Conflict):
        disclosures.affected_by(OPERATOR, incident, now.replace(year=2000))


def test_a_question_of_no_incident_names_nobody_whatever_two_agreed_to(solely, agreed):
    agreed(scope="acme")
    with pytest.raises(Refused, match="for an incident alone"):
        next(solely.affected(ACME).rows())


def test_an_officer_looks_at_one_person_by_break_glass_and_at_no_other(solely, officers, agreed):
    look = solely.parts.disclosures.require_look
    eva, max_ = officers
    for who in (eva, OPERATOR):
        with pytest.raises(Refused, match="two officers"):
            look(who, "ada")
    agreed("break-glass", person=person_in(solely.parts, "registry", "ada"))
    look(eva, "ada")
    entry = last(solely)
    assert (entry.type, entry.details["step"], entry.members.count) == ("break-glass", "used", 1)
    look(OPERATOR, " ada ")
    for who, subject in ((max_, "ada"), (eva, "bob"), (eva, "nobody")):
        with pytest.raises(Refused, match="two officers"):
            look(who, subject)


def test_a_service_looks_for_its_people_and_a_person_at_their_own(solely, there):
    web = there.authenticate(there.add(OPERATOR, "web", "service").key)
    ada = there.authenticate(there.mint(web, "ada").token)
    solely.parts.disclosures.require_look(web, "bob")
    solely.parts.disclosures.require_look(ada, "ada")
    with pytest.raises(Refused):
        solely.parts.disclosures.require_look(ada, "bob")
