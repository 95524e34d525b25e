"""An answer counts in both rows or in neither, only where every condition holds, and once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from solely.store.security import challenges, factors
from solely.store.security.challenges import Answering, Shown, Spending
from solely.store.security.factors import FactorRow, PasskeyRow

pytestmark = pytest.mark.server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=10)
WAITS = [timedelta(0), timedelta(seconds=30), timedelta(hours=1)]
MOST = 5


@pytest.fixture
def connection(login):
    with login("security") as connection:
        yield connection


def opened(connection, kind="totp", state="active", *, person=None, only=None, home=None):
    """A factor, and a challenge it may answer."""
    person, row = person or uuid4(), FactorRow(uuid4(), kind, "mine", state, "two-factor", NOW)
    factors.add(connection, person, row)
    to = Answering(home or person, uuid4(), person, row.factor)
    challenges.add(
        connection,
        to.home,
        to.challenge,
        act="sign-in",
        purpose="two-factor",
        only=row.factor if only else None,
        after_password=True,
        secret=b"c" * 32,
        now=NOW,
        expires_at=SOON,
    )
    return to


def spend(connection, *answers, kind="totp", old="active", new="active", whole=True, now=NOW, **shown):
    spending = Spending(old, new, Shown(**shown), whole, '{"of": "it"}')
    return challenges.spend(connection, kind, answers, [spending] * len(answers), most=MOST, now=now)


def fail(connection, *answers, old="active", now=NOW):
    states = [old] * len(answers)
    return challenges.fail(connection, answers, states, waits=WAITS, most=MOST, now=now)


def asked(connection, to):
    return challenges.read(connection, [to])[0]


def test_what_is_asked_comes_with_what_answers_it(connection):
    to = opened(connection)
    found = asked(connection, to)
    assert (found.challenge, found.factor, found.kind, found.state) == (to.challenge, to.factor, "totp", "active")
    assert (found.asked, found.expires_at, found.wrong, found.standing) == (b"c" * 32, SOON, 0, "open")
    assert (found.code_until, found.passkey, found.last_step) == (None, None, -1)
    assert "c" * 32 not in repr(found)


def test_many_are_read_at_once_by_their_places(connection):
    first, second = opened(connection), opened(connection)
    missing = Answering(uuid4(), uuid4(), uuid4(), uuid4())
    others = Answering(first.home, first.challenge, second.pseudonym, second.factor)
    found = challenges.read(connection, [missing, second, first])
    assert {place: one.factor for place, one in found.items()} == {1: second.factor, 2: first.factor}
    assert challenges.read(connection, [others])[0].factor == second.factor  # as of a person not known before


def test_a_right_answer_passes_the_challenge_and_ends_the_count(connection):
    to = opened(connection)
    fail(connection, to)
    assert spend(connection, to, step=7) == {0}
    found = asked(connection, to)
    assert (found.standing, found.last_step, found.wait_until, found.used_at) == ("passed", 7, None, NOW)
    assert challenges.passed(connection, to.home, to.challenge) == ("sign-in", NOW, to.factor, '{"of": "it"}')


def test_it_counts_once(connection):
    to = opened(connection)
    assert [spend(connection, to, step=step) for step in (7, 8)] == [{0}, set()]
    assert asked(connection, to).last_step == 7


def test_what_needs_more_leaves_the_challenge_open(connection):
    to = opened(connection)
    assert spend(connection, to, whole=False, step=7) == {0}
    assert asked(connection, to).standing == "open"
    assert challenges.passed(connection, to.home, to.challenge) is None


SPOILED = {
    "the challenge is cancelled": "UPDATE security.challenges SET state = 'cancelled'",
    "it was passed": "UPDATE security.challenges SET state = 'passed'",
    "it is over": f"UPDATE security.challenges SET expires_at = '{NOW.isoformat()}'",
    "it had its wrong answers": "UPDATE security.challenges SET failures = 5",
    "it is another factor's": "UPDATE security.challenges SET factor = gen_random_uuid()",
    "the factor is disabled": "UPDATE security.factors SET state = 'disabled'",
    "it waits": f"UPDATE security.factors SET wait_until = '{SOON.isoformat()}'",
}


@pytest.mark.parametrize("statement", SPOILED.values(), ids=SPOILED)
def test_where_one_condition_does_not_hold_neither_row_changes(connection, statement):
    to, beside = opened(connection), opened(connection)
    connection.execute(f"{statement} WHERE pseudonym = %s", [to.pseudonym])
    before = asked(connection, to)
    assert spend(connection, to, beside, step=7) == {1}
    assert fail(connection, to) == {}
    assert asked(connection, to) == before


@pytest.mark.parametrize("step", [6, 7])
def test_a_step_that_is_not_later_than_the_last_changes_nothing(connection, step):
    to = opened(connection)
    connection.execute("UPDATE security.factors SET last_step = 7 WHERE pseudonym = %s", [to.pseudonym])
    assert spend(connection, to, step=step) == set()
    assert asked(connection, to).standing == "open"


def test_a_recovery_code_is_used_with_the_answer_or_not_at_all(connection):
    to, other = opened(connection, "recovery-codes"), opened(connection, "recovery-codes")
    factors.add_codes(connection, to.pseudonym, to.factor, [b"one", b"two"])
    factors.add_codes(connection, other.pseudonym, other.factor, [b"three"])
    assert spend(connection, to, kind="recovery-codes", digest=b"three") == set()
    assert asked(connection, to).standing == "open"
    assert spend(connection, to, kind="recovery-codes", digest=b"one") == {0}
    assert [factors.codes_left(connection, one.pseudonym, one.factor) for one in (to, other)] == [1, 1]
    connection.execute("UPDATE security.challenges SET state = 'open' WHERE pseudonym = %s", [to.home])
    assert spend(connection, to, kind="recovery-codes", digest=b"one") == set()


@pytest.mark.parametrize(("stored", "shown", "counts"), [(0, 0, 1), (0, 1, 1), (4, 5, 1), (4, 4, 0)])
def test_a_passkey_s_count_grows_or_the_answer_does_not_count(connection, stored, shown, counts):
    to = opened(connection, "passkey")
    row = PasskeyRow(
        factor=to.factor,
        credential=uuid4().bytes,
        public_key=b"key",
        sign_count=stored,
        user_verified=True,
        backup_eligible=True,
        backed_up=False,
        transports=[],
        aaguid=uuid4(),
    )
    factors.add_passkey(connection, to.pseudonym, row)
    assert asked(connection, to).passkey == row
    assert spend(connection, to, kind="passkey", sign_count=shown, backed_up=True) == ({0} if counts else set())
    (kept,) = factors.passkeys(connection, to.pseudonym)
    assert (kept.sign_count, kept.backed_up) == ((shown, True) if counts else (stored, False))


def test_a_first_answer_makes_the_factor_active(connection):
    to = opened(connection, "passkey", "pending", only=True)
    assert spend(connection, to, kind="passkey", old="pending", new="active", sign_count=0) == {0}
    found = asked(connection, to)
    assert (found.state, found.activated_at) == ("active", NOW)


def test_wrong_answers_count_in_both_rows_and_the_last_disables(connection):
    to = opened(connection)
    for failures, wait in enumerate(WAITS[:2], 1):
        assert fail(connection, to, now=NOW + timedelta(seconds=failures)) == {0: "active"}
        found = asked(connection, to)
        assert (found.wrong, found.wait_until) == (failures, NOW + timedelta(seconds=failures) + wait)
    assert fail(connection, to, now=NOW + timedelta(seconds=20)) == {}
    assert fail(connection, to, now=NOW + timedelta(seconds=40)) == {0: "disabled"}
    assert (asked(connection, to).state, asked(connection, to).wrong) == ("disabled", 3)


def test_a_challenge_of_nobody_yet_stands_under_its_own_id(connection):
    home = uuid4()
    to = opened(connection, home=home)
    assert spend(connection, to, step=1) == {0}
    assert challenges.passed(connection, home, to.challenge) is not None
    assert challenges.passed(connection, to.pseudonym, to.challenge) is None


def test_what_a_factor_proved_is_void_without_the_rest(connection):
    person = uuid4()
    mine, other = opened(connection, person=person), opened(connection, person=person)
    spend(connection, mine, step=1)
    spend(connection, other, step=1)
    challenges.void(connection, person, mine.factor)
    assert challenges.passed(connection, person, mine.challenge) is None
    assert challenges.passed(connection, person, other.challenge) is not None
    challenges.void(connection, person)
    assert challenges.passed(connection, person, other.challenge) is None


def test_a_recovery_has_shown_each_method_once(connection):
    to = opened(connection)
    for factor in (to.factor, uuid4()):
        challenges.show(connection, to.home, to.challenge, "saved", factor, NOW)
    challenges.show(connection, to.home, to.challenge, "issued", to.factor, NOW)
    assert challenges.evidence(connection, to.home, to.challenge) == {"saved": to.factor, "issued": to.factor}


def test_what_is_over_goes_and_what_was_passed_goes_later(connection):
    passed, open_ = opened(connection), opened(connection)
    spend(connection, passed, step=1)
    challenges.show(connection, open_.home, open_.challenge, "saved", open_.factor, NOW)
    assert challenges.forget(connection, NOW, SOON) >= 1
    assert challenges.secret(connection, open_.home, open_.challenge) == b""
    assert challenges.evidence(connection, open_.home, open_.challenge) == {}
    assert challenges.secret(connection, passed.home, passed.challenge) == b"c" * 32
    challenges.forget(connection, SOON, SOON)
    assert challenges.secret(connection, passed.home, passed.challenge) == b""
