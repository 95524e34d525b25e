"""Who may call whom for what, each cell; and who may write which entry, each cell."""

from itertools import product
from pathlib import Path

import pytest

import solely as package
from solely.errors import Refused
from solely.ledger.entry import ENTRY_TYPES
from solely.links.table import CALLS, PAIRS, PROCESSES, calls_of, check_entry, secret_name
from solely.purpose import read_policy

GATE = {"write-down", "require"}
# What a person checks against the design: written again here, so that a change shows in two places.
READS = {
    "ledger": {
        *("bodies", "match-bodies", "naming", "first-since", "of-givings", "about", "kept-with"),
        *("committed", "kept", "stops"),
    },
    "advertising": {
        *("reached", "givings-of", "through", "numbers-of", "numbers-among", "member-of", "givings-after"),
        *("firsts-of", "persons", "giving-mark", "pseudonyms-of"),
    },
}
MAY = {
    ("security", "ledger"): GATE,
    ("service", "ledger"): GATE,
    ("advertising", "ledger"): GATE | {"still", "witnessed"},
    ("measurement", "ledger"): GATE,
    ("discovery", "ledger"): GATE,
    ("registry", "ledger"): GATE
    | {"contain", "macs", "witnessed", "prove", "verifier"}
    | {f"entries.{name}" for name in READS["ledger"]},
    ("security", "registry"): {"find", "introduce", "subject-of"},
    ("registry", "security"): {"take", "show", "factors"},
    ("registry", "service"): {"take", "show", "held", "may-notify", "notify"},
    ("registry", "advertising"): {"take", "compact", "members"} | {f"evidence.{name}" for name in READS["advertising"]},
    ("registry", "measurement"): {"take"},
    ("registry", "discovery"): {"take"},
}
WRITES = {
    "security": {"use", "send", "refusal", "reset", "access"},
    "service": {"notice", "send", "refusal", "access"},
    "advertising": {"use", "disclosure", "refusal"},
    "measurement": {"use", "disclosure", "refusal"},
    "discovery": {"use", "disclosure", "refusal"},
    "registry": {"disclosure", "incident", "refusal"},
    "ledger": set(),
}
IN_WHOSE_NAME = {
    "security": "verification",
    "service": "incidents",
    "advertising": "advertiser acme",
    "measurement": "advertiser acme",
    "discovery": "subject",
    "registry": "officer",
    "ledger": "operator",
}
OF_CALLERS = {"principal", "approval", "break-glass"}
PURPOSE_OF = {
    "security": "two-factor",
    "service": "service-notice",
    "advertising": "tailored-audiences",
    "measurement": "ad-measurement",
    "discovery": "contact-discovery",
}


@pytest.mark.parametrize(("caller", "callee"), list(product(PROCESSES, PROCESSES)))
def test_who_may_call_whom_for_what(caller, callee):
    assert calls_of(caller, callee) == MAY.get((caller, callee), set())
    assert (frozenset({caller, callee}) in PAIRS) == bool({(caller, callee), (callee, caller)} & MAY.keys())


def test_nobody_unknown_may_call_and_the_ledger_calls_nobody():
    assert CALLS.keys() == set(PROCESSES)
    assert calls_of("nobody", "ledger") == calls_of("security", "nobody") == calls_of("ledger", "registry") == set()
    assert secret_name("registry", "ledger") == secret_name("ledger", "registry") == "link-ledger-registry"


@pytest.fixture(scope="module")
def policy():
    return read_policy(Path(package.__file__).with_name("policy.toml").read_bytes())


def may_write(policy, *what, **options):
    try:
        check_entry(policy, *what, **options)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(("caller", "type_"), list(product(PROCESSES, sorted(set(ENTRY_TYPES) - OF_CALLERS))))
def test_who_may_write_which_entry_for_which_purpose(policy, caller, type_):
    """A compartment's entries are of its own purposes; a refusal may name any, and an act on a person none."""
    of = {purpose: may_write(policy, caller, type_, IN_WHOSE_NAME[caller], purpose) for purpose in PURPOSES}
    allowed = type_ in WRITES[caller]
    every = allowed and (type_ == "refusal" or caller == "registry")
    assert of == {
        purpose: allowed and type_ not in {"use", "send", "notice", "access"} if purpose is None else
        every or (allowed and purpose == PURPOSE_OF.get(caller))
        for purpose in PURPOSES
    }  # fmt: skip
    assert not may_write(policy, caller, type_, IN_WHOSE_NAME[caller], "no-such-purpose")


PURPOSES = (None, *PURPOSE_OF.values())


@pytest.mark.parametrize(("caller", "type_"), list(product(PROCESSES, sorted(set(ENTRY_TYPES) - OF_CALLERS))))
def test_only_the_desk_has_entries_of_its_kinds_sealed(policy, caller, type_):
    desk = caller == "registry" and type_ in {"giving", "withdrawal", "erasure", "preference", "refusal"}
    assert may_write(policy, caller, type_, "desk", "tailored-audiences", desk=True) == desk


@pytest.mark.parametrize(("caller", "type_"), list(product(PROCESSES, sorted(OF_CALLERS))))
def test_each_writes_of_its_own_callers_and_of_no_purpose(policy, caller, type_):
    allowed = type_ != "break-glass" or caller in {"registry", "security"}
    for name in ("operator", "officer ann", "advertiser acme", "service web"):
        assert may_write(policy, caller, type_, name, None) == allowed
        assert not may_write(policy, caller, type_, name, "tailored-audiences")
        assert not may_write(policy, caller, type_, name, None, desk=True)
    for name in ("", "officer", "verification", "officer Ann", "officer ann@example.org", "subject"):
        assert not may_write(policy, caller, type_, name, None)


@pytest.mark.parametrize("caller", PROCESSES)
def test_nobody_writes_in_the_name_of_another(policy, caller):
    for other, name in IN_WHOSE_NAME.items():
        same = name == IN_WHOSE_NAME[caller] and caller != "ledger"
        shared = caller == "registry" and name in {"subject", "incidents"}
        own = caller in {"security", "service"} and name == "subject"  # a person looks at what is held there of them
        assert may_write(policy, caller, "refusal", name, None) == (same or shared or own), other
    assert may_write(policy, caller, "refusal", "officer eva", None) == (caller in {"registry", "security", "service"})
    for name in ("", "advertiser ", "advertiser a\nb", "advertiser @", "verification2", "officer a b"):
        assert not may_write(policy, caller, "refusal", name, None)
