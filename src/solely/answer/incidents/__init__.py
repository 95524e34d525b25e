"""Incidents: what should not have been, what stops it, who is told of it, and by when."""

from solely.answer.incidents.clocks import Deadline, Rule, in_words
from solely.answer.incidents.facts import Facts
from solely.answer.incidents.incident import Decision, Extent, Incident, Subject, Texts
from solely.answer.incidents.incidents import Incidents
from solely.answer.incidents.letter import LANGUAGES, Happening, Letter
from solely.answer.incidents.settings import Settings

__all__ = [
    "LANGUAGES",
    "Deadline",
    "Decision",
    "Extent",
    "Facts",
    "Happening",
    "Incident",
    "Incidents",
    "Letter",
    "Rule",
    "Settings",
    "Subject",
    "Texts",
    "in_words",
]
