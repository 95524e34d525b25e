"""TOTP codes are those of the RFCs and of PyOTP; none is accepted twice, late, or from the wrong characters."""

import base64
import contextlib
import hashlib
import hmac
import itertools
import os
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import BadInput, WrongAnswer
from solely.verification import totp
from solely.verification.totp import (
    CURES,
    TOLD,
    Settings,
    code,
    matched_step,
    new_secret,
    qr_svg,
    qr_text,
    read_digits,
    step_of,
    uri,
)

SEED = b"12345678901234567890"
SEEDS = {"SHA1": SEED, "SHA256": (SEED * 2)[:32], "SHA512": (SEED * 4)[:64]}  # RFC 6238 erratum 2866
HASHES = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}
SETTINGS = Settings()
STEP = 50_000_000  # in 2017
HOTP = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
TOTP = [  # RFC 6238 appendix B
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]

settings_ = st.builds(Settings, st.sampled_from(list(SEEDS)), st.sampled_from([6, 8]), st.integers(1, 120))
secrets_ = st.binary(min_size=14, max_size=80)
times = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone follows


def at(step, within=0):
    return datetime.fromtimestamp(step * 30 + within, UTC)


def code_of(step):
    return code(SEED, SETTINGS, step)


def match(typed, *, last_step=-1, drift=1, now=STEP):
    return matched_step(SEED, SETTINGS, typed, at(now), last_step=last_step, drift=drift)


def reason(typed, **options):
    with pytest.raises(WrongAnswer) as caught:
        match(typed, **options)
    assert str(caught.value) == f"{caught.value.what} ({CURES[caught.value.what]})"
    assert caught.value.__context__ is None
    return caught.value.what


# ---------------------------------------------------------------- codes


@pytest.mark.parametrize(("counter", "expected"), list(enumerate(HOTP)))
def test_codes_are_those_of_rfc_4226_appendix_d(counter, expected):
    assert code(SEED, SETTINGS, counter) == expected


@pytest.mark.parametrize(
    ("seconds", "algorithm", "expected"),
    [(row[0], algorithm, value) for row in TOTP for algorithm, value in zip(SEEDS, row[1:], strict=True)],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds, algorithm, expected):
    settings, secret = Settings(algorithm, digits=8), SEEDS[algorithm]
    time = datetime.fromtimestamp(seconds, UTC)
    assert code(secret, settings, step_of(settings, time)) == expected
    assert matched_step(secret, settings, expected, time, last_step=-1, drift=0) == seconds // 30


@given(secrets_, settings_, times)
def test_codes_are_those_of_pyotp(secret, settings, time):
    key, digest = base64.b32encode(secret).decode(), HASHES[settings.algorithm]
    other = pyotp.TOTP(key, digits=settings.digits, digest=digest, interval=settings.period)
    assert code(secret, settings, step_of(settings, time)) == other.at(time)


@given(secrets_, settings_)
def test_a_secret_is_as_long_as_the_hash_and_from_the_given_source(secret, settings):
    lengths = []
    new_secret(settings, lambda length: lengths.append(length) or bytes(length))
    assert lengths == [HASHES[settings.algorithm]().digest_size]
    assert len(new_secret(settings, os.urandom)) >= 20


def test_a_short_secret_makes_no_code():
    for length in (0, 13):
        with pytest.raises(BadInput):
            code(bytes(length), SETTINGS, 1)
    assert len(code(bytes(14), SETTINGS, 1)) == 6


@pytest.mark.parametrize(
    "wrong", [{"algorithm": "MD5"}, {"digits": 7}, {"digits": 4}, {"period": 0}, {"period": -30}, {"period": 121}]
)
def test_settings_that_the_standards_rule_out_are_refused(wrong):
    with pytest.raises(BadInput):
        Settings(**wrong)


def test_a_step_begins_on_its_second_in_every_zone():
    assert step_of(SETTINGS, at(STEP, 29.999)) == STEP
    assert step_of(SETTINGS, at(STEP, 30)) == STEP + 1
    assert step_of(SETTINGS, at(STEP).astimezone(timezone(timedelta(hours=-9)))) == STEP
    with pytest.raises(BadInput):
        step_of(SETTINGS, at(STEP).replace(tzinfo=None))


# ---------------------------------------------------------------- what matches


@pytest.mark.parametrize("drift", [0, 1, 2])
def test_a_code_matches_within_the_drift_and_no_further(drift):
    for away in range(-drift, drift + 1):
        assert match(code_of(STEP + away), drift=drift) == STEP + away
    assert reason(code_of(STEP - drift - 1), drift=drift) == "clock-off"
    assert reason(code_of(STEP + drift + 1), drift=drift) == "wrong"


def test_strict_mode_takes_the_current_code_alone():
    assert match(code_of(STEP), drift=0) == STEP
    assert reason(code_of(STEP - 1), drift=0) == "clock-off"


def test_a_code_from_before_the_window_is_told_up_to_ten_steps_and_then_wrong():
    assert TOLD == 10
    for away in range(-TOLD, -1):
        assert reason(code_of(STEP + away)) == "clock-off"
    assert reason(code_of(STEP - TOLD - 1)) == "wrong"


@pytest.mark.parametrize("drift", [0, 1, 2])
@pytest.mark.parametrize("last_step", [-1, STEP, STEP + 30])
def test_no_step_to_come_is_told_from_a_wrong_code(drift, last_step):
    """Who guesses would know what to type then; so the whole refusal is the same."""
    refusals = set()
    for typed in (*(code_of(STEP + away) for away in range(drift + 1, 3 * TOLD)), "000000"):
        with pytest.raises(WrongAnswer) as caught:
            match(typed, drift=drift, last_step=last_step)
        refusals.add((str(caught.value), caught.value.where))
    assert len(refusals) == 1
    assert reason("000000") == "wrong"


def test_the_first_steps_of_all_have_no_earlier_ones():
    assert match(code_of(0), now=0) == 0
    assert match(code_of(1), now=0) == 1


def test_a_negative_drift_is_refused():
    with pytest.raises(BadInput):
        match(code_of(STEP), drift=-1)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (code_of(STEP), "used"),  # the same code again
        (code_of(STEP)[:3] + " " + code_of(STEP)[3:], "used"),  # and as the app shows it
        (code_of(STEP - 1), "used"),  # the step before
        (code_of(STEP - 5), "used"),
        (code_of(STEP - TOLD - 1), "wrong"),
        ("000000", "wrong"),
    ],
)
def test_what_is_not_later_than_the_last_step_is_never_accepted(typed, expected):
    assert reason(typed, last_step=STEP) == expected
    assert match(code_of(STEP + 1), last_step=STEP) == STEP + 1


FULL_WIDTH = "".join(chr(ord(c) - ord("0") + 0xFF10) for c in code_of(STEP))
ARABIC = "".join(chr(ord(c) - ord("0") + 0x0660) for c in code_of(STEP))


@pytest.mark.parametrize(
    "typed",
    [
        FULL_WIDTH,
        ARABIC,
        "+" + code_of(STEP),
        "-" + code_of(STEP)[1:],
        code_of(STEP) + "0",
        "0" + code_of(STEP),
        code_of(STEP)[:-1],
        code_of(STEP) + "\n",
        code_of(STEP)[:3] + "\u00a0" + code_of(STEP)[3:],
        code_of(STEP)[:3] + "-" + code_of(STEP)[3:],
        code_of(STEP)[:3] + "\0" + code_of(STEP)[3:],
        code(SEED, Settings(digits=8), STEP),
        code_of(STEP) + " " * 40,
        "1_0000",
        "1e0000",
        "",
        " ",
        "0",
        "\ud800",
    ],
)
def test_other_characters_and_lengths_are_wrong(typed):
    assert reason(typed) == "wrong"


@pytest.mark.parametrize("groups", [(3,), (2, 4), (0, 3, 6), (1, 2, 3, 4, 5)])
def test_spaces_between_groups_are_removed(groups):
    text = code_of(STEP)
    ends = itertools.pairwise([0, *groups, len(text)])
    assert match(" ".join(text[start:end] for start, end in ends)) == STEP


@given(st.text(), st.sampled_from([6, 8]))
def test_whatever_is_typed_is_digits_or_a_wrong_answer(typed, digits):
    with contextlib.suppress(WrongAnswer):
        read = read_digits(typed, digits)
        assert read.isascii()
        assert read.isdigit()
        assert len(read) == digits


@given(st.data(), st.integers(0, 2))
def test_accepted_steps_only_grow_whatever_is_typed_and_whatever_the_clock_does(data, drift):
    last_step, accepted, codes = -1, [], set()
    near = st.integers(STEP - 4, STEP + 4)
    for now, typed in data.draw(st.lists(st.tuples(near, near.map(code_of) | st.text(max_size=8)), max_size=40)):
        with contextlib.suppress(WrongAnswer):
            last_step = match(typed, last_step=last_step, drift=drift, now=now)
            accepted.append(last_step)
            assert typed not in codes
            codes.add(typed)
    assert all(one < next_ for one, next_ in itertools.pairwise(accepted))


def test_a_code_that_two_steps_share_is_spent_for_both(monkeypatch):
    monkeypatch.setattr(totp, "code", lambda _secret, _settings, step: "111111" if step >= STEP else "222222")
    assert match("111111") == STEP + 1
    assert reason("111111", last_step=STEP + 1) == "used"
    assert reason("222222", last_step=STEP + 1) == "used"


def test_a_code_within_the_window_is_not_taken_for_the_same_one_before_it(monkeypatch):
    monkeypatch.setattr(totp, "code", lambda _secret, _settings, step: "111111" if step % 3 == STEP % 3 else "222222")
    assert match("111111") == STEP
    assert reason("111111", last_step=STEP) == "used"


WINDOW = [code_of(STEP + away) for away in (-1, 0, 1)]
BEFORE = [code_of(STEP + away) for away in range(-TOLD, -1)]


@pytest.mark.parametrize(
    ("typed", "last_step", "expected"),
    [
        *[(typed, -1, WINDOW) for typed in WINDOW],
        *[(typed, STEP + 1, WINDOW + BEFORE) for typed in WINDOW],
        *[(typed, -1, WINDOW + BEFORE) for typed in (BEFORE[0], BEFORE[-1], code_of(STEP + 2), "000000")],
    ],
)
def test_every_candidate_is_compared_in_constant_time_whichever_matches(typed, last_step, expected, monkeypatch):
    """Steps before the window are looked at only once the code is refused: they say why, and can accept nothing."""
    compared = []
    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: compared.append(one) or compare(one, other))
    with contextlib.suppress(WrongAnswer):
        match(typed, last_step=last_step)
    assert compared == expected


# ---------------------------------------------------------------- telling the app


NAMES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=":"), min_size=1, max_size=20)


@given(secrets_, settings_, NAMES, NAMES)
def test_the_uri_holds_what_was_put_in(secret, settings, issuer, account):
    text = uri(secret, settings, issuer=issuer, account=account)
    assert text.isascii()
    parts = urlsplit(text)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == f"/{issuer}:{account}"
    key = base64.b32encode(secret).decode().rstrip("=")
    given_ = [key, issuer, settings.algorithm, str(settings.digits), str(settings.period)]
    names = ["secret", "issuer", "algorithm", "digits", "period"]
    assert parse_qs(parts.query, strict_parsing=True) == {n: [v] for n, v in zip(names, given_, strict=True)}


def test_pyotp_reads_the_uri_and_shows_the_same_code():
    for algorithm, seed in SEEDS.items():
        settings = Settings(algorithm, digits=8, period=60)
        app = pyotp.parse_uri(uri(seed, settings, issuer="Solely & Sons", account="ada@example.org"))
        assert (app.issuer, app.name) == ("Solely & Sons", "ada@example.org")
        assert app.at(at(STEP)) == code(seed, settings, step_of(settings, at(STEP)))


@pytest.mark.parametrize("wrong", ["", " ", "a:b", "\ud800", "a\nb"])
def test_names_that_an_app_would_misread_are_refused(wrong):
    for names in ({"issuer": wrong, "account": "ada"}, {"issuer": "Solely", "account": wrong}):
        with pytest.raises(BadInput) as caught:
            uri(SEED, SETTINGS, **names)
        assert caught.value.__context__ is None


def modules(text):
    """The dark modules of a drawn QR code, upper half and lower half of each line: light is drawn."""
    lines = []
    for line in text.splitlines():
        lines.append([c in " ▄" for c in line])
        lines.append([c in " ▀" for c in line])
    return lines


def test_the_qr_code_of_a_terminal_fits_it_and_has_finders_in_three_corners():
    text = qr_text(uri(os.urandom(64), Settings("SHA512"), issuer="A platform", account="ada.lovelace@example.org"))
    assert set(text) <= set(" ▀▄█\n")
    assert max(map(len, text.splitlines())) <= 80
    dark = modules(text)
    size = len(dark[0])
    for row, column in ((2, 2), (2, size - 9), (size - 9, 2)):
        assert [dark[row + 3][column + i] for i in range(7)] == [True, False, True, True, True, False, True]


def test_the_qr_code_of_a_page_is_svg_black_on_white():
    drawn = qr_svg(uri(SEED, SETTINGS, issuer="Solely", account="ada@example.org"))
    assert drawn.startswith("<svg ")
    assert drawn.endswith("</svg>")
    assert 'fill="#fff"' in drawn
    assert 'stroke="#000"' in drawn


def test_a_uri_too_long_to_scan_is_refused():
    long = uri(SEED, SETTINGS, issuer="Solely", account="a" * 400)
    assert qr_svg(long)
    with pytest.raises(BadInput):
        qr_text(long)
    with pytest.raises(BadInput):
        qr_svg("a" * 4000)
