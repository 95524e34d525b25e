"""Keys are rotated, their rows moved and old ones destroyed, while people give, are matched and are verified."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from uuid import uuid4

import numpy as np
import pytest

from directories import copied
from givings import ADS, NOW, SECURITY, give, notice, row, write
from solely.app import Solely, key_files, keys
from solely.consent import Permit
from solely.contact import Contact
from solely.errors import BadInput, Conflict, NotFound, Unavailable, WrongAnswer
from solely.give.intake import open_intake
from solely.give.rows import prepare
from solely.keys import PASSWORDS
from solely.seal import Sealed, open_sealed
from solely.store import rotation
from solely.store.database import answering
from solely.store.security import factors, passwords
from solely.store.security.factors import FactorRow

pytestmark = pytest.mark.server

SERVICE = "service-notice"
PASSWORD = "angstrom fish pond"
PEPPERED = [("rotate", 2), ("destroy", 1)]


@pytest.fixture(scope="module")
def solely(made, tmp_path_factory):
    with Solely(copied(made, tmp_path_factory.mktemp("keys") / "data"), signs=False) as application:
        yield application


def reseal(solely, purpose):
    return keys.reseal(solely.parts, purpose, wait=lambda _seconds: None)


def mail(subject):
    return f"{subject}@example.com"


def opened(solely, purpose, compartment):
    """By subject, the contact that its row opens to: each once, under the number that the row says."""
    ring = solely.ground.keyring(compartment)
    query = (
        "SELECT c.pseudonym, c.giving, c.kind, c.key_number, c.box, w.wrapped FROM {0}.contacts c"
        " JOIN {0}.wrapped_keys w USING (pseudonym, giving) WHERE c.purpose = %s"
    )
    found = []
    with solely.ground.database.login(compartment, ring.secret("database")) as connection:
        for pseudonym, giving, kind, number, box, wrapped in connection.execute(query.format(compartment), [purpose]):
            sealed, permit = Sealed(wrapped, box, number), Permit(purpose, giving, 0)
            contact = open_sealed(ring.sealer(purpose), sealed, permit, pseudonym=pseudonym, kind=kind)
            found.append(contact.expose())
    return sorted(found)


def numbers(solely, purpose):
    return {one.number: one.rows for one in keys.status(solely.parts) if one.purpose == purpose}


def acts(solely):
    """What the ledger says of keys, oldest first."""
    with solely.ground.database.login("ledger", solely.ground.keyring("ledger").secret("database")) as connection:
        bodies = connection.execute("SELECT convert_from(body, 'UTF8') FROM ledger.entries ORDER BY sequence")
        said = [json.loads(body) for (body,) in bodies]
    return [one["details"] for one in said if one["type"] == "key"]


def match(solely, tmp_path, addresses, name):
    path = tmp_path / f"{name}.csv"
    path.write_text("\n".join(["email", *addresses]))
    solely.match(path, "acme", name)
    return solely.members("acme", name)


def test_sealed_contacts_go_to_the_new_key_and_the_old_one_can_be_destroyed(solely):
    people = [f"s{number}" for number in range(5)]
    for one in people:
        give(solely.desk, one, value=mail(one), purpose=SERVICE)
    number = keys.rotate(solely.parts, SERVICE, "seal")
    give(solely.desk, "later", value=mail("later"), purpose=SERVICE)
    assert numbers(solely, SERVICE) == {number - 1: 5, number: 1}
    with pytest.raises(Conflict, match="5 rows need key"):
        keys.destroy(solely.parts, SERVICE, "seal", number - 1)
    assert reseal(solely, SERVICE) == 5
    assert reseal(solely, SERVICE) == 0
    keys.destroy(solely.parts, SERVICE, "seal", number - 1)
    assert numbers(solely, SERVICE) == {number: 6}
    assert opened(solely, SERVICE, "service") == sorted(mail(one) for one in (*people, "later"))
    assert [one["act"] for one in acts(solely)[-3:]] == ["rotate", "reseal", "destroy"]


def test_tokens_go_to_the_new_key_and_whom_a_list_meets_is_the_same_at_each_step(solely, tmp_path):
    people = sorted(f"t{number}" for number in range(5))
    addresses = [mail(one) for one in people]
    for one in people:
        give(solely.desk, one, value=mail(one))
    ids = {one: [giving.id for giving in solely.standing(one, ADS)] for one in people}
    assert match(solely, tmp_path, addresses, "before") == people
    number = keys.rotate(solely.parts, ADS, "token")
    assert match(solely, tmp_path, addresses, "rotated") == people
    part = keys._rows(solely.parts, solely.ground.keyring("advertising"), "advertising", ADS)
    tokens = next(part)
    assert tokens.put(tokens.read(rotation.FIRST, 2)) == 2
    assert match(solely, tmp_path, addresses, "half") == people
    with pytest.raises(Conflict, match=r"index|rows need"):
        keys.destroy(solely.parts, ADS, "token", number - 1)
    reseal(solely, ADS)
    assert match(solely, tmp_path, addresses, "moved") == people
    keys.destroy(solely.parts, ADS, "token", number - 1)
    assert match(solely, tmp_path, addresses, "destroyed") == people
    assert solely.audiences.key_numbers(ADS) == {number}
    for one in people:  # given once more, each is the giving it was
        assert give(solely.desk, one, value=mail(one)).known == 1
        assert [giving.id for giving in solely.standing(one, ADS)] == ids[one]


def test_a_list_that_was_read_before_a_rotation_is_not_matched_by_halves(solely, tmp_path):
    give(solely.desk, "slow", value=mail("slow"))
    stale = solely.parts.audiences
    tokens = stale.tokenisers[ADS].tokenise(Contact.read("email", mail("slow")).digests()[0][:16])
    found = np.frombuffer(tokens, np.uint8).reshape(1, 16)
    stale.look_up(found, ADS)
    keys.rotate(solely.new_parts(), ADS, "token")
    keys.reseal(solely.new_parts(), ADS, wait=lambda _seconds: None)
    with pytest.raises(Unavailable, match="rotated while"):
        stale.look_up(found, ADS)
    assert match(solely, tmp_path, [mail("slow")], "again") == ["slow"]


def test_a_process_at_work_notices_the_new_key_and_what_was_made_of_the_old_one_ends(solely):
    before = solely.parts.intake("service")
    connection = solely.parts.registry
    number = keys.rotate(solely.new_parts(), SERVICE, "seal")
    assert solely.parts.intake("service") is not before
    assert solely.ground.keyring("service").numbers(SERVICE, "seal")[-1] == number
    assert connection.closed
    solely.counts()


def test_what_was_sealed_before_its_key_was_destroyed_is_not_recorded(solely):
    """Prepared by a process that has not noticed, recorded after: it would be lost."""
    desk = solely.desk
    asked = row("stale", mail("stale"), purpose=SERVICE)
    rules = desk.rules((notice(SERVICE),), NOW)
    batch = desk.batch([(1, [asked[name] for name in rules.columns])], rules, {})
    old = {**desk.intakes, "service": open_intake("service", solely.ground.keyring("service"), os.urandom)}
    prepared = prepare(batch, rules, old)
    number = keys.rotate(solely.parts, SERVICE, "seal")
    reseal(solely, SERVICE)
    keys.destroy(solely.parts, SERVICE, "seal", number - 1)
    with pytest.raises(Unavailable, match="destroyed at this moment"):
        solely.desk.record(batch, prepared, rules)
    give(solely.desk, "stale", value=mail("stale"), purpose=SERVICE)
    assert mail("stale") in opened(solely, SERVICE, "service")


def test_who_records_under_a_key_is_waited_for_before_it_is_destroyed(solely, monkeypatch):
    """A secret that is not committed yet is no reason to think that nothing needs its key."""
    number = keys.rotate(solely.parts, SECURITY, "seal")
    reseal(solely, SECURITY)
    monkeypatch.setattr(rotation, "LOCK", "200ms")
    row = FactorRow(uuid4(), "totp", "", "pending", SECURITY, solely.clock(), secret=b"x", key_number=number - 1)
    with solely.new_parts().login("security") as one:
        one.autocommit = False
        factors.add(one, uuid4(), row)
        with pytest.raises(Unavailable):
            keys.destroy(solely.parts, SECURITY, "seal", number - 1)
        one.rollback()
    keys.destroy(solely.parts, SECURITY, "seal", number - 1)
    with solely.new_parts().login("security") as one:
        with pytest.raises(Unavailable, match="destroyed at this moment"), answering():
            factors.add(one, uuid4(), row)
        with pytest.raises(Unavailable, match="destroyed at this moment"), answering():
            factors.bind(one, uuid4(), row)


def test_secrets_of_authenticator_apps_are_moved_too(solely):
    security = solely.verification.security
    person, factor, secret = uuid4(), uuid4(), os.urandom(20)
    box, number = security.seal_secret(secret, person, factor)
    made = FactorRow(factor, "totp", "", "active", SECURITY, solely.clock(), secret=box, key_number=number)
    factors.add(security.connection, person, made)
    keys.rotate(solely.parts, SECURITY, "seal")
    assert reseal(solely, SECURITY) == 1
    keys.destroy(solely.parts, SECURITY, "seal", number)
    (found,) = factors.of(solely.verification.security.connection, person)
    assert found.key_number == number + 1
    assert solely.verification.security.open_secret(found.secret, found.key_number, person, factor) == secret


def test_a_password_goes_to_the_next_pepper_when_it_is_right_and_the_old_one_is_destroyed_once_all_did(solely):
    ask, before = solely.verification, len(acts(solely))
    for subject in ("often", "seldom"):
        ask.set_password(subject, PASSWORD)
    assert keys.rotate(solely.parts, PASSWORDS, "pepper") == 2
    assert numbers(solely, PASSWORDS) == {1: 2, 2: 0}
    with pytest.raises(WrongAnswer):
        solely.verification.check_password("often", f"{PASSWORD}!")
    solely.verification.check_password("often", PASSWORD)
    assert numbers(solely, PASSWORDS) == {1: 1, 2: 1}
    with pytest.raises(Conflict, match="1 rows need key 1") as told:
        keys.destroy(solely.parts, PASSWORDS, "pepper", 1)
    assert "when it is next right" in told.value.cure
    solely.verification.check_password("seldom", PASSWORD)
    keys.destroy(solely.parts, PASSWORDS, "pepper", 1)
    assert numbers(solely, PASSWORDS) == {2: 2}
    for subject in ("often", "seldom"):
        solely.verification.check_password(subject, PASSWORD)
    assert acts(solely)[before:] == [{"act": act, "use": "pepper", "number": n} for act, n in PEPPERED]


def test_a_password_that_was_hashed_before_its_pepper_was_destroyed_is_not_kept(solely):
    number, ring = keys.rotate(solely.parts, PASSWORDS, "pepper"), solely.ground.keyring("security")
    keys.rotate(solely.parts, PASSWORDS, "pepper")
    keys.destroy(solely.parts, PASSWORDS, "pepper", number)
    with solely.ground.database.login("security", ring.secret("database")) as connection:
        for pepper, kept in ((number, False), (number + 1, True)):
            person = uuid4()
            with nullcontext() if kept else pytest.raises(Unavailable, match="destroyed at this moment"), answering():
                passwords.put(connection, person, "a hash", pepper, solely.clock())
            assert (passwords.of(connection, person) is not None) == kept


def test_a_role_moves_a_row_to_a_later_key_and_does_nothing_else_with_it(solely):
    give(solely.desk, "fixed", value=mail("fixed"))
    ring = solely.ground.keyring("advertising")
    with solely.ground.database.login("advertising", ring.secret("database")) as connection:
        (one,) = connection.execute(
            "SELECT pseudonym, giving, key_number FROM advertising.givings ORDER BY number DESC LIMIT 1"
        ).fetchall()
        for old, new, tokens in ((one[2], one[2], bytes(16)), (one[2], one[2] + 1, bytes(32)), (one[2] - 1, 9, b"")):
            moved = connection.execute(
                "SELECT advertising.move_keys(%s, %s, %s, %s::uuid[], %s::uuid[], %s::bytea[])",
                [ADS, old, new, [one[0]], [one[1]], [tokens]],
            ).fetchone()
            assert moved == (0,)


def test_what_is_no_key_to_rotate_or_destroy_is_refused_and_not_written_down(solely):
    before = len(acts(solely))
    primary = solely.ground.keyring("service").numbers(SERVICE, "seal")[-1]
    for act, error in (
        (lambda: keys.rotate(solely.parts, SERVICE, "token"), BadInput),
        (lambda: keys.destroy(solely.parts, ADS, "seal", 1), BadInput),
        (lambda: keys.destroy(solely.parts, SERVICE, "seal", primary), Conflict),
        (lambda: keys.destroy(solely.parts, SERVICE, "seal", 999), NotFound),
        (lambda: keys.rotate(solely.parts, SERVICE, "pepper"), BadInput),
        (lambda: keys.destroy(solely.parts, PASSWORDS, "pepper", 999), NotFound),
    ):
        with pytest.raises(error):
            act()
    assert len(acts(solely)) == before


def test_old_backups_rows_under_a_destroyed_key_open_no_more(solely):
    give(solely.desk, "backed", value=mail("backed"), purpose=SERVICE)
    ring = solely.ground.keyring("service")
    with solely.ground.database.login("service", ring.secret("database")) as connection:
        number = ring.numbers(SERVICE, "seal")[-1]
        kept = rotation.sealed(connection, "service", SERVICE, 0, rotation.FIRST, 10_000)
    keys.rotate(solely.parts, SERVICE, "seal")
    reseal(solely, SERVICE)
    keys.destroy(solely.parts, SERVICE, "seal", number)
    left = solely.ground.keyring("service").sealer(SERVICE)
    for one in kept:
        with pytest.raises(Unavailable, match="not held"):
            left.decrypt(one.number, one.data[:12], one.data[12:], b"")


def test_key_files_are_wrapped_anew_and_a_kill_between_two_is_mended_by_doing_it_again(solely, monkeypatch):
    monkeypatch.setenv("SOLELY_PASSPHRASE", "correct horse")
    key_files.choose(solely.directory, "none")

    def killed(name):
        if name == "discovery":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keys.rewrap(solely.parts, "passphrase", killed)
    wraps = {name: key_files.head(solely.directory, name).wrap for name in key_files.names(solely.directory)}
    assert set(wraps.values()) == {"none", "argon2id"}
    solely.counts()  # both are read meanwhile
    keys.rewrap(solely.parts, "passphrase")
    assert {key_files.head(solely.directory, name).wrap for name in wraps} == {"argon2id"}
    keys.rotate(solely.parts, SERVICE, "seal")
    assert key_files.head(solely.directory, "service").wrap == "argon2id"
    keys.rewrap(solely.parts, "none")
    assert not any(b"argon2id" in path.read_bytes() for path in (solely.directory / "keys").glob("*.key"))
    assert acts(solely)[-1] == {"act": "rewrap", "file": "ledger", "wrap": "none"}


# -- killed

MOVING = """
import sys
from pathlib import Path
from solely.app import Solely, keys

with Solely(Path(sys.argv[1]), signs=False) as solely:
    for purpose in sys.argv[2:]:
        keys.reseal(solely.parts, purpose, lambda done: print(done, flush=True), lambda _seconds: None, batch=60)
"""


def test_killed_again_and_again_while_people_give_and_are_read_no_row_is_lost(fresh, tmp_path):
    count, kills = 5_000, 5
    people = [f"k{number}" for number in range(count)]
    purposes = (SERVICE, ADS)
    path = write(tmp_path, (row(one, mail(one), purpose=purposes[n % 2]) for n, one in enumerate(people)), purposes)
    seed = os.urandom(4).hex()
    chance = random.Random(seed)
    with Solely(fresh) as solely:
        assert solely.give_file(path).given == count
        addresses = [mail(one) for one in people[1::2]]
        assert len(match(solely, tmp_path, addresses, "first")) == count // 2
        for one in purposes:
            keys.rotate(solely.parts, one, keys.use_of(solely.policy.purpose(one).compartment))
        killed = 0
        for number in range(kills):
            with subprocess.Popen([sys.executable, "-c", MOVING, fresh, *purposes], stdout=subprocess.PIPE) as command:
                for _ in range(chance.randrange(1, 10)):
                    command.stdout.readline()
                give(solely.desk, f"new{number}", value=mail(f"new{number}"), purpose=SERVICE)
                time.sleep(chance.uniform(0, 0.05))
                command.kill()
            killed += command.returncode == -signal.SIGKILL
            given = sorted([*(mail(one) for one in people[::2]), *(mail(f"new{n}") for n in range(number + 1))])
            assert opened(solely, SERVICE, "service") == given, seed
            assert len(match(solely, tmp_path, addresses, f"during{number}")) == count // 2, seed
        assert killed, "too quick to be killed: move fewer at once"
        for one in purposes:
            reseal(solely, one)
            use = keys.use_of(solely.policy.purpose(one).compartment)
            keys.destroy(solely.parts, one, use, 1)
        assert opened(solely, SERVICE, "service") == given, seed
        assert len(match(solely, tmp_path, addresses, "last")) == count // 2, seed
        assert solely.give_file(path).known == count
        assert solely.verify_ledger()
