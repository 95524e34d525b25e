"""Every normal form that a vendor publishes is met; those that two people may share only on demand."""

import hashlib

import pytest

from solely.answer.audit.rules import ALGORITHMS, NOTHING, ON_DEMAND, RULES, chosen
from solely.errors import BadInput

GIVEN, MATCHED = "2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z"
ALWAYS = [  # a contact as it is held, and what was hashed of it: docs of Meta, Google, UID2, TikTok, X, Snap
    ("email", "Mary@Example.com", "mary@example.com"),
    ("email", "Jane.Doe+Work@gmail.com", "jane.doe+work@gmail.com"),
    ("email", "Jane.Doe+Work@gmail.com", "janedoe+work@gmail.com"),
    ("email", "Jane.Doe+Work@gmail.com", "jane.doe@gmail.com"),
    ("email", "Jane.Doe+Work@gmail.com", "janedoe@gmail.com"),
    ("email", "Jane.Doe+Work@gmail.com", "janedoe@googlemail.com"),
    ("email", "JaneSaoirse+Work@example.com", "janesaoirse+work@example.com"),
    ("email", "ada@bücher.de", "ada@xn--bcher-kva.de"),
    ("email", "ada@bücher.de", "ada@bücher.de"),
    ("phone", "+1 555 987 6543", "15559876543"),
    ("phone", "+1 (234) 567-8901", "+12345678901"),
    ("phone", "+37493828222", "37493828222"),
    ("phone", "+49 151 12345678", "004915112345678"),
]
ON_DEMAND_FORMS = [
    ("reddit", "email", "jane.doe+x@example.com", "janedoe@example.com"),
    ("tiktok-suffix", "email", "jane.doe+x@example.com", "jane.doe@example.com"),
    ("national", "phone", "+49 151 12345678", "15112345678"),
    ("national", "phone", "+49 151 12345678", "015112345678"),
    ("national", "phone", "+1 234 567 8901", "2345678901"),
    ("national", "phone", "+351 912 345 678", "912345678"),
]


def affected(ask, tables, kind, value, digest, **options):
    given = [("u", kind, value, "two-factor", GIVEN, "")]
    return ask(tables(given, [("acme", "l", digest, "", MATCHED)]), **options).affected


@pytest.mark.parametrize(("kind", "value", "hashed"), ALWAYS)
def test_a_form_that_a_vendor_asks_for_is_met(kind, value, hashed, ask, tables):
    assert affected(ask, tables, kind, value, hashlib.sha256(hashed.encode()).hexdigest()) == 1


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_older_digests_are_met_as_well(algorithm, ask, tables):
    for hashed in ("janedoe@gmail.com", "jane.doe@gmail.com"):
        assert affected(ask, tables, "email", "Jane.Doe@gmail.com", hashlib.new(algorithm, hashed.encode()).hexdigest())


@pytest.mark.parametrize(("rule", "kind", "value", "hashed"), ON_DEMAND_FORMS)
def test_a_form_that_two_may_share_is_met_on_demand_alone(rule, kind, value, hashed, ask, tables):
    digest = hashlib.sha256(hashed.encode()).hexdigest()
    assert affected(ask, tables, kind, value, digest) == 0
    assert affected(ask, tables, kind, value, digest, rules=[rule]) == 1


def test_an_unknown_rule_is_refused():
    with pytest.raises(BadInput, match="no such rule: meta"):
        chosen(["meta"])


def test_rules_say_who_asks_for_them():
    assert {rule.merges for rule in RULES} == {"", *ON_DEMAND}
    assert all(rule.vendors and rule.says for rule in RULES)
    assert {hashlib.new(name, b"").hexdigest() for name in ALGORITHMS} == set(NOTHING)
