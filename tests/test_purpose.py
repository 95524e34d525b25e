"""The policy file: what is shipped, what is refused and where, and that nothing but PolicyError comes out."""

import contextlib
import hashlib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely import purpose
from solely.errors import PolicyError
from solely.purpose import COMPARTMENTS, HOLDS, KINDS, Policy, read_policy

SHIPPED = Path(purpose.__file__).with_name("policy.toml").read_bytes()
SECURITY = ("security", "contract", False, "essential.service.security", "IdentityAuthentication")
# The purposes of the design, section 1. Fideslang 3.1 parts `essential.service.notifications` into `.email` and
# `.sms`; a purpose that takes both kinds stands above both.
DESIGN = {
    "two-factor": SECURITY,
    "account-recovery": SECURITY,
    "login-alert": SECURITY,
    "reauthentication": SECURITY,
    "service-notice": ("service", "contract", False, "essential.service.notifications", "CommunicationManagement"),
    "tailored-audiences": (
        "advertising", "consent", True, "marketing.advertising.first_party.targeted", "TargetedAdvertising",
    ),
    "partner-audiences": (
        "advertising", "consent", True, "marketing.advertising.third_party.targeted", "TargetedAdvertising",
    ),
    "ad-measurement": ("measurement", "consent", True, "analytics.reporting.ad_performance", "Advertising"),
    "contact-discovery": ("discovery", "consent", True, "functional.service", "CommunicationManagement"),
}  # fmt: skip

FIELDS = {
    "compartment": '"security"',
    "kinds": '["email"]',
    "explicit-consent": "false",
    "legal-basis": '"contract"',
    "fideslang": '"essential.service.security"',
    "dpv": '"IdentityAuthentication"',
    "lifetime-days": "0",
}
ADVERTISING = {
    "compartment": '"advertising"',
    "explicit-consent": "true",
    "legal-basis": '"consent"',
    "fideslang": '"marketing.advertising.first_party.targeted"',
}


def written(name="x", **changed):
    """A policy of one purpose; None leaves a field out, and _ stands for - in its name."""
    fields = FIELDS | {field.replace("_", "-"): value for field, value in changed.items()}
    lines = [f"{field} = {value}" for field, value in fields.items() if value is not None]
    return "\n".join([f"[purpose.{name}]", *lines, ""])


def advertising(**changed):
    return written(**{field.replace("-", "_"): value for field, value in ADVERTISING.items()} | changed)


def refusal(text):
    with pytest.raises(PolicyError) as caught:
        read_policy(text if isinstance(text, bytes) else text.encode())
    assert caught.value.cure
    assert caught.value.__context__ is None
    return caught.value.where, caught.value.what


def test_the_shipped_policy_is_the_designs():
    policy = read_policy(SHIPPED)
    found = {
        one.name: (one.compartment, one.legal_basis, one.explicit_consent, one.fideslang, one.dpv)
        for one in policy.purposes.values()
    }
    assert found == DESIGN
    assert all(set(one.kinds) == set(KINDS) and one.lifetime_days == 0 for one in policy.purposes.values())
    assert list(policy.purposes) == [one.name for one in policy.purposes.values()]


def test_the_shipped_audiences_need_a_thousand_and_serve_for_thirteen_months():
    policy = read_policy(SHIPPED)
    assert (policy.audience_floor, policy.audience_valid_days) == (1_000, 395)
    bare = read_policy(written().encode())
    assert (bare.audience_floor, bare.audience_valid_days) == (1_000, 395)


def test_the_digest_is_that_of_the_very_bytes():
    assert read_policy(SHIPPED).digest == hashlib.sha256(SHIPPED).hexdigest()
    assert read_policy(SHIPPED + b"# a word more\n").digest != read_policy(SHIPPED).digest


def test_each_purpose_is_in_exactly_one_compartment():
    policy = read_policy(SHIPPED)
    parts = [one.name for compartment in COMPARTMENTS for one in policy.of(compartment)]
    assert sorted(parts) == sorted(policy.purposes)
    assert [one.name for one in policy.of("advertising")] == ["tailored-audiences", "partner-audiences"]


def test_only_security_and_service_hold_contacts_that_open():
    assert {name for name, held in HOLDS.items() if held == "sealed"} == {"security", "service"}
    assert set(HOLDS) == set(COMPARTMENTS)
    with pytest.raises(TypeError):
        HOLDS["advertising"] = "sealed"


def test_a_purpose_that_is_not_listed_is_an_error_that_names_those_that_are():
    policy = read_policy(SHIPPED)
    assert policy.purpose("two-factor").name == "two-factor"
    for name in ("", "Two-Factor", "two-factor ", "ada@example.com"):
        with pytest.raises(PolicyError) as caught:
            policy.purpose(name)
        assert str(caught.value) == f"policy.toml: no such purpose (one of: {', '.join(sorted(DESIGN))})"
        assert caught.value.__context__ is None


def test_what_was_read_does_not_change():
    policy = read_policy(SHIPPED)
    with pytest.raises(TypeError):
        policy.purposes["x"] = policy.purpose("two-factor")
    with pytest.raises(AttributeError):
        policy.purpose("two-factor").compartment = "advertising"
    with pytest.raises(AttributeError):
        policy.audience_floor = 1


def test_a_platform_adds_purposes_of_its_own():
    own = written("parcel-tracking", compartment='"service"', lifetime_days="90")
    newsletter = advertising(name="newsletter", compartment='"service"', fideslang='"marketing.communications.email"')
    policy = read_policy(SHIPPED + (own + newsletter).encode())
    assert policy.purpose("parcel-tracking").lifetime_days == 90
    assert [one.name for one in policy.of("service")] == ["service-notice", "parcel-tracking", "newsletter"]


@pytest.mark.parametrize(
    "text",
    [
        written(lifetime_days="36525"),
        written(kinds='["phone", "email"]'),
        written("a" * 64),
        written("a") + "[audience]\nfloor = 1\nvalid-days = 1",
        written("a") + "[audience]\nfloor = 1_000_000_000\nvalid-days = 36525",
        "audience = {}\n" + written(),
        advertising(name="tailored-audiences"),
        advertising(compartment='"measurement"'),
        advertising(compartment='"discovery"', fideslang='"functional.service"'),
    ],
)
def test_what_is_just_inside_the_rules_reads(text):
    assert isinstance(read_policy(text.encode()), Policy)


ONE = "policy.toml, purpose.x"
BASES = "consent, contract, legal-obligation, vital-interests, public-task, legitimate-interests"
REFUSED = [
    (b"\xff", "policy.toml", "not a TOML file in UTF-8"),
    (SHIPPED.decode().encode("utf-16"), "policy.toml", "not a TOML file in UTF-8"),
    ("a = 1\n\nb = ?", "policy.toml, line 3", "not a TOML file in UTF-8"),
    (written() + written(), "policy.toml, line 9", "not a TOML file in UTF-8"),
    ("a = " + "[" * 5_000, "policy.toml", "not a TOML file in UTF-8"),
    ("a = " + "{a = " * 5_000, "policy.toml", "not a TOML file in UTF-8"),
    ("a = " + "1" * 5_000, "policy.toml", "not a TOML file in UTF-8"),
    ("", "policy.toml", "it lists no purpose"),
    ("purpose = 1", "policy.toml", "it lists no purpose"),
    ("[purpose]", "policy.toml", "it lists no purpose"),
    ("[[purpose]]\nx = 1", "policy.toml", "it lists no purpose"),
    ("[purposes.x]\n" + written(), "policy.toml", "unknown: purposes"),
    ("[audiences]\nfloor = 1\n" + written(), "policy.toml", "unknown: audiences"),
    ("audience = 1\n" + written(), "policy.toml, audience", "audience is a table"),
    ("[audience]\nflor = 1\n" + written(), "policy.toml, audience", "unknown: flor"),
    *(
        (f"[audience]\n{field} = {value}\n" + written(), f"policy.toml, audience.{field}", what)
        for field, most, what in (
            ("floor", "1_000_000_001", "must be a whole number from 1 to 1,000,000,000"),
            ("valid-days", "36_526", "must be a whole number from 1 to 36,525"),
        )
        for value in ("0", "-1", "true", "1.0", '"1"', "[1]", most)
    ),
    ("purpose.x = 1", ONE, "a purpose is a table with a lower-case name"),
    ("[[purpose.x]]\na = 1", ONE, "a purpose is a table with a lower-case name"),
    *(
        (written(f'"{name}"'), f"policy.toml, purpose.'{name}'", "a purpose is a table with a lower-case name")
        for name in ("", "X", "x_y", "1x", "x.y", " x", "../x")
    ),
    (written("a" * 65), f"policy.toml, purpose.'{'a' * 64}'", "a purpose is a table with a lower-case name"),
    *(
        (written(**{field.replace("-", "_"): value}), ONE, f"{field} must be given, as {kind}")
        for field, kind, values in (
            ("compartment", "str", (None, "1", '["security"]', "{}")),
            ("kinds", "list", (None, '"email"', "{}")),
            ("explicit-consent", "bool", (None, "0", '"false"')),
            ("legal-basis", "str", (None, "true", '["consent"]')),
            ("fideslang", "str", (None, "[]")),
            ("dpv", "str", (None, "2024-05-31")),
            ("lifetime-days", "int", (None, "false", "1.0", '"1"')),
        )
        for value in values
    ),
    (written() + "colour = 1\nlifetime = 2", ONE, "unknown: colour, lifetime"),
    *(
        (written(compartment=f'"{name}"'), ONE, f"compartment must be one of {', '.join(COMPARTMENTS)}")
        for name in ("", "Security", "ledger", "registry")
    ),
    *(
        (written(kinds=value), ONE, "kinds must be some of email, phone, each once")
        for value in ("[]", '["post"]', '["email", "email"]', '[["email"]]', '["email", {}]', "[1]", '["Email"]')
    ),
    (written(legal_basis='"interest"'), ONE, f"legal-basis must be one of {BASES}"),
    *(
        (written(fideslang=f'"{name}"'), ONE, "fideslang must be a data use such as essential.service.security")
        for name in ("", "essential.", "Essential", ".essential", "essential service")
    ),
    *(
        (written(dpv=f'"{name}"'), ONE, "dpv must be a term such as IdentityAuthentication")
        for name in ("", "dpv:Advertising", "Identity Authentication")
    ),
    *(
        (written(lifetime_days=days), ONE, "lifetime-days must be from 0 to 36,525")
        for days in ("-1", "36526", "99999999999999999999")
    ),
]


@pytest.mark.parametrize(("text", "where", "what"), REFUSED)
def test_what_does_not_read_is_refused_with_its_place(text, where, what):
    assert refusal(text) == (where, what)


@pytest.mark.parametrize("compartment", ["advertising", "measurement", "discovery"])
@pytest.mark.parametrize(
    "skipped",
    [
        {"explicit_consent": "false"},
        {"legal_basis": '"contract"'},
        {"legal_basis": '"legitimate-interests"'},
        {"explicit_consent": "false", "legal_basis": '"legitimate-interests"'},
    ],
)
def test_what_meets_by_tokens_needs_explicit_consent(compartment, skipped):
    text = advertising(compartment=f'"{compartment}"', fideslang='"functional.service"', **skipped)
    assert refusal(text) == (ONE, f"{compartment} needs explicit consent")


@pytest.mark.parametrize("compartment", ["security", "service"])
def test_marketing_needs_explicit_consent_wherever_it_stands(compartment):
    text = written(compartment=f'"{compartment}"', fideslang='"marketing.communications.email"')
    assert refusal(text) == (ONE, "marketing needs explicit consent")


@pytest.mark.parametrize("compartment", ["security", "service", "discovery"])
def test_advertising_has_no_place_where_contacts_open(compartment):
    text = advertising(compartment=f'"{compartment}"')
    assert refusal(text) == (ONE, "marketing.advertising belongs to advertising or measurement")


@pytest.mark.parametrize("compartment", ["advertising", "measurement"])
def test_a_security_use_has_no_place_in_advertising_even_with_consent(compartment):
    text = advertising(compartment=f'"{compartment}"', fideslang=FIELDS["fideslang"])
    assert refusal(text) == (ONE, f"essential uses do not belong to {compartment}")


@pytest.mark.parametrize("name", DESIGN)
def test_a_shipped_purpose_stays_in_its_compartment(name):
    home = DESIGN[name][0]
    for other in set(COMPARTMENTS) - {home}:
        moved = advertising(name=name, compartment=f'"{other}"', fideslang='"functional.service"')
        assert refusal(moved) == (f"policy.toml, purpose.{name}", f"{name} belongs to {home}")


def test_no_policy_can_say_that_a_compartment_holds_sealed_contacts():
    assert refusal(advertising(holds='"sealed"')) == (ONE, "unknown: holds")


@pytest.mark.parametrize("name", ["\\u001b[31m", "a\\nb", "ada@example.com" * 9, "\\U0001f600"])
def test_names_from_the_file_are_printed_without_control_characters_and_never_at_length(name):
    for text in (written(f'"{name}"'), written() + f'"{name}" = 1', f'"{name}" = 1\n' + written()):
        words = ": ".join(refusal(text))
        assert words.isascii()
        assert words.isprintable()
        assert len(words) < 200


def test_of_many_unknown_names_a_few_are_printed():
    assert refusal(written() + "".join(f"z{n} = 1\n" for n in range(9))) == (ONE, "unknown: z0, z1, z2, z3, z4")


def reads_or_is_refused(data):
    with contextlib.suppress(PolicyError):
        assert isinstance(read_policy(data), Policy)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes_raise_only_our_error(data):
    reads_or_is_refused(data)


@given(st.lists(st.sampled_from([*'[]{}.,="\n#', "purpose", "x", "audience", "floor", "1", "true", "1979-05-27"])))
def test_arbitrary_toml_raises_only_our_error(words):
    reads_or_is_refused(" ".join(words).encode())


VALUES = st.recursive(
    st.sampled_from(["1", "-1", "1e400", "nan", "true", '""', '"email"', '"security"', "1979-05-27", "07:32:00"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda some: f"[{', '.join(some)}]") | inner.map("{{a = {}}}".format),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from([field.replace("-", "_") for field in FIELDS]), VALUES, min_size=1))
def test_any_value_in_any_field_raises_only_our_error(changed):
    text = written(**changed)
    assert tomllib.loads(text)
    reads_or_is_refused(text.encode())


@given(st.integers(0, len(SHIPPED) - 1), st.binary(min_size=1, max_size=3))
def test_a_damaged_policy_reads_or_is_refused(place, damage):
    reads_or_is_refused(SHIPPED[:place] + damage + SHIPPED[place + len(damage) :])
