"""What callers get: it does not change, and what is shown once does not show in a log."""

import dataclasses
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from solely.verification.assurance import Assurance
from solely.verification.factor import KINDS
from solely.verification.proof import Challenge, Device, Enrolment, Proof, Recovering, Trusted

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ASSURANCE = Assurance(("otp",), "aal1")
VALUES = [
    Challenge(uuid4(), "sign-in", NOW, (), {"challenge": "s3cret"}),
    Enrolment(uuid4(), "totp", uuid4(), NOW, "otpauth://s3cret", ("s3cret",), {"challenge": "s3cret"}),
    Proof(uuid4(), "sign-in", "totp", uuid4(), NOW, ASSURANCE),
    Recovering(uuid4(), ("saved",), ()),
    Trusted(uuid4(), ASSURANCE, NOW, "s3cret"),
    Device(uuid4(), "Laptop", NOW, NOW, NOW),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_is_shown_once_does_not_show_in_a_log(value):
    assert "s3cret" not in repr(value)
    assert "s3cret" not in f"{value}"


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_was_got_does_not_change(value):
    name = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, getattr(value, name))
    assert not hasattr(value, "__dict__")


@pytest.mark.parametrize("kind", KINDS)
def test_who_enrols_a_phone_is_to_be_told_of_its_risk_and_nobody_else(kind):
    assert Enrolment(uuid4(), kind, uuid4(), NOW).restricted == (kind == "sms")
