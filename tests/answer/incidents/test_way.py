"""The way to people, by this process's own keys and through the process that has them: each does what the port says."""

from uuid import uuid4

import pytest

from mailboxes import Mailboxes
from offices import OFFICER
from solely.answer.incidents import Letter
from solely.app.notices import way as open_way
from solely.errors import NotFound, Refused, Unavailable
from solely.store.ledger import Concern
from told import give, sends

pytestmark = pytest.mark.server
LETTER = Letter("a subject", "a text", "<p>a page</p>", "in short")
NOTICES = Concern("purpose", "service-notice")


@pytest.fixture(scope="module")
def mail(apart):
    """A mail server; the directory sends its mail there until the last of these tests."""
    with Mailboxes() as running:
        sends(apart.whole.directory, running.port)
        yield running
    for name in ("verification.toml", "incidents.toml"):
        (apart.whole.directory / name).unlink()


@pytest.fixture(params=["own", "far"])
def way(apart, mail, request):
    with open_way(apart.whole.parts if request.param == "own" else apart.parts("registry")) as found:
        yield found
    mail.taken.clear()


@pytest.fixture
def held(apart, way, subject):
    """What someone gave for notices, as the way knows it."""
    give(apart.whole, subject, "service-notice")
    pseudonym = apart.whole.parts.desk.find([subject], "service")[subject]
    (one,) = way.held([pseudonym])
    return one


def carried(way, held):
    """What became of a letter, and which senders were told before."""
    asked = []
    done = way.carry(held.pseudonym, held.giving, "2026-001", LETTER, send=uuid4(), before=asked.append)
    return done.outcome, asked


def entries(apart, since):
    found = apart.whole.parts.entries
    return [found.read([number])[number] for number in range(since, found.size())]


def test_a_letter_is_handed_over_with_each_step_in_the_ledger_before(apart, way, held, mail, subject):
    before = apart.whole.parts.entries.size()
    assert carried(way, held) == ("sent", ["post"])
    ((to, message, _),) = mail.taken
    assert to == [f"{subject}@example.org"]
    assert message["subject"] == LETTER.subject
    assert message.get_body(("plain",)).get_content().strip() == LETTER.text
    found = entries(apart, before)
    assert [(one.type, one.principal, one.purpose) for one in found] == [
        ("notice", "incidents", "service-notice"),
        ("send", "incidents", "service-notice"),
    ]
    assert [dict(one.details) for one in found] == [{"incident": "2026-001"}, {"incident": "2026-001", "by": "post"}]


def test_what_no_server_took_may_be_taken_later_and_what_a_mailbox_refuses_never(way, held, mail, subject):
    mail.says[f"{subject}@example.org"] = "451 later"
    assert carried(way, held) == ("again", ["post"])
    mail.says[f"{subject}@example.org"] = "550 5.1.1 nobody"
    assert carried(way, held) == ("never", ["post"])


def test_what_ended_is_not_opened(apart, way, held, mail, subject):
    apart.whole.withdraw(subject, "service-notice")
    before, asked = apart.whole.parts.entries.size(), []
    with pytest.raises(NotFound):
        way.carry(held.pseudonym, held.giving, "2026-001", LETTER, send=uuid4(), before=asked.append)
    assert (asked, mail.taken, entries(apart, before)) == ([], [], [])
    assert [one.stands for one in way.held([held.pseudonym])] == [False]


def test_while_notices_are_stopped_nothing_is_opened(apart, way, held, mail):
    incident = apart.whole.incidents.open("wait", officer=OFFICER).id
    apart.whole.incidents.contain(incident, [NOTICES], officer=OFFICER)
    asked = []
    try:
        with pytest.raises(Refused):
            way.require()
        with pytest.raises(Refused):
            way.carry(held.pseudonym, held.giving, "2026-001", LETTER, send=uuid4(), before=asked.append)
    finally:
        apart.whole.incidents.release(incident, [NOTICES], officer=OFFICER, why="go on")
    way.require()
    assert (asked, mail.taken) == ([], [])


def test_of_people_who_gave_nothing_nothing_is_held(way):
    assert way.held([uuid4()]) == []
    assert way.held([]) == []


def test_where_the_ledger_does_not_answer_nothing_is_sent(apart, mail, subject):
    """Only the far way: the own one has the ledger's keys itself."""
    with open_way(apart.parts("registry")) as way:
        give(apart.whole, subject, "service-notice")
        (held,) = way.held([apart.whole.parts.desk.find([subject], "service")[subject]])
        apart.stop("ledger")
        try:
            with pytest.raises(Unavailable):
                carried(way, held)
        finally:
            apart.serve("ledger")
    assert mail.taken == []
