"""What was right once or somewhere else, tried again or elsewhere: it counts once, where it was meant, for whom."""

from datetime import timedelta

import pytest

from attackers import KINDS, SENT, again, counted, hold, hold_two, right, row_of, wrong
from authenticator import Authenticator
from solely.errors import Conflict, NotFound, ProofNeeded, Refused, SolelyError, WrongAnswer
from solely.verification import Wanted
from solely.verification.proof import Proof, Recovering

pytestmark = pytest.mark.server

FULL_WIDTH = str.maketrans("0123456789", "".join(map(chr, range(0xFF10, 0xFF1A))))
ARABIC = str.maketrans("0123456789", "".join(map(chr, range(0x660, 0x66A))))
SPELLINGS = {
    "the same": str,
    "a space before": " {}".format,
    "a space after": "{} ".format,
    "spaces between": " ".join,
    "a leading plus": "+{}".format,
    "a leading minus": "-{}".format,
    "a leading zero": "0{}".format,
    "one digit less": lambda code: code[:-1],
    "one digit less in front": lambda code: code[1:],
    "twice": lambda code: code * 2,
    "full-width digits": lambda code: code.translate(FULL_WIDTH),
    "Arabic digits": lambda code: code.translate(ARABIC),
    "a new line": "{}\n".format,
    "a zero-width space": "{}\u200b".format,
    "a NUL": "{}\0".format,
    "an underscore": lambda code: f"{code[:3]}_{code[3:]}",
    "a decimal": "{}.0".format,
    "an exponent": "{}e0".format,
    "hexadecimal": lambda code: hex(int(code)) if code.isdigit() else f"0x{code}",
    "lower case": str.lower,
}


def refused(world, held, challenge, given):
    """Whatever is given is not right, wherever it is tried."""
    for here in (world, again(world)):
        with pytest.raises((WrongAnswer, NotFound)):
            here.verification.answer(held.subject, challenge, held.factor, given)


def pass_by(world, held, begun):
    given = right(world, held, begun)
    assert world.verification.answer(held.subject, begun.id, held.factor, given)
    return given


# -- the replay matrix


@pytest.mark.parametrize("batch", range(4))
@pytest.mark.parametrize("kind", ["totp", "recovery-codes", "sms"])
def test_a_code_used_once_is_refused_however_it_is_spelled(world, subject, kind, batch):
    """Vault CVE-2025-6014 (a space made it new), CVE-2025-6015, Dovecot CVE-2026-27855, Kratos without any check."""
    held = hold(world, subject, kind)
    used = pass_by(world, held, world.verification.challenge(subject))
    if kind == "sms":
        world.clock.forward(minutes=3)
    begun = world.verification.challenge(subject)
    if kind == "sms":
        right(world, held, begun)  # a code is there to be found
    for number, name in enumerate(list(SPELLINGS)[batch::4], 1):
        here = again(world) if number % 2 else world
        with pytest.raises(WrongAnswer):
            here.verification.answer(subject, begun.id, held.factor, SPELLINGS[name](used))
        assert counted(world, held) == number, name


@pytest.mark.parametrize("kind", ["totp", "sms", "email"])
def test_a_fresh_code_counts_in_digits_alone(world, subject, kind):
    """What reads numbers as a language does takes many texts for one code, past whoever compares texts."""
    held = hold(world, subject, kind)
    for name, spell in SPELLINGS.items():
        if name not in {"the same", "lower case"} and not name.startswith(("a space", "spaces")):
            world.clock.forward(hours=3)
            begun = world.verification.challenge(subject)
            given = spell(right(world, held, begun))
            with pytest.raises(WrongAnswer):
                world.verification.answer(subject, begun.id, held.factor, given)
            assert counted(world, held) == 1, name
            world.verification.answer(subject, begun.id, held.factor, right(world, held, begun))


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_counts_once_in_its_challenge(world, subject, kind):
    """Keycloak CVE-2026-1035, CVE-2026-9802: what is used once stays used, also after a restart."""
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject)
    refused(world, held, begun.id, pass_by(world, held, begun))


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_to_one_challenge_is_none_to_another(world, subject, kind):
    """ASVS 5.0 6.6.2: a code is bound to the request it was made for."""
    held = hold(world, subject, kind)
    first = world.verification.challenge(subject)
    used = pass_by(world, held, first)
    world.clock.forward(minutes=3)
    if kind == "totp":
        used = held.by.code(world.clock(), -6)  # the code that was used
    second = world.verification.challenge(subject)
    if kind in SENT:
        right(world, held, second)
    refused(world, held, second.id, used)


@pytest.mark.parametrize("after", [0, 1, 30, 59])
def test_codes_of_one_window_can_not_be_taken_in_turns(world, subject, after):
    """Warehouse kept the last code's text alone: previous, current, previous, current … were all taken."""
    held = hold(world, subject, "totp")
    previous, current = held.by.code(world.clock(), 1), held.by.code(world.clock(), 2)
    world.clock.forward(seconds=60)
    begun = world.verification.challenge(subject)
    assert world.verification.answer(subject, begun.id, held.factor, current)
    world.clock.forward(seconds=after)
    begun = world.verification.challenge(subject)
    for code in (previous, current, held.by.code(world.clock(), -1) if after < 30 else previous):
        with pytest.raises(WrongAnswer):
            again(world).verification.answer(subject, begun.id, held.factor, code)


def test_a_step_once_taken_is_never_taken_again_whatever_the_clock_does(world, subject):
    """A clock that is set back brings old codes back, where only a clock keeps them out."""
    held = hold(world, subject, "totp")
    used = pass_by(world, held, world.verification.challenge(subject))
    last = row_of(world, held).last_step
    for back in (timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=20)):
        world.clock.now -= back
        begun = world.verification.challenge(subject)
        with pytest.raises(WrongAnswer):
            world.verification.answer(subject, begun.id, held.factor, held.by.code(world.clock()))
        with pytest.raises(WrongAnswer):
            world.verification.answer(subject, begun.id, held.factor, used)
        world.clock.now += back
        world.clock.forward(seconds=30 * 60)
        begun = world.verification.challenge(subject)
        assert world.verification.answer(subject, begun.id, held.factor, held.by.code(world.clock()))
        assert row_of(world, held).last_step > last
        used, last = held.by.code(world.clock()), row_of(world, held).last_step


def test_recovery_codes_of_an_older_set_are_worth_nothing(world, subject):
    """Vikunja CVE-2026-28268: what was to be deleted was another token."""
    app, old = hold_two(world, subject, "recovery-codes")
    proof = world.prove(subject, app.factor, app.by)
    new, codes = world.enrol_codes(subject, proof=proof.id)
    begun = world.verification.challenge(subject)
    for factor in (old.factor, new):
        with pytest.raises((WrongAnswer, NotFound, Refused)):
            world.verification.answer(subject, begun.id, factor, old.by[0])
    assert world.verification.answer(subject, begun.id, new, codes[0])


# -- answers of one thing given for another


@pytest.mark.parametrize("kind", KINDS)
def test_a_factor_of_another_person_answers_nothing(world, subject, kind):
    """Yubico YSA-2026-02, Delinea CVE-2026-19117: a right answer, of somebody else."""
    victim, thief = hold(world, subject, kind), hold(world, f"{subject}-thief", kind)
    asked, own = world.verification.challenge(subject), world.verification.challenge(thief.subject)
    given = right(world, thief, own)
    theirs = wrong(world, victim, asked) if kind in SENT else None  # a code of the victim is under way
    for who, challenge, factor in [
        (subject, asked.id, thief.factor),
        (subject, own.id, thief.factor),
        (thief.subject, asked.id, thief.factor),
        (thief.subject, asked.id, victim.factor),
        (thief.subject, own.id, victim.factor),
    ]:
        with pytest.raises(NotFound):
            world.verification.answer(who, challenge, factor, given)
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, asked.id, victim.factor, given)
    assert theirs != given
    assert counted(world, victim) == 1


def test_a_passkey_that_names_the_victim_still_is_the_thiefs(world, subject):
    """Yubico YSA-2026-02 in a sign-in without a name: the credential of one, the handle of another."""
    victim, thief = hold(world, subject, "passkey"), hold(world, f"{subject}-thief", "passkey")
    for mixed in (
        Authenticator(origin=thief.by.origin, id=thief.by.id, key=thief.by.key, user_handle=victim.by.user_handle),
        Authenticator(origin=thief.by.origin, id=victim.by.id, key=thief.by.key, user_handle=victim.by.user_handle),
        Authenticator(origin=thief.by.origin, id=victim.by.id, key=victim.by.key, user_handle=thief.by.user_handle),
        Authenticator(origin=thief.by.origin, id=victim.by.id, key=victim.by.key, user_handle=None),
    ):
        begun = world.verification.sign_in()
        with pytest.raises(WrongAnswer):
            world.verification.sign_in_answer(begun.id, mixed.get(begun.passkey))
    begun = world.verification.sign_in()
    assert world.verification.sign_in_answer(begun.id, victim.by.get(begun.passkey))[0] == subject
    begun, own = world.verification.challenge(subject), victim.by.user_handle
    victim.by.user_handle = thief.by.user_handle
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, begun.id, victim.factor, victim.by.get(begun.passkey))
    victim.by.user_handle = own
    assert world.verification.answer(subject, begun.id, victim.factor, victim.by.get(begun.passkey))


def test_a_sign_in_of_nobody_yet_is_passed_once_and_by_no_named_way(world, subject):
    held = hold(world, subject, "passkey")
    begun = world.verification.sign_in()
    with pytest.raises(NotFound):
        world.verification.answer(subject, begun.id, held.factor, held.by.get(begun.passkey))
    given = held.by.get(begun.passkey)
    _, proof = world.verification.sign_in_answer(begun.id, given)
    with pytest.raises(NotFound):
        world.verification.sign_in_answer(begun.id, given)
    assert proof.act == "sign-in"


def test_a_passkey_is_registered_once(world, subject):
    """WebAuthn level 3 §7.1 step 26: neither again by its person, nor by one who wants to pass for them."""
    app, key = hold_two(world, subject, "passkey")
    for who in (subject, f"{subject}-thief"):
        proof = world.prove(subject, app.factor, app.by).id if who == subject else None
        begun = world.verification.enrol(who, Wanted("passkey", account="x"), proof=proof)
        with pytest.raises(Conflict):
            world.verification.answer(who, begun.challenge, begun.factor, key.by.create(begun.passkey))
        assert [one.state for one in world.verification.factors(who) if one.id == begun.factor] == ["pending"]
    key.by.user_handle = world.verification.find([subject])[subject].bytes
    begun = world.verification.challenge(subject)
    assert world.verification.answer(subject, begun.id, key.factor, key.by.get(begun.passkey))


def test_a_challenge_passed_by_one_factor_is_not_passed_again_by_another(world, subject):
    """Metabase #77458: one challenge must not make two sessions, whichever factors answer it."""
    app, key = hold_two(world, subject, "passkey")
    world.clock.forward(seconds=30)
    begun = world.verification.challenge(subject)
    pass_by(world, key, begun)
    with pytest.raises(NotFound):
        world.verification.answer(subject, begun.id, app.factor, app.by.code(world.clock()))
    assert counted(world, app) == 0


def test_a_code_sent_by_one_factor_answers_for_no_other(world, subject):
    app, phone = hold_two(world, subject, "sms")
    mail = hold(world, subject, "email", proof=world.prove(subject, app.factor, app.by).id)
    world.clock.forward(minutes=10)
    begun = world.verification.challenge(subject)
    codes = {one.kind: right(world, one, begun) for one in (phone, mail)}
    for held, code in [(phone, codes["email"][-6:]), (phone, codes["email"][:6]), (app, codes["sms"])]:
        with pytest.raises(WrongAnswer):
            world.verification.answer(subject, begun.id, held.factor, code)


def test_a_code_of_one_mailbox_is_none_of_another(world, subject):
    """Who reads one of two mailboxes has not shown the other: nor is a code of one a try at the other's."""
    app, first = hold_two(world, subject, "email")
    second = hold(world, subject, "email", proof=world.prove(subject, app.factor, app.by).id)
    world.clock.forward(minutes=10)
    begun = world.verification.challenge(subject)
    codes = [right(world, one, begun) for one in (first, second)]
    for held, code in zip((second, first), codes, strict=True):
        with pytest.raises(WrongAnswer):
            world.verification.answer(subject, begun.id, held.factor, code)
    assert world.verification.answer(subject, begun.id, second.factor, codes[1])


def test_a_contact_given_for_signing_in_gets_no_code_for_another_act(world, subject):
    """What this project is for: a contact serves what it was given for, and nothing else."""
    phone = hold(world, subject, "sms")
    for begun in (world.verification.challenge(subject, act="pay"), world.verification.recover(subject)):
        assert begun.factors == ()
        with pytest.raises(NotFound):
            world.verification.send(subject, begun.id, phone.factor)
        with pytest.raises(NotFound):
            world.verification.answer(subject, begun.id, phone.factor, "000000")


def test_what_one_act_proved_is_no_proof_of_another(world, subject):
    app = hold(world, subject, "totp")
    proof = world.prove(subject, app.factor, app.by, act="read-mail")
    with pytest.raises(ProofNeeded):
        world.verification.enrol(subject, Wanted("recovery-codes"), proof=proof.id)
    with pytest.raises(ProofNeeded):
        world.verification.prove(subject, proof.id, max_age=timedelta(minutes=5), acts={"pay"})
    with pytest.raises(ProofNeeded):
        world.verification.trust(subject, proof=proof.id, name="laptop")
    with pytest.raises(ProofNeeded):
        world.verification.prove(f"{subject}-other", proof.id, max_age=timedelta(minutes=5))
    assert world.verification.prove(subject, proof.id, max_age=timedelta(minutes=5)).act == "read-mail"


def test_the_challenge_of_an_enrolment_is_answered_by_its_factor_and_its_person_alone(world, subject):
    """Vault CVE-2025-6013: a second name of a person was a way past their second factor."""
    app = hold(world, subject, "totp")
    thief = hold(world, f"{subject}-thief", "totp")
    proof = world.prove(subject, app.factor, app.by)
    begun = world.verification.enrol(subject, Wanted("recovery-codes"), proof=proof.id)
    world.clock.forward(seconds=30)
    for who, factor, given in [
        (thief.subject, begun.factor, begun.codes[0]),
        (thief.subject, thief.factor, thief.by.code(world.clock())),
        (subject, app.factor, app.by.code(world.clock())),
        (subject, thief.factor, thief.by.code(world.clock())),
    ]:
        with pytest.raises(NotFound):
            world.verification.answer(who, begun.challenge, factor, given)
    plain = world.verification.challenge(subject)  # a factor that is pending answers nothing but its own
    with pytest.raises(Refused):
        world.verification.answer(subject, plain.id, begun.factor, begun.codes[0])
    assert world.verification.answer(subject, begun.challenge, begun.factor, begun.codes[0])


def test_a_confirmation_changes_no_factor_by_itself(world, subject):
    """The proof of an enrolment is of the new factor alone: it must not vouch for the next one."""
    app = hold(world, subject, "totp")
    proof = world.prove(subject, app.factor, app.by)
    begun = world.verification.enrol(subject, Wanted("passkey", account="x"), proof=proof.id)
    created = Authenticator(origin="http://localhost:8000").create(begun.passkey)
    shown = world.verification.answer(subject, begun.challenge, begun.factor, created)
    assert shown.assurance.aal == "aal2"
    with pytest.raises(ProofNeeded):
        world.verification.remove(subject, app.factor, proof=shown.id)


@pytest.mark.parametrize("kind", ["recovery-codes", "passkey", "totp"])
def test_a_recovery_is_not_passed_by_one_kind_of_thing(world, subject, kind):
    """SP 800-63B-4 §4.2.2.2: two codes by different methods, or one and a factor. A second of a kind adds nothing."""
    app, held = hold_two(world, subject, kind) if kind != "totp" else (hold(world, subject, "totp"),) * 2
    begun = world.verification.recover(subject)
    for _ in range(2):
        world.clock.forward(seconds=30)
        shown = world.verification.answer(subject, begun.id, held.factor, right(world, held, begun))
        assert isinstance(shown, Recovering)
        with pytest.raises(ProofNeeded):
            world.verification.enrol(subject, Wanted("totp", account="x"), proof=begun.id)
    if kind == "recovery-codes":
        passed = world.verification.answer(subject, begun.id, app.factor, app.by.code(world.clock()))
        assert isinstance(passed, Proof)


# -- success or error, never both


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_refused_proves_nothing_later(world, subject, kind):
    """OpenBao CVE-2026-46405 (error and token both), GitLab (a verifier's answer nobody looked at)."""
    held = hold(world, subject, kind)
    begun = world.verification.challenge(subject, act="manage-factors" if kind not in SENT else "sign-in")
    with pytest.raises(WrongAnswer):
        world.verification.answer(subject, begun.id, held.factor, wrong(world, held, begun))
    for proof in (begun.id, held.factor):
        with pytest.raises(ProofNeeded):
            world.verification.prove(subject, proof, max_age=timedelta(days=1))
        with pytest.raises(SolelyError):
            world.verification.trust(subject, proof=proof, name="laptop")


# -- trusted devices


def test_a_stolen_device_token_serves_its_thief_once_and_then_nobody(world, subject):
    """A cookie copied by malware: who shows an older token than the last shows that there are two."""
    app = hold(world, subject, "totp")
    proof = world.prove(subject, app.factor, app.by, act="sign-in")
    stolen = world.verification.trust(subject, proof=proof.id, name="laptop").token
    mine = world.verification.recognise(subject, stolen).token
    world.clock.forward(minutes=2)
    with pytest.raises(ProofNeeded):
        world.verification.recognise(subject, stolen)
    with pytest.raises(ProofNeeded):
        again(world).verification.recognise(subject, mine)
    assert world.verification.devices(subject) == []


def test_a_device_token_is_of_its_person_and_of_their_present_factors(world, subject):
    """A Warehouse cookie could not be revoked; allauth binds it to the factors: any change voids it."""
    app, thief = hold(world, subject, "totp"), hold(world, f"{subject}-thief", "totp")
    proof = world.prove(subject, app.factor, app.by, act="sign-in")
    token = world.verification.trust(subject, proof=proof.id, name="laptop").token
    flipped = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]
    for who, shown in [
        (thief.subject, token),
        (subject, flipped),
        (subject, ""),
        (subject, token * 1000),
        (subject, "é"),
    ]:
        with pytest.raises(ProofNeeded):
            world.verification.recognise(who, shown)
    token = world.verification.recognise(subject, token).token
    world.enrol_codes(subject, proof=proof.id)
    with pytest.raises(ProofNeeded):
        world.verification.recognise(subject, token)
