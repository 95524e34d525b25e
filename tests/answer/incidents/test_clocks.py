"""What is due when is a function of the incident, the rules and the time, to the microsecond."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from solely.answer.incidents.clocks import RULES, Rule, deadlines, in_words
from solely.answer.incidents.incident import Decision, Extent, Incident, Report

NOTICED = datetime(2026, 6, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def incident(people=None, **changed):
    extent = None if people is None else Extent(NOTICED, people)
    return replace(Incident("i", 1, NOTICED, "Eva", "open", "open", "t", NOTICED, extent=extent), **changed)


def decided(what, answer):
    return {"decisions": (Decision(what, answer, "because", NOTICED, "Eva"),)}


def told(rule, at):
    return {"reports": (Report(rule, at, "REF-1", "Eva"),)}


def standings(one, now=NOTICED, people_told_at=None):
    return {each.rule.name: each.standing for each in deadlines(one, RULES, now, people_told_at)}


def sentence(one, rule, now=NOTICED):
    return next(in_words(each) for each in deadlines(one, RULES, now) if each.rule.name == rule)


def test_the_authority_is_told_within_72_hours_of_when_it_was_noticed():
    end = NOTICED + timedelta(hours=72)
    assert deadlines(incident(1), RULES, NOTICED)[0].due == end
    assert standings(incident(1), end)["gdpr-authority"] == "due"
    assert standings(incident(1), end + TICK)["gdpr-authority"] == "overdue"


@pytest.mark.parametrize(("rule", "least"), [("ftc-250", 250), ("ftc-500", 500)])
def test_a_threshold_is_met_by_its_very_number_and_counts_30_days(rule, least):
    assert standings(incident(least - 1))[rule] == "below"
    assert standings(incident(least))[rule] == "due"
    end = NOTICED + timedelta(days=30)
    assert standings(incident(least), end)[rule] == "due"
    assert standings(incident(least), end + TICK)[rule] == "overdue"


def test_while_nobody_counted_a_threshold_says_so_and_72_hours_run_all_the_same():
    assert standings(incident()) == {
        "gdpr-authority": "due",
        "gdpr-people": "no-date",
        "ftc-250": "uncounted",
        "ftc-500": "uncounted",
    }
    assert sentence(incident(), "ftc-250").startswith("count who is affected: from 250 people on")


def test_nobody_affected_is_nobody_to_be_told():
    assert set(standings(incident(0)).values()) == {"below"}


def test_a_decision_ends_what_goes_by_risk_and_no_order():
    at_no_risk = incident(1_000, **decided("authority", answer=False))
    assert standings(at_no_risk)["gdpr-authority"] == "waived"
    assert standings(at_no_risk)["ftc-250"] == "due"
    assert standings(incident(1_000, **decided("people", answer=False)))["gdpr-people"] == "waived"
    assert standings(incident(1_000, **decided("authority", answer=True)))["gdpr-authority"] == "due"


def test_the_last_decision_stands():
    both = decided("authority", answer=False)["decisions"] + decided("authority", answer=True)["decisions"]
    assert standings(incident(1, decisions=both))["gdpr-authority"] == "due"


def test_what_was_told_in_time_is_met_whenever_it_is_looked_at():
    end = NOTICED + timedelta(hours=72)
    in_time, late = told("gdpr-authority", end), told("gdpr-authority", end + TICK)
    far = NOTICED + timedelta(days=400)
    assert standings(incident(1, **in_time), far)["gdpr-authority"] == "met"
    assert standings(incident(1, **late), far)["gdpr-authority"] == "met-late"
    assert [each.late for each in deadlines(incident(1, **late), RULES, far)][:2] == [True, False]


def test_the_first_report_counts_and_what_follows_is_a_phase():
    first, second = told("gdpr-authority", NOTICED), told("gdpr-authority", NOTICED + timedelta(days=9))
    one = incident(1, reports=second["reports"] + first["reports"])
    assert standings(one, NOTICED + timedelta(days=10))["gdpr-authority"] == "met"


def test_a_report_under_one_rule_meets_no_other():
    assert standings(incident(600, **told("ftc-250", NOTICED)))["ftc-500"] == "due"


def test_the_people_are_told_when_the_last_one_was_or_when_it_was_made_known_to_all():
    assert standings(incident(9), people_told_at=NOTICED)["gdpr-people"] == "met"
    assert standings(incident(9, **told("gdpr-people", NOTICED)))["gdpr-people"] == "met"


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(0), "must be told by 2026-06-04 12:00 UTC: 72 h 00 min left"),
        (timedelta(hours=71, minutes=59, seconds=59), "must be told by 2026-06-04 12:00 UTC: 0 h 00 min left"),
        (timedelta(hours=73, minutes=5), "had to be told by 2026-06-04 12:00 UTC, 1 h 05 min ago."),
        (timedelta(days=10), "had to be told by 2026-06-04 12:00 UTC, 7 days ago."),
    ],
)
def test_it_is_told_in_words(passed, words):
    said = sentence(incident(1), "gdpr-authority", NOTICED + passed)
    assert f"the authorities {words}" in said
    assert said.startswith("OVERDUE: ") == (passed > timedelta(hours=72))


def test_every_standing_has_its_sentence():
    late = incident(600, **told("gdpr-authority", NOTICED + timedelta(days=9)))
    assert "Say why it was late" in sentence(late, "gdpr-authority")
    assert "without undue delay" in sentence(late, "gdpr-people")
    assert sentence(incident(9), "ftc-250") == "does not apply: fewer than 250 are affected"
    assert sentence(incident(9, **told("gdpr-people", NOTICED)), "gdpr-people") == (
        "the people were told 2026-06-01 12:00 UTC"
    )
    assert "need not be told" in sentence(incident(9, **decided("people", answer=False)), "gdpr-people")
    assert "and were told 2026-06-01" in sentence(incident(9, **told("gdpr-authority", NOTICED)), "gdpr-authority")


def test_a_platform_has_rules_of_its_own():
    rule = Rule("state", "Cal. Civ. Code § 1798.82(f)", "authority", timedelta(days=15), least=501)
    assert [each.standing for each in deadlines(incident(501), [rule], NOTICED)] == ["due"]
    assert [each.standing for each in deadlines(incident(500), [rule], NOTICED)] == ["below"]
