"""Sent codes are derived: the same for one challenge, another for any other, with uniform digits."""

import contextlib
import hmac
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import BadInput, WrongAnswer
from solely.verification.sent_code import EMAIL_DIGITS, SMS_DIGITS, code, matches

IDS = {"pseudonym": UUID(int=1), "challenge": UUID(int=2), "factor": UUID(int=3)}


def mac(message):
    return hmac.digest(bytes(32), message, "sha256")


def other_mac(message):
    return hmac.digest(bytes([1] * 32), message, "sha256")


@pytest.mark.parametrize("digits", [SMS_DIGITS, EMAIL_DIGITS])
def test_the_same_challenge_has_the_same_code_with_so_many_digits(digits):
    sent = code(mac, **IDS, digits=digits)
    assert code(mac, **IDS, digits=digits) == sent
    assert len(sent) == digits
    assert sent.isdecimal()
    assert matches(mac, sent, **IDS, digits=digits) is None
    assert matches(mac, f" {sent[:3]} {sent[3:]}", **IDS, digits=digits) is None


ids = st.uuids()


@given(ids, ids, ids, st.sampled_from(sorted(IDS)), ids)
def test_a_code_is_bound_to_person_challenge_factor_and_key(pseudonym, challenge, factor, changed, other):
    here = {"pseudonym": pseudonym, "challenge": challenge, "factor": factor}
    there = here | {changed: other}
    messages = []
    code(lambda m: messages.append(m) or mac(m), **here, digits=8)
    code(lambda m: messages.append(m) or mac(m), **there, digits=8)
    code(lambda m: messages.append(m) or mac(m), **here, digits=6)
    assert len(set(messages)) == (2 if here == there else 3)


@pytest.mark.parametrize("changed", sorted(IDS))
def test_a_code_for_one_thing_opens_no_other(changed):
    sent = code(mac, **IDS, digits=8)
    with pytest.raises(WrongAnswer) as caught:
        matches(mac, sent, **IDS | {changed: UUID(int=9)}, digits=8)
    assert caught.value.what == "wrong"
    assert sent not in str(caught.value)
    with pytest.raises(WrongAnswer):
        matches(other_mac, sent, **IDS, digits=8)


def test_a_code_of_six_digits_is_no_part_of_that_of_eight():
    assert code(mac, **IDS, digits=6) not in code(mac, **IDS, digits=8)


def test_no_two_of_the_three_can_change_places():
    swapped = IDS | {"challenge": IDS["factor"], "factor": IDS["challenge"]}
    assert code(mac, **swapped, digits=8) != code(mac, **IDS, digits=8)


SENT = code(mac, **IDS, digits=6)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0",
        "+" + SENT,
        SENT + "0",
        SENT[:-1],
        SENT + "\n",
        "".join(chr(ord(c) + 0xFF10 - ord("0")) for c in SENT),
        SENT[:3] + "-" + SENT[3:],
        f"{(int(SENT) + 1) % 10**6:06}",
        code(mac, **IDS, digits=8),
    ],
)
def test_anything_else_is_wrong(typed):
    with pytest.raises(WrongAnswer):
        matches(mac, typed, **IDS, digits=6)


@given(st.text())
def test_whatever_is_typed_is_the_code_or_a_wrong_answer(typed):
    with contextlib.suppress(WrongAnswer):
        matches(mac, typed, **IDS, digits=6)
        assert typed.replace(" ", "") == SENT


@pytest.mark.parametrize("digits", [0, 4, 5, 7, 9])
def test_other_lengths_are_not_made(digits):
    with pytest.raises(BadInput):
        code(mac, **IDS, digits=digits)


def test_the_comparison_takes_constant_time(monkeypatch):
    compared = []
    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: compared.append(one) or compare(one, other))
    matches(mac, SENT, **IDS, digits=6)
    assert compared == [SENT]


def test_a_leading_zero_is_kept():
    assert code(lambda _: bytes(31) + b"\x07", **IDS, digits=6) == "000007"
    assert code(lambda _: bytes(32), **IDS, digits=8) == "00000000"


def test_digits_are_uniform_at_every_place():
    """Chi-square with 9 degrees of freedom: over 33.7 once in 10 000. The key is fixed, so the result is, too."""
    codes = [code(mac, **IDS | {"challenge": UUID(int=n)}, digits=6) for n in range(20_000)]
    for place in range(6):
        counts = Counter(one[place] for one in codes)
        assert len(counts) == 10
        assert sum((count - 2000) ** 2 / 2000 for count in counts.values()) < 33.7
    assert len(set(codes)) > 19_700  # 20 000 draws of a million meet about 200 times
