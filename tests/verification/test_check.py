"""What is right, by the kind of factor: looked at, and neither counted nor spent."""

from dataclasses import replace

import pytest

from attackers import KINDS, SENT, hold, right, row_of, wrong
from authenticator import UP, UV, Authenticator
from solely.errors import BadInput, Tampered, WrongAnswer
from solely.store.security import challenges, factors
from solely.store.security.challenges import Shown
from solely.verification import Wanted, totp
from solely.verification.check import DIGITS, check, credential_of, totp_settings

pytestmark = pytest.mark.server


def asked_of(world, held, challenge):
    """What is asked, as an answer to it finds it; and the person."""
    pseudonym = world.verification.find([held.subject])[held.subject]
    to = challenges.Answering(pseudonym, challenge, pseudonym, held.factor)
    return challenges.read(world.verification.security.connection, [to])[0], pseudonym


def checked(world, held, begun, given):
    asked, pseudonym = asked_of(world, held, begun.id)
    return check(world.verification.security, pseudonym, asked, given, world.clock())


@pytest.mark.parametrize("kind", KINDS)
def test_looking_at_an_answer_spends_and_counts_nothing(world, subject, kind):
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject)
    good, bad = right(world, held, begun), wrong(world, held, begun)
    before = row_of(world, held), asked_of(world, held, begun.id)
    for _ in range(3):
        assert checked(world, held, begun, good)
        if kind != "recovery-codes":  # of one that has the right form, only the statement that spends it says so
            with pytest.raises(WrongAnswer):
                checked(world, held, begun, bad)
    assert (row_of(world, held), asked_of(world, held, begun.id)) == before


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "passkey"])
def test_a_right_code_in_a_megabyte_of_spaces_is_wrong(world, subject, kind):
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject)
    with pytest.raises(WrongAnswer):
        checked(world, held, begun, right(world, held, begun) + " " * 1_000_000)


@pytest.mark.parametrize(
    ("kind", "amr", "aal"),
    [
        ("totp", ("mfa", "otp", "pwd"), "aal2"),
        ("sms", ("mfa", "otp", "pwd", "sms"), "aal2"),
        ("email", ("otp", "pwd"), "aal1"),
        ("recovery-codes", ("mfa", "otp", "pwd"), "aal2"),
        ("passkey", ("mfa", "pwd", "swk", "user"), "aal2"),
    ],
)
def test_what_an_answer_proves_is_of_its_kind_and_of_the_password_before(world, subject, kind, amr, aal):
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject, after_password=True)
    proves = checked(world, held, begun, right(world, held, begun)).assurance
    assert (proves.amr, proves.aal) == (amr, aal)
    assert (proves.phishing_resistant, proves.restricted) == (kind == "passkey", kind == "sms")


def test_a_passkey_is_two_factors_only_where_it_verified_its_user(world, subject):
    """SP 800-63B-4 §3.1.7.2; and a passkey that can't be copied says so (RFC 8176 hwk)."""
    bound = Authenticator(origin="http://localhost:8000", flags=UP | UV)
    factor, key = world.enrol_passkey(subject, authenticator=bound)
    held = replace(hold(world, f"{subject}-app", "totp"), subject=subject, kind="passkey", factor=factor, by=key)
    begun = world.verification.challenge(subject)
    seen = {
        flags: checked(world, held, begun, key.get(begun.passkey, flags=flags)).assurance for flags in (UP, UP | UV)
    }
    assert [(one.aal, one.amr) for one in seen.values()] == [
        ("aal1", ("hwk", "user")),
        ("aal2", ("hwk", "mfa", "user")),
    ]


def test_what_was_shown_is_what_is_spent_by_it(world, subject):
    app = hold(world, f"{subject}-app", "totp")
    begun = world.verification.challenge(app.subject)
    step = totp.step_of(totp.Settings(), world.clock())
    assert checked(world, app, begun, app.by.code(world.clock())).shown == Shown(step=step)
    codes = hold(world, f"{subject}-codes", "recovery-codes")
    begun = world.verification.challenge(codes.subject)
    digests = {checked(world, codes, begun, code).shown.digest for code in codes.by}
    assert len(digests) == 9
    assert {len(digest) for digest in digests} == {32}
    key = hold(world, f"{subject}-key", "passkey")
    begun = world.verification.challenge(key.subject)
    shown = checked(world, key, begun, key.by.get(begun.passkey, count=7)).shown
    assert shown == Shown(sign_count=7, backed_up=True)


@pytest.mark.parametrize("kind", SENT)
def test_a_code_is_right_once_it_was_sent_and_until_it_ends(world, subject, kind):
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject)
    code = right(world, held, begun)
    assert len(code) == DIGITS[kind]
    asked, pseudonym = asked_of(world, held, begun.id)
    security, ends = world.verification.security, asked.code_until
    assert ends == begun.expires_at
    assert check(security, pseudonym, asked, code, world.clock())
    with pytest.raises(WrongAnswer):
        check(security, pseudonym, asked, code, ends)
    with pytest.raises(WrongAnswer):
        check(security, pseudonym, replace(asked, code_until=None), code, world.clock())


def test_an_sms_code_ends_after_ten_minutes_though_a_recovery_lasts_a_day(world, subject):
    """SP 800-63B-4 §4.2.1.2: ten minutes by SMS, a day by e-mail."""
    codes = {}
    for channel in SENT:
        who = f"{subject}-{channel}"
        factor, value = world.enrol_sent(who, channel, purpose="account-recovery")
        world.clock.forward(minutes=3)
        begun = world.verification.recover(who)
        world.verification.send(who, begun.id, factor)
        codes[channel] = who, begun.id, factor, world.code(channel, value)
    world.clock.forward(minutes=10)
    with pytest.raises(WrongAnswer):
        world.verification.answer(*codes["sms"])
    world.clock.forward(hours=23)
    assert world.verification.answer(*codes["email"])


def test_a_secret_moved_to_another_person_or_factor_does_not_open(world, subject, superuser):
    """Who can write to the database can't make their own app answer for somebody else."""
    victim, thief = hold(world, subject, "totp"), hold(world, f"{subject}-thief", "totp")
    superuser.execute(
        "UPDATE security.factors f SET secret = o.secret FROM security.factors o WHERE o.factor = %s AND f.factor = %s",
        [thief.factor, victim.factor],
    )
    begun = world.verification.challenge(subject)
    with pytest.raises(Tampered):
        checked(world, victim, begun, thief.by.code(world.clock()))


def test_recovery_codes_copied_to_another_person_are_not_theirs(world, subject, superuser):
    victim, thief = hold(world, subject, "recovery-codes"), hold(world, f"{subject}-thief", "recovery-codes")
    superuser.execute(
        "INSERT INTO security.recovery_codes SELECT f.pseudonym, f.factor, r.digest FROM security.factors f,"
        " security.recovery_codes r WHERE f.factor = %s AND r.factor = %s",
        [victim.factor, thief.factor],
    )
    begun = world.verification.challenge(subject)
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, begun.id, victim.factor, thief.by[0])


def test_a_passkey_that_is_not_there_is_answered_by_nothing(world, subject, superuser):
    held = hold(world, subject, "passkey")
    begun = world.verification.challenge(subject)
    given = held.by.get(begun.passkey)
    superuser.execute("DELETE FROM security.passkeys WHERE factor = %s", [held.factor])
    with pytest.raises(WrongAnswer):
        checked(world, held, begun, given)


def test_a_registration_is_no_sign_in_and_a_sign_in_no_registration(world, subject):
    app = hold(world, subject, "totp")
    proof = world.prove(subject, app.factor, app.by)
    key = Authenticator(origin="http://localhost:8000")
    begun = world.verification.enrol(subject, Wanted("passkey", account="x"), proof=proof.id)
    created = key.create(begun.passkey)
    signed = key.get({**begun.passkey, "rpId": "localhost"})
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, begun.challenge, begun.factor, signed)
    world.verification.answer(subject, begun.challenge, begun.factor, created)
    asked = world.verification.challenge(subject)
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, asked.id, begun.factor, key.create({**begun.passkey, **asked.passkey}))
    assert world.verification.answer(subject, asked.id, begun.factor, key.get(asked.passkey))


def test_an_apps_settings_are_those_it_was_enrolled_with():
    assert totp_settings(None) == totp_settings("{}") == totp.Settings()
    assert totp_settings('{"algorithm": "SHA256", "digits": 8, "period": 30}') == totp.Settings("SHA256", 8, 30)
    with pytest.raises(BadInput):
        totp_settings('{"digits": 4}')


def test_a_stored_passkey_is_read_as_it_was_registered(world, subject):
    held = hold(world, subject, "passkey")
    pseudonym = world.verification.find([subject])[subject]
    (row,) = factors.passkeys(world.verification.security.connection, pseudonym)
    one = credential_of(row)
    assert (one.id, one.sign_count) == (held.by.id, 0)
    assert one.user_verified
    assert one.backup_eligible
    assert one.backed_up
    assert one.transports == ("hybrid", "internal")
    assert one.aaguid.bytes == held.by.aaguid
