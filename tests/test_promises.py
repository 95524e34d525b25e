"""Promises that no single part can keep, held from outside: on whole data directories, byte by byte."""

import hashlib
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest

from directories import copied
from solely.app import Solely
from solely.consent import Notice
from solely.contact import Contact
from solely.errors import Unavailable

pytestmark = pytest.mark.server

PURPOSES = ("two-factor", "account-recovery", "login-alert", "service-notice", "tailored-audiences")
NOTICES = {purpose: Notice(purpose, "v1", f"We use this for {purpose} alone.") for purpose in PURPOSES}
PEOPLE = [f"ann{n}@example.com" for n in range(40)]
STRANGERS = [f"stranger{n}@elsewhere.example" for n in range(40)]
PHONES = [f"+49151{23450000 + n}" for n in range(40)]


def row(subject, value, purpose, day=1):
    return {
        "subject": subject,
        "kind": "email" if "@" in value else "phone",
        "value": value,
        "purpose": purpose,
        "notice": f"{purpose}/v1",
        "given_at": f"2025-01-{day:02}T00:00:00Z",
        "withdrawn_at": "",
    }


def give(solely, subject, value, purpose, day=1):
    return solely.give(row(subject, value, purpose, day), NOTICES[purpose])


def write_list(path, cells):
    path.write_text("contact\n" + "\n".join(cells) + "\n")
    return path


def told(solely, path, audience):
    """All that an advertiser is told of a match."""
    return asdict(solely.match(path, "acme", audience))


def spellings(value):
    """A contact and its digests in every form they could be kept in."""
    contact = Contact.read("email" if "@" in value else "phone", value)
    for digest in contact.digests():
        yield digest[:16]
        yield digest.hex()[:32].encode()
        yield digest.hex()[:32].upper().encode()
    yield value.encode()
    yield value.encode("utf-16-le")


def written(directory, made):
    """The bytes of each file of a directory that is not as `init` made it."""
    for path in (p for p in Path(directory).rglob("*") if p.is_file()):
        data, before = path.read_bytes(), made / path.relative_to(directory)
        if not before.is_file() or before.read_bytes() != data:
            yield data


def kept_anywhere(directory, made, values):
    """Which of these contacts are in any file of a directory, in any form."""
    wanted = {form: value for value in values for form in spellings(value)}
    found = set()
    for data in written(directory, made):
        found |= {value for form, value in wanted.items() if form in data}
    return found


def test_nothing_advertising_can_see_changes_when_security_data_does(made, tmp_path):
    """Promise 2: two worlds that differ in what was given for other purposes look the same to an advertiser."""
    answers, members = [], []
    cells = [*PEOPLE[:30], *PHONES, *STRANGERS]
    for world in ("without", "with"):
        with Solely(copied(made, tmp_path / world)) as solely:
            for n, address in enumerate(PEOPLE[:20]):
                give(solely, f"u{n}", address, "tailored-audiences")
            if world == "with":
                for n, phone in enumerate(PHONES):
                    give(solely, f"u{n}", phone, ("two-factor", "account-recovery", "login-alert")[n % 3])
                for n, address in enumerate(PEOPLE):
                    give(solely, f"u{n}", address, "service-notice")
                solely.withdraw("u3", "two-factor")
            solely.withdraw("u7", "tailored-audiences")
            path = write_list(tmp_path / "list.csv", cells)
            answers.append([told(solely, path, "one"), told(solely, path, "two")])
            members.append(solely.members("acme", "one"))
    assert answers[0] == answers[1]
    assert members[0] == members[1] == sorted(f"u{n}" for n in range(20) if n != 7)


def test_an_advertiser_is_told_the_same_whether_rows_meet_somebody_or_nobody(made, tmp_path):
    """Promise 8: no list says who is a subject."""
    with Solely(copied(made, tmp_path / "data")) as solely:
        for n, address in enumerate(PEOPLE):
            give(solely, f"u{n}", address, "tailored-audiences")
        of_people = told(solely, write_list(tmp_path / "people.csv", PEOPLE), "people")
        of_strangers = told(solely, write_list(tmp_path / "strangers.csv", STRANGERS), "strangers")
        assert len(solely.members("acme", "people")) == len(PEOPLE)
        assert solely.members("acme", "strangers") == []
    del of_people["ledger"], of_strangers["ledger"]
    assert of_people == of_strangers


def test_rows_that_meet_nobody_leave_no_trace(made, tmp_path):
    """Promise 7: no value, digest or token of a stranger is in any file: tables, journal, index, logs, ledger."""
    with Solely(copied(made, tmp_path / "data")) as solely:
        give(solely, "u1", PEOPLE[0], "tailored-audiences")
        hashed = [hashlib.sha256(one.encode()).hexdigest() for one in STRANGERS[:20]]
        path = write_list(tmp_path / "list.csv", [PEOPLE[0], *STRANGERS[20:], *hashed, *PHONES])
        told(solely, path, "one")
        tokeniser = solely.audiences.tokenisers["tailored-audiences"]
        tokens = {value: set(tokeniser.for_contact(Contact.read("email", value))) for value in (*STRANGERS, PEOPLE[0])}
        assert solely.members("acme", "one") == ["u1"]
    files = b"\0".join(written(tmp_path / "data", made))
    assert kept_anywhere(tmp_path / "data", made, [*STRANGERS, *PHONES]) == set()
    assert [value for value in STRANGERS if any(token in files for token in tokens[value])] == []
    assert any(token in files for token in tokens[PEOPLE[0]]), "the search would find a token that is kept"


def test_no_contact_is_kept_in_the_clear_or_as_a_digest(made, tmp_path):
    """Promise 10: of contacts that were given, sealed boxes and tokens are kept, and nothing else, anywhere."""
    with Solely(copied(made, tmp_path / "data")) as solely:
        for n, phone in enumerate(PHONES):
            give(solely, f"u{n}", phone, "two-factor")
            give(solely, f"u{n}", PEOPLE[n], "tailored-audiences")
        told(solely, write_list(tmp_path / "list.csv", PEOPLE), "one")
        solely.withdraw("u1", "two-factor")
    assert kept_anywhere(tmp_path / "data", made, [*PHONES, *PEOPLE]) == set()
    (tmp_path / "data" / "leak").write_bytes(b"..." + hashlib.sha256(PEOPLE[5].encode()).digest())
    assert kept_anywhere(tmp_path / "data", made, PEOPLE) == {PEOPLE[5]}, "the search would find a digest that is kept"


def test_a_later_giving_does_not_revive_what_a_withdrawal_severed(made, tmp_path):
    """Promise 3."""
    path = write_list(tmp_path / "list.csv", PEOPLE[:2])
    with Solely(copied(made, tmp_path / "data")) as solely:
        give(solely, "u0", PEOPLE[0], "tailored-audiences")
        give(solely, "u1", PEOPLE[1], "tailored-audiences")
        told(solely, path, "before")
        assert solely.withdraw("u0", "tailored-audiences") == 1
        assert solely.members("acme", "before") == ["u1"]
        give(solely, "u0", PEOPLE[0], "tailored-audiences", day=2)
        assert solely.members("acme", "before") == ["u1"]
        told(solely, path, "after")
        assert solely.members("acme", "after") == ["u0", "u1"]


def test_a_person_s_other_givings_stay_as_they_are(made, tmp_path):
    """Promise 11: withdrawing from advertising ends nothing given for security, and the other way round."""
    with Solely(copied(made, tmp_path / "data")) as solely:
        for purpose in PURPOSES:
            give(solely, "u0", PHONES[0], purpose)
        solely.withdraw("u0", "tailored-audiences")
        assert {purpose: ended for purpose, (_, ended) in solely.counts().items()} == {
            purpose: int(purpose == "tailored-audiences") for purpose in PURPOSES
        }
        assert solely.withdraw("u0", "two-factor") == 1
        assert solely.counts()["account-recovery"] == (1, 0)


def test_where_the_ledger_can_t_be_written_nothing_is_matched_or_disclosed(made, tmp_path, monkeypatch):
    """Promise 5: written down first, or not done."""
    path = write_list(tmp_path / "list.csv", PEOPLE[:3])
    with Solely(copied(made, tmp_path / "data")) as solely:
        give(solely, "u0", PEOPLE[0], "tailored-audiences")
        told(solely, path, "one")
        entries = solely.verify_ledger().size

        def broken(*_):
            raise psycopg.OperationalError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr("solely.store.ledger.Pen.write", broken)
            for act in (
                lambda: told(solely, path, "two"),
                lambda: solely.members("acme", "one"),
                lambda: give(solely, "u1", PEOPLE[1], "tailored-audiences"),
                lambda: solely.withdraw("u0", "tailored-audiences"),
            ):
                with pytest.raises(Unavailable):
                    act()
        assert solely.verify_ledger().size == entries
        uploads = solely.audiences.connection.execute("SELECT count(*) FROM advertising.uploads").fetchone()
        assert uploads == (1,)
        assert solely.counts()["tailored-audiences"] == (1, 0)
        assert solely.members("acme", "one") == ["u0"]
