"""Two-step verification: factors, challenges, throttling, sent codes, recovery; no phone is ever needed."""

from solely.verification.assurance import Assurance
from solely.verification.factor import Factor
from solely.verification.manage import Wanted
from solely.verification.proof import Challenge, Conversion, Device, Enrolment, Proof, Recovering, Trusted
from solely.verification.verification import Answering, Verification

__all__ = [
    "Answering",
    "Assurance",
    "Challenge",
    "Conversion",
    "Device",
    "Enrolment",
    "Factor",
    "Proof",
    "Recovering",
    "Trusted",
    "Verification",
    "Wanted",
]
