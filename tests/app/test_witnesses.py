"""A log and its witnesses: a quorum, what is missing of it, and what they show of a log that lost or changed a part."""

import asyncio
import shutil
import socket
import threading
import time
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI, Request, Response

from directories import own_as
from solely.app import Solely, witnesses
from solely.app.witness import Witness
from solely.app.witness_settings import WitnessSettings, read_witness_settings
from solely.app.witnesses import Alarm, Witnesses
from solely.consent import Notice
from solely.errors import Tampered, Unavailable
from solely.ledger.checkpoint import read_note, read_verifier_key, verify_checkpoint
from solely.ledger.cosignature import cosignatures, cosigned
from solely.ledger.tree import consistency_path
from solely.web.witness import witness_server
from witnesses import Log, listening, served, table

NOW = datetime(2026, 1, 2, tzinfo=UTC)
DOWN = "http://127.0.0.1:9"


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def three(log, tmp_path):
    return [Witness(tmp_path / f"w{n}", [log.key], name=f"witness.example/{n}", clock=lambda: NOW) for n in range(3)]


class Side:
    """The log's side of a log that grows as the test says: `at` signs a size and keeps the anchor as the app does."""

    def __init__(self, log, folder, text):
        self.log, self.anchor, self.stored, self.proofs = log, folder / "checkpoint", 0, []
        settings = read_witness_settings(text.encode())
        self.witnesses = Witnesses(settings, log.key, self.anchor, self.grown, lambda: self.stored)

    def grown(self, old, new):
        self.proofs.append((old, new))
        return consistency_path(self.log.leaves[:new], old)

    def at(self, size):
        self.stored = size
        self.anchor.write_text(self.witnesses.cosign(self.log.note(size)))
        return self.witnesses.settle()


@pytest.fixture
def side(log, tmp_path):
    return lambda text, of=log: Side(of, tmp_path, text)


def test_two_of_three_are_a_quorum_and_the_third_may_be_down(three, side):
    with listening(three[:2]) as urls:
        at_work = side(table(three, [*urls, DOWN], 2))
        for size in (3, 5, 90):
            assert at_work.at(size) is None
            names = cosigned(at_work.anchor.read_text(), [one.key for one in three], 2).names
            assert names == ("witness.example/0", "witness.example/1")


def test_too_few_are_an_alarm_that_names_who_did_not_sign(three, side):
    with listening(three[:1]) as urls:
        at_work = side(table(three, [*urls, DOWN, DOWN], 2))
        alarm = at_work.at(3)
    assert alarm == Alarm(1, 2, ("witness.example/1 does not answer", "witness.example/2 does not answer"))
    assert str(alarm).startswith("1 of 2 witnesses cosigned the ledger; witness.example/1 does not")


def test_who_was_down_is_asked_again_and_proved_to_from_what_it_remembers(three, side):
    with listening(three) as urls:
        at_work = side(table(three, urls, 3))
        assert at_work.at(3) is None
        only = side(table(three[:1], urls[:1], 1))
        assert only.at(5) is None
        assert only.at(9) is None
        at_work.proofs.clear()
        assert at_work.at(12) is None
        assert {old for old, _ in at_work.proofs} == {9, 3}


def test_a_quorum_missing_then_is_met_later_by_who_is_back(three, side, log):
    with listening(three[:1]) as urls:
        at_work = side(table(three[:2], [*urls, DOWN], 2, required=True))
        assert at_work.at(3)
        with pytest.raises(Unavailable, match="1 of 2"):
            at_work.witnesses.require()
    with listening(three[:2]) as urls:
        again = Side(log, at_work.anchor.parent, table(three[:2], urls, 2, required=True))
        again.stored = 3
        again.witnesses.require()
    assert len(cosignatures(at_work.anchor.read_text(), [one.key for one in three])) == 2
    again.witnesses.require()  # nobody need answer twice


def test_a_quorum_of_old_is_none_while_nobody_answers_since_the_start(three, side, log):
    """Else a backup restored whole, and a network that is cut, would do for a rollback."""
    with served(witness_server(three[0])) as url:
        text = table(three[:1], [url], 1, required=True)
        assert side(text).at(3) is None
    again = side(text)
    assert again.witnesses.settle() is None
    with pytest.raises(Unavailable, match=r"0 of 1 .* does not answer"):
        again.witnesses.require()
    again.stored = 3
    with served(witness_server(three[0]), int(url.rpartition(":")[2])):
        again.witnesses.require()
        three[0].add_checkpoint(log.request(3, 5))
        with pytest.raises(Tampered, match="remembers 5 entries"):
            Side(log, again.anchor.parent, text).witnesses.require()


def test_who_is_back_is_asked_at_the_next_occasion(three, side):
    with served(witness_server(three[0])) as url:
        at_work = side(table(three[:1], [url], 1))
    assert at_work.at(3)
    assert at_work.witnesses.settle()
    with served(witness_server(three[0]), int(url.rpartition(":")[2])):
        assert at_work.witnesses.settle() is None
    assert at_work.witnesses.settle() is None


def test_what_was_signed_counts_where_another_process_kept_that_checkpoint_first_without_it(three, side, log):
    with served(witness_server(three[0])) as url:
        at_work = side(table(three[:1], [url], 1, required=True))
        at_work.stored = 3
        at_work.witnesses.cosign(log.note(3))
    at_work.anchor.write_text(log.note(3))
    at_work.witnesses.require()
    assert len(cosignatures(at_work.anchor.read_text(), [three[0].key])) == 1


def test_after_a_checkpoint_whoever_did_not_sign_it_is_not_asked_twice(three, side):
    at_work = side(table(three[:1], [DOWN], 1))
    asked = []
    at_work.witnesses._ask = lambda note: asked.append(note) or ()
    at_work.at(3)
    assert len(asked) == 1


def test_what_was_signed_of_one_head_is_not_put_under_another_that_is_asked_for_too(three, side, log):
    """While it is asked for, another process may keep a newer one."""
    with listening(three[:1]) as urls:
        at_work = side(table(three[:1], urls, 1))
        at_work.anchor.write_text(log.note(3))
        ask = at_work.witnesses._ask

        def overtaken(note):
            signed = ask(note)
            at_work.anchor.write_text(log.note(5))
            sizes.append(verify_checkpoint(note, log.key).size)
            return signed

        at_work.witnesses._ask, sizes = overtaken, []
        assert at_work.witnesses.settle() is None
        assert sizes == [3, 5]
        assert len(read_note(at_work.anchor.read_text())[1]) == 2  # the log's and the one of five


def test_what_is_not_required_stops_nothing(three, side):
    at_work = side(table(three, [DOWN] * 3, 2))
    assert at_work.at(3)
    at_work.witnesses.require()
    at_work.witnesses.compare()


def test_with_no_witness_nothing_is_asked(log, tmp_path):
    at_work = Witnesses(WitnessSettings(), log.key, tmp_path / "checkpoint", None, None)
    assert at_work.cosign("anything") == "anything"
    assert at_work.settle() is None
    at_work.require()
    at_work.compare()


def test_before_anything_is_signed_what_is_required_is_missing(three, side):
    with pytest.raises(Unavailable, match="nothing is signed yet"):
        side(table(three, [DOWN] * 3, 2, required=True)).witnesses.require()


def test_a_log_that_lost_its_end_meets_a_witness_that_remembers(three, side):
    """Rollback: found at the start, and an alarm wherever else it is."""
    with listening(three[:1]) as urls:
        at_work = side(table(three[:1], urls, 1, required=True))
        at_work.at(9)
        at_work.anchor.write_text(at_work.log.note(7))
        at_work.stored = 7
        with pytest.raises(Tampered, match="remembers 9 entries, and the database has 7") as raised:
            at_work.witnesses.compare()
        assert raised.value.where == "witness witness.example/0"
        assert "restore a newer backup" in raised.value.cure
        assert at_work.at(8).why == ("witness.example/0 remembers 9 entries",)


def test_a_witness_ahead_of_the_checkpoint_but_not_of_the_database_is_no_rollback(three, side):
    """Another process signed more meanwhile, or was killed after it asked."""
    with listening(three[:1]) as urls:
        at_work = side(table(three[:1], urls, 1, required=True))
        at_work.at(9)
        at_work.anchor.write_text(at_work.log.note(7))
        at_work.witnesses.compare()
        assert at_work.at(11) is None


@pytest.mark.parametrize("size", [9, 12])
def test_a_log_that_wrote_another_history_meets_a_witness_of_the_first(size, three, side, log):
    """Fork, at the same size and above it."""
    with listening(three[:1]) as urls:
        text = table(three[:1], urls, 1, required=True)
        assert side(text).at(9) is None
        forked = side(text, log.fork(5))
        assert forked.at(size).why == ("witness.example/0 remembers another history of this ledger",)
        with pytest.raises(Tampered, match="another history"):
            forked.witnesses.compare()


def test_two_histories_shown_to_witnesses_who_differ_never_both_get_a_quorum(three, side, log):
    """Split view: two of three are needed, so one of them sees both."""
    fork = log.fork(5)
    with listening(three) as urls:
        text = table(three, urls, 2)
        side(table(three[:1], urls[:1], 1)).at(9)
        side(table(three[2:], urls[2:], 1), fork).at(9)
        alarms = [side(text).at(12), side(text, fork).at(12)]
    assert alarms[0] is None
    assert (alarms[1].have, alarms[1].quorum) == (1, 2)


def says(status, text, **headers):
    """A server that answers everything so."""
    app = FastAPI()

    @app.post("/add-checkpoint")
    async def answer(request: Request) -> Response:
        await request.body()
        return Response(text, status, headers=headers)

    return app


@pytest.mark.parametrize(
    ("status", "text", "why"),
    [
        (200, "", "answers with no good cosignature"),
        (200, "— witness.example/0 AAAA\n", "answers with no good cosignature"),
        (200, "x" * 100_000, "does not answer"),
        (200, b"\xff", "does not answer"),
        (302, "", "refuses (302)"),
        (404, "", "refuses (404)"),
        (500, "", "refuses (500)"),
        (409, "", "refuses (409)"),
        (409, "2\n", "refuses (409)"),
        (409, "3\n", "remembers another history of this ledger"),
        (422, "", "remembers another history of this ledger"),
        (409, "99999999\n", "remembers 99999999 entries"),
    ],
)
def test_a_witness_that_says_anything_else_has_not_signed(status, text, why, three, side):
    with served(says(status, text, location="http://127.0.0.1:9/")) as url:
        at_work = side(table(three[:1], [url], 1))
        alarm = at_work.at(3)
    assert alarm == Alarm(0, 1, (f"witness.example/0 {why}",))
    assert at_work.anchor.read_text() == at_work.log.note(3)


def test_a_cosignature_of_another_head_is_not_taken(three, side, log):
    line = three[0].add_checkpoint(log.request(0, 2)).text
    with served(says(200, line)) as url:
        assert side(table(three[:1], [url], 1)).at(3).have == 0


def test_a_witness_that_keeps_one_waiting_is_not_waited_for(three, side, monkeypatch):
    monkeypatch.setattr(witnesses, "TOTAL", 0.4)
    monkeypatch.setattr(witnesses, "CONNECT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        alarm = side(table(three[:1], [f"http://127.0.0.1:{silent.getsockname()[1]}"], 1)).at(3)
        assert time.monotonic() - begun < 4  # five, as it is
    assert alarm.why == ("witness.example/0 does not answer",)


def test_they_are_asked_at_once(three, side):
    together = threading.Barrier(3, timeout=10)

    def waiting(witness):
        app, add = FastAPI(), witness.add_checkpoint

        @app.post("/add-checkpoint")
        async def answer(request: Request) -> Response:
            body = await request.body()
            await asyncio.to_thread(together.wait)
            return Response(add(body).text)

        return app

    with served(waiting(three[0])) as a, served(waiting(three[1])) as b, served(waiting(three[2])) as c:
        assert side(table(three, [a, b, c], 3)).at(3) is None


def test_a_changed_cosignature_in_the_anchor_is_found(three, side):
    with listening(three[:1]) as urls:
        at_work = side(table(three[:1], urls, 1, required=True))
        at_work.at(3)
        at_work.witnesses.require()
        head, _, line = at_work.anchor.read_text().rpartition(" ")
        at_work.anchor.write_text(f"{head} {line[:20]}{'A' if line[20] != 'A' else 'B'}{line[21:]}")
        with pytest.raises(Tampered):
            at_work.witnesses.require()


# -- a whole data directory

NOTICE = Notice("tailored-audiences", "v1", "I agree.")


def give(solely, subject):
    row = {"subject": subject, "kind": "email", "value": f"{subject}@example.com", "purpose": NOTICE.purpose}
    solely.give(row | {"notice": NOTICE.name, "given_at": "2026-01-01T00:00:00Z", "withdrawn_at": ""}, NOTICE)


@pytest.fixture
def witness(fresh, tmp_path):
    key = read_verifier_key((fresh / "ledger" / "verifier.key").read_text().strip())
    return Witness(tmp_path / "w", [key], name="witness.example/1")


@pytest.mark.server
def test_a_directory_is_cosigned_stored_with_it_and_discloses_nothing_while_a_required_witness_is_down(
    fresh, witness, tmp_path
):
    (tmp_path / "list.csv").write_text("email\nu1@example.com\n")
    with served(witness_server(witness)) as url:
        (fresh / "ledger.toml").write_text(table([witness], [url], 1, required=True))
        with Solely(fresh, clock=lambda: NOW) as solely:
            give(solely, "u1")
            assert solely.match(tmp_path / "list.csv", "acme", "one").status
        assert solely.alarm is None
        port = int(url.rpartition(":")[2])
    with Solely(fresh, clock=lambda: NOW) as solely:
        give(solely, "u2")  # and people go on giving, withdrawing and signing in
        assert solely.verify_ledger().size == 4
    assert solely.alarm == Alarm(0, 1, ("witness.example/1 does not answer",))
    with Solely(fresh, clock=lambda: NOW) as solely:
        for disclose in (
            lambda: solely.match(tmp_path / "list.csv", "acme", "two"),
            lambda: solely.members("acme", "one"),
        ):
            with pytest.raises(Unavailable, match="0 of 1 witnesses"):
                disclose()
        with served(witness_server(witness), port):
            assert solely.members("acme", "one") == ["u1"]
            assert len(cosignatures((fresh / "ledger" / "checkpoint").read_text(), [witness.key])) == 1


@pytest.mark.server
def test_a_directory_restored_whole_from_an_old_backup_is_not_opened(fresh, witness, tmp_path):
    """Rollback of database and anchor together: only the witness remembers."""
    with served(witness_server(witness)) as url:
        (fresh / "ledger.toml").write_text(table([witness], [url], 1, required=True))
        with Solely(fresh, clock=lambda: NOW) as solely:
            give(solely, "u1")
        shutil.copytree(fresh, tmp_path / "backup")
        own_as(fresh, tmp_path / "backup")
        with Solely(fresh, clock=lambda: NOW) as solely:
            give(solely, "u2")
        with pytest.raises(Tampered, match="remembers 3 entries, and the database has 2"), Solely(tmp_path / "backup"):
            pass
        (tmp_path / "backup" / "ledger.toml").unlink()
        with Solely(tmp_path / "backup", clock=lambda: NOW) as solely:
            give(solely, "another")
        assert solely.alarm is None
        (tmp_path / "backup" / "ledger.toml").write_text(table([witness], [url], 1, required=True))
        with pytest.raises(Tampered, match="another history"), Solely(tmp_path / "backup"):
            pass


@pytest.mark.server
def test_who_is_killed_after_the_witness_signed_goes_on_with_the_same_history(fresh, witness, monkeypatch):
    with served(witness_server(witness)) as url:
        (fresh / "ledger.toml").write_text(table([witness], [url], 1, required=True))
        killed = Solely(fresh, clock=lambda: NOW, signs=False)

        def asked_and_killed(note):
            Witnesses.cosign(killed.parts.signed.witnesses, note)
            raise KeyboardInterrupt

        killed.__enter__()
        give(killed, "u1")
        monkeypatch.setattr(killed.parts.signed.witnesses, "cosign", asked_and_killed)
        with pytest.raises(KeyboardInterrupt):
            killed.__exit__(None, None, None)
        with Solely(fresh, clock=lambda: NOW) as solely:
            assert solely.verify_ledger().anchored == 2
            give(solely, "u2")
        assert solely.alarm is None
