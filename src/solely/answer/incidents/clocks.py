"""What is due when: the clocks of the rules that an incident falls under. No clock is read here.

A rule's time runs from when the incident was noticed (GDPR Art. 33(1): 72 hours from awareness). Rules, their
thresholds and their days are the platform's own (incidents.toml); which law binds whom is not for a program to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal

from solely.answer.incidents.incident import Incident

__all__ = ["RULES", "Deadline", "Rule", "Standing", "deadlines", "in_words"]

Standing = Literal["uncounted", "below", "waived", "due", "overdue", "met", "met-late", "no-date"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Who is to be told, within what time, from how many people on. `within` is None for "without undue delay".

    `by_risk`: the decision that nobody need be told ends it, as Art. 33(1) and 34(1) have it for a low risk.
    """

    name: str
    source: str
    to: Literal["authority", "people"]
    within: timedelta | None
    least: int = 1
    by_risk: bool = False


RULES = (
    Rule("gdpr-authority", "GDPR Art. 33(1)", "authority", timedelta(hours=72), by_risk=True),
    Rule("gdpr-people", "GDPR Art. 34(1)", "people", None, by_risk=True),
    Rule("ftc-250", "FTC order of 2022 (Twitter, C-4316)", "authority", timedelta(days=30), least=250),
    Rule("ftc-500", "FTC order of 2019 (Facebook)", "authority", timedelta(days=30), least=500),
)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A rule and how an incident stands by it: `due` is None where there is no date, `met_at` where it is not met."""

    rule: Rule
    standing: Standing
    due: datetime | None
    met_at: datetime | None
    now: datetime

    @property
    def late(self) -> bool:
        """Whether the time is over, or was when it was met: then reasons for the delay are owed (Art. 33(1))."""
        return self.standing in {"overdue", "met-late"}


def deadlines(
    incident: Incident, rules: Sequence[Rule], now: datetime, people_told_at: datetime | None = None
) -> list[Deadline]:
    """Each rule in its order. `people_told_at` is when the last of the people who can be reached was told."""
    return [_deadline(incident, rule, now, people_told_at) for rule in rules]


def _deadline(incident: Incident, rule: Rule, now: datetime, people_told_at: datetime | None) -> Deadline:
    due = incident.noticed_at + rule.within if rule.within else None
    report = incident.first_report(rule.name)
    met_at = report.at if report else people_told_at if rule.to == "people" else None
    return Deadline(rule, _standing(incident, rule, due, met_at, now), due, met_at, now)


def _standing(incident: Incident, rule: Rule, due: datetime | None, met_at: datetime | None, now: datetime) -> Standing:
    decision = incident.decided(rule.to)
    if met_at is not None:
        return "met-late" if due and met_at > due else "met"
    if rule.by_risk and decision is not None and not decision.answer:
        return "waived"
    if incident.people is not None and incident.people < rule.least:
        return "below"
    if incident.people is None and rule.least > 1:
        return "uncounted"
    if due is None:
        return "no-date"
    return "overdue" if now > due else "due"


_WORDS: Mapping[Standing, str] = MappingProxyType(
    {
        "uncounted": "count who is affected: from {least:,} people on, {who} must be told by {due}",
        "below": "does not apply: fewer than {least:,} are affected",
        "waived": "{who} need not be told, as was decided",
        "due": "{who} must be told by {due}: {span} left",
        "overdue": "OVERDUE: {who} had to be told by {due}, {span} ago. Tell them, and say why it is late",
        "met": "{who} had to be told by {due}, and were told {met}",
        "met-late": "LATE: {who} had to be told by {due}, and were told {met}. Say why it was late",
        "no-date": "{who} must be told without undue delay, unless it is decided that they need not be",
    }
)


def in_words(deadline: Deadline) -> str:
    """One sentence for an officer, without the rule's name."""
    rule, due = deadline.rule, deadline.due
    words = "{who} were told {met}" if deadline.standing == "met" and due is None else _WORDS[deadline.standing]
    return words.format(
        least=rule.least,
        who="the people" if rule.to == "people" else "the authorities",
        due=_time(due) if due else "",
        met=_time(deadline.met_at) if deadline.met_at else "",
        span=_span(abs(due - deadline.now)) if due else "",
    )


def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _span(span: timedelta) -> str:
    """Hours and minutes up to three days, else whole days."""
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02} min" if span <= timedelta(days=3) else f"{span.days} days"
