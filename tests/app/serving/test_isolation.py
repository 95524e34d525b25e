"""From inside the process of advertising, as it is deployed, no security contact can be read or tokenised.

Whoever has taken it over has its user, its environment, its folder, its role, its key file and the memory of it: all
that is tried here from there (tests/probe.py). Each attempt is made from inside security's own process too, where what
is its own succeeds: that is how the attempts are known to be real.
"""

import json
import os
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from givings import ADS, SECURITY, give
from solely.app.directory import read_keyring
from solely.app.ground import Ground
from solely.app.links import open_links
from solely.app.parts import Parts
from solely.app.serving.place import own_of
from solely.app.serving.reach import door
from solely.links.table import CALLS, PROCESSES, calls_of
from solely.purpose import read_policy
from solely.store.database import Database
from solely.store.roles import ROLES, SCHEMAS
from solely.store.server import SUPERUSER

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(
        os.geteuid() != 0, reason="only root gives processes users of their own, and can be one of them"
    ),
]
PROBE = (Path(__file__).resolve().parents[2] / "probe.py").read_text()
WHO, CONTACT, OTHER = "somebody-inside", "somebody.inside@example.com", "given.for.ads@example.com"
EVERY = sorted(frozenset().union(*(calls for those in CALLS.values() for calls in those.values())))


@pytest.fixture(scope="module")
def told(service):
    """What is asked of a probe; one person has given a contact for security, and another for advertising."""
    policy = read_policy((service.directory / "policy.toml").read_bytes())
    ground = Ground(service.directory, Database(str(door(service.directory))), policy, own=own_of("registry"))
    with open_links(ground) as linked, Parts(linked) as parts:
        give(parts.desk, WHO, value=CONTACT, purpose=SECURITY)
        give(parts.desk, WHO, value=OTHER, purpose=ADS)
    files = [path.relative_to(service.directory) for path in service.directory.rglob("*") if path.is_file()]
    folders = [path.relative_to(service.directory) for path in service.directory.rglob("*") if path.is_dir()]
    with closing(superuser(service)) as connection:
        asked = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = ANY(%s)"
        tables = [name for (name,) in connection.execute(asked, [list(SCHEMAS)])]
    return {
        "files": [str(one) for one in files if not str(one).startswith("postgres/base")],
        "folders": [str(one) for one in folders if not str(one).startswith("postgres/")],
        "contact": CONTACT, "tables": sorted(tables), "calls": EVERY, "urls": service.urls,
        "subject": WHO, "path": f"/v1/subjects/{WHO}/factors",
    }  # fmt: skip


def superuser(service):
    password = read_keyring(service.directory, "owner").secret("database")
    return Database(str(door(service.directory))).superuser(SUPERUSER, password)


def tried(service, told, name, *tries):
    asked = told | {"me": name, "other": "security" if name == "advertising" else "advertising", "tries": tries}
    pids = {one: pid for one, pid in service.pids().items() if one != name} | {"supervisor": service.process.pid}
    return service.inside(name, PROBE, json.dumps(asked | {"pids": pids}))


@pytest.fixture(scope="module")
def inside(service, told):
    """What came of every attempt from inside advertising."""
    every = ("readable", "key_files", "logins", "tables", "processes", "links", "tokens", "requests")
    return tried(service, told, "advertising", *every)


@pytest.fixture(scope="module")
def control(service, told):
    """What came of the same from inside security, where it is its own."""
    return tried(service, told, "security", "readable", "key_files", "logins", "tables", "links")


def done(outcomes):
    return {name for name, outcome in outcomes.items() if outcome == "done"}


def test_it_opens_no_key_file_but_its_own(inside, control):
    assert done(inside["key_files"]) == {"advertising"}
    assert done(control["key_files"]) == {"security"}


def test_it_reads_no_file_of_another_s_and_none_that_tells_a_contact(inside, control):
    mine = ("keys/advertising.key", "advertising/", "tmp/advertising/")
    others = [name for name in inside["readable"]["files"] if not name.startswith(mine)]
    assert set(others) == {"policy.toml"}
    assert "keys/security.key" in control["readable"]["files"]
    assert inside["readable"]["telling"] == []
    assert all(
        name.startswith(("advertising", "tmp/advertising", "run/adv")) for name in done(inside["readable"]["folders"])
    )


def test_it_logs_in_as_nobody_but_itself(inside, control):
    assert done(inside["logins"]) == {"solely_advertising"}
    assert done(control["logins"]) == {"solely_security"}


def test_it_reads_no_table_but_its_own_and_becomes_no_other_role(inside, control):
    assert {name.partition(".")[0] for name in done(inside["tables"])} == {"advertising"}
    assert {name.partition(".")[0] for name in done(control["tables"])} == {"security"}


def test_it_sees_nothing_of_another_process_and_can_do_nothing_to_one(inside):
    assert len(inside["processes"]) == 7 * 8
    assert done(inside["processes"]) == set()


def test_it_is_answered_by_no_process_but_the_ledger_s_and_there_writes_of_itself_alone(inside, control):
    links = inside["links"]
    assert links["who"] == ["ledger", "registry"]
    for callee in set(PROCESSES) - {"advertising"}:
        for claimed in set(PROCESSES) - {callee, "advertising"}:
            assert links[f"{claimed} to {callee}"] in (["Unavailable"], ["ConnectionResetError"]), (claimed, callee)
    allowed = calls_of("advertising", "ledger")
    assert {links[f"registry {name}"] for name in EVERY} == {"Refused"}
    assert {links[f"ledger {name}"] for name in set(EVERY) - allowed} == {"Refused"}
    assert "Refused" not in {links[f"ledger {name}"] for name in allowed}
    assert {outcome for name, outcome in links.items() if name.startswith("writes")} == {"Refused"}
    assert control["links"]["registry find"] != "Refused"


def test_what_a_contact_becomes_under_its_keys_is_nowhere_in_security(inside, service):
    with closing(superuser(service)) as connection:
        rows = {
            schema: "".join(
                text
                for (table,) in connection.execute(
                    "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname = %s", [schema]
                )
                for (text,) in connection.execute(f"SELECT t::text FROM {table} t")
            )
            for schema in SCHEMAS
        }
    assert len(rows["security"]) > 100
    assert inside["tokens"]
    for token in inside["tokens"]:
        assert not any(token in text for text in rows.values())
    assert len(rows["advertising"]) > 100  # there the other contact's tokens are, and not this one's


def test_no_api_takes_a_token_that_its_secret_makes(inside, service):
    others = {name: status for name, status in inside["requests"].items() if name != "advertising"}
    assert others["security"] == 401
    assert set(others.values()) <= {401, 404}
    assert httpx.get(f"{service.urls['security']}/health/live").status_code == 204


def test_its_memory_holds_no_key_of_another_s_no_passphrase_and_no_contact(service, told):
    keyrings = {
        name: list(read_keyring(service.directory, name)._secrets.values())
        for name in ROLES
        if name not in {"security", "advertising"}
    }
    shared = {
        read_keyring(service.directory, name).secret(f"link-advertising-{name}") for name in ("ledger", "registry")
    }  # by which it is known to those that it links to
    foreign = {"correct horse", CONTACT, *(text for name in keyrings for text in keyrings[name])} - shared
    assert found_in(service.pid("advertising"), {"battery staple"}) == {"battery staple"}
    assert found_in(service.pid("security"), {"correct horse"}) == {"correct horse"}
    assert found_in(service.pid("advertising"), foreign) == set()


def found_in(pid, texts):
    """Which of these texts are in the memory of a process."""
    found, needles = set(), {text: text.encode() for text in texts}
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if not rights.startswith("rw") or "[v" in line:
                continue
            start, end = (int(one, 16) for one in span.split("-"))
            memory.seek(start)
            try:
                data = memory.read(end - start)
            except OSError:
                continue
            found |= {text for text, needle in needles.items() if needle in data}
    return found
