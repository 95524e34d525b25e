"""What is over is forgotten by the process itself."""

import gc
import uuid
import weakref
from datetime import timedelta

import pytest

from apis import OPERATOR
from solely.app import Solely
from solely.principal import HOMES
from solely.web.api.answer import Answer
from solely.web.api.caller import principals
from solely.web.api.calls import once
from solely.web.upkeep import keep_up

pytestmark = pytest.mark.server


def test_answers_are_forgotten_once_they_were_kept_long_enough(fresh):
    with Solely(fresh) as solely:
        parts, now = solely.new_parts(), solely.clock()
        there = once(parts, "registry")
        by = principals(parts, "registry")
        caller = by.authenticate(by.add(OPERATOR, "app", "service").key)
        one = there.request(caller, str(uuid.uuid4()), b"what")
        for ago in (timedelta(hours=1), timedelta(hours=30)):
            there.take([one], again=True, now=now - ago)
            there.keep([(one, Answer(200))])
            keep_up(parts, HOMES, timedelta(hours=24))
            (stands,) = there.take([one], again=True, now=now)
            assert isinstance(stands, Answer) is (ago < timedelta(hours=24))
            there.forget(now + timedelta(days=1))


def test_challenges_that_are_over_are_forgotten(fresh):
    with Solely(fresh) as solely:
        parts, old = solely.new_parts(), solely.clock() - timedelta(days=40)
        connection = parts.verification.security.connection
        connection.execute(
            "INSERT INTO security.challenges (pseudonym, challenge, act, purpose, after_password, secret, created_at,"
            " expires_at) VALUES (%s, %s, 'sign-in', 'two-factor', true, '', %s, %s)",
            [uuid.uuid4(), uuid.uuid4(), old, old + timedelta(minutes=10)],
        )
        keep_up(parts, HOMES, timedelta(hours=24))
        assert connection.execute("SELECT count(*) FROM security.challenges").fetchone() == (0,)


def test_what_nothing_refers_to_but_itself_is_let_go(fresh):
    class Knot:
        pass

    knot = Knot()
    knot.tied, seen = knot, weakref.ref(knot)
    with Solely(fresh) as solely:
        gc.disable()
        try:
            del knot
            assert seen() is not None
            keep_up(solely.new_parts(), HOMES, timedelta(hours=24))
            assert seen() is None
        finally:
            gc.enable()
