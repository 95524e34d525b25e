"""What an answer proves, as a table; and when a recovery has shown enough, over everything it can show."""

import contextlib
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import Tampered
from solely.verification.assurance import Assurance, assure, best, enough, method_of, trusted
from solely.verification.factor import KINDS

# The registry of RFC 8176 (IANA, "Authentication Method Reference Values"), as far as it is used here.
REGISTERED = {"hwk", "mfa", "otp", "pwd", "sms", "swk", "user"}
TABLE = [  # kind, after a password, user verified, can be copied: methods, level
    ("totp", False, False, False, "otp", "aal1"),
    ("totp", True, False, False, "mfa otp pwd", "aal2"),
    ("recovery-codes", False, False, False, "otp", "aal1"),
    ("recovery-codes", True, False, False, "mfa otp pwd", "aal2"),
    ("sms", False, False, False, "otp sms", "aal1"),
    ("sms", True, False, False, "mfa otp pwd sms", "aal2"),
    ("email", False, False, False, "otp", "none"),
    ("email", True, False, False, "otp pwd", "aal1"),
    ("passkey", False, False, False, "hwk user", "aal1"),
    ("passkey", False, False, True, "swk user", "aal1"),
    ("passkey", False, True, False, "hwk mfa user", "aal2"),
    ("passkey", False, True, True, "mfa swk user", "aal2"),
    ("passkey", True, False, False, "hwk mfa pwd user", "aal2"),
    ("passkey", True, False, True, "mfa pwd swk user", "aal2"),
    ("passkey", True, True, False, "hwk mfa pwd user", "aal2"),
    ("passkey", True, True, True, "mfa pwd swk user", "aal2"),
]
CASES = [
    (kind, {"after_password": password, "user_verified": verified, "backup_eligible": eligible})
    for kind in KINDS
    for password, verified, eligible in itertools.product([False, True], repeat=3)
]
LEVELS = ("none", "aal1", "aal2")

assurances = st.builds(
    Assurance,
    st.lists(st.sampled_from(sorted(REGISTERED)), max_size=4).map(tuple),
    st.sampled_from(LEVELS),
    st.booleans(),
    st.booleans(),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(("kind", "password", "verified", "eligible", "amr", "aal"), TABLE)
def test_an_answer_proves_what_the_table_says(kind, password, verified, eligible, amr, aal):
    shown = assure(kind, after_password=password, user_verified=verified, backup_eligible=eligible)
    assert shown == Assurance(tuple(amr.split()), aal, kind == "passkey", kind == "sms")


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_methods_are_registered_ones_in_order_and_mfa_stands_where_two_factors_were_shown(kind, options):
    shown = assure(kind, **options)
    assert set(shown.amr) <= REGISTERED
    assert list(shown.amr) == sorted(set(shown.amr))
    assert ("mfa" in shown.amr) == (shown.aal == "aal2")
    assert ("pwd" in shown.amr) == options["after_password"]
    assert shown.restricted == ("sms" in shown.amr)


@pytest.mark.parametrize("after_password", [False, True])
def test_a_code_by_e_mail_and_a_trusted_device_add_nothing_to_what_came_before(after_password):
    before = trusted(after_password=after_password)
    assert before == (Assurance(("pwd",), "aal1") if after_password else Assurance((), "none"))
    assert assure("email", after_password=after_password).aal == before.aal


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "passkey"])
def test_nothing_but_a_passkey_resists_phishing_whatever_is_claimed_beside_it(kind):
    shown = assure(kind, user_verified=True, backup_eligible=True)
    assert shown == assure(kind)
    assert not shown.phishing_resistant


@pytest.mark.parametrize(("has", "asked"), list(itertools.product(LEVELS, LEVELS)))
def test_a_level_reaches_itself_and_those_below_it(has, asked):
    assert Assurance((), has).reaches(asked) == (LEVELS.index(has) >= LEVELS.index(asked))


@pytest.mark.parametrize(
    ("kinds", "alone", "with_password"),
    [
        ([], "none", "none"),
        (["email"], "none", "aal1"),
        (["sms"], "aal1", "aal2"),
        (["email", "totp"], "aal1", "aal2"),
        (["passkey", "email"], "aal1", "aal2"),
    ],
)
def test_the_best_a_person_can_prove_is_that_of_their_strongest_factor(kinds, alone, with_password):
    assert best(kinds, after_password=False) == alone
    assert best(kinds, after_password=True) == with_password


# ---------------------------------------------------------------- as text


@given(assurances)
def test_an_assurance_comes_back_from_its_text(one):
    assert Assurance.from_text(one.to_text()) == one


@given(st.text() | json_values.map(json.dumps))
def test_any_other_text_is_tampered(text):
    with pytest.raises(Tampered):
        Assurance.from_text(text)


@given(assurances, st.sampled_from(["amr", "aal", "phishing_resistant", "restricted", "more"]), json_values)
def test_a_changed_text_is_tampered_or_still_says_a_level(one, field, value):
    text = json.dumps({**json.loads(one.to_text()), field: value}, sort_keys=True)
    with contextlib.suppress(Tampered):
        read = Assurance.from_text(text)
        assert read.reaches("none")
        assert read.to_text() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[" * 100_000,
        '{"amr": "otp", "aal": "aal1"}',
        '{"aal": "aal3", "amr": ["otp"], "phishing_resistant": false, "restricted": false}',
        '{"aal": "aal1", "amr": [["otp"]], "phishing_resistant": false, "restricted": false}',
        '{"aal": "aal1", "amr": ["otp"], "phishing_resistant": 1, "restricted": false}',
        '{"aal": "aal1", "amr": ["otp"], "phishing_resistant": false, "restricted": "no"}',
        '{"aal": ["aal1"], "amr": ["otp"], "phishing_resistant": false, "restricted": false}',
        Assurance(("otp",), "aal1").to_text() + " ",
        Assurance(("otp",), "aal1").to_text().replace('"aal1"', '"aal1", "aal": "aal2"'),
    ],
)
def test_what_to_text_did_not_write_is_tampered(text):
    with pytest.raises(Tampered) as caught:
        Assurance.from_text(text)
    assert caught.value.__context__ is None


# ---------------------------------------------------------------- recovery

ENOUGH = """
-                     no   no
saved                 no   yes
issued                no   yes
factor                no   no
saved+issued          yes  yes
saved+factor          yes  yes
issued+factor         yes  yes
saved+issued+factor   yes  yes
"""
ROWS = [line.split() for line in ENOUGH.strip().splitlines()]


@pytest.mark.parametrize(("shown", "alone", "with_password"), ROWS)
def test_a_recovery_has_shown_enough_where_the_table_says_so(shown, alone, with_password):
    """SP 800-63B-4 §4.2.2.2: two codes by different ways, or one and a factor that is left or the password."""
    methods = set() if shown == "-" else set(shown.split("+"))
    assert enough(methods, after_password=False) == (alone == "yes")
    assert enough(methods, after_password=True) == (with_password == "yes")
    assert enough([*methods, *methods], after_password=False) == (alone == "yes")  # shown twice counts once


def test_the_table_has_every_set_of_methods():
    every = {frozenset(some) for n in range(4) for some in itertools.combinations(["saved", "issued", "factor"], n)}
    assert {frozenset(row[0].split("+")) - {"-"} for row in ROWS} == every


def test_more_shown_never_is_less():
    sets = [set(some) for n in range(4) for some in itertools.combinations(["saved", "issued", "factor"], n)]
    for one, other in itertools.product(sets, sets):
        if one <= other:
            for password in (False, True):
                assert enough(one, after_password=password) <= enough(other, after_password=password)
        assert enough(one, after_password=False) <= enough(one, after_password=True)


def test_codes_count_by_how_they_were_got():
    assert {kind: method_of(kind) for kind in KINDS} == {
        "passkey": "factor",
        "totp": "factor",
        "sms": "issued",
        "email": "issued",
        "recovery-codes": "saved",
    }
