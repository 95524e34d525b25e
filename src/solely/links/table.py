"""Who may call whom for what, and who may write what into the ledger: what is not here is refused.

- A pair of processes that may call each other shares a secret, made with the directory; no other pair can link.
- The entries that a compartment writes are of its own kinds and its own purposes. A refusal may name any purpose:
  that another compartment's was asked for is what it tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from solely.errors import Refused
from solely.ledger.entry import EntryType
from solely.principal import TWO
from solely.purpose import COMPARTMENTS, Policy

__all__ = ["CALLS", "PAIRS", "PROCESSES", "calls_of", "check_entry", "secret_name"]

PROCESSES = (*COMPARTMENTS, "registry", "ledger")

_GATE = frozenset({"write-down", "require"})
_ENTRIES = frozenset(
    f"entries.{name}"
    for name in (
        "bodies",
        "match-bodies",
        "naming",
        "first-since",
        "of-givings",
        "about",
        "kept-with",
        "committed",
        "kept",
        "stops",
    )
)
_EVIDENCE = frozenset(
    f"evidence.{name}"
    for name in (
        *("reached", "givings-of", "through", "numbers-of", "numbers-among", "member-of", "givings-after"),
        *("firsts-of", "persons", "giving-mark", "pseudonyms-of"),
    )
)
CALLS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "security": {"ledger": _GATE, "registry": frozenset({"find", "introduce", "subject-of"})},
        "service": {"ledger": _GATE},
        "advertising": {"ledger": _GATE | {"still", "witnessed"}},
        "measurement": {"ledger": _GATE},
        "discovery": {"ledger": _GATE},
        "registry": {
            "ledger": _GATE | _ENTRIES | {"contain", "macs", "witnessed", "prove", "verifier"},
            "advertising": _EVIDENCE | {"take", "compact", "members"},
            "security": frozenset({"take", "show", "factors"}),
            "service": frozenset({"take", "show", "held", "may-notify", "notify"}),
            "measurement": frozenset({"take"}),
            "discovery": frozenset({"take"}),
        },
        "ledger": {},
    }
)
PAIRS = frozenset(frozenset({caller, callee}) for caller, those in CALLS.items() for callee in those)


def calls_of(caller: str, callee: str) -> frozenset[str]:
    """What one process may ask another for."""
    return CALLS.get(caller, {}).get(callee, frozenset())


def secret_name(one: str, other: str) -> str:
    """The secret that two processes share, as their key files name it."""
    first, second = sorted((one, other))
    return f"link-{first}-{second}"


@dataclass(frozen=True, slots=True)
class _May:
    """The kinds of entries of one process, those of its desk, whose MACs it asks for, and in whose name."""

    types: frozenset[EntryType]
    principals: re.Pattern[str]
    desk: frozenset[EntryType] = frozenset()


_ADVERTISER = re.compile(r"advertiser [\w][\w .\-]{0,63}")
_WRITES: Mapping[str, _May] = MappingProxyType(
    {
        "security": _May(
            frozenset({"use", "send", "refusal", "reset", "access"}),
            re.compile(r"verification|subject|officer [\w.\-]{1,64}"),
        ),
        "service": _May(
            frozenset({"notice", "send", "refusal", "access"}), re.compile(r"incidents|subject|officer [\w.\-]{1,64}")
        ),
        "advertising": _May(frozenset({"use", "disclosure", "refusal"}), _ADVERTISER),
        "measurement": _May(frozenset({"use", "disclosure", "refusal"}), _ADVERTISER),
        "discovery": _May(frozenset({"use", "disclosure", "refusal"}), re.compile(r"subject")),
        "registry": _May(
            frozenset({"disclosure", "incident", "refusal"}),
            re.compile(r"desk|subject|incidents|officer( [\w.\-]{1,64})?"),
            desk=frozenset({"giving", "withdrawal", "erasure", "preference", "refusal"}),
        ),
    }
)
# Each writes of the principals who may call it (app/principals.py), and of what two officers open in it.
_CALLERS = re.compile(r"operator|(service|advertiser|partner|officer|auditor|witness) [a-z0-9][a-z0-9._-]{0,63}")
_OF_CALLERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: frozenset({"principal", "approval", *(["break-glass"] if "break-glass" in TWO[name] else [])})
        for name in TWO
    }
)
_OF_A_PURPOSE = frozenset({"use", "send", "notice", "access", "giving", "withdrawal"})


def check_entry(
    policy: Policy, caller: str, type_: str, principal: str, purpose: str | None, *, desk: bool = False
) -> None:
    """Raise Refused where this process may not write such an entry; `desk` for those whose MACs it asks for."""
    if not desk and type_ in _OF_CALLERS.get(caller, ()) and purpose is None and _CALLERS.fullmatch(principal):
        return
    may = _WRITES.get(caller)
    known = None if purpose is None else policy.purposes.get(purpose)
    if (
        may is None
        or type_ not in (may.desk if desk else may.types)
        or not may.principals.fullmatch(principal)
        or (purpose is None) != (known is None)
        or (purpose is None and type_ in _OF_A_PURPOSE)
        or (known is not None and caller in COMPARTMENTS and type_ != "refusal" and known.compartment != caller)
    ):
        raise Refused(f"the process of {caller} writes no such entry", where="ledger")
