"""A restore brings back every answer, nobody who was erased since and nothing changed; whole or not at all."""

import os
import random
import shutil
import signal
import threading
import time

import pytest

from backups import ADS, SECURITY, address, answers, fill, give, match, start
from directories import copied
from solely.app import Solely, erased
from solely.app.backup import back_up
from solely.app.directory import read_keyring
from solely.app.manifest import NAME, read_manifest, write_manifest
from solely.app.restore import Newer, restore
from solely.consent import Permit
from solely.errors import BadInput, Conflict, NotFound, SolelyError, Tampered
from solely.seal import Sealed, open_sealed
from solely.store import server
from solely.store.database import Database

pytestmark = pytest.mark.server

RIGHTS = """
    SELECT n.nspname || '.' || c.relname, coalesce(c.relacl::text, ''), coalesce(a.attname, ''), a.attacl::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND a.attacl IS NOT NULL
    WHERE n.nspname !~ '^pg_(toast|temp)' AND c.relkind IN ('r', 'v', 'S', 'i')
    UNION ALL SELECT p.oid::regprocedure::text, coalesce(p.proacl::text, ''), '', NULL FROM pg_proc p
    UNION ALL SELECT nspname, coalesce(nspacl::text, ''), '', NULL FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)'
    UNION ALL SELECT lanname, coalesce(lanacl::text, ''), '', NULL FROM pg_language
    UNION ALL SELECT datname, coalesce(datacl::text, ''), '', NULL FROM pg_database
    ORDER BY 1, 3
"""


@pytest.fixture(scope="module")
def was(made, tmp_path_factory):
    """A directory backed up with all its answers then, and what was done after."""
    place = tmp_path_factory.mktemp("restoring")
    with Solely(copied(made, place / "data"), signs=False) as solely:
        (place / "data" / "incidents.toml").write_text('controller = "Chirp Ltd"\n')
        fill(solely, place)
        solely.publish()
        back_up(solely, place / "rows" / "first", place / "keys")
        rights = rights_in(solely.directory)
        give(solely, "later", address("later"), ADS)
        match(solely, place, "second")
        solely.erase("p0")
        back_up(solely, place / "rows" / "second", place / "keys")
        after = answers(solely)
        solely.erase("p4")
    return place, after, rights


def rights_in(directory):
    with server.running(directory / "postgres") as host:
        password = read_keyring(directory, "owner").secret("database")
        with Database(host).superuser(server.SUPERUSER, password) as connection:
            return connection.execute(RIGHTS).fetchall()


def opens(solely, subject):
    """Open a person's contact for two-step verification, as nothing else does it: straight from the tables."""
    asked = (
        "SELECT c.pseudonym, c.giving, c.kind, c.key_number, w.wrapped, c.box FROM security.contacts c"
        " JOIN security.wrapped_keys w USING (pseudonym, giving) WHERE c.purpose = %s AND c.pseudonym = %s"
    )
    (name,) = solely.desk.find([subject], "security").values()
    row = solely.parts.login("security").execute(asked, [SECURITY, name]).fetchone()
    keys = read_keyring(solely.directory, "security").sealer(SECURITY)
    sealed = Sealed(bytes(row[4]), bytes(row[5]), row[3])
    return open_sealed(keys, sealed, Permit(SECURITY, row[1], 0), pseudonym=row[0], kind=row[2]).expose()


def newest(place):
    return Newer(place / "data" / "registry" / "erased", None)


def test_every_answer_is_what_it_was_and_every_right(was, tmp_path):
    place, after, rights = was
    done = restore(place / "rows" / "second", place / "keys", tmp_path / "data", Newer())
    assert (done.erasures, done.entries) == (0, done.manifest.ledger.size)
    with Solely(tmp_path / "data", signs=False) as solely:
        assert solely.verify_ledger().size == done.entries
        assert answers(solely) == after
        assert opens(solely, "p5") == address("p5")
        match(solely, tmp_path, "third")
        assert solely.members("acme", "third") == ["p3", "p4", "p5"]
        assert (solely.public / "checkpoint").exists()
    assert (tmp_path / "data" / "incidents.toml").read_text() == 'controller = "Chirp Ltd"\n'
    assert rights_in(tmp_path / "data") == rights
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_whoever_was_erased_since_stays_erased_in_every_table(was, tmp_path):
    place, *_ = was
    done = restore(place / "rows" / "second", place / "keys", tmp_path / "data", newest(place))
    assert done.erasures == 1
    with Solely(tmp_path / "data", signs=False) as solely:
        assert solely.verify_ledger().size == done.entries + 1  # the erasure, made again
        with pytest.raises(NotFound):
            solely.uses("p4")
        assert solely.members("acme", "first") == ["p3", "p5"]
    assert set(erased.read(tmp_path / "data" / "registry" / "erased")) == set(erased.read(newest(place).erased))


def test_a_backup_behind_a_head_that_was_kept_is_refused_and_nothing_is_left(was, tmp_path):
    place, *_ = was
    newer = Newer(None, place / "data" / "ledger" / "checkpoint")
    for name in ("first", "second"):
        with pytest.raises(Tampered, match="there were"):
            restore(place / "rows" / name, place / "keys", tmp_path / "data", newer)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", ["rows", "keys"])
def test_a_flipped_byte_anywhere_is_found(was, tmp_path, part):
    place, *_ = was
    for folder in ("rows", "keys"):
        shutil.copytree(place / folder / "second", tmp_path / folder / "second")
    chance = random.Random(7)
    files = [path for path in (tmp_path / part).rglob("*") if path.is_file()]
    assert len(files) > 8
    for path in files:
        whole = path.read_bytes()
        if whole and path.name != NAME:
            flipped = bytearray(whole)
            flipped[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            path.write_bytes(flipped)
            with pytest.raises((Tampered, SolelyError)):
                restore(tmp_path / "rows" / "second", tmp_path / "keys", tmp_path / "data", Newer())
            path.unlink()
            with pytest.raises(SolelyError):
                restore(tmp_path / "rows" / "second", tmp_path / "keys", tmp_path / "data", Newer())
            path.write_bytes(whole)
    assert not (tmp_path / "data").exists()


def test_what_does_not_belong_together_is_refused(was, tmp_path):
    place, *_ = was
    rows, keys = place / "rows", place / "keys"
    with pytest.raises(BadInput):
        restore(rows / "second", keys / "first", tmp_path / "data", Newer())
    with pytest.raises(NotFound):
        restore(rows / "second", tmp_path, tmp_path / "data", Newer())
    with pytest.raises(NotFound):
        restore(rows, keys, tmp_path / "data", Newer())
    with pytest.raises(NotFound):
        restore(rows / "second", keys, tmp_path / "data", Newer(tmp_path / "none"))
    with pytest.raises(NotFound):
        restore(rows / "second", keys, tmp_path / "data", Newer(None, tmp_path / "none"))
    with pytest.raises(Conflict):
        restore(rows / "second", keys, place / "data", Newer())
    shutil.copytree(rows / "second", tmp_path / "second")
    (tmp_path / "second" / "policy.toml.bak").write_text("one too many")
    with pytest.raises(Tampered):
        restore(tmp_path / "second", keys, tmp_path / "data", Newer())
    assert {path.name for path in tmp_path.iterdir()} == {"second"}


def test_a_backup_of_a_newer_version_is_refused(was, tmp_path):
    place, *_ = was
    shutil.copytree(place / "rows" / "second", tmp_path / "second")
    keys = read_keyring(place / "data", "ledger").ledger()
    manifest = read_manifest(tmp_path / "second", keys.public_key)
    write_manifest(tmp_path / "second", manifest.model_copy(update={"migration": "9999"}), keys)
    with pytest.raises(Conflict, match="newer version"):
        restore(tmp_path / "second", place / "keys", tmp_path / "data", Newer())


def test_a_backup_without_keys_is_not_restored(was, tmp_path):
    place, *_ = was
    with Solely(place / "data", signs=False) as solely:
        back_up(solely, tmp_path / "alone")
    with pytest.raises(NotFound, match="without its keys"):
        restore(tmp_path / "alone", place / "keys", tmp_path / "data", Newer())


def test_what_was_acknowledged_before_a_backup_under_load_is_in_it(made, tmp_path):
    done, ended = [], threading.Event()
    with Solely(copied(made, tmp_path / "data"), signs=False) as solely:

        def go_on():
            with Solely(solely.directory, signs=False) as other:
                while not ended.is_set():
                    give(other, f"busy-{len(done)}", f"busy{len(done)}@example.com", SECURITY)
                    done.append(1)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            while len(done) < 5:
                ended.wait(0.01)
            before = len(done)
            back_up(solely, tmp_path / "rows", tmp_path / "keys")
        finally:
            ended.set()
            thread.join()
    restored = restore(tmp_path / "rows", tmp_path / "keys", tmp_path / "back", Newer())
    with Solely(tmp_path / "back", signs=False) as solely:
        count, _ = solely.counts()[SECURITY]
        assert before <= count < len(done)
        assert restored.entries == count + 1  # each giving has its entry; the first is the policy
        assert all(opens(solely, f"busy-{n}") == f"busy{n}@example.com" for n in (0, count - 1))


STAGES = {  # what is there of it when it is killed
    "backup": (".", "database/toc.dat", "policy.toml"),
    "restore": ("postgres/PG_VERSION", "postgres.users", "ledger/public"),
}


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_a_kill_at_any_moment_leaves_nothing_half_and_the_next_one_is_whole(was, tmp_path, verb):
    place, *_ = was
    target = tmp_path / "made"
    commands = {
        "backup": ("backup", target, "--keys", tmp_path / "keys", "--dir", place / "data"),
        "restore": ("restore", place / "rows" / "second", target, "--keys", place / "keys", "--nothing-newer"),
    }
    for stage in STAGES[verb]:
        process = start(*commands[verb])
        while process.poll() is None and not (tmp_path / ".made.part" / stage).exists():
            time.sleep(0.002)
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, stage
        assert not target.exists()
    assert start(*commands[verb]).wait() == 0
    assert [path.name for path in tmp_path.rglob(".*.part")] == []
    if verb == "restore":
        with Solely(target, signs=False) as solely:
            assert solely.verify_ledger().anchored
