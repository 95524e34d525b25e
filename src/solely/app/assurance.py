"""Assurance of one data directory: its ledger verified, its entries counted, each clause answered."""

from __future__ import annotations

from contextlib import closing
from importlib.metadata import version
from itertools import islice

from solely.answer.assurance import Assurance, assess
from solely.answer.assurance_figures import Facts, tally
from solely.app.parts import Parts
from solely.app.solely import Solely
from solely.ledger.checkpoint import read_note
from solely.store import ledger
from solely.store.database import answering

__all__ = ["assure"]


def assure(solely: Solely) -> Assurance:
    """Sign what was written, verify the whole ledger, and count what it says.

    Raises Tampered where it does not verify: then there is nothing to assure.
    """
    head = solely.sign_ledger()
    verified = solely.verify_ledger()
    with Parts(solely.ground) as parts:
        with closing(ledger.records(parts.login("ledger"))) as stored:
            told = tally((record.body for record in islice(stored, verified.size)), verified)
        with answering():
            found = parts.registry.execute("SELECT purpose, count(*) FROM registry.notices GROUP BY purpose").fetchall()
        notices: dict[str, int] = dict(found)
    _, signatures = read_note(head)
    facts = Facts(solely.policy, told, solely.counts(), notices, verified, cosigned=len(signatures) - 1)
    return assess(facts, head=head, software=version("solely"), now=solely.clock())
