"""The register of processing: a line for each purpose, of what is known, and a list of what is not."""

import assured
from assured import ADS, POLICY, SECURITY
from solely.answer.assurance_register import NOT_KNOWN, register


def lines():
    return {line.purpose: line for line in register(assured.facts())}


def test_there_is_a_line_for_each_purpose_of_the_policy_and_no_other():
    assert list(lines()) == list(POLICY.purposes)


def test_a_line_says_data_basis_recipients_time_and_measures():
    told = lines()[ADS]
    assert told.categories == ("phone number", "e-mail address")
    assert (told.basis, told.explicit_consent) == ("consent", True)
    assert told.recipients == ("advertiser harbour", "advertiser lantern", "partner broker")
    assert told.time_limit == "until withdrawn"
    assert "tokens" in told.measures
    assert "encrypted" in lines()[SECURITY].measures
    assert (told.givings, told.ended) == (40, 2)


def test_a_purpose_nobody_gave_anything_for_has_its_line_too():
    assert (lines()["contact-discovery"].givings, lines()["contact-discovery"].recipients) == (0, ())


def test_what_no_policy_knows_is_listed_and_not_made_up():
    assert any("controller" in one for one in NOT_KNOWN)
    assert any("third countries" in one for one in NOT_KNOWN)
