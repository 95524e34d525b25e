"""The main job: whom a list meets, what ends a membership, what is refused, what is written down."""

import hashlib
import json

import numpy as np
import pytest

from solely.audiences.lists import ListReport
from solely.audiences.match import Target
from solely.audiences.shelf import Shelf
from solely.contact import Contact
from solely.errors import BadInput, Conflict, ListError, NotFound, PolicyError, Refused, Unavailable
from solely.store import advertising, ledger
from solely.store.ledger import Concern, Words

pytestmark = pytest.mark.server


def entries(stage):
    return ledger.size(stage.solely.parts.signed._connection)


def state(stage):
    """All that a match may change: ledger, audiences, uploads, index files."""
    connection = stage.solely.audiences.connection
    tables = ("audiences", "uploads", "uses", "members")
    rows = [connection.execute(f"SELECT * FROM advertising.{table}").fetchall() for table in tables]
    folder = stage.solely.directory / "advertising"
    return entries(stage), rows, sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))


# -- whom a list meets


def test_a_list_meets_who_gave_that_very_contact_for_it_and_nobody_else(stage):
    given, security, other_purpose, stranger = (stage.address() for _ in range(4))
    subject = stage.give(given)
    stage.give(security, "two-factor")
    stage.give(other_purpose, "partner-audiences")
    name = stage.new()
    report = stage.match([given, security, other_purpose, stranger], name).report
    assert (report.rows, report.usable) == (4, 4)
    assert stage.members(name) == [subject]


def test_one_value_given_for_two_purposes_is_met_through_the_one_alone(stage):
    address = stage.address()
    subject = stage.give(address, "two-factor")
    name = stage.new()
    stage.match([address], name)
    assert stage.members(name) == []
    stage.give(address, subject=subject)
    stage.match([address], name)
    assert stage.members(name) == [subject]
    stage.solely.withdraw(subject, "tailored-audiences")
    assert stage.members(name) == []


def test_however_often_and_however_spelt_one_person_counts_once(stage):
    mailbox = stage.new("ada.lovelace")
    subject = stage.give(f"{mailbox}@gmail.com")
    stage.give("+493012345678", kind="phone", subject=subject)
    plain = mailbox.replace(".", "")
    spellings = [f"{mailbox}@gmail.com", f"{plain}@GMAIL.com", f"{mailbox}+shop@gmail.com", f" {plain}@googlemail.com "]
    digests = [hashlib.sha256(f"{one}@gmail.com".encode()).hexdigest() for one in (mailbox, plain)]
    phones = [
        "+49 30 12345678",
        hashlib.sha256(b"493012345678").hexdigest(),
        hashlib.sha256(b"+493012345678").hexdigest(),
    ]
    name = stage.new()
    rows = [(email, phone) for email in (*spellings, *digests) for phone in (*phones, "")]
    stage.match(rows * 3, name, header=("email", "phone"))
    assert stage.members(name) == [subject]


def test_an_address_of_several_people_meets_each_of_them(stage):
    address = stage.address()
    subjects = sorted(stage.give(address) for _ in range(3))
    name = stage.new()
    stage.match([address], name)
    assert stage.members(name) == subjects


def test_two_uploads_of_one_audience_are_a_union(stage):
    first, second = stage.address(), stage.address()
    subjects = {stage.give(first), stage.give(second)}
    name = stage.new()
    stage.match([first], name)
    stage.match([second], name)
    assert set(stage.members(name)) == subjects


def test_audiences_of_two_advertisers_are_two_though_they_share_a_name(stage):
    first, second = stage.address(), stage.address()
    subject = stage.give(first)
    stage.give(second)
    name = stage.new()
    stage.match([first], name, advertiser="acme")
    stage.match([second], name, advertiser="globex")
    assert stage.members(name, "acme") == [subject]


# -- what ends a membership


def test_a_withdrawal_is_effective_at_once_in_audiences_that_stand_and_a_later_giving_revives_nothing(stage):
    address = stage.address()
    subject = stage.give(address)
    name = stage.new()
    stage.match([address], name)
    assert stage.members(name) == [subject]
    stage.solely.withdraw(subject, "tailored-audiences")
    assert stage.members(name) == []
    stage.pass_time(minutes=1)
    stage.give(address, subject=subject)
    assert stage.members(name) == []
    stage.match([address], name)
    assert stage.members(name) == [subject]


def test_who_is_met_through_two_contacts_stays_until_both_ended(stage):
    address, other = stage.address(), stage.address()
    subject = stage.give(address)
    stage.give("+493098765432", kind="phone", subject=subject)
    stage.give(other)
    name = stage.new()
    stage.match([(address, "+493098765432")], name, header=("email", "phone"))
    stage.solely.withdraw(subject, "tailored-audiences", "email")
    assert stage.members(name) == [subject]
    stage.solely.withdraw(subject, "tailored-audiences", "phone")
    assert stage.members(name) == []


def test_a_giving_expires_by_the_clock_in_audiences_that_stand_too(stage):
    address = stage.address()
    subject = stage.give(address, "partner-audiences")
    name, later = stage.new(), stage.new()
    stage.match([address], name, purpose="partner-audiences")
    stage.pass_time(days=29, hours=23, minutes=59)
    assert stage.members(name) == [subject]
    stage.pass_time(minutes=1)
    assert stage.members(name) == []
    stage.match([address], later, purpose="partner-audiences")
    assert stage.members(later) == []


def test_an_upload_is_valid_for_thirteen_months_and_a_new_one_for_thirteen_more(stage):
    address = stage.address()
    subject = stage.give(address)
    name = stage.new()
    stage.match([address], name)
    stage.pass_time(days=394, hours=23)
    assert stage.members(name) == [subject]
    stage.match([address], name)
    stage.pass_time(hours=2)
    assert stage.members(name) == [subject]
    stage.pass_time(days=395)
    assert stage.members(name) == []


class SlowList:
    """A list during whose reading something happens."""

    def __init__(self, addresses, meanwhile):
        self.digests = [Contact.read("email", one).digests()[0][:16] for one in addresses]
        self.meanwhile = meanwhile
        self.report = ListReport(len(addresses), len(addresses), {}, (), "csv", "utf-8", "", header=True)

    def __iter__(self):
        yield np.frombuffer(b"".join(self.digests), np.uint8).reshape(-1, 16)
        self.meanwhile()


def test_what_ends_while_a_list_is_read_is_not_used_and_what_begins_is(stage):
    ending, beginning = stage.address(), stage.address()
    gone, came = stage.give(ending), stage.new("u")
    name, start = stage.new(), stage.time[0]

    def meanwhile():
        stage.pass_time(minutes=5)
        stage.solely.withdraw(gone, "tailored-audiences")
        stage.give(beginning, subject=came)

    slow = SlowList([ending, beginning], meanwhile)
    stage.solely.audiences.match(slow, Target("acme", name), "tailored-audiences", start)
    assert stage.members(name) == [came]
    (upload,) = _uploads(stage, name)
    assert len(upload.givings) == 1


def _uploads(stage, name):
    return list(advertising.uploads(stage.solely.audiences.connection, "acme", name, stage.time[0]))


def test_nothing_ends_between_the_last_look_and_the_ledgers_entry(stage):
    """A withdrawal waits for the entry: in the ledger no use of a giving stands behind its end."""
    address = stage.address()
    subject = stage.give(address)
    with stage.solely.audiences.gate.still():
        desk = stage.solely.desk
        desk.connection.execute("SET lock_timeout = '300ms'")
        with pytest.raises(Unavailable, match="LockNotAvailable"):
            stage.solely.withdraw(subject, "tailored-audiences")
        desk.connection.execute("RESET lock_timeout")
    assert stage.solely.withdraw(subject, "tailored-audiences") == 1


# -- what is refused, and what it leaves behind


def test_a_name_that_stands_for_another_purpose_is_a_conflict_and_changes_nothing(stage):
    address, name = stage.address(), stage.new()
    stage.give(address)
    stage.match([address], name)
    before = state(stage)
    with pytest.raises(Conflict):
        stage.match([address], name, purpose="partner-audiences")
    assert state(stage) == before


@pytest.mark.parametrize("purpose", ["two-factor", "service-notice", "ad-measurement", "contact-discovery"])
def test_a_purpose_that_is_not_advertisings_is_refused_and_the_refusal_is_in_the_ledger(stage, purpose):
    size, rows, files = state(stage)
    with pytest.raises(Refused):
        stage.match([stage.address()], stage.new(), purpose=purpose)
    assert state(stage) == (size + 1, rows, files)
    body = next(ledger.records(stage.solely.parts.signed._connection, size)).body
    assert b'"refusal"' in body
    assert purpose.encode() in body


def test_a_purpose_nobody_knows_is_an_error_of_the_policy_and_changes_nothing(stage):
    before = state(stage)
    with pytest.raises(PolicyError):
        stage.match([stage.address()], stage.new(), purpose="tailored")
    assert state(stage) == before


@pytest.mark.parametrize("name", ["", " x", "x" * 65, "a/b", "a\nb", "a\n", "../up", "<b>", "a;b"])
def test_a_name_that_is_none_is_bad_input_and_changes_nothing(stage, name):
    before = state(stage)
    for advertiser, audience in (("acme", name), (name, "audience")):
        with pytest.raises(BadInput):
            stage.solely.match(stage.list(["a@example.com"]), advertiser, audience)
    assert state(stage) == before


def test_a_list_that_breaks_off_changes_nothing(stage):
    address = stage.address()
    stage.give(address)
    path = stage.list([address] * 5_000)
    path.write_bytes(path.read_bytes() + b"\0\xff\xfe" * 5_000)
    packed = stage.folder / "broken.csv.gz"
    packed.write_bytes(b"\x1f\x8b\x08" + bytes(50))
    before = state(stage)
    for broken in (packed, stage.folder / "nowhere.csv", stage.folder):
        with pytest.raises(ListError):
            stage.solely.match(broken, "acme", stage.new())
    assert state(stage) == before


def test_an_audience_that_is_not_there_is_not_found(stage):
    with pytest.raises(NotFound):
        stage.members(stage.new())
    with pytest.raises(NotFound):
        stage.solely.audiences.status("acme", stage.new(), stage.time[0])


# -- what is written down


def test_a_match_is_one_entry_that_commits_to_the_givings_used(stage):
    addresses = [stage.address() for _ in range(3)]
    for address in addresses:
        stage.give(address)
    size, name = entries(stage), stage.new()
    matched = stage.match([*addresses, stage.address()], name)
    assert entries(stage) == size + 1
    body = next(ledger.records(stage.solely.parts.signed._connection, size)).body
    (upload,) = _uploads(stage, name)
    for said in (
        b'"use"',
        b'"advertiser acme"',
        name.encode(),
        str(upload.id).encode(),
        b'"count":3',
        b'"number":%d' % matched.ledger,
    ):
        assert said in body


class Killed(BaseException):
    """What ends a process where it stands."""


def evidence(stage):
    (count,) = stage.solely.audiences.connection.execute("SELECT count(*) FROM advertising.evidence").fetchone()
    return count


def test_killed_after_its_entry_a_match_left_its_evidence_and_made_no_audience(stage, monkeypatch):
    address, name = stage.address(), stage.new()
    stage.give(address)
    size, stored = entries(stage), evidence(stage)

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(advertising, "add_upload", killed)
        with pytest.raises(Killed):
            stage.match([address], name)
    assert (entries(stage), evidence(stage)) == (size + 1, stored + 1)
    with pytest.raises(NotFound):
        stage.members(name)


def test_no_entry_is_without_its_evidence(stage, monkeypatch):
    address, name = stage.address(), stage.new()
    stage.give(address)
    size, stored = entries(stage), evidence(stage)

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(advertising, "add_evidence", killed)
        with pytest.raises(Killed):
            stage.match([address], name)
    assert (entries(stage), evidence(stage)) == (size, stored)


def test_a_list_that_meets_nobody_is_written_down_like_any_other(stage):
    size, name = entries(stage), stage.new()
    stage.match([stage.address()], name)
    assert entries(stage) == size + 1
    assert stage.members(name) == []


def test_a_giving_that_ended_after_the_index_was_made_is_not_used(stage):
    """The index still holds it: the look at what ended is what keeps it out of evidence and entry."""
    address, before, after = stage.address(), stage.new(), stage.new()
    subject = stage.give(address)
    audiences = stage.solely.audiences
    vars(audiences)["_shelf"] = Shelf(audiences.folder, least=0)
    stage.match([address], before)
    vars(audiences)["_shelf"] = Shelf(audiences.folder)
    stage.solely.withdraw(subject, "tailored-audiences")
    assert len(audiences.look_up(_tokens(stage, address), "tailored-audiences")[0]) == 1
    size = entries(stage)
    stage.match([address], after)
    assert b'"count":0' in next(ledger.records(stage.solely.parts.signed._connection, size)).body
    assert [len(upload.givings) for name in (before, after) for upload in _uploads(stage, name)] == [1, 0]


def _tokens(stage, address):
    digest = np.frombuffer(Contact.read("email", address).digests()[0][:16], np.uint8).reshape(1, 16)
    return stage.solely.audiences.tokenisers["tailored-audiences"].tokenise(digest)


# -- the partner who brings a list, and what an officer stopped


def test_a_partner_stands_in_the_entry_and_with_the_evidence(stage):
    address, name = stage.address(), stage.new()
    stage.give(address, purpose="partner-audiences")
    size = ledger.size(stage.solely.parts.signed._connection)
    stage.solely.match(stage.list([address]), "acme", name, "partner-audiences", partner="Broker 1")
    entry = json.loads(next(ledger.records(stage.solely.parts.signed._connection, size)).body)
    assert entry["details"]["partner"] == "Broker 1"
    rows = stage.solely.audiences.connection.execute(
        "SELECT partner, policy, software FROM advertising.uploads WHERE audience = %s", [name]
    )
    assert rows.fetchone() == ("Broker 1", entry["policy"], entry["software"])
    with pytest.raises(BadInput, match="partner"):
        stage.solely.match(stage.list([address]), "acme", name, "partner-audiences", partner="a\nb")


def test_a_stopped_audience_is_neither_matched_nor_shown_and_others_are(stage):
    address, name, other = stage.address(), stage.new(), stage.new()
    subject = stage.give(address)
    stage.match([address], name)
    gate, words = stage.solely.parts.gate, Words("incident", "officer ada")
    gate.contain(words, [Concern("audience", f"acme/{name}")], (), "2026-001")
    for act in (lambda: stage.match([address], name), lambda: stage.members(name)):
        with pytest.raises(Refused, match="this audience is stopped"):
            act()
    stage.match([address], other)
    assert stage.members(other) == [subject]
    stage.match([address], name, advertiser="rival")
    gate.contain(words, (), [Concern("audience", f"acme/{name}")], "2026-001")
    assert stage.members(name) == [subject]


def test_a_stop_that_comes_while_a_list_is_read_leaves_no_use_and_no_evidence(stage):
    address, name = stage.address(), stage.new()
    stage.give(address)
    gate, words = stage.solely.parts.gate, Words("incident", "officer ada")
    partner = Concern("partner", stage.new("broker"))

    def meanwhile():
        gate.contain(words, [partner], (), "2026-001")

    target = Target("acme", name, partner.name)
    before = ledger.size(stage.solely.parts.signed._connection)
    with pytest.raises(Refused, match="this partner is stopped"):
        stage.solely.audiences.match(SlowList([address], meanwhile), target, "tailored-audiences", stage.time[0])
    types = [json.loads(one.body)["type"] for one in ledger.records(stage.solely.parts.signed._connection, before)]
    assert types == ["incident", "refusal"]
    with pytest.raises(NotFound):
        _uploads(stage, name)
