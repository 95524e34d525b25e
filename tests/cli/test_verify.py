"""`solely verify`, on a real directory whose server is kept up: two-step verification from a terminal."""

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from authenticator import Authenticator
from directories import copied
from people import App
from solely.app import Solely
from solely.cli import main
from solely.cli.verify_factors import VERBS as OF_FACTORS
from solely.cli.verify_people import VERBS as OF_PEOPLE
from solely.verification import Verification, Wanted

pytestmark = pytest.mark.server

SOLELY = Path(sys.executable).with_name("solely")
HEADER = "subject,kind,value,purpose,notice,given_at,withdrawn_at\n"
EMAIL, PHONE = "zoe.walker@example.org", "+4915123459876"
GIVEN = [
    ("zoe", "phone", PHONE, "two-factor"),
    ("yan", "phone", "+4915123450077", "two-factor"),
    ("ida", "phone", "+4915123450088", "two-factor"),
    ("rae", "email", "rae@example.org", "account-recovery"),
    ("una", "email", EMAIL, "login-alert"),
]
SECRET = "correct horse battery staple"
VERBS = ["challenge", "send", "answer", "cancel", "prove", "recover", "sign-in", "sign-in-answer", *OF_FACTORS]
VERBS += [*OF_PEOPLE, "page"]
CHALLENGE = {"challenge", "act", "expires_at", "factors", "passkey"}
FACTOR = {
    "factor", "kind", "name", "state", "purpose", "created_at", "activated_at", "used_at", "stale", "left",
    "restricted", "phishing_resistant",
}  # fmt: skip
PROOF = {
    "proved", "proof", "act", "kind", "factor", "at", "amr", "aal", "phishing_resistant", "restricted",
}  # fmt: skip


@pytest.fixture(scope="module")
def directory(made, tmp_path_factory):
    """A directory that takes SMS in Germany, and to whose people's contacts there is a purpose each."""
    folder = tmp_path_factory.mktemp("verify")
    data = copied(made, folder / "data")
    settings = '[service]\nnot-me = "https://localhost/not-me"\n[fraud]\ncountries = ["DE"]\n'
    (data / "verification.toml").write_text(settings)
    rows = [f"{who},{kind},{value},{purpose},{purpose}/v1,2025-01-01,\n" for who, kind, value, purpose in GIVEN]
    (folder / "given.csv").write_text(HEADER + "".join(rows))
    for purpose in {purpose for *_, purpose in GIVEN}:
        (folder / "notices" / purpose).mkdir(parents=True)
        (folder / "notices" / purpose / "v1.txt").write_text(f"for {purpose}")
    with Solely(data) as application:
        application.give_file(folder / "given.csv")
        yield data


@pytest.fixture(scope="module")
def verification(directory):
    """The same, called from Python, for what a test starts from."""
    with Solely(directory) as application:
        yield application.verification


@pytest.fixture
def call(directory, monkeypatch, capsys):
    """Run a command in this process: (exit code, standard output, standard error)."""

    def run(*arguments, typed=""):
        monkeypatch.setattr(sys, "argv", ["solely", "verify", *map(str, arguments), "--dir", str(directory)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode("utf-8", "surrogateescape"))))
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code or 0, told.out, told.err

    return run


@pytest.fixture
def ask(call):
    """The answer of a command that is done, as JSON, and what it wrote beside it."""

    def run(*arguments, typed=""):
        code, out, err = call(*arguments, "--json", typed=typed)
        assert code == 0, out + err
        return json.loads(out), err

    return run


@pytest.fixture
def refused(call):
    """The error of a command that is refused, as JSON; the same without --json says what, and no traceback."""

    def run(*arguments, typed="", code=3):
        got, out, _ = call(*arguments, "--json", typed=typed)
        assert got == code, out
        return json.loads(out)

    return run


@pytest.fixture
def enrolled(verification, subject):
    """(subject, factor, app): an authenticator app that is active, and whose next code is accepted."""
    begun = verification.enrol(subject, Wanted("totp", account=subject))
    app = App(begun.uri)
    verification.answer(subject, begun.challenge, begun.factor, app.code(verification.security.clock(), -1))
    return subject, begun.factor, app


def now_code(verification, app, steps=0):
    return app.code(verification.security.clock(), steps)


def real(*arguments, typed="", directory, **more):
    """The command as a process of its own, at 80 columns."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "COLUMNS": "80"}
    return subprocess.run(
        [str(SOLELY), "verify", *map(str, arguments), "--dir", str(directory)],
        env=environment, capture_output=True, text=True, check=False, **({"input": typed} | more),
    )  # fmt: skip


def test_an_app_is_enrolled_from_a_qr_code_of_80_columns_and_answers_from_standard_input(directory, subject):
    shown = real("enrol", subject, "totp", directory=directory)
    assert shown.returncode == 0, shown.stderr
    uri = re.search(r"^otpauth://\S+$", shown.stdout, re.MULTILINE)[0]
    assert "█" in shown.stdout
    assert max(len(line) for line in shown.stdout.splitlines() if line != uri) <= 80
    challenge, factor = re.findall(r"^  (?:challenge|factor) +(\S{36})$", shown.stdout, re.MULTILINE)
    with Solely(directory) as solely:
        code = App(uri).code(solely.clock())
    proved = real("answer", subject, challenge, factor, typed=code + "\n", directory=directory)
    assert proved.returncode == 0, proved.stderr
    assert re.search(r"^  act +enrol$", proved.stdout, re.MULTILINE)
    assert max(map(len, proved.stdout.splitlines())) <= 80


def test_a_sign_in_is_proved_with_its_methods_and_its_level(ask, verification, enrolled):
    subject, factor, app = enrolled
    begun, _ = ask("challenge", subject, "--after-password")
    assert set(begun) == CHALLENGE
    assert [set(one) for one in begun["factors"]] == [FACTOR]
    proved, _ = ask("answer", subject, begun["challenge"], factor, "-", typed=now_code(verification, app))
    assert set(proved) == PROOF
    assert (proved["act"], proved["amr"], proved["aal"]) == ("sign-in", ["mfa", "otp", "pwd"], "aal2")
    assert not proved["phishing_resistant"]
    assert not proved["restricted"]
    again, _ = ask("prove", subject, proved["proof"], "--max-age", 5, "--act", "sign-in")
    assert again == proved


def test_a_proof_for_another_act_is_none_and_a_new_one_is_needed(refused, ask, verification, enrolled):
    subject, factor, app = enrolled
    begun, _ = ask("challenge", subject, "--act", "pay")
    ask("answer", subject, begun["challenge"], factor, typed=now_code(verification, app))
    told = refused("prove", subject, begun["challenge"], "--max-age", 5, "--act", "sign-in")
    assert told["error"] == "ProofNeeded"
    assert refused("remove", subject, factor)["error"] == "ProofNeeded"


def test_a_code_may_be_typed_in_groups(ask, verification, enrolled):
    subject, factor, app = enrolled
    begun, _ = ask("challenge", subject)
    code = now_code(verification, app)
    assert ask("answer", subject, begun["challenge"], factor, code[:3], code[3:])[0]["proved"]


def test_a_cancelled_challenge_is_answered_by_nothing(ask, refused, verification, enrolled):
    subject, factor, app = enrolled
    begun, _ = ask("challenge", subject)
    assert ask("cancel", subject, begun["challenge"])[0] == {"cancelled": True}
    told = refused("answer", subject, begun["challenge"], factor, typed=now_code(verification, app), code=4)
    assert told["error"] == "NotFound"


def test_a_wrong_answer_is_refused_and_nothing_that_was_typed_is_told(call, ask, enrolled):
    subject, factor, _ = enrolled
    begun, _ = ask("challenge", subject)
    for typed, expected in (("987654", 3), ("x" * 5_000, 2), ("\udcff", 2), ("", 2)):
        for form in ((), ("--json",)):
            code, out, err = call("answer", subject, begun["challenge"], factor, *form, typed=typed)
            assert code == expected
            assert not typed or typed[:6] not in out + err
            assert "Traceback" not in err


def test_a_contact_that_is_confirmed_gets_its_code_and_waits_for_a_second_one(ask, refused, call):
    begun, sent = ask("enrol", "zoe", "sms", "--name", "My phone")
    assert begun["restricted"]
    code = re.search(r"\b\d{6}\b", sent)[0]
    told = refused("send", "zoe", begun["challenge"], begun["factor"])
    assert set(told) == {"error", "what", "where", "cure", "retry_at"}
    assert told["error"] == "Throttled"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", told["retry_at"])
    _, _, said = call("send", "zoe", begun["challenge"], begun["factor"])
    assert re.search(r"not before \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", said)
    proved, _ = ask("answer", "zoe", begun["challenge"], begun["factor"], typed=code + "\r\n")
    assert (proved["kind"], proved["restricted"]) == ("sms", True)
    (factor,) = (one for one in ask("factors", "zoe")[0]["factors"] if one["kind"] == "sms")
    assert (factor["name"], factor["state"], factor["purpose"]) == ("My phone", "active", "two-factor")
    again, sent = ask("ask-again", "zoe", factor["factor"])
    assert [one["factor"] for one in again["factors"]] == [factor["factor"]]
    assert re.search(r"\b\d{6}\b", sent)


def test_the_risk_of_sms_is_told_before_it_is_confirmed(call):
    code, out, sent = call("enrol", "yan", "sms")
    assert code == 0
    assert out.index("safer") < out.index("To be confirmed")
    assert re.search(r"\b\d{6}\b", sent)


def test_a_recovery_asks_for_two_codes_of_different_kinds(ask, call):
    begun, sent = ask("enrol", "rae", "email", "--purpose", "account-recovery")
    ask("answer", "rae", begun["challenge"], begun["factor"], typed=re.search(r"\b\d{8}\b", sent)[0])
    saved, _ = ask("enrol", "rae", "recovery-codes")
    assert len(saved["codes"]) == 10
    ask("answer", "rae", saved["challenge"], saved["factor"], typed=saved["codes"][0])
    recovery, _ = ask("recover", "rae")
    first, _ = ask("answer", "rae", recovery["challenge"], saved["factor"], typed=saved["codes"][1])
    assert set(first) == {"proved", "challenge", "shown", "factors"}
    assert (first["proved"], first["shown"]) == (False, ["saved"])
    _, sent = ask("send", "rae", recovery["challenge"], begun["factor"])
    typed = re.search(r"\b\d{8}\b", sent)[0]
    proved, _ = ask("answer", "rae", recovery["challenge"], begun["factor"], typed=typed)
    assert (proved["act"], proved["aal"]) == ("recover", "aal2")
    _, out, _ = call("recover", "rae")
    assert max(map(len, out.splitlines())) <= 80


def test_a_notice_s_token_takes_its_change_back(ask, refused):
    saved, _ = ask("enrol", "una", "recovery-codes")
    _, notice = ask("answer", "una", saved["challenge"], saved["factor"], typed=saved["codes"][0])
    token = re.search(r"\?token=([\w-]{43})", notice)[1]
    assert ask("not-me", typed=token)[0] == {"repudiated": True}
    assert [one["state"] for one in ask("factors", "una")[0]["factors"]] == ["disabled"]
    assert refused("not-me", "A" * 43, code=4)["error"] == "NotFound"


def test_recovery_codes_are_shown_one_a_line_within_80_columns(call, subject):
    _, out, _ = call("enrol", subject, "recovery-codes")
    assert len(re.findall(r"^  (?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}$", out, re.MULTILINE)) == 10
    assert max(map(len, out.splitlines())) <= 80


def test_a_browser_s_passkey_is_enrolled_from_a_file_and_signs_in_from_standard_input(ask, refused, subject, tmp_path):
    begun, _ = ask("enrol", subject, "passkey")
    passkey, file = Authenticator(origin="http://localhost:8000"), tmp_path / "created.json"
    file.write_text(json.dumps(passkey.create(begun["passkey"])))
    proved, _ = ask("answer", subject, begun["challenge"], begun["factor"], "--passkey", file)
    assert proved["phishing_resistant"]
    asked, _ = ask("sign-in")
    shown = json.dumps(passkey.get(asked["passkey"]))
    proved, _ = ask("sign-in-answer", asked["challenge"], "--passkey", "-", typed=shown)
    assert (proved["subject"], proved["aal"]) == (subject, "aal2")
    assert set(proved) == PROOF | {"subject"}
    for text in ("[1]", "no JSON", "[" * 60_000, "\udcff", " " * 70_000):
        told = refused("sign-in-answer", asked["challenge"], "--passkey", "-", typed=text, code=2)
        assert told["error"] == "BadInput"


def test_factors_are_named_lost_bound_anew_and_removed(ask, call, verification, enrolled):
    subject, factor, app = enrolled
    assert ask("rename", subject, factor, "[red]Ann's[/]")[0] == {"renamed": True}
    _, out, _ = call("factors", subject)
    assert "[red]Ann's[/]" in out
    assert max(map(len, out.splitlines())) <= 80
    begun, _ = ask("challenge", subject)
    proof = ask("answer", subject, begun["challenge"], factor, typed=now_code(verification, app))[0]["proof"]
    assert ask("enrol", subject, "recovery-codes", "--proof", proof)[0]["kind"] == "recovery-codes"
    assert ask("lost", subject, factor)[0] == {"disabled": True}
    states = {one["kind"]: one["state"] for one in ask("factors", subject)[0]["factors"]}
    assert states == {"totp": "disabled", "recovery-codes": "pending"}


def test_a_factor_is_removed_with_a_fresh_proof(ask, verification, enrolled):
    subject, factor, app = enrolled
    begun, _ = ask("challenge", subject, "--act", "manage-factors")
    ask("answer", subject, begun["challenge"], factor, typed=now_code(verification, app))
    assert ask("remove", subject, factor, "--proof", begun["challenge"])[0] == {"removed": True}
    assert ask("factors", subject)[0] == {"factors": []}


def test_a_trusted_device_is_known_by_the_token_it_was_given_last(ask, refused, call, verification, enrolled):
    subject, factor, app = enrolled
    begun, _ = ask("challenge", subject)
    ask("answer", subject, begun["challenge"], factor, typed=now_code(verification, app))
    trusted, _ = ask("trust", subject, begun["challenge"], "--name", "Laptop")
    assert set(trusted) == {"device", "token", "expires_at", "amr", "aal"}
    known, _ = ask("recognise", subject, "--after-password", typed=trusted["token"] + "\n")
    assert (known["device"], known["aal"]) == (trusted["device"], "aal1")
    assert known["token"] != trusted["token"]
    assert [one["name"] for one in ask("devices", subject)[0]["devices"]] == ["Laptop"]
    _, out, _ = call("devices", subject)
    assert max(map(len, out.splitlines())) <= 80
    assert refused("revoke-device", subject, code=2)["error"] == "BadInput"
    assert refused("revoke-device", subject, trusted["device"], "--all", code=2)["error"] == "BadInput"
    assert ask("revoke-device", subject, trusted["device"])[0] == {"revoked": 1}
    assert ask("revoke-device", subject, "--all")[0] == {"revoked": 0}
    assert refused("recognise", subject, typed=known["token"])["error"] == "ProofNeeded"


def test_a_reset_takes_two_officers(ask, refused, enrolled):
    subject, _, _ = enrolled
    asked, _ = ask("reset", subject, "--officer", "ada")
    assert asked["done"] is False
    told = refused("reset", subject, "--officer", "ada", "--approve", asked["reset"])
    assert told["error"] == "Refused"
    assert ask("reset", subject, "--officer", "bea", "--approve", asked["reset"])[0]["done"]
    assert ask("factors", subject)[0] == {"factors": []}


def test_a_password_is_set_and_checked_from_standard_input_and_told_nowhere(ask, call, refused, subject):
    assert ask("password", subject, typed=SECRET + "\n")[0] == {"set": True}
    assert ask("check-password", subject, typed=SECRET)[0] == {"right": True}
    assert refused("check-password", subject, typed=SECRET + " ")["error"] == "WrongAnswer"
    assert refused("password", subject, typed=SECRET)["error"] == "ProofNeeded"
    assert refused("password", "short", typed="short1", code=2)["error"] == "BadInput"
    for typed in (SECRET.upper(), ""):
        _, out, err = call("check-password", subject, typed=typed)
        assert "horse" not in (out + err).lower()


def test_givings_are_told_by_id_and_time_and_never_by_contact(ask, call, directory):
    found, _ = ask("givings", "zoe", "two-factor")
    (one,) = found["givings"]
    assert set(one) == {"giving", "kind", "given_at", "expires_at"}
    assert (one["kind"], one["given_at"]) == ("phone", "2025-01-01T00:00:00+00:00")
    _, out, err = call("givings", "una", "login-alert")
    assert EMAIL not in out + err
    assert max(map(len, out.splitlines())) <= 80
    assert ask("givings", "nobody-at-all", "two-factor")[0] == {"givings": []}


def test_a_language_is_a_tag_and_messages_follow_it(ask, refused):
    assert ask("language", "zoe", "de")[0] == {"language": "de"}
    assert refused("language", "zoe", "x; DROP", code=2)["error"] == "BadInput"
    assert refused("language", "nobody-at-all", "de", code=4)["error"] == "NotFound"


def test_what_a_clock_starts_says_how_much_it_did(ask):
    assert set(ask("deliver")[0]) == {"sent", "failed", "given_up"}
    assert set(ask("forget")[0]) == {"forgotten"}


def test_conversion_is_told_by_country(ask, call):
    begun, sent = ask("enrol", "ida", "sms")
    ask("answer", "ida", begun["challenge"], begun["factor"], typed=re.search(r"\b\d{6}\b", sent)[0])
    (one,) = ask("conversion", "--hours", 48)[0]["countries"]
    assert set(one) == {"country", "sent", "verified", "alarm"}
    assert one["country"] == "DE"
    assert one["sent"] >= one["verified"] >= 1
    _, out, _ = call("conversion")
    assert re.search(r"^DE +\d+ +\d+", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) <= 80


IDS = [
    ("send", "ann", "{bad}", "{good}"),
    ("answer", "ann", "{bad}", "{good}", "123456"),
    ("answer", "ann", "{good}", "{bad}", "123456"),
    ("cancel", "ann", "{bad}"),
    ("prove", "ann", "{bad}", "--max-age", "5"),
    ("sign-in-answer", "{bad}", "--passkey", "-"),
    ("enrol", "ann", "sms", "--giving", "{bad}"),
    ("enrol", "ann", "totp", "--again", "{bad}"),
    ("enrol", "ann", "totp", "--proof", "{bad}"),
    ("enrol", "ann", "{bad}"),
    ("rename", "ann", "{bad}", "Phone"),
    ("remove", "ann", "{bad}"),
    ("lost", "ann", "{bad}"),
    ("ask-again", "ann", "{bad}"),
    ("trust", "ann", "{bad}", "--name", "Laptop"),
    ("revoke-device", "ann", "{bad}"),
    ("reset", "ann", "--officer", "ada", "--approve", "{bad}"),
    ("password", "ann", "--proof", "{bad}"),
]


@pytest.mark.parametrize("arguments", IDS, ids=" ".join)
def test_what_is_no_id_is_refused_and_not_repeated(arguments, call):
    for bad in ("718293", "{" + str(uuid4()) + "}", uuid4().hex):
        filled = [one.format(bad=bad, good=uuid4()) for one in arguments]
        code, out, err = call(*filled, typed="{}")
        assert code == 2
        assert bad not in out + err
        assert "Traceback" not in err


def test_a_subject_nobody_knows_is_asked_like_one_who_has_nothing(ask, refused):
    assert set(ask("challenge", "nobody-at-all")[0]) == CHALLENGE
    assert set(ask("recover", "nobody-at-all")[0]) == CHALLENGE
    assert refused("answer", "nobody-at-all", uuid4(), uuid4(), "1", code=4)["what"] == "no such challenge is open"


def test_at_a_terminal_the_code_is_asked_for(directory):
    ours, theirs = pty.openpty()
    os.write(ours, b"123456\n")
    done = real("answer", "ann", uuid4(), uuid4(), directory=directory, input=None, stdin=theirs)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 4
    assert "Code:" in done.stderr
    assert "123456" not in done.stdout + done.stderr


def test_the_page_says_where_it_is_and_ends_in_peace(directory):
    command = [str(SOLELY), "verify", "page", "ann", "--port", "0", "--dir", str(directory)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        address = re.search(r"http://localhost:\d+/", server.stderr.readline())[0]
        assert httpx.get(address, trust_env=False).status_code == 200
        server.send_signal(signal.SIGINT)
        said = server.stderr.read()
    assert server.returncode == 0
    assert "Traceback" not in said


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_fits_80_columns(verb, call, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", ["solely", "verify", *verb.split(), "--help"])
    with pytest.raises(SystemExit):
        main()
    shown = capsys.readouterr().out
    assert "Usage" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_verbs_of_a_terminal_are_those_of_the_library():
    """`speak` is language, `standing` is givings; officers ask for and approve a reset by one verb."""
    other = {
        "report_lost": "lost", "repudiate": "not-me", "speak": "language", "set_password": "password",
        "ask_reset": "reset", "approve_reset": "reset",
    }  # fmt: skip
    public = [name for name in vars(Verification) if not name.startswith("_") and callable(vars(Verification)[name])]
    verbs = {other.get(name, name.replace("_", "-")) for name in public}
    assert verbs - set(VERBS) == {
        "answer-all",
        "known-by",
        "passkey",
        "receive",
    }  # for a service, which calls the library
    assert set(VERBS) - verbs == {"givings", "page"}
