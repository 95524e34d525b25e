"""A ledger in memory for tests of assurance: entries as parts of Solely write them, verified, and the facts of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import solely
from published_logs import KEY
from solely.answer.assurance import assess
from solely.answer.assurance_figures import Facts, tally
from solely.ledger.entry import Draft, Entry, encode
from solely.ledger.members import Members
from solely.ledger.proof import Verified
from solely.ledger.tree import Frontier, leaf_hash
from solely.purpose import read_policy

NOW = datetime(2026, 1, 2, tzinfo=UTC)
POLICY = read_policy(Path(solely.__file__).with_name("policy.toml").read_bytes())
ADS, SECURITY = "tailored-audiences", "two-factor"
HAPPENED = (  # type, purpose, principal, members, details
    ("policy", None, "operator", 0, {"policy": POLICY.digest}),
    ("giving", ADS, "desk", 40, {}),
    ("giving", SECURITY, "desk", 30, {}),
    ("withdrawal", ADS, "subject", 2, {}),
    ("use", ADS, "advertiser harbour", 17, {"rows": 100}),
    ("use", ADS, "advertiser lantern", 3, {"rows": 100, "partner": "broker"}),
    ("refusal", SECURITY, "advertiser harbour", 0, {"of": "use"}),
    ("refusal", None, "desk", 0, {"of": "giving", "unknown-notice": 2}),
    ("use", SECURITY, "security", 1, {"of": "sign-in"}),
    ("send", SECURITY, "security", 1, {"of": "sign-in", "by": "smtp"}),
    ("disclosure", None, "officer", 12, {"of": "audience members", "advertiser": "harbour"}),
    ("erasure", None, "subject", 3, {}),
    ("erasure", None, "subject", 1, {}),
    ("incident", None, "officer ann", 0, {"incident": "2026-1", "version": 1, "event": "opened", "state": "open"}),
    ("notice", SECURITY, "officer", 1, {"incident": "2026-1"}),
)


def bodies(happened=HAPPENED, policies=(POLICY.digest,)):
    """Their bytes, a day apart; the second half under the last policy."""
    made = []
    for n, (type_, purpose, principal, members, details) in enumerate(happened):
        policy = policies[0] if n * 2 < len(happened) else policies[-1]
        kept = Members(members, bytes(32)) if members else None
        said = {"purpose": purpose, "members": kept, "details": details}
        draft = Draft(type=type_, principal=principal, policy=policy, software="0.1.0", **said)
        made.append(encode(Entry.at(n, NOW + timedelta(days=n), draft)))
    return made


def verified(entries):
    frontier = Frontier().extend(leaf_hash(body) for body in entries)
    return Verified(len(entries), frontier.root(), NOW, 1, len(entries), len(entries))


def facts(entries=None, counts=None, notices=None):
    entries = bodies() if entries is None else entries
    proven = verified(entries)
    counts = {ADS: (40, 2), SECURITY: (30, 0)} if counts is None else counts
    return Facts(POLICY, tally(entries, proven), counts, notices or {ADS: 1, SECURITY: 3}, proven, cosigned=2)


def assurance(**changed):
    return assess(facts(**changed), head=f"{KEY.name}\n", software="0.1.0", now=NOW)
