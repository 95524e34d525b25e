"""What is asked about people one does not know, and what no form would send: answered as all else, or refused."""

from dataclasses import fields
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import people
from attackers import KINDS, SENT, counted, hold, right, tried
from authenticator import Authenticator
from solely.errors import BadInput, NotFound, ProofNeeded, SolelyError, Throttled, WrongAnswer
from solely.verification import Wanted
from solely.verification.settings import Settings, Tries

pytestmark = pytest.mark.server

HUGE = "1" * 1_000_000


def deep(levels):
    found = {}
    for _ in range(levels):
        found = {"response": found, "a": [found]}
    return found


NOTHING = ["", "0", "00", "000000", "00000000", " ", "\0", "null", "None", "false", "\r\n", "0" * 24, "-" * 24]
ODD_TEXT = [
    HUGE,
    " " * 1_000_000,
    "123456" + " " * 1_000_000,
    "\ud800" * 6,
    "12345\udfff",
    "123\0" + "456",
    "\u202e123456",
    "1" * 7,
    "\u0663\u0664\u0665\u0666\u0667\u0668",
    "\U0001d7cf" * 6,
    "'; DROP TABLE security.factors; --",
    "%s%s%s%n",
    "${jndi:ldap://x}",
]
ODD_PARTS = [
    {},
    {"type": "public-key"},
    {"type": "public-key", "id": HUGE, "rawId": HUGE, "response": {}},
    {"type": "public-key", "id": "AA", "rawId": "AA", "response": {"clientDataJSON": HUGE}},
    {"type": "public-key", "id": "\ud800", "rawId": "\ud800", "response": {}},
    {"type": "public-key", "id": ["AA"], "rawId": ["AA"], "response": {"userHandle": 5}},
    {"type": "public-key", "id": None, "rawId": None, "response": None},
    {1: 2, None: [], "response": [1, 2]},
    deep(5_000),
    {f"k{number}": number for number in range(100_000)},
]
HELD = {}  # by subject and kind, over the examples of one test
NEITHER = [None, 0, 123456, b"123456", ["123456"], 1.5, True, object()]


# -- nothing, before anything was asked


def wrong_and_counted(world, held, odd):
    """Each is refused as a wrong answer, in few words, and is a try of the factor and of the challenge."""
    for number, one in enumerate(odd, 1):
        begun = world.verification.challenge(held.subject)
        with pytest.raises(WrongAnswer) as refused:
            world.verification.answer(held.subject, begun.id, held.factor, one)
        assert len(str(refused.value)) < 300
        assert (counted(world, held), tried(world, begun.id)) == (number, 1), number
        world.clock.forward(hours=1)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_and_zero_answer_nothing_before_a_code_was_sent(world, subject, kind):
    """Databunker took 0 where no code was stored; privacyIDEA CVE-2018-1000809 was stopped by a name of one space."""
    wrong_and_counted(world, hold(world, subject, kind), NOTHING)


@pytest.mark.parametrize("kind", SENT)
def test_a_code_that_nobody_was_sent_is_not_there_to_be_guessed(world, subject, kind):
    """The derived code of a challenge would be right, had it been sent: who could know it is no reason to take it."""
    held = hold(world, subject, kind)
    begun, never = world.verification.challenge(subject), world.verification.challenge(subject)
    code = right(world, held, begun)
    world.verification.security.connection.execute("DELETE FROM security.codes WHERE challenge = %s", [begun.id])
    for challenge in (begun.id, never.id):
        with pytest.raises(WrongAnswer):
            world.verification.answer(subject, challenge, held.factor, code)


# -- too much


@pytest.mark.parametrize("kind", KINDS)
def test_odd_and_oversized_answers_are_wrong_and_counted(world, subject, kind):
    """Vault CVE-2025-6203 (nested JSON), Keycloak CVE-2026-4634 (a long field), privacyIDEA CVE-2018-1000809."""
    wrong_and_counted(world, hold(world, subject, kind), [*ODD_TEXT, *ODD_PARTS, *NEITHER])


@pytest.mark.parametrize(
    "raw", [b"[" * 8_000, b'{"a":' * 1_600, b"{}" + b" " * 9_000, b"\xff" * 100, b"1e999999", b'"']
)
def test_client_data_that_is_no_object_is_wrong(world, subject, raw):
    held = hold(world, subject, "passkey")
    begun = world.verification.challenge(subject)
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, begun.id, held.factor, held.by.get(begun.passkey, client=raw))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answer=st.text()
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.dictionaries(st.sampled_from(["type", "id", "rawId", "response", "x"]), inner),
        max_leaves=8,
    )
)
def test_any_text_and_any_object_is_wrong_and_counted(world, subject, answer):
    kind = "passkey" if isinstance(answer, dict) else "totp"
    held = HELD.get((subject, kind)) or HELD.setdefault((subject, kind), hold(world, f"{subject}-{kind}", kind))
    begun = world.verification.challenge(held.subject)
    with pytest.raises(WrongAnswer):
        world.verification.answer(held.subject, begun.id, held.factor, answer)
    assert (counted(world, held), tried(world, begun.id)) == (1, 1)
    world.clock.forward(minutes=2)
    world.verification.answer(held.subject, begun.id, held.factor, right(world, held, begun))


@pytest.mark.parametrize(
    "name",
    ["", " ", "\0", "a\0b", "\ud800", "x" * 1_000_000, "a\nb", "'", "\u202e", " person", "person "],
    ids=lambda n: ascii(n[:12]),
)
def test_names_that_nobody_has_are_answered_as_of_nobody(world, name):
    """PrivacyIDEA CVE-2018-1000809: a user named by one space stopped the server."""
    verification, any_id = world.verification, uuid4()
    assert verification.factors(name) == []
    assert verification.challenge(name).factors == verification.recover(name).factors == ()
    for what in (
        lambda: verification.answer(name, any_id, any_id, "000000"),
        lambda: verification.send(name, any_id, any_id),
        lambda: verification.cancel(name, any_id),
    ):
        with pytest.raises(NotFound):
            what()
    with pytest.raises(ProofNeeded):
        verification.recognise(name, "x")
    if name.strip() != name or not name.isprintable() or len(name) > 1_000 or not name:
        with pytest.raises(BadInput):
            verification.enrol(name, Wanted("totp", account="x"))


@pytest.mark.parametrize(
    "source", ["", "\0", "\ud800", "x" * 1_000_000, "::1", "192.0.2.1\n"], ids=lambda s: ascii(s[:8])
)
def test_a_source_may_be_any_text(world, subject, source):
    held = hold(world, subject, "totp")
    begun = world.verification.challenge(subject)
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, begun.id, held.factor, "x", source=source)
    assert world.verification.answer(subject, begun.id, held.factor, held.by.code(world.clock()), source=source)


# -- who is there


def observed(act):
    """What whoever asks sees: the names and forms of an answer, or an error's every word."""
    try:
        found = act()
    except SolelyError as error:
        return type(error), error.what, error.where, error.cure, vars(error).get("retry_at")
    if found is None:
        return None
    values = {field.name: getattr(found, field.name) for field in fields(found)}
    return {name: UUID if isinstance(value, UUID) else value for name, value in values.items()}


def asked_of(world, subject):
    """All that an outsider may ask about somebody, by what they would see."""
    verification, challenge = world.verification, uuid4()
    return {
        "challenge": observed(lambda: verification.challenge(subject)),
        "step up": observed(lambda: verification.challenge(subject, act="pay", after_password=True)),
        "recover as an act": observed(lambda: verification.challenge(subject, act="recover")),
        "recover": observed(lambda: verification.recover(subject)),
        "answer": observed(lambda: verification.answer(subject, challenge, challenge, "123456")),
        "answer a passkey": observed(lambda: verification.answer(subject, challenge, challenge, {})),
        "send": observed(lambda: verification.send(subject, challenge, challenge)),
        "cancel": observed(lambda: verification.cancel(subject, challenge)),
        "prove": observed(
            lambda: verification.prove(subject, challenge, max_age=world.verification.security.settings.ages.manage)
        ),
        "recognise": observed(lambda: verification.recognise(subject, "x" * 54)),
        "trust": observed(lambda: verification.trust(subject, proof=challenge, name="laptop")),
        "act of no name": observed(lambda: verification.challenge(subject, act="No Act")),
    }


def test_nobody_and_someone_without_factors_look_the_same(world, subject):
    """Vault CVE-2025-6010/6011, WebAuthn options (GHSA-875x-g8p7-5w27), Twitter 2021-22: 5.4 million."""
    world.give(f"{subject}-given", "email", "two-factor")  # known in this compartment, and no factor
    removed = hold(world, f"{subject}-removed", "totp")
    proof = world.prove(removed.subject, removed.factor, removed.by)
    world.verification.remove(removed.subject, removed.factor, proof=proof.id)
    nobody = asked_of(world, f"{subject}-nobody")
    assert asked_of(world, f"{subject}-given") == nobody
    assert asked_of(world, removed.subject) == nobody


def test_how_often_one_may_ask_tells_nobody_who_is_there(world, subject):
    """A limit that only people who are there have is an answer, too."""
    few = Settings(tries=Tries(**{"challenges-hourly": 5}))
    world = people.world(world.solely, few, verification=world.verification)
    world.give(f"{subject}-given", "email", "two-factor")
    seen = []
    for who in (f"{subject}-given", f"{subject}-nobody"):
        asks = [observed(lambda who=who: world.verification.challenge(who)) for _ in range(6)]
        asks += [observed(lambda who=who: world.verification.recover(who)) for _ in range(6)]
        seen.append(asks)
    assert seen[0] == seen[1]
    assert [one[0] for one in (seen[0][5], seen[0][-1])] == [Throttled] * 2


def test_a_challenge_that_is_not_there_is_as_one_that_is_over(world, subject):
    """Of an id nobody can tell whether it was cancelled, passed, is over, another person's, or never was."""
    held = hold(world, subject, "totp")
    other = hold(world, f"{subject}-other", "totp")
    cancelled, passed, over = (world.verification.challenge(subject) for _ in range(3))
    world.verification.cancel(subject, cancelled.id)
    world.clock.forward(seconds=30)
    world.verification.answer(subject, passed.id, held.factor, held.by.code(world.clock()))
    theirs = world.verification.challenge(other.subject)
    world.clock.forward(minutes=10)
    fresh = world.verification.challenge(other.subject)
    code = held.by.code(world.clock())
    asks = [
        (lambda to=to, who=who: world.verification.answer(who, to, held.factor, code))
        for who, to in [
            (subject, cancelled.id),
            (subject, passed.id),
            (subject, over.id),
            (subject, theirs.id),
            (subject, fresh.id),
            (subject, uuid4()),
            (f"{subject}-nobody", uuid4()),
        ]
    ]
    assert len({observed(ask) for ask in asks}) == 1


def test_a_passkey_of_nobody_is_wrong_as_any_other(world, subject):
    """Whoever signs in without a name is not told whether their passkey is known."""
    held = hold(world, subject, "passkey")
    stranger = Authenticator(origin=held.by.origin, user_handle=b"x" * 16)
    stolen = Authenticator(origin=held.by.origin, id=held.by.id, user_handle=held.by.user_handle)
    for one in (stranger, stolen):
        begun = world.verification.sign_in()
        with pytest.raises(WrongAnswer):
            world.verification.sign_in_answer(begun.id, one.get(begun.passkey))
