"""`solely incident …`: what should not have been: opened, counted, stopped, decided, told, closed; for the officer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from solely.answer.document import write
from solely.answer.document.write import check
from solely.answer.incidents import Facts, Subject, Texts
from solely.cli.incident_io import (
    Id,
    Names,
    Officer,
    When,
    Why,
    concerns,
    incident_json,
    progress_json,
    question,
    show_incident,
    show_incidents,
    show_progress,
    time,
    write_lines,
    yes_or_no,
)
from solely.cli.principal_io import Key, asking
from solely.cli.terminal import QUIET, Dir, Json, answer, open_directory, progress
from solely.cli.verify_io import say
from solely.errors import BadInput
from solely.store.notified import STATES, State

__all__ = ["incident_cli"]

incident_cli = typer.Typer(**QUIET, help="What should not have been: who is affected, what is stopped, who is told.")

Categories = Annotated[list[str] | None, typer.Option(metavar="TEXT", help="May be repeated.", show_default=False)]
Count = Annotated[int | None, typer.Option(help="Counted by hand, where no question can.", show_default=False)]
YesNo = Annotated[str | None, typer.Option(metavar="yes|no", show_default=False)]
Written = Annotated[str, typer.Option(metavar="TEXT", help="In plain words, in --language.", show_default=False)]


@incident_cli.command("open")
def incident_open(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="In plain words, what seems to be wrong.")],
    officer: Officer,
    id_: Annotated[str | None, typer.Option("--id", metavar="ID", help="Its name; else the year and a number.")] = None,
    noticed: When = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Open an incident: the clocks run from when it was noticed, which is now if nothing else is said."""
    facts = Facts(noticed_at=time(noticed))
    with open_directory(directory) as solely:
        made = solely.incidents.open(title, officer=officer, name=id_, facts=facts)
        deadlines = solely.incidents.deadlines(made)
        answer(json_, incident_json(made, deadlines), lambda: show_incident(solely, made))


@incident_cli.command("narrow")
def incident_narrow(
    incident: Id,
    officer: Officer,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="From this time on.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Before this time.")] = None,
    advertiser: Names = None,
    audience: Annotated[list[str] | None, typer.Option(metavar="ADVERTISER/AUDIENCE")] = None,
    partner: Names = None,
    purpose: Names = None,
    notice: Annotated[list[str] | None, typer.Option(metavar="PURPOSE/VERSION")] = None,
    imported: Annotated[list[str] | None, typer.Option("--import", metavar="NAME")] = None,
    software: Names = None,
    policy: Names = None,
    givings: Annotated[Path | None, typer.Option(metavar="FILE", help="An id a line.")] = None,
    people: Count = None,
    records: Count = None,
    why: Why = "",
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Say which uses were wrong, and count whom they affect; asked without options it counts anew."""
    named = {
        "since": since, "until": until, "advertisers": advertiser, "audiences": audience, "partners": partner,
        "purposes": purpose, "notices": notice, "imports": imported, "software": software, "policies": policy,
        "givings": givings,
    }  # fmt: skip
    asked = question(named)
    if asked is not None and people is not None:
        raise BadInput("it is counted by its question", where="--people", cure="leave the number out")
    with open_directory(directory) as solely:
        if people is None:
            made = solely.incidents.narrow(incident, asked, records=records, officer=officer, why=why)
        else:
            made = solely.incidents.count_by_hand(incident, people, records, officer=officer, why=why)
        answer(json_, incident_json(made, solely.incidents.deadlines(made)), lambda: show_incident(solely, made))


@incident_cli.command("describe")
def incident_describe(
    incident: Id,
    officer: Officer,
    title: Annotated[str | None, typer.Option(help="In plain words.", show_default=False)] = None,
    noticed: When = None,
    began: When = None,
    ended: When = None,
    who: Categories = None,
    data: Categories = None,
    nature: Written = "",
    consequences: Written = "",
    measures: Written = "",
    advice: Written = "",
    language: Annotated[str, typer.Option(help="en, es, fr, de, pt or ja.")] = "en",
    why: Why = "",
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Write down what notices and reports need: when it was, whom and what it concerns, what was done."""
    facts = Facts(
        title=title,
        noticed_at=time(noticed),
        began_at=time(began),
        ended_at=time(ended),
        subject_categories=who,
        data_categories=data,
        texts=Texts(nature, consequences, measures, advice),
        language=language,
    )
    with open_directory(directory) as solely:
        made = solely.incidents.describe(incident, facts, officer=officer, why=why)
        deadlines = solely.incidents.deadlines(made)
        answer(json_, incident_json(made, deadlines), lambda: say(f"Noted: version {made.version} of {made.id}."))


@incident_cli.command("show")
def incident_show(incident: Id, directory: Dir = None, json_: Json = False) -> None:
    """How an incident stands, and what is due when."""
    with open_directory(directory) as solely:
        one = solely.incidents.show(incident)
        deadlines = solely.incidents.deadlines(one)
        answer(json_, incident_json(one, deadlines), lambda: show_incident(solely, one))


@incident_cli.command("list")
def incident_list(directory: Dir = None, json_: Json = False) -> None:
    """All incidents, and which of them are overdue."""
    with open_directory(directory) as solely:
        every = solely.incidents.list()
        content = [incident_json(one, solely.incidents.deadlines(one)) for one in every]
        answer(json_, {"incidents": content}, lambda: show_incidents(solely, every))


@incident_cli.command("contain")
def incident_contain(
    incident: Id,
    officer: Officer,
    advertiser: Names = None,
    audience: Annotated[list[str] | None, typer.Option(metavar="ADVERTISER/AUDIENCE")] = None,
    partner: Names = None,
    purpose: Names = None,
    why: Why = "",
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Stop an advertiser, an audience, a partner or a purpose: nothing is used once this has returned."""
    stops = concerns({"advertiser": advertiser, "audience": audience, "partner": partner, "purpose": purpose})
    with open_directory(directory) as solely:
        made = solely.incidents.contain(incident, stops, officer=officer, why=why)
    words = ", ".join(f"{one.what} {one.name}" for one in made.stops)
    answer(json_, incident_json(made), lambda: say(f"Stopped for {made.id}: {words}."))


@incident_cli.command("release")
def incident_release(
    incident: Id,
    officer: Officer,
    why: Why,
    advertiser: Names = None,
    audience: Annotated[list[str] | None, typer.Option(metavar="ADVERTISER/AUDIENCE")] = None,
    partner: Names = None,
    purpose: Names = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Lift a stop of this incident; what another incident stopped too stays stopped."""
    stops = concerns({"advertiser": advertiser, "audience": audience, "partner": partner, "purpose": purpose})
    with open_directory(directory) as solely:
        made = solely.incidents.release(incident, stops, officer=officer, why=why)
    left = ", ".join(f"{one.what} {one.name}" for one in made.stops) or "nothing"
    answer(json_, incident_json(made), lambda: say(f"Released. Still stopped for {made.id}: {left}."))


@incident_cli.command("decide")
def incident_decide(
    incident: Id,
    officer: Officer,
    why: Why,
    breach: YesNo = None,
    authority: YesNo = None,
    people: YesNo = None,
    late: Annotated[bool, typer.Option("--late", help="--why says why somebody is told late.")] = False,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Decide whether it is a breach, and whether the authority and the people are told; a later decision stands."""
    read: tuple[tuple[Subject, bool | None], ...] = (
        ("breach", yes_or_no(breach, "--breach")),
        ("authority", yes_or_no(authority, "--authority")),
        ("people", yes_or_no(people, "--people")),
        ("late", True if late else None),
    )
    answers = {what: said for what, said in read if said is not None}
    with open_directory(directory) as solely:
        made = solely.incidents.decide(incident, answers, officer=officer, why=why)
        answer(json_, incident_json(made, solely.incidents.deadlines(made)), lambda: show_incident(solely, made))


@incident_cli.command("draft")
def incident_draft(
    incident: Id,
    to: Annotated[str, typer.Option(metavar="people|authority")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .html, .pdf or .txt.")],
    language: Annotated[str | None, typer.Option(help="Of the notice to people.", show_default=False)] = None,
    subject: Annotated[str | None, typer.Option(help="As this person would get it.", show_default=False)] = None,
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Write the notice to the people, or the report to the authority; it says what is missing."""
    check(out)
    whom: Literal["people", "authority"] = "people" if to == "people" else "authority"
    if to != whom:
        raise BadInput("people or authority?", where="--to")
    with open_directory(directory) as solely:
        if subject is not None:
            solely.parts.disclosures.require_look(asking(solely, key_file), subject)
        document = solely.incidents.draft(incident, whom, language=language, subject=subject)
    write(document, out)
    answer(json_, {"written": str(out)}, lambda: say(f"Written: {out}"))


@incident_cli.command("notify")
def incident_notify(
    incident: Id,
    officer: Officer,
    again: Annotated[list[str] | None, typer.Option(metavar="STATE", help="failed, unknown or unreachable.")] = None,
    authority: Annotated[
        str | None, typer.Option(metavar="RULE", help="Note instead that you told somebody, as this rule asks.")
    ] = None,
    reference: Annotated[str, typer.Option(help="Theirs, with --authority.", show_default=False)] = "",
    at: When = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Tell the people who are due now, each once, by the contact they gave for service notices and by no other."""
    states: tuple[State, ...] = tuple(one for one in STATES if one in (again or ()))
    if len(states) < len(again or ()) or not {*states} <= {"failed", "unknown", "unreachable"}:
        raise BadInput("no state that could be tried again", where="--again", cure="failed, unknown or unreachable")
    with open_directory(directory) as solely:
        if authority is not None:
            made = solely.incidents.notify_authority(
                incident, authority, officer=officer, reference=reference, at=time(at)
            )
            answer(json_, incident_json(made, solely.incidents.deadlines(made)), lambda: show_incident(solely, made))
            return
        with progress("telling", json_) as on_progress:
            done = solely.incidents.notify(incident, officer=officer, again=states, on_progress=on_progress)
    answer(json_, progress_json(done), lambda: show_progress(done))


@incident_cli.command("progress")
def incident_progress(
    incident: Id,
    unreachable: Annotated[Path | None, typer.Option(metavar="FILE", help="Who could not be told, and why.")] = None,
    told: Annotated[Path | None, typer.Option(metavar="FILE", help="Who was told when: the whole list.")] = None,
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """How far telling people has come; the lists of who they are, which are disclosures, into files."""
    asked: list[tuple[Path, tuple[State, ...]]] = []
    asked += [(unreachable, ("unreachable", "failed", "unknown"))] if unreachable else []
    asked += [(told, STATES)] if told else []
    with open_directory(directory) as solely:
        done = solely.incidents.progress(incident)
        for path, states in asked:
            lines = solely.parts.disclosures.told(asking(solely, key_file), incident, states)
            rows = ((one.subject, one.state, one.changed_at.isoformat(), one.why or "") for one in lines)
            write_lines(path, ("subject", "state", "since", "why"), rows)
    answer(json_, progress_json(done), lambda: show_progress(done))


@incident_cli.command("close")
def incident_close(incident: Id, officer: Officer, why: Why, directory: Dir = None, json_: Json = False) -> None:
    """End an incident; while something is owed it says what."""
    with open_directory(directory) as solely:
        made = solely.incidents.close(incident, officer=officer, why=why)
    answer(json_, incident_json(made), lambda: say(f"Closed: {made.id}."))
