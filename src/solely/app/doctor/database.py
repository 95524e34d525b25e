"""Checks of the database: who gets in and how, what a crash would cost, rights, rollback, clock, policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg

from solely.app.directory import read_keyring, verifier_key
from solely.app.doctor.look import Check, Finding, Level, Look
from solely.errors import SolelyError
from solely.ledger.checkpoint import verify_checkpoint
from solely.purpose import read_policy
from solely.store import ledger
from solely.store.rights import attributes, deviations, open_catalogue

__all__ = ["CHECKS"]

_LEAST = 160_000  # PostgreSQL 16
_HBA = "postgres/pg_hba.conf"
_WEAK = frozenset({"trust", "md5", "password", "ident", "peer"})
_DURABLE = {"fsync": "on", "full_page_writes": "on", "data_checksums": "on"}
_LOSE = {"fsync": "a crash of the machine may lose or damage what was acknowledged",
         "full_page_writes": "a page half written stays damaged",
         "data_checksums": "a disk that changes a byte is not noticed"}  # fmt: skip
_TWO = 2  # officers, which break-glass and disclosure take
_DRIFT, _APART = timedelta(seconds=2), timedelta(seconds=30)


def _login(look: Look) -> Iterator[Finding]:
    rows = look.connection.execute("SELECT line_number, auth_method FROM pg_hba_file_rules").fetchall()
    for line, method in rows:
        if method in _WEAK:
            yield Finding("bad", f"{method} lets in without a proof by SCRAM", f"{_HBA}, line {line}",
                          "scram-sha-256, then pg_ctl reload")  # fmt: skip
    names = look.connection.execute(
        "SELECT rolname FROM pg_authid WHERE rolcanlogin AND rolpassword NOT LIKE 'SCRAM-SHA-256$%' ORDER BY 1"
    ).fetchall()
    for (name,) in names:
        yield Finding("bad", "its password is kept in a weak form", f"role {name}", "set it anew: SCRAM is the default")


def _durable(look: Look) -> Iterator[Finding]:
    for name, wanted in _DURABLE.items():
        if _value(look.connection, f"SHOW {name}") != wanted:
            cure = "make the cluster anew, and restore into it" if name == "data_checksums" else f"{name} = on"
            yield Finding("bad", _LOSE[name], name, cure)
    if _value(look.connection, "SHOW synchronous_commit") not in {"on", "remote_apply"}:
        what = "what was acknowledged may be lost by a crash"
        yield Finding("bad", what, "synchronous_commit", "synchronous_commit = on")


def _rights(look: Look) -> Iterator[Finding]:
    more, less = deviations(look.connection)
    cure = "solely migrate up gives what is declared; REVOKE what is not"
    if more:
        what, right, to = more[0]
        yield Finding("bad", f"{len(more)} rights too many: {to} may {right}", what, cure)
    if less:
        what, right, to = less[0]
        yield Finding("bad", f"{len(less)} rights are missing: {to} may not {right}", what, cure)
    for name in attributes(look.connection):
        yield Finding("bad", "it may more than log in", f"role {name}", f"ALTER ROLE {name} NOINHERIT NOSUPERUSER …")
    if count := open_catalogue(look.connection):
        what = f"{count} relations of the catalogue are open to all: they tell of every schema"
        yield Finding("bad", what, "pg_catalog", "restore makes it anew, closed; or see docs/operating.md")


def _owner(look: Look) -> Iterator[Finding]:
    count = _value(
        look.connection,
        "SELECT count(*) FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid"
        " WHERE r.rolsuper AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'",
    )
    if count:
        cure = "end them: only init, migrate, backup, restore and doctor need one"
        yield Finding("warn", f"{count} sessions have all rights at this moment", "pg_stat_activity", cure)


def _clock(look: Look) -> Iterator[Finding]:
    before = look.clock()
    there: datetime = _value(look.connection, "SELECT clock_timestamp()")
    apart = max(before - there, there - look.clock(), timedelta(0))
    if apart > _DRIFT:
        level: Level = "bad" if apart > _APART else "warn"
        what = f"the database's clock and this one are {apart.total_seconds():.0f} seconds apart"
        yield Finding(level, what, "clock", "keep both right by NTP")
    newest = ledger.read_head(look.connection).time
    if newest - look.clock() > _DRIFT:
        what = "the ledger's newest entry is of the future: this clock went back"
        yield Finding("bad", what, "clock", "set the clock right before anything is written")


def _rollback(look: Look) -> Iterator[Finding]:
    path, size = look.directory / "ledger" / "checkpoint", ledger.read_head(look.connection).size
    if not path.exists():
        if size:
            what = "the newest signed head is missing: a cut end would not be noticed"
            yield Finding("bad", what, str(path), "put it back from where it is kept")
        return
    try:
        kept = verify_checkpoint(path.read_text(), verifier_key(read_keyring(look.directory, "ledger"))).size
    except SolelyError as error:
        yield Finding("bad", error.what, str(path), error.cure or "put it back from where it is kept")
        return
    if kept > size:
        what = f"the database has {size} entries, and had {kept}"
        yield Finding("bad", what, "ledger", "it is older than its last head: restore a newer backup")


def _version(look: Look) -> Iterator[Finding]:
    if look.connection.info.server_version < _LEAST:
        yield Finding("bad", "PostgreSQL is too old", cure="use PostgreSQL 16 or later")


def _migrations(look: Look) -> Iterator[Finding]:
    from solely.store.migrate import pending  # noqa: PLC0415 - Alembic takes a while to load

    missing, newer = pending(look.connection)
    if missing:
        yield Finding("bad", f"migrations are pending: {', '.join(missing)}", "migrate", "solely migrate up")
    if newer:
        what = "the database is of a newer version than this one"
        yield Finding("warn", what, "migrate", "bring this one up to it")


def _policy(look: Look) -> Iterator[Finding]:
    try:
        policy = read_policy((look.directory / "policy.toml").read_bytes())
    except (SolelyError, OSError) as error:
        what = error.what if isinstance(error, SolelyError) else "can't be read"
        yield Finding("bad", what, "policy.toml", "solely init --policy reads it the same way")
        return
    asked = "SELECT purpose, bool_or(expires_at IS NULL OR expires_at > %s) FROM registry.givings GROUP BY purpose"
    used: dict[str, bool] = dict(look.connection.execute(asked, [look.clock()]).fetchall())
    for name in sorted(used.keys() - policy.purposes.keys()):
        what = f"people gave for {name}, which the policy does not know: nothing can be done with it"
        yield Finding("bad", what, "policy.toml", "put the purpose back, or erase what was given for it")
    for name in sorted(name for name, lives in used.items() if not lives and name in policy.purposes):
        yield Finding("warn", f"every giving for {name} has expired", "policy.toml", "ask people again, or drop it")
    unused = sorted(policy.purposes.keys() - used.keys())
    if used and unused:
        cure = "a purpose nobody gives for is better not there"
        yield Finding("warn", f"nobody ever gave for: {', '.join(unused)}", "policy.toml", cure)


def _officers(look: Look) -> Iterator[Finding]:
    if _value(look.connection, "SELECT to_regclass('registry.principals')") is None:
        return  # of a version before principals: see migrations
    asked = "SELECT count(*), count(*) FILTER (WHERE ended_at IS NULL) FROM registry.principals WHERE kind = 'officer'"
    ever, now = look.connection.execute(asked).fetchone() or (0, 0)
    if now < _TWO:
        what = "nobody can agree to what takes two" if ever else "people are named by the operator alone"
        cure = "solely principal add NAME --kind officer, twice: see docs/principals.md"
        yield Finding("warn", f"{now} officers stand in the registry: {what}", "principals", cure)


def _value(connection: psycopg.Connection, asked: str) -> Any:
    row = connection.execute(asked).fetchone()
    return row[0] if row else None


CHECKS = tuple(
    Check(name, find, database=True)
    for name, find in (
        ("login", _login),
        ("durability", _durable),
        ("roles", _rights),
        ("sessions of the owner", _owner),
        ("clock", _clock),
        ("rollback", _rollback),
        ("PostgreSQL", _version),
        ("migrations", _migrations),
        ("policy", _policy),
        ("officers", _officers),
    )
)
