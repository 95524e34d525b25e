"""The service under load while its processes are killed, and what came of it as the database's superuser sees it.

Who asks asks again, under the same idempotency key, until there is an answer that says how it ended.
"""

import http.client
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from people import App
from solely.app import Solely
from solely.app.directory import read_keyring
from solely.principal import Operator
from solely.store import server
from solely.store.database import Database
from solely.web.api.caller import principals

AGAIN = frozenset({429, 500, 502, 503})  # nothing was done, or nobody knows: ask again
KEPT = frozenset({"processing", "ready", "too-small", "cut off"})  # states of lists that came whole
PAUSE, PATIENCE = 0.1, 10.0  # seconds: before it is asked again; for one answer
_FEW = 5.0  # seconds
SHOP = "shop"


def keys_of(directory):
    """A key for the platform's backend in each compartment, and one for an advertiser."""
    with Solely(directory, signs=False) as solely:
        parts = solely.new_parts()
        found = {
            home: principals(parts, home).add(Operator(), "backend", "service").key
            for home in ("registry", "security", "advertising")
        }
        return {**found, SHOP: principals(parts, "advertising").add(Operator(), SHOP, "advertiser").key}


class Record:
    """What was acknowledged: givings by subject, challenges passed, factors by subject, uploads, people's uses told."""

    def __init__(self):
        self.givings, self.factors, self.passed, self.uploads = {}, {}, set(), set()
        self.told, self.asked, self.again, self.given_up, self.others = 0, Counter(), 0, 0, Counter()
        self.lock = threading.Lock()

    @property
    def acknowledged(self):
        return len(self.givings) + len(self.factors) + len(self.passed) + len(self.uploads) + self.told


class Asker(threading.Thread):
    """One who asks, an act after the other, until `over`; then what is not answered by `last` is given up.

    `ports` are those of the compartments, advertising's among them or not; `handles` of people whom campaigns reach,
    where there are any.
    """

    def __init__(self, name, ports, keys, record, handles=()):
        super().__init__(name=name, daemon=True)
        self._ports, self._keys, self._record, self._handles = ports, keys, record, handles
        self._numbers, self._chance = itertools.count(), random.Random(name)
        self._connections, self._emails = {}, []
        self.over, self.last = threading.Event(), float("inf")

    def run(self):
        acts = [self._give, self._sign_in]
        if "advertising" in self._ports:
            acts += [self._upload] + [self._decide] * 3 * bool(self._handles)
        while not self.over.is_set():
            self._chance.choice(acts)()
        for connection in self._connections.values():
            connection.close()

    def _ask(self, method, home, path, body=None, who=None, type_="application/json", **headers):
        """The answer's status and what it says; None where it was given up."""
        data = json.dumps(body).encode() if type_ == "application/json" else body
        sent = {"authorization": f"Bearer {self._keys[who or home]}", "content-type": type_, **headers}
        if method != "GET":
            sent.setdefault("idempotency-key", str(uuid.uuid4()))
        with self._record.lock:
            self._record.asked[f"{method} {home}"] += 1
        while time.monotonic() < self.last:
            try:
                connection = self._connections.get(home) or self._connect(home)
                connection.request(method, path, None if method == "GET" else data, sent)
                answer = connection.getresponse()
                status, said = answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                if broken := self._connections.pop(home, None):
                    broken.close()
            else:
                if status not in AGAIN:
                    return status, json.loads(said) if said else None
            self._record.again += 1
            time.sleep(PAUSE)
        with self._record.lock:
            self._record.given_up += 1
        return None, None

    def _connect(self, home):
        made = self._connections[home] = http.client.HTTPConnection("127.0.0.1", self._ports[home], timeout=PATIENCE)
        return made

    def _wrong(self, act, status):
        if status is not None:
            with self._record.lock:
                self._record.others[act, status] += 1

    def _subject(self):
        return f"{self.name}-{next(self._numbers)}"

    def _give(self):
        subject = self._subject()
        purposes = ["two-factor"] + ["tailored-audiences"] * ("advertising" in self._ports)
        purpose = self._chance.choice(purposes)
        notice = {"version": "1", "text": f"What {purpose} is for."}
        body = {"kind": "email", "value": f"{subject}@example.com", "purpose": purpose, "notice": notice}
        status, said = self._ask("POST", "registry", f"/v1/subjects/{subject}/givings", body)
        if status != 201:
            return self._wrong("give", status)
        self._record.givings[subject] = said["giving"]
        if purpose != "two-factor":
            self._emails.append(body["value"])
        return None

    def _sign_in(self):
        """Someone new enrols an authenticator app, and signs in by it."""
        subject = self._subject()
        of = f"/v1/subjects/{subject}"
        status, said = self._ask("POST", "security", f"{of}/factors", {"kind": "totp", "account": subject})
        if status != 201:
            return self._wrong("enrol", status)
        factor, app = said["factor"], App(said["uri"])
        if not self._answer(of, said["challenge"], factor, app, 0):
            return None
        self._record.factors[subject] = factor
        status, said = self._ask("POST", "security", f"{of}/challenges", {"after_password": True})
        if status == 201:
            self._answer(of, said["id"], factor, app, 1)
        return None

    def _answer(self, of, challenge, factor, app, steps):
        body = {"factor": factor, "answer": app.code(datetime.now(UTC), steps)}
        status, _ = self._ask("POST", "security", f"{of}/challenges/{challenge}/answers", body)
        if status != 200:
            self._wrong("answer", status)
            return False
        self._record.passed.add(challenge)
        return True

    def _upload(self):
        path = f"/v1/advertisers/{SHOP}/audiences/all/uploads"
        status, said = self._ask("POST", "advertising", path, {}, who=SHOP)
        if status != 201:
            return self._wrong("begin", status)
        rows = "email\n" + "".join(f"{one}\n" for one in [*self._emails[-50:], "nobody@example.com"])
        content = f"/v1/uploads/{said['id']}/content"
        status, _ = self._ask("PUT", "advertising", content, rows.encode(), who=SHOP, type_="text/csv")
        if status == 202:
            self._record.uploads.add(said["id"])
        else:
            self._wrong("send", status)
        return None

    def _decide(self):
        body = {"handles": self._chance.sample(self._handles, 5)}
        status, said = self._ask("POST", "advertising", "/v1/decisions", body)
        if status != 200:
            return self._wrong("decide", status)
        with self._record.lock:
            self._record.told += sum(len(one["reached"]) for one in said["items"])
        return None


def kill(pids, count, chance, pause, record, told=lambda killed: None):
    """Kill -9 so many times, each time one of those that run then; by name how often. `pids()` tells them by name.

    `told` hears of each how many there were.

    Between two of them something is acknowledged, if it is in a few seconds: else nothing would be under way.
    """
    killed = Counter()
    while killed.total() < count:
        before, end = record.acknowledged, time.monotonic() + _FEW
        time.sleep(chance.uniform(*pause))
        while record.acknowledged == before and time.monotonic() < end:
            time.sleep(0.02)
        if there := pids():
            name = chance.choice(sorted(there))
            with suppress(ProcessLookupError):  # it ended by itself just now
                os.kill(there[name], signal.SIGKILL)
                killed[name] += 1
                told(killed.total())
    return killed


@contextmanager
def _superuser(directory):
    with server.running(directory / "postgres") as host:
        password = read_keyring(directory, "owner").secret("database")
        with Database(host).superuser(server.SUPERUSER, password) as connection:
            yield connection


def undone(directory):
    """How many lists have come whole, and are not matched yet."""
    with _superuser(directory) as connection:
        query = "SELECT count(*) FROM advertising.incoming WHERE state = 'processing'"
        return connection.execute(query).fetchone()[0]


def faults(directory, record):
    """What is not as it should be, as the superuser sees it."""
    with _superuser(directory) as connection:
        return [*_of_givings(connection, record), *_of_sign_ins(connection, record), *_of_uses(connection, record)]


def verified(directory):
    """Whether the ledger verifies, by the command that does so."""
    command = [sys.executable, "-m", "solely", "ledger", "verify", "--dir", str(directory)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _of_givings(connection, record):
    kept = connection.execute("SELECT subject, giving::text FROM registry.givings").fetchall()
    stand = dict(kept)
    if lost := [one for one, giving in record.givings.items() if stand.get(one) != giving]:
        yield f"{len(lost)} givings that were acknowledged are lost"
    if twice := [one for one, count in Counter(one for one, _ in kept).items() if count > 1 and "asker" in one]:
        yield f"{len(twice)} people gave once and have two givings"
    for what, query in {
        "givings without their contact": _NO_CONTACT,
        "givings without their token": _NO_TOKEN,
        "contacts without their giving": _NO_GIVING,
        "givings without their entry": _NO_ENTRY,
    }.items():
        ((count,),) = connection.execute(query).fetchall()
        if count:
            yield f"{count} {what}"


_KNOWN = (
    " JOIN registry.pseudonyms p ON p.subject = g.subject AND p.compartment = '{0}'"
    " LEFT JOIN {1} c ON c.pseudonym = p.pseudonym AND c.giving = g.giving"
)
_NO_CONTACT = (
    "SELECT count(*) FROM registry.givings g"
    + _KNOWN.format("security", "security.contacts")
    + " WHERE g.purpose = 'two-factor' AND c.giving IS NULL"
)
_NO_TOKEN = (
    "SELECT count(*) FROM registry.givings g"
    + _KNOWN.format("advertising", "advertising.givings")
    + " WHERE g.purpose = 'tailored-audiences' AND c.giving IS NULL"
)
_NO_GIVING = (
    "SELECT count(*) FROM (SELECT giving FROM security.contacts UNION ALL SELECT giving FROM advertising.givings) c"
    " LEFT JOIN registry.givings g USING (giving) WHERE g.giving IS NULL"
)
_NO_ENTRY = (
    "SELECT count(*) FROM registry.givings g LEFT JOIN ledger.entries e ON e.sequence = g.entry"
    " WHERE e.sequence IS NULL"
)


def _of_sign_ins(connection, record):
    query = "SELECT challenge::text FROM security.challenges WHERE state = 'passed'"
    passed = {one for (one,) in connection.execute(query)}
    if lost := record.passed - passed:
        yield f"{len(lost)} challenges that were acknowledged are not passed"
    query = "SELECT factor::text FROM security.factors WHERE state = 'active'"
    active = Counter(one for (one,) in connection.execute(query))
    if lost := [one for one in record.factors.values() if active[one] != 1]:
        yield f"{len(lost)} factors that were acknowledged are not active"
    query = "SELECT count(*) FROM security.factors WHERE state = 'active' GROUP BY pseudonym HAVING count(*) > 1"
    if twice := connection.execute(query).fetchall():
        yield f"{len(twice)} people enrolled once and have two factors"


def _of_uses(connection, record):
    entries = [json.loads(body) for (body,) in connection.execute("SELECT body FROM ledger.entries")]
    details = [one.get("details", {}) for one in entries if one["type"] == "use"]
    used = Counter(one["upload"] for one in details if "upload" in one)
    matched = [one for (one,) in connection.execute("SELECT upload::text FROM advertising.uploads")]
    if unsaid := [one for one in matched if used[one] != 1]:
        yield f"{len(unsaid)} matches have not one entry"
    # one that was cut off twice is refused, and told so: it may be the list that kills
    query = (
        "SELECT upload::text, CASE WHEN told #>> '{problem,what}' LIKE '%cut off%' THEN 'cut off' ELSE state END"
        " FROM advertising.incoming"
    )
    states = dict(connection.execute(query).fetchall())
    if lost := [one for one in record.uploads if states.get(one) not in KEPT]:
        yield f"{len(lost)} lists that were acknowledged are lost: {Counter(states.get(one) for one in lost)}"
    sent = "SELECT upload::text FROM advertising.uploads WHERE advertiser = %s"
    matched = [one for (one,) in connection.execute(sent, [SHOP])]
    if len(matched) > (done := sum(state in KEPT for state in states.values())):
        yield f"{done} lists were matched {len(matched)} times"
    people = sum(one["people"] for one in details if one.get("of") == "decision")
    if people < record.told:
        yield f"{record.told} uses were told, and {people} are in the ledger"
