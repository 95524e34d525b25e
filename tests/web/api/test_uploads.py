"""Lists over HTTP: sent whole or in parts, matched, and gone; whose they are, and what is told of them."""

import stat
from contextlib import ExitStack
from uuid import uuid4

import pytest

from ads import PEOPLE, Ads, path
from apis import served
from lists_sent import begin, came, csv, digest, ended, file_of, half_sent, look, part, send, until
from solely.audiences.upload import MOST_OPEN
from solely.store.ledger import Concern, Words

pytestmark = pytest.mark.server
JSON = "application/json"


@pytest.fixture
def people(ads):
    """So many as an audience needs, who gave their address for an advertiser's own lists: by subject, the address."""
    addresses = {ads.new("u"): ads.stage.address() for _ in range(PEOPLE)}
    ads.stage.give_all(addresses)
    return addresses


def test_a_list_is_matched_and_what_is_told_of_its_rows_is_their_form_alone(ads, people):
    where = begin(ads, audience=(name := ads.new("list")))
    sent = send(ads, where, csv(*people.values(), "nobody@example.net", "no contact"))
    assert (sent.status_code, sent.json()["state"], sent.headers["upload-complete"]) == (202, "processing", "?1")
    told = ended(ads, where)
    assert (told["state"], told["purpose"], told["problem"]) == ("ready", "tailored-audiences", None)
    assert (told["report"]["rows"], told["report"]["usable"]) == (PEOPLE + 2, PEOPLE + 1)
    assert told["report"]["first_unusable"] == [{"row": PEOPLE + 2, "line": PEOPLE + 3, "reason": "not-an-email"}]
    assert [one["meaning"] for one in told["report"]["columns"]] == ["email"]
    assert set(ads.stage.members(name)) == set(people)
    assert ads.ask("advertiser", "GET", path("audiences", name)).json()["status"] == "ready"
    assert not file_of(ads, where).exists()


def test_of_rows_that_met_nobody_nothing_is_kept_anywhere(ads, people):
    stranger = f"{ads.new('stranger')}@example.net"
    where = begin(ads)
    content = csv(next(iter(people.values())), stranger)
    send(ads, where, content[:40], **part(0))
    file = file_of(ads, where)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert next(iter(people.values())).encode() not in file.read_bytes()
    send(ads, where, content[40:], **part(40, last=True))
    assert ended(ads, where)["state"] == "too-small"
    everything = [one for one in ads.solely.directory.rglob("*") if one.is_file() and not one.is_symlink()]
    assert [one for one in everything if stranger.encode() in one.read_bytes()] == []


def test_one_that_was_broken_off_goes_on_from_where_it_ended(ads, people):
    where, content = begin(ads, audience=(name := ads.new("list"))), csv(*people.values())
    with half_sent(ads, where, content[:1000]):
        pass
    until(lambda: came(ads, where) == 1000)
    assert send(ads, where, content[1000:], **part(1000, last=True)).status_code == 202
    assert ended(ads, where)["state"] == "ready"
    assert set(ads.stage.members(name)) == set(people)


def test_a_part_that_does_not_go_on_from_there_is_told_where_it_ended(ads):
    where = begin(ads)
    assert send(ads, where, b"email\n", **part(0)).headers["upload-offset"] == "6"
    for wrong in (0, 5, 7):
        answer = send(ads, where, b"x", **part(wrong))
        assert (answer.status_code, answer.headers["upload-offset"]) == (409, "6")
    assert look(ads, where)["offset"] == came(ads, where) == 6


def test_what_is_not_what_its_digest_says_never_came(ads):
    where, content = begin(ads), csv("a@example.com")
    wrong = send(ads, where, content, content_digest=digest(b"other"))
    assert (wrong.status_code, wrong.json()["where"]) == (400, "Content-Digest")
    assert (came(ads, where), look(ads, where)["state"]) == (0, "receiving")
    with half_sent(ads, where, content[:9], f"Content-Digest: {digest(content)}"):
        pass
    until(lambda: send(ads, where, b"", **part(0)).status_code == 202)
    assert came(ads, where) == 0, "what is checked as one counts whole or not at all"
    assert send(ads, where, content, content_digest="md5=:AAAA:").status_code == 400
    assert send(ads, where, content, content_digest=f"md5=:AAAA:, {digest(content)}").status_code == 202
    assert ended(ads, where)["report"]["rows"] == 1


def test_one_request_at_a_time_sends_a_list(ads):
    where = begin(ads)
    with half_sent(ads, where, b"email\n"):
        answer = send(ads, where, b"x", **part(6))
        assert (answer.status_code, answer.json()["where"]) == (409, "upload")
        assert ads.ask("advertiser", "DELETE", where).status_code == 409
    until(lambda: send(ads, where, b"a@example.com\n", **part(6)).status_code == 202)
    assert came(ads, where) == 20


def test_many_that_send_slowly_keep_nobody_from_sending(ads):
    """More of them than there are threads: none is held while nothing comes."""
    slow = [begin(ads) for _ in range(6)]
    with ExitStack() as stack:
        for where in slow:
            stack.enter_context(half_sent(ads, where, b"email\n"))
        assert send(ads, begin(ads), csv("a@example.com")).status_code == 202
        assert {send(ads, where, b"x", **part(6)).status_code for where in slow} == {409}, "they are at it"
    for where in slow:
        remove(ads, where)


def remove(ads, where):
    until(lambda: ads.ask("advertiser", "DELETE", where).status_code == 204)


def test_one_that_is_too_large_is_refused_whether_it_says_so_before_or_not(ads):
    with served(ads.solely, ("advertising",), limits={"upload-bytes": 100, "read-seconds": 0.5}) as at:
        at._keys = ads.served._keys
        small = Ads(ads.stage, at)
        for content in (b"x" * 101, iter([b"x" * 60, b"x" * 60])):  # the second in chunks, without a length
            where = begin(small)
            answer = send(small, where, content)
            assert (answer.status_code, answer.json()["type"]) == (413, "urn:solely:problem:too-large")
            told = look(small, where)
            assert (told["state"], told["problem"]["error"]) == ("refused", "TooLarge")
            assert not file_of(small, where).exists()
        where = begin(small)
        assert send(small, where, b"x" * 60, **part(0)).status_code == 202
        with half_sent(small, where, b"x" * 9, "Upload-Offset: 60", "Upload-Complete: ?0", length=30) as connection:
            answer = connection.recv(9999).decode()  # it says no more for half a second
        assert answer.startswith("HTTP/1.1 408")
        assert "upload-offset: 69" in answer
        remove(small, where)


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "the list is empty"), (b"%PDF-1.7", "the list is a PDF"), (b"email\n", "the list holds no rows")],
)
def test_what_is_no_list_is_refused_with_the_cure_and_gone(ads, content, what):
    where = begin(ads)
    assert send(ads, where, content).status_code == 202
    told = ended(ads, where)
    assert (told["state"], told["problem"]["what"], told["report"]) == ("refused", what, None)
    assert told["problem"]["cure"]
    assert send(ads, where, content).status_code == 409
    assert not file_of(ads, where).exists()


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json"]
)
def test_a_list_in_a_form_or_in_json_is_of_the_wrong_type(ads, kind):
    where = begin(ads)
    assert send(ads, where, b"email\n", content_type=kind).status_code == 415
    assert came(ads, where) == 0


@pytest.mark.parametrize(
    "options", [{"country": "XX"}, {"columns": {"0": "email"}}, {"columns": {"1": "name"}}, {"purpose": "x"}]
)
def test_what_a_list_can_not_be_read_by_is_told_before_it_is_sent(ads, options):
    answer = ads.ask("advertiser", "POST", path("audiences", "spring", "uploads"), json=options)
    assert answer.status_code == 400


def test_how_it_is_read_may_be_said_before(ads):
    where = begin(ads, json={"country": "DE", "columns": {"2": "phone"}})
    send(ads, where, b"a;b\nx;030 901820\n")
    (_, column) = ended(ads, where)["report"]["columns"]
    assert (column["meaning"], column["by"]) == ("phone", "caller")


def test_the_purpose_follows_from_who_sends(ads, people):
    """What was given for an advertiser's own lists is not met by a partner's, and each sees their own alone."""
    name = ads.new("bought")
    where = begin(ads, "partner", audience=name)
    assert send(ads, where, csv(*people.values()), "partner").status_code == 202
    told = ended(ads, where, "partner")
    assert (told["purpose"], told["state"]) == ("partner-audiences", "too-small")
    assert ads.stage.members(name) == []
    assert ads.ask("advertiser", "GET", where).status_code == 404
    again = ads.ask("advertiser", "POST", path("audiences", name, "uploads"))
    assert (again.status_code, again.json()["detail"]) == (409, "this audience is for another purpose")


def test_what_is_another_s_is_answered_like_what_is_not_there(ads):
    where, nowhere = begin(ads), f"/v1/uploads/{uuid4()}"
    send(ads, where, b"email\n", **part(0))
    for method, what in (("GET", ""), ("HEAD", ""), ("DELETE", ""), ("PUT", "/content")):
        for kind, name in (("advertiser", "rival"), ("partner", "databroker"), ("partner", "stranger")):
            answers = [ads.ask(kind, method, one + what, name) for one in (where, nowhere)]
            assert answers[0].status_code == answers[1].status_code == 404
            assert answers[0].content == answers[1].content
    to = [path("audiences", "spring", "uploads", advertiser=one) for one in ("acme", "nobody")]
    assert len({ads.ask("advertiser", "POST", one, "rival").content for one in to}) == 1
    assert came(ads, where) == 6


def test_a_partner_whose_agreement_ended_sends_nothing_more(ads):
    ads.agree("broker3")
    where = begin(ads, "partner", "broker3")
    there = ads.served.principals("advertising")
    there.disagree(there.authenticate(ads.key("service")), "broker3", "acme")
    assert send(ads, where, csv("a@example.com"), "partner", "broker3").status_code == 404


def test_one_that_is_deleted_is_gone_and_what_it_reached_leaves_the_audience(ads, people):
    name = ads.new("list")
    where = begin(ads, audience=name)
    send(ads, where, b"email\n", **part(0))
    remove(ads, where)
    assert ads.ask("advertiser", "GET", where).status_code == 404
    assert not file_of(ads, where).exists()
    where = begin(ads, audience=name)
    send(ads, where, csv(*people.values()))
    assert ended(ads, where)["state"] == "ready"
    remove(ads, where)
    assert ads.stage.members(name) == []
    acts = ads.solely.uses(next(iter(people))).uses.acts
    assert [act.details.get("audience") for act in acts if act.what == "use"] == [name], "that it was used stays known"


def test_so_many_may_be_on_their_way_and_no_more(ads):
    name = ads.new("advertiser")
    opened = [begin(ads, name=name, advertiser=name) for _ in range(MOST_OPEN)]
    to = path("audiences", "spring", "uploads", advertiser=name)
    assert ads.ask("advertiser", "POST", to, name).status_code == 429
    assert ads.ask("advertiser", "DELETE", opened[0], name).status_code == 204
    assert ads.ask("advertiser", "POST", to, name).status_code == 201


def test_what_an_officer_stopped_is_neither_begun_nor_matched(ads):
    name = ads.new("advertiser")
    where, gate = begin(ads, name=name, advertiser=name), ads.solely.parts.gate
    stop = [Concern("advertiser", name)]
    gate.contain(Words("incident", "officer ada"), stop, (), "2026-012")
    to = path("audiences", "spring", "uploads", advertiser=name)
    assert ads.ask("advertiser", "POST", to, name).status_code == 403
    assert send(ads, where, csv("a@example.com"), name=name).status_code == 202
    told = ended(ads, where, name=name)
    assert (told["state"], told["problem"]["what"]) == ("refused", "this advertiser is stopped")
    gate.contain(Words("incident", "officer ada"), (), stop, "2026-012")
