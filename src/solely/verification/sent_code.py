"""Codes sent by SMS or e-mail: derived, never stored, and bound to one challenge.

- A code is HMAC-SHA256 under the compartment's code key of person, challenge and factor. Whoever reads the
  database has none; a resend within the challenge's life is the same code (no second one to guess at); and a
  code for one request opens no other (ASVS 5.0 6.6.2).
- The challenge is a random UUID (122 bits), never used again: that makes each code new (SP 800-63B-4 §3.1.3.2).
- How long a code holds, how often it may be tried and that it works once is kept with the challenge, not here.
"""

from __future__ import annotations

import hmac
from uuid import UUID

from solely.errors import BadInput, WrongAnswer
from solely.verification.recovery_code import Mac
from solely.verification.totp import read_digits

__all__ = ["EMAIL_DIGITS", "SMS_DIGITS", "code", "matches"]

SMS_DIGITS, EMAIL_DIGITS = 6, 8  # at least 6 (SP 800-63B-4 §3.1.3.2); more where there is time to type
_CURE = "type the code of the newest message, digits only"
_LABEL = b"solely sent code 1\0"  # parts these codes from all else under the key


def code(mac: Mac, *, pseudonym: UUID, challenge: UUID, factor: UUID, digits: int) -> str:
    """The code of a challenge, 6 or 8 digits with leading zeros. Raises BadInput for another number of digits.

    All 256 bits are reduced at once: against uniform digits a code is more likely by 10**8 / 2**256 at most,
    which is under 2**-229, so nothing is rejected and drawn again.
    """
    if digits not in {SMS_DIGITS, EMAIL_DIGITS}:
        raise BadInput("sent codes have 6 or 8 digits")
    wide = mac(_LABEL + pseudonym.bytes + challenge.bytes + factor.bytes + bytes([digits]))
    return f"{int.from_bytes(wide, 'big') % 10**digits:0{digits}}"


def matches(mac: Mac, typed: str, *, pseudonym: UUID, challenge: UUID, factor: UUID, digits: int) -> None:
    """Return where the challenge's code was typed, spaces (U+0020) aside; compared in constant time.

    Raises WrongAnswer otherwise, and where `typed` is not exactly so many ASCII digits.
    """
    try:
        text = read_digits(typed, digits)
    except WrongAnswer:  # whose cure is for the code of an app
        raise WrongAnswer("wrong", cure=_CURE) from None
    right = code(mac, pseudonym=pseudonym, challenge=challenge, factor=factor, digits=digits)
    if not hmac.compare_digest(text, right):
        raise WrongAnswer("wrong", cure=_CURE)
