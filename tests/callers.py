"""Whoever calls, for tests: the principals of any compartment under a clock that is set, and officers to begin with."""

import os
from dataclasses import dataclass, field, replace

from people import Clock
from solely.app.environment import now
from solely.app.principals import Principals
from solely.gate import LedgerGate
from solely.keys import MacKey
from solely.principal import HOMES, Operator

OPERATOR = Operator()
MAC = MacKey(b"m" * 32)
PURPOSES = frozenset({"two-factor", "login-alert"})


@dataclass
class Callers:
    """`at(home)` are its principals; what was announced is in `announced`. The ledger has the real clock."""

    pen: object
    login: object
    clock: Clock = field(default_factory=Clock)
    announced: list = field(default_factory=list)
    connections: dict = field(default_factory=dict)

    def connected(self, role, use="own"):
        if (role, use) not in self.connections:
            self.connections[role, use] = self.login(role)
        return self.connections[role, use]

    def at(self, home="registry", connection=None):
        return Principals(
            connection or self.connected(home),
            home,
            MAC,
            LedgerGate(self.connected("ledger", "gate"), self.pen, now),
            self.clock,
            os.urandom,
            self.announced.append,
            PURPOSES,
        )

    def racing(self, connection, login, home="registry"):
        """The same for another thread, with a way to the ledger of its own."""
        there = self.at(home, connection)
        self.connections[home, id(connection)] = own = login("ledger")
        return replace(there, gate=replace(there.gate, connection=own))

    def made(self, kind, home="registry", name=None, **scope):
        """A principal of that kind, by its key."""
        there = self.at(home)
        return there.authenticate(there.add(OPERATOR, name or f"{kind}-1", kind, **scope).key)

    def officers(self, home="registry"):
        return self.made("officer", home, "eva"), self.made("officer", home, "max")


def empty(superuser):
    for home in HOMES:
        for table in ("approvals", "api_keys", "principals"):
            superuser.execute(f"DELETE FROM {home}.{table}")
    superuser.execute("DELETE FROM advertising.agreements")
