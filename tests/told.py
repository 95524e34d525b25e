"""People whom an advertiser's list met and who are to be told, in a directory that sends mail to a real server."""

from offices import OFFICER, TEXTS
from solely.answer.incidents import Facts
from solely.answer.question import Question
from solely.consent import Notice

SENDS = """
[service]
name = "Chirp"
[[email]]
name = "post"
host = "127.0.0.1"
security = "none"
address = "no-reply@chirp.example"
"""
ASKS = """
per-minute = 100000
[contact]
officer = "Data Protection Officer"
reach = "privacy@chirp.example"
"""


def sends(directory, port, more=""):
    """Let a directory send its mail to that port; it knows whom people can ask. `more` is of the sender."""
    (directory / "verification.toml").write_text(f"{SENDS}port = {port}\n{more}\n")
    (directory / "incidents.toml").write_text(ASKS)
    return directory


def give(solely, subject, purpose):
    value = f"{subject}@example.org"
    row = {"subject": subject, "kind": "email", "value": value, "purpose": purpose, "notice": f"{purpose}/v1"}
    solely.give({**row, "given_at": "2026-01-02T00:00:00Z", "withdrawn_at": ""}, Notice(purpose, "v1", purpose))
    return value


def affect(solely, folder, subjects, advertiser="acme"):
    """An advertiser's list meets these people, and it is decided that they are told; returns the incident."""
    for subject in subjects:
        give(solely, subject, "service-notice")
    path = folder / "list.csv"
    path.write_text("email\n" + "".join(f"{give(solely, one, 'tailored-audiences')}\n" for one in subjects))
    solely.match(path, advertiser, "spring")
    incident = solely.incidents.open("a list", officer=OFFICER, facts=Facts(texts=TEXTS)).id
    solely.incidents.narrow(incident, Question(advertisers=frozenset({advertiser})), officer=OFFICER)
    solely.incidents.decide(incident, {"breach": True, "people": True}, officer=OFFICER, why="they must know")
    return incident


def taken(mail):
    """To whom mail went, in order of their addresses."""
    return sorted(to for (to,), _, _ in mail.taken)
