"""Codes of an authenticator app: TOTP (RFC 6238) on HOTP (RFC 4226), and how an app is told the secret.

- A code matches for one step, and only for a step later than the last that matched: with that step stored in
  the transaction that accepts, no code is accepted twice, nor one older than another (SP 800-63B-4 §3.1.4).
- Every candidate step is computed and compared in constant time, whichever matches.
- The window is the current step and `drift` steps either side. A code of one of the `TOLD` steps before it is
  refused all the same, and the refusal says that the clock is off. A code of a step to come is only wrong: who
  guessed it would know what to type then.
"""

from __future__ import annotations

import base64
import hmac
import io
import re
import urllib.parse
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import segno

from solely.errors import BadInput, WrongAnswer
from solely.keys import Entropy

__all__ = [
    "CURES",
    "TOLD",
    "Algorithm",
    "Settings",
    "code",
    "matched_step",
    "new_secret",
    "qr_svg",
    "qr_text",
    "read_digits",
    "step_of",
    "uri",
]

Algorithm = Literal["SHA1", "SHA256", "SHA512"]

TOLD = 10  # steps before now of which a code that is refused is told from a wrong one

CURES = {
    "wrong": "type the code that is shown now, digits only; see that the phone's clock is right",
    "used": "that code or a later one was used already: wait for the next",
    "clock-off": "set the clock of the phone to automatic, then type the next code",
}

_SECRET_BYTES: dict[Algorithm, int] = {"SHA1": 20, "SHA256": 32, "SHA512": 64}  # the hash's own length (RFC 6238 §5.1)
_LEAST_SECRET = 14  # bytes: 112 bits (SP 800-63B-4 §3.1.4.1)
_LONGEST_PERIOD = 120  # seconds (SP 800-63B-4 §3.1.4.1)
_MAX_TYPED = 32  # characters: 8 digits, each with spaces around it
_TERMINAL = 80  # columns
_TERMINAL_BORDER = 2  # modules: half the quiet zone of ISO/IEC 18004, and scanners read it


@dataclass(frozen=True, slots=True)
class Settings:
    """What app and verifier must agree on: the hash, 6 or 8 digits, and the period in seconds.

    The defaults are the only ones that every app knows. Raises BadInput for what RFC or NIST rule out.
    """

    algorithm: Algorithm = "SHA1"
    digits: int = 6
    period: int = 30

    def __post_init__(self) -> None:
        if self.algorithm not in get_args(Algorithm):
            raise BadInput("no such algorithm", where="TOTP", cure="take SHA1, SHA256 or SHA512")
        if self.digits not in {6, 8}:
            raise BadInput("codes have 6 or 8 digits", where="TOTP")
        if not 0 < self.period <= _LONGEST_PERIOD:
            raise BadInput(f"a code holds for 1 to {_LONGEST_PERIOD} seconds", where="TOTP", cure="take 30")


def new_secret(settings: Settings, entropy: Entropy) -> bytes:
    """A secret as long as the hash: 20, 32 or 64 bytes (RFC 4226 §4 R6, RFC 6238 §5.1)."""
    return entropy(_SECRET_BYTES[settings.algorithm])


def code(secret: bytes, settings: Settings, step: int) -> str:
    """The code of one step, `settings.digits` digits with leading zeros (RFC 4226 §5.3, RFC 6238 §4.2).

    Raises BadInput for a secret under 112 bits.
    """
    if len(secret) < _LEAST_SECRET:
        raise BadInput(f"a secret has at least {_LEAST_SECRET} bytes", where="TOTP")
    mac = hmac.digest(secret, step.to_bytes(8, "big"), settings.algorithm)
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF  # dynamic truncation
    return f"{number % 10**settings.digits:0{settings.digits}}"


def step_of(settings: Settings, time: datetime) -> int:
    """The step a time is in, from 1970 (RFC 6238 §4.2: T0 = 0). Raises BadInput for a time without zone."""
    if time.tzinfo is None:
        raise BadInput("a time needs a zone", where="TOTP")
    return int(time.timestamp()) // settings.period


def read_digits(typed: str, digits: int) -> str:
    """Exactly so many ASCII digits; spaces (U+0020) between groups are removed.

    Raises WrongAnswer for anything else: signs, digits of other scripts, other lengths.
    """
    text = typed[:_MAX_TYPED].replace(" ", "")
    if len(typed) > _MAX_TYPED or not re.fullmatch(f"[0-9]{{{digits}}}", text):
        raise _refusal("wrong")
    return text


def matched_step(secret: bytes, settings: Settings, typed: str, now: datetime, *, last_step: int, drift: int) -> int:
    """The step whose code was typed: within `drift` steps of now, and later than `last_step` (-1 where none was).

    The caller stores it as the next `last_step`, in the transaction that accepts and only if it is still greater.
    Of two steps with the same code it is the later, so that the code is spent for both (RFC 6238 §5.2).
    Raises WrongAnswer, `what` one of `CURES`: "wrong"; "used" for a step not later than the last; "clock-off" for
    a step before the window. BadInput for a negative drift.
    """
    if drift < 0:
        raise BadInput("a drift is 0 steps or more", where="TOTP")
    text = read_digits(typed, settings.digits)
    current = step_of(settings, now)
    within = _found(secret, settings, text, range(current - drift, current + drift + 1))
    fresh = [step for step in within if step > last_step]
    if fresh:
        return fresh[-1]
    before = _found(secret, settings, text, range(current - max(TOLD, drift), current - drift))
    if any(step > last_step for step in before):
        raise _refusal("clock-off")
    raise _refusal("used" if within or before else "wrong")


def _found(secret: bytes, settings: Settings, text: str, steps: range) -> list[int]:
    return [step for step in steps if step >= 0 and hmac.compare_digest(code(secret, settings, step), text)]


def _refusal(reason: str) -> WrongAnswer:
    return WrongAnswer(reason, cure=CURES[reason])


def uri(secret: bytes, settings: Settings, *, issuer: str, account: str) -> str:
    """What an app reads: `otpauth://totp/…` in the Key URI Format of Google Authenticator. It holds the secret.

    Raises BadInput where issuer or account is empty, holds a colon (which parts the two) or does not print.
    """
    for name in (issuer, account):
        if not name.strip() or ":" in name or not name.isprintable():
            raise BadInput("issuer and account are printable names without a colon", where="otpauth URI")
    names = [urllib.parse.quote(name, safe="") for name in (issuer, account)]
    key = base64.b32encode(secret).decode().rstrip("=")  # padding is left out: apps do not expect it
    return (
        f"otpauth://totp/{names[0]}:{names[1]}?secret={key}&issuer={names[0]}"
        f"&algorithm={settings.algorithm}&digits={settings.digits}&period={settings.period}"
    )


def qr_svg(uri: str) -> str:
    """The URI as an SVG element: black on white, to be read off a dark page too. Raises BadInput if too long."""
    return _qr(uri, "m").svg_inline(scale=4, light="#fff")


def qr_text(uri: str) -> str:
    """The URI as half blocks for a terminal of 80 columns, light on dark. Raises BadInput if it is wider."""
    drawn = io.StringIO()
    _qr(uri, "l").terminal(drawn, border=_TERMINAL_BORDER, compact=True)
    text = drawn.getvalue()
    if text.index("\n") > _TERMINAL:
        raise BadInput(f"the QR code is wider than {_TERMINAL} columns", where="otpauth URI", cure="shorten the names")
    return text


def _qr(uri: str, error: Literal["l", "m"]) -> segno.QRCode:
    try:
        return segno.make_qr(uri, error=error)
    except segno.DataOverflowError:
        raise BadInput("more than a QR code holds", where="otpauth URI", cure="shorten the names") from None
