"""The report: whatever form it takes, each clause says what is shown and what is missing."""

import pytest

import assured
import documents
from solely.answer.assurance import STATUSES
from solely.answer.assurance_document import MEANINGS, document, numbers
from solely.answer.assurance_figures import figure
from solely.answer.document import Fields, as_html, as_pdf, as_text


def test_each_clause_says_what_it_demands_its_status_what_is_missing_and_its_tests():
    printed = documents.bare(as_text(document(assured.assurance())))
    for one in assured.assurance().clauses():
        for text in (one.clause.demands, one.clause.status, one.clause.missing, one.clause.known_from):
            assert documents.bare(text) in printed
        for test in one.clause.tests:
            assert documents.bare(test) in printed


def test_it_says_that_the_ledger_was_verified_and_which_one():
    made = assured.assurance()
    told = dict(next(block for block in document(made).blocks if isinstance(block, Fields)).pairs)
    assert told["Ledger"].startswith("verified for this report; 15 entries")
    assert told["Root"] == made.verified.root.hex()


def test_the_register_has_every_purpose_and_what_it_does_not_know():
    printed = as_text(document(assured.assurance()))
    _, _, register = printed.partition("Register of processing")
    for line in assured.assurance().register:
        assert f"\n{line.purpose}\n" in register
    assert "data protection officer" in register


@pytest.mark.parametrize("form", [as_html, as_pdf])
def test_it_can_be_handed_over_as_a_page_and_as_a_pdf(form):
    made = form(document(assured.assurance()))
    assert len(made) > 30_000


def test_every_status_has_a_meaning():
    assert tuple(MEANINGS) == STATUSES


def test_numbers_are_told_in_a_line():
    facts = assured.facts(counts={"two-factor": (1_000, 0), "login-alert": (2, 0)})
    assert numbers(figure("givings", facts)) == "login-alert: 2; two-factor: 1,000"
    assert numbers(figure("ended", facts)) == "none"
