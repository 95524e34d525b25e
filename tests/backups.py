"""A directory with something in it, and all that its answers are: a restore has to bring every one of them back."""

import os
import subprocess
import sys

from people import world
from solely.answer.question import Question
from solely.consent import Notice
from solely.errors import NotFound

ADS, SECURITY, SERVICE = "tailored-audiences", "two-factor", "service-notice"
PEOPLE = tuple(f"p{n}" for n in range(6))


def give(solely, subject, value, purpose):
    kind = "email" if "@" in value else "phone"
    notice = Notice(purpose, "v1", f"What it is for: {purpose}")
    row = {"subject": subject, "kind": kind, "value": value, "purpose": purpose, "notice": notice.name}
    solely.give(row | {"given_at": "2026-01-01T00:00:00Z", "withdrawn_at": ""}, notice)


def address(subject):
    return f"{subject}@example.com"


def match(solely, folder, audience, people=PEOPLE):
    path = folder / "list.csv"
    path.write_text("email\n" + "".join(f"{address(one)}\n" for one in (*people, "stranger")))
    solely.match(path, "acme", audience)


def fill(solely, folder):
    """Six people: givings of three purposes, a match, a withdrawal, an erasure, a factor."""
    for one in PEOPLE:
        for purpose in (ADS, SECURITY, SERVICE):
            give(solely, one, address(one), purpose)
    match(solely, folder, "first")
    solely.withdraw("p1", ADS)
    solely.erase("p2")
    world(solely).enrol_app("p3")


def answers(solely):
    """Every answer there is, of everyone."""
    told = {}
    for one in PEOPLE:
        try:
            told[one] = solely.uses(one).uses
        except NotFound:
            told[one] = None
        told[one, "standing"] = {p: solely.standing(one, p) for p in (ADS, SECURITY, SERVICE)}
    told["audiences"] = {name: solely.members("acme", name) for name in ("first", "second")}
    told["counts"] = solely.counts()
    told["affected"] = solely.affected(Question(purposes=frozenset({ADS}))).counts()
    told["factors"] = {one: solely.verification.factors(one) for one in ("p3",)}
    return told


def start(*arguments, **environment):
    """A command of its own, in a session of its own, to be killed."""
    return subprocess.Popen(
        [sys.executable, "-c", "from solely.cli import main; main()", *map(str, arguments)],
        env={**os.environ, **environment}, start_new_session=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
