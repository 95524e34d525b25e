"""Who is erased is gone from every table and file, can still be counted, and no restore brings them back."""

import shutil
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from directories import copied, own_as
from people import world
from solely.app import Solely, erased
from solely.app.directory import read_keyring
from solely.app.parts import Parts
from solely.app.starting import finish_erasing
from solely.consent import Notice
from solely.contact import Contact
from solely.errors import NotFound, Tampered, Unavailable
from solely.give import Desk
from solely.give.choosing import object_to
from solely.store import server
from solely.store.database import Database
from solely.web.upkeep import keep_up

pytestmark = pytest.mark.server

ADS, SECURITY, SERVICE = "tailored-audiences", "two-factor", "service-notice"
NOW = datetime(2026, 7, 1, tzinfo=UTC)
WHO, ADDRESS, OTHER = "somebody-to-erase", "somebody.to.erase@example.com", "somebody-else"


def give(solely, subject, value, purpose):
    kind = "email" if "@" in value else "phone"
    notice = Notice(purpose, "v1", f"What it is for: {purpose}")
    row = {"subject": subject, "kind": kind, "value": value, "purpose": purpose, "notice": notice.name}
    solely.give(row | {"given_at": "2026-01-01T00:00:00Z", "withdrawn_at": ""}, notice)


@pytest.fixture(scope="module")
def template(made, tmp_path_factory):
    """Two people, one of whom gave for everything, was matched and has factors."""
    directory = copied(made, tmp_path_factory.mktemp("erasing") / "data")
    with Solely(directory, clock=lambda: NOW) as solely:
        for purpose in (ADS, "partner-audiences", SECURITY, SERVICE, "ad-measurement", "contact-discovery"):
            give(solely, WHO, ADDRESS, purpose)
        give(solely, WHO, "+4915112345678", SECURITY)
        give(solely, OTHER, "somebody.else@example.com", ADS)
        match(solely, directory.parent, "before")
        object_to(solely.desk, WHO, "partner-audiences", "person", NOW)
        world(solely).enrol_app(WHO)
        solely.verification.challenge(WHO, after_password=True)
    return directory


def match(solely, folder, audience):
    path = folder / "list.csv"
    path.write_text(f"email\n{ADDRESS}\nsomebody.else@example.com\n")
    solely.match(path, "acme", audience)


@pytest.fixture
def data(template, tmp_path):
    return copied(template, tmp_path / "data")


@pytest.fixture
def later():
    return lambda: NOW + timedelta(days=1)


def stored(directory):
    """Every row of every table, as text."""
    with server.running(directory / "postgres") as host:
        password = read_keyring(directory, "owner").secret("database")
        with Database(host).superuser(server.SUPERUSER, password) as connection:
            tables = connection.execute(
                "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'"
            ).fetchall()
            rows = {t: connection.execute(f"SELECT x::text FROM {t} x").fetchall() for (t,) in tables}
    return {table: [text for (text,) in found] for table, found in rows.items()}


def names(directory):
    with Solely(directory, signs=False) as solely:
        return dict(
            solely.parts.registry.execute(
                "SELECT compartment, pseudonym FROM registry.pseudonyms WHERE subject = %s", [WHO]
            )
        )


def test_nothing_of_them_is_left_but_random_names(data, later):
    known = names(data)
    assert set(known) == {"advertising", "security", "service", "measurement", "discovery", "registry"}
    with Solely(data, clock=later) as solely:
        solely.erase(WHO)
    rows = stored(data)
    assert [table for table, found in rows.items() if any(WHO in row for row in found)] == []
    left = {table for table, found in rows.items() for name in known.values() if any(str(name) in one for one in found)}
    assert left == {
        *(f"{schema}.{table}" for schema in ("advertising", "measurement", "discovery") for table in ("givings",)),
        *(f"{schema}.endings" for schema in ("advertising", "measurement", "discovery")),
        *("advertising.members", "registry.pseudonyms", "registry.erasures"),
        "ledger.about",  # of their choices, by the name that the registry had for them
    }
    assert WHO not in (data / "registry" / "erased").read_text()


def test_no_token_of_theirs_is_left_in_a_table_or_a_file(data, later):
    with Solely(data, clock=later) as solely:
        digest = np.frombuffer(Contact.read("email", ADDRESS).key_digest()[:16], np.uint8).reshape(1, 16)
        token = solely.audiences.tokenisers[ADS].tokenise(digest).tobytes()
        halves = [token[:8][::-1], token[8:][::-1]]  # as the index has them

        def held():
            files = [path.read_bytes() for path in (data / "advertising").rglob("*") if path.is_file()]
            return all(any(half in file for file in files) for half in halves)

        assert held()
        solely.erase(WHO)
        assert not held()
    assert not any(token.hex() in row for found in stored(data).values() for row in found)


def index_has(data, token):
    files = [path.read_bytes() for path in (data / "advertising").rglob("*") if path.is_file()]
    return all(any(half[::-1] in file for file in files) for half in (token[:8], token[8:]))


@pytest.mark.parametrize("then", ["started again", "asked again", "kept up"])
def test_index_files_that_were_not_written_are_once_it_is_started_asked_or_kept_up(data, later, monkeypatch, then):
    def cut(*_):
        raise Unavailable("the process of advertising does not answer")

    with Solely(data, clock=later) as solely:
        digest = np.frombuffer(Contact.read("email", ADDRESS).key_digest()[:16], np.uint8).reshape(1, 16)
        token = solely.audiences.tokenisers[ADS].tokenise(digest).tobytes()
        monkeypatch.setattr(Parts, "compact", cut)
        with pytest.raises(Unavailable):
            solely.erase(WHO)
        monkeypatch.undo()
        assert solely.standing(WHO, ADS) == []
        assert index_has(data, token)
        if then == "kept up":
            keep_up(solely.parts, ["registry"], timedelta(1))
        elif then == "asked again":
            finish_erasing(solely.parts)
        if then != "started again":
            assert not index_has(data, token)
    with Solely(data, clock=later):
        assert not index_has(data, token)
        assert not list((data / "registry" / "to-compact").iterdir())


def test_an_erasure_that_was_not_made_is_not_taken_for_one(data, later, monkeypatch):
    def fail(*_):
        raise Unavailable("the database did not do it")

    with Solely(data, clock=later) as solely:
        monkeypatch.setattr(Desk, "erase", fail)
        with pytest.raises(Unavailable):
            solely.erase(WHO)
        monkeypatch.setattr(Parts, "compact", fail)
        finish_erasing(solely.parts)
        monkeypatch.undo()
        assert len(list((data / "registry" / "to-compact").iterdir())) == 1


def test_they_are_in_no_audience_are_met_by_no_list_and_others_are(data, later):
    with Solely(data, clock=later) as solely:
        solely.erase(WHO)
        assert solely.members("acme", "before") == [OTHER]
        match(solely, data.parent, "after")
        assert solely.members("acme", "after") == [OTHER]
        assert solely.standing(WHO, ADS) == []
        assert solely.verification.find([WHO]) == {}
        assert solely.verify_ledger().anchored


def test_what_was_used_of_them_can_still_be_counted_and_named_to_nobody(data, later):
    with Solely(data, clock=later) as solely:
        solely.erase(WHO)
        kept = dict(solely.parts.registry.execute("SELECT subject, count(*) FROM registry.givings GROUP BY subject"))
    assert sorted(kept.values()) == [1, 7]
    assert {name.split(":")[0] for name in kept} == {OTHER, "erased"}


def test_the_erasure_is_in_the_ledger_once_with_all_that_they_gave(data, later):
    with Solely(data, clock=later) as solely:
        solely.erase(WHO)
        newest = list(solely.parts.signed._bodies(0))[-1].decode()
    assert '"type":"erasure"' in newest
    assert '"count":7' in newest
    with pytest.raises(NotFound), Solely(data, clock=later) as solely:
        solely.erase(WHO)


def test_who_gives_again_is_somebody_new(data, later):
    with Solely(data, clock=later) as solely:
        solely.erase(WHO)
        give(solely, WHO, ADDRESS, ADS)
        match(solely, data.parent, "again")
        assert solely.members("acme", "again") == sorted([OTHER, WHO])
        assert solely.members("acme", "before") == [OTHER]


def test_a_restore_brings_nobody_back(data, template, later, tmp_path):
    with Solely(data, clock=later) as solely:
        solely.erase(WHO)
    restored = tmp_path / "restored"
    shutil.copytree(template, restored)
    own_as(template, restored)
    (restored / "registry").mkdir()
    shutil.copy(data / "registry" / "erased", restored / "registry" / "erased")
    for _ in range(2):
        with Solely(restored, clock=later) as solely:
            assert solely.standing(WHO, ADS) == []
            assert solely.members("acme", "before") == [OTHER]
            erasures = [body for body in solely.parts.signed._bodies(0) if b'"erasure"' in body]
            assert len(erasures) == 1
    assert not any(WHO in row for found in stored(restored).values() for row in found)


def test_an_erasure_that_did_not_come_to_its_end_is_finished_at_the_next_start(data, later, monkeypatch):
    def fail(*_):
        raise Unavailable("the database did not do it")

    with Solely(data, clock=later) as solely:
        monkeypatch.setattr(Desk, "erase", fail)
        with pytest.raises(Unavailable):
            solely.erase(WHO)
        monkeypatch.undo()
        assert solely.standing(WHO, ADS)
    with Solely(data, clock=later) as solely:
        assert solely.standing(WHO, ADS) == []


@pytest.mark.parametrize("subject", ["nobody", "", " ", "a\nb", "erased:x"])
def test_who_is_not_known_can_t_be_erased_and_nothing_is_noted(data, later, subject):
    with Solely(data, clock=later) as solely:
        with pytest.raises(NotFound):
            solely.erase(subject)
        assert not (data / "registry" / "erased").exists()


def test_what_a_full_disk_left_of_a_line_is_none_and_a_changed_one_is_told(tmp_path):
    path = tmp_path / "registry" / "erased"
    ids = [UUID(int=n) for n in range(4)]
    assert erased.read(path) == {}
    erased.add(path, ids[0], ids[1:3])
    with path.open("a") as file:
        file.write('{"erasure": "0000')
    erased.add(path, ids[3], ids[1:2])
    assert erased.read(path) == {ids[0]: tuple(ids[1:3]), ids[3]: tuple(ids[1:2])}
    with path.open("a") as file:
        file.write('{"erasure": "none"}\n')
    with pytest.raises(Tampered, match="line"):
        erased.read(path)
