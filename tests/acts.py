"""A small platform whose every act is kept beside it in plain Python: the truth that answers are held against.

What is asked of Solely is done through its own verbs; what should be answered is told from the acts alone, by code
that shares none with it.
"""

import csv
import itertools
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from directories import copied
from solely.app import Solely, init
from solely.app.create import SHIPPED_POLICY
from solely.app.directory import read_keyring
from solely.audiences.lists import ListReport
from solely.audiences.match import Target
from solely.consent import COLUMNS
from solely.contact import Contact
from solely.store import advertising
from solely.verification.security import words_of

START = datetime(2030, 1, 1, 12, tzinfo=UTC)  # later than the ledger began
ADS, PARTNERS, SECURITY, SERVICE = "tailored-audiences", "partner-audiences", "two-factor", "service-notice"
PARTNERS_LIVE = timedelta(days=30)


class Killed(BaseException):
    """What ends a process where it stands."""


@dataclass(eq=False)
class Gave:
    """A giving as the one who made it knows it."""

    subject: str
    purpose: str
    kind: str
    value: str
    notice: str
    imported: str | None
    country: str | None
    at: datetime
    ended: datetime | None = None
    erased: bool = False

    @property
    def expires(self):
        return self.at + PARTNERS_LIVE if self.purpose == PARTNERS else None

    def stands(self, now):
        over = [moment for moment in (self.ended, self.expires) if moment is not None]
        return self.at <= now and all(now < moment for moment in over)


@dataclass(eq=False)
class Use:
    """A use as the one who made it knows it, and the givings it went through."""

    at: datetime
    what: str
    purpose: str
    by: str
    audience: str | None
    partner: str | None
    policy: str
    software: str
    givings: list


@dataclass
class Act:
    """What happened to a person, by whom, through which giving: as `my uses` should tell it."""

    at: datetime
    what: str
    purpose: str | None
    by: str
    gave: Gave | None


def _policy(folder):
    """The policy shipped, with a low floor, and givings for partners that live thirty days."""
    before, head, after = SHIPPED_POLICY.read_text().partition("[purpose.partner-audiences]")
    text = before.replace("floor = 1000 ", "floor = 3 ") + head + after.replace("days = 0", "days = 30", 1)
    path = folder / "policy.toml"
    path.write_text(text)
    return path


@dataclass
class Platform:
    """Solely at work under a clock that is set, and the acts so far; software and policy change with `restart`."""

    folder: object
    software: str = "1.0"
    time: datetime = START
    gave: list = field(default_factory=list)
    uses: list = field(default_factory=list)
    acts: dict = field(default_factory=dict)
    numbers: itertools.count = field(default_factory=itertools.count)

    @classmethod
    def made(cls, folder, like=None):
        """A new platform in a folder, or a copy of one that does not run; it works inside a with block."""
        if like:
            copied(like / "data", folder / "data")
        else:
            init(folder / "data", _policy(folder))
        return cls(folder)

    def __enter__(self):
        self._open()
        return self

    def __exit__(self, *error):
        self.solely.__exit__(None, None, None)

    def _open(self):
        module = sys.modules["solely.app.parts"]
        real, module.SOFTWARE = module.SOFTWARE, self.software
        try:
            self.solely = Solely(self.folder / "data", clock=lambda: self.time)
            self.solely.__enter__()
            assert self.solely.parts.gate.pen.software == self.software
        finally:
            module.SOFTWARE = real

    @property
    def policy(self):
        return self.solely.policy.digest

    # -- what people and advertisers do

    def restart(self, *, software=None, policy=None, rotate=False):
        """Stop and start: with other software, under a changed policy, with new keys for tokens."""
        self.__exit__()
        data = self.folder / "data"
        if policy:
            path = data / "policy.toml"
            path.write_text(f"{path.read_text()}\n# {policy}\n")
        if rotate:
            path, ring = data / "keys" / "advertising.key", read_keyring(data, "advertising")
            for purpose in ring.purposes:
                ring = ring.rotate(purpose, "token", lambda count: np.random.default_rng().bytes(count))
            path.write_bytes(ring.to_bytes(None, lambda count: np.random.default_rng().bytes(count)))
        self.software = software or self.software
        self._open()

    def wait(self, **how):
        self.time += timedelta(**how)

    def give(self, rows):
        """Rows of (subject, purpose, value, notice, country): one import, which is returned."""
        name = f"import-{next(self.numbers)}"
        path, notices = self.folder / "given.csv", {}
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*COLUMNS, "country"])
            for subject, purpose, value, notice, country in rows:
                notices[f"{purpose}/{notice}"] = f"What {purpose} is for, in the words of {notice}."
                kind, at = "email" if "@" in value else "phone", self.time.isoformat()
                row = {"subject": subject, "kind": kind, "value": value, "purpose": purpose}
                row |= {"notice": f"{purpose}/{notice}", "given_at": at, "withdrawn_at": ""}
                writer.writerow([*(row[column] for column in COLUMNS), country or ""])
                known = country or ("DE" if kind == "phone" else None)  # as the numbers here begin
                gave = Gave(subject, purpose, kind, value, notice, name, known, self.time)
                self.gave.append(gave)
                self._note(gave.subject, Act(self.time, "giving", purpose, "desk", gave))
        for notice, text in notices.items():
            file = self.folder / "notices" / f"{notice}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        given = self.solely.give_file(path, self.folder / "notices", imported=name)
        assert (given.given, given.refused) == (len(rows), {})
        return name

    def withdraw(self, subject, purpose):
        ended = self.solely.withdraw(subject, purpose)
        mine = [one for one in self.gave if (one.subject, one.purpose) == (subject, purpose) and one.stands(self.time)]
        assert ended == len(mine)
        for one in mine:
            one.ended = self.time
            self._note(subject, Act(self.time, "withdrawal", purpose, "subject", one))

    def erase(self, subject):
        """A person goes: their givings end, and nothing tells whose they were."""
        mine = [one for one in self.gave if one.subject == subject]
        for one in mine:
            self.id_of(one)
        self.solely.erase(subject)
        for one in mine:
            one.ended, one.erased = self.time if one.stands(self.time) else one.ended, True

    def match(self, values, advertiser, audience, purpose=ADS, partner=None, killed=None):
        """A list is matched; `killed` before its entry or after it."""
        audiences = self.solely.audiences
        target = Target(advertiser, audience, partner)
        audiences.allow(target, purpose)
        met = [one for one in self.gave if one.purpose == purpose and one.value in values and one.stands(self.time)]
        if killed is None:
            audiences.match(_List(values), target, purpose, self.time)
        else:
            self._killed(killed, lambda: audiences.match(_List(values), target, purpose, self.time))
        if killed != "before":
            by = f"advertiser {advertiser}"
            use = Use(self.time, "use", purpose, by, audience, partner, self.policy, self.software, met)
            self._use(use)

    def _killed(self, when, do):
        name = {"before": "add_evidence", "after": "add_upload"}[when]
        real = getattr(advertising, name)

        def killed(*arguments):
            if when == "before":
                real(*arguments)  # the evidence is there, and no entry speaks of it
            raise Killed

        setattr(advertising, name, killed)
        try:
            do()
        except Killed:
            pass
        finally:
            setattr(advertising, name, real)
        if when == "before":
            self._leave_evidence()

    def _leave_evidence(self):
        """What is durable of a match that was killed between its evidence and its entry."""
        numbers = np.arange(1, advertising.last_number(self.solely.audiences.connection) + 1, dtype=np.uint32)
        upload = advertising.Upload(UUID(int=next(self.numbers)), numbers, numbers)
        advertising.add_evidence(self.solely.audiences.connection, "acme", upload)

    def send(self, gave):
        """A contact that is opened and sent to, as verification does it: two entries about its giving."""
        (giving,) = [one for one in self.solely.standing(gave.subject, gave.purpose) if one.given_at == gave.at]
        for what, details in (("use", {}), ("send", {"by": "box"})):
            self.solely.parts.gate.write_down(words_of(what, gave.purpose, giving.id, of="code", **details))
            use = Use(self.time, what, gave.purpose, "verification", None, None, self.policy, self.software, [gave])
            self._use(use)

    def refuse(self, gave):
        """A sending that is refused, which is no use."""
        (giving,) = [one for one in self.solely.standing(gave.subject, gave.purpose) if one.given_at == gave.at]
        self.solely.parts.gate.write_down(words_of("refusal", gave.purpose, giving.id, of="code", why="too many"))
        self._note(gave.subject, Act(self.time, "refusal", gave.purpose, "verification", gave))

    def disclose(self, advertiser, audience):
        """An officer looks who is in an audience."""
        subjects = self.solely.members(advertiser, audience)
        for subject in subjects:
            self._note(subject, Act(self.time, "disclosure", None, "officer", None))
        return subjects

    def note_disclosed(self, subjects):
        """An officer was told these, by a list of the affected."""
        for subject in subjects:
            self._note(subject, Act(self.time, "disclosure", None, "officer", None))

    def _use(self, use):
        self.uses.append(use)
        for gave in use.givings:
            self._note(gave.subject, Act(use.at, use.what, use.purpose, use.by, gave))

    def _note(self, subject, act):
        self.acts.setdefault(subject, []).append(act)

    # -- what should be answered

    def used(self, question, since=0):
        """The (use, giving) in question, told from the acts."""
        for use in itertools.islice(self.uses, since, None):
            if _is_asked(question, use):
                yield from ((use, gave) for gave in use.givings if self._is_asked(question, gave))

    def affected(self, question, since=0):
        """The subjects in question."""
        return {gave.subject for _, gave in self.used(question, since)}

    def _is_asked(self, question, gave):
        ids = question.givings
        return (
            (not question.notices or f"{gave.purpose}/{gave.notice}" in question.notices)
            and (not question.imports or gave.imported in question.imports)
            and (not ids or self.id_of(gave) in ids)
        )

    def id_of(self, gave):
        """The id that Solely gave a giving."""
        if not hasattr(gave, "id"):
            held = self.solely.uses(gave.subject).uses.givings
            (gave.id,) = [
                one.giving
                for one in held
                if (one.purpose, one.kind, one.notice, one.given_at) == (gave.purpose, gave.kind, gave.notice, gave.at)
            ]
        return gave.id


def _is_asked(question, use):
    advertiser = use.by.removeprefix("advertiser ") if use.by.startswith("advertiser ") else None
    return (
        (question.since is None or use.at >= question.since)
        and (question.until is None or use.at < question.until)
        and (not question.advertisers or advertiser in question.advertisers)
        and (not question.audiences or f"{advertiser}/{use.audience}" in question.audiences)
        and (not question.partners or use.partner in question.partners)
        and (not question.purposes or use.purpose in question.purposes)
        and (not question.software or use.software in question.software)
        and (not question.policies or any(use.policy.startswith(one) for one in question.policies))
    )


class _List:
    """A customer list that was read already."""

    def __init__(self, values):
        self.values = list(values)
        self.report = ListReport(len(self.values), len(self.values), {}, (), "csv", "utf-8", "", header=True)

    def __iter__(self):
        digests = (Contact.read("email" if "@" in one else "phone", one).digests() for one in self.values)
        yield np.frombuffer(b"".join(digest[:16] for many in digests for digest in many), np.uint8).reshape(-1, 16)
