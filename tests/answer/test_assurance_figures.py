"""The figures: counted from the very entries that were verified, each right for what happened."""

import pytest

import assured
from assured import ADS, POLICY, SECURITY
from solely.answer.assurance_figures import FIGURES, figure, tally
from solely.errors import Tampered

COUNTED = {
    "givings": {ADS: 40, SECURITY: 30},
    "notices": {ADS: 1, SECURITY: 3},
    "ended": {ADS: 2},
    "withdrawals": {ADS: 1},
    "uses": {ADS: 2, SECURITY: 1},
    "reached": {ADS: 20, SECURITY: 1},
    "sends": {SECURITY: 1},
    "refusals": {"giving": 1, "use": 1},
    "disclosures": {"audience members": 1},
    "accesses": {},
    "choices": {},
    "resets": {},
    "incidents": {"opened": 1},
    "told": {"2026-1": 1},
    "erasures": {"people": 2},
    "entries": {
        "disclosure": 1,
        "erasure": 2,
        "giving": 2,
        "incident": 1,
        "notice": 1,
        "policy": 1,
        "refusal": 2,
        "send": 1,
        "use": 3,
        "withdrawal": 1,
    },
    "recipients": {ADS: 3, SECURITY: 1},
    "span": {"first entry": "2026-01-02", "last entry": "2026-01-16", "oldest use kept": "2026-01-06"},
}


@pytest.mark.parametrize("name", COUNTED)
def test_a_figure_is_what_happened(name):
    assert dict(figure(name, assured.facts()).values) == COUNTED[name]


def test_what_the_policy_says_is_told_as_it_says_it():
    told = {name: dict(figure(name, assured.facts()).values) for name in ("bases", "lifetimes", "compartments")}
    for values in told.values():
        assert sorted(", ".join(values.values()).split(", ")) == sorted(POLICY.purposes)
    assert "tailored-audiences" in told["bases"]["consent"]
    assert list(told["lifetimes"]) == ["until withdrawn"]
    assert told["compartments"]["security (sealed)"].startswith("two-factor")
    assert told["compartments"]["discovery (tokens)"] == "contact-discovery"


def test_the_ledger_s_figure_is_what_was_proven():
    facts = assured.facts()
    assert figure("ledger", facts).values == {
        "entries": 15,
        "signed heads": 1,
        "under a signed head": 15,
        "witnesses that cosigned the newest": 2,
        "root": facts.verified.root.hex(),
    }


def test_a_policy_that_changed_shows_with_the_day_of_its_first_entry():
    facts = assured.facts(assured.bodies(policies=("ab" * 32, POLICY.digest)))
    assert dict(figure("policies", facts).values) == {
        "from 2026-01-02": "ab" * 8,
        "from 2026-01-10": POLICY.digest[:16],
        "now": POLICY.digest[:16],
    }


def test_every_figure_of_an_empty_ledger_is_told_too():
    facts = assured.facts([], counts={})
    for name in FIGURES:
        assert all(isinstance(value, int | str) for value in figure(name, facts).values.values())
    assert figure("span", facts).values["oldest use kept"] == "none"


def test_recipients_are_advertisers_partners_and_carriers_by_purpose():
    told = assured.facts().tally.recipients
    assert told == {
        ADS: {"advertiser harbour", "advertiser lantern", "partner broker"},
        SECURITY: {"carrier smtp"},
    }


@pytest.mark.parametrize(
    "change",
    [lambda made: made[:-1], lambda made: [*made, assured.bodies((*assured.HAPPENED, assured.HAPPENED[1]))[-1]]],
    ids=["one fewer", "one more"],
)
def test_entries_other_than_those_that_were_verified_are_not_counted(change):
    made = assured.bodies()
    with pytest.raises(Tampered, match="verified"):
        tally(change(made), assured.verified(made))


def test_an_entry_that_was_changed_is_not_counted():
    made = assured.bodies()
    changed = [*made]
    changed[1] = made[1].replace(b'"count":40', b'"count":41')
    assert changed[1] != made[1]
    with pytest.raises(Tampered, match="verified"):
        tally(changed, assured.verified(made))


@pytest.mark.parametrize("body", [b"{}", b"[]", b"7", b"\xff", b'{"type":"use","time":7,"principal":"x"}'])
def test_what_is_no_entry_is_not_counted(body):
    made = assured.bodies()
    with pytest.raises(Tampered, match="verified"):
        tally([*made[:-1], body], assured.verified(made))


def test_a_ledger_of_many_batches_is_counted_whole():
    made = assured.bodies((assured.HAPPENED[1],) * 8_200)
    assert tally(made, assured.verified(made)).members == {("giving", ADS): 40 * 8_200}
