"""The examples of a deployment: each file reads, gives each compartment its own alone, and runs commands there are."""

import configparser
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest

import solely as package
from commands import check
from other_servers import PASSWORD, other_server
from solely.app.serve_settings import ServeSettings, read_serve_settings
from solely.app.serving.apart import Becoming, closed_folders, program
from solely.app.serving.place import ACCOUNTS, GROUP, places
from solely.links.table import PROCESSES

DEPLOY = Path(__file__).resolve().parent.parent / "examples" / "deploy"
PORTS = {one.name: one.port for one in places(Path("data"), ServeSettings(), apart=False)}


def unit(name):
    found = configparser.RawConfigParser(strict=False, interpolation=None)
    found.optionxform = str
    found.read(DEPLOY / name)
    return found["Service"]


def lines(name, setting):
    return re.findall(rf"^{setting}=(.*)$", (DEPLOY / name).read_text(), re.MULTILINE)


def test_the_unit_of_one_machine_gives_each_process_its_own_passphrase():
    service = unit("solely.service")
    check(service["ExecStart"])
    assert "--split" in service["ExecStart"]
    credentials = {one.partition(":")[0] for one in lines("solely.service", "LoadCredential")}
    named = dict(one.split("=", 1) for one in lines("solely.service", "Environment"))
    assert named == {f"SOLELY_PASSPHRASE_{name.upper()}_FILE": f"%d/{name}" for name in credentials}
    assert credentials == {*PROCESSES, "desk"}
    assert int(service["TimeoutStopSec"]) > ServeSettings().limits.drain_seconds + 75  # by which its supervisor is gone


@pytest.mark.parametrize("name", PROCESSES)
def test_the_unit_of_one_compartment_is_its_own(name):
    service = {key: value.replace("%i", name) for key, value in unit("solely@.service").items()}
    check(service["ExecStart"])
    assert service["ExecStart"].split()[2:4] == ["--compartment", name]
    assert service["User"] == f"solely-{name}"
    assert service["CapabilityBoundingSet"] == ""


def test_a_process_that_no_supervisor_starts_takes_memory_as_one_of_it_does():
    assert "GLIBC_TUNABLES=glibc.malloc.tcache_count=0" in lines("solely@.service", "Environment")
    assert "\nENV GLIBC_TUNABLES=glibc.malloc.tcache_count=0\n" in (DEPLOY / "Containerfile").read_text()


def test_a_container_for_each_compartment_has_its_own_folder_user_port_and_passphrase_and_no_other_s():
    yaml = pytest.importorskip("yaml")
    content = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = content["services"]
    assert services.keys() == {*PROCESSES, "postgres", "setup"}
    for name in PROCESSES:
        one = services[name]
        check(" ".join(["solely", *one["command"]]))
        assert one["command"] == ["serve", "--compartment", name]
        assert one["user"] == f"{ACCOUNTS[name]}:{GROUP}"
        assert one["volumes"] == [f"{name}:/data", "links:/data/run", "database:/var/run/postgresql"]
        assert one["secrets"] == [{"source": name, "target": "passphrase"}]
        assert one["ports"] == [f"127.0.0.1:{PORTS[name]}:{PORTS[name]}"]
        assert (one["cap_drop"], one["read_only"]) == (["ALL"], True)
        settings = {key: text for key, text in one["environment"].items() if "PASSPHRASE" not in key}
        assert read_serve_settings(b"", settings).settings.database.host == "/var/run/postgresql"
        assert one["depends_on"].keys() == ({"setup"} if name == "ledger" else {"ledger"})
    used = {volume.partition(":")[0] for one in services.values() for volume in one["volumes"]}
    assert used == content["volumes"].keys()
    assert {*services["setup"]["secrets"]} == content["secrets"].keys()


def test_the_image_runs_a_command_as_nobody():
    text = (DEPLOY / "Containerfile").read_text()
    (entry,), (command,) = (
        re.findall(r'^ENTRYPOINT \["(\w+)"\]$', text, re.MULTILINE),
        re.findall(r'^CMD \["(\w+)"\]$', text, re.MULTILINE),
    )
    check(f"{entry} {command}")
    assert f"USER {GROUP}:{GROUP}" in text
    for copied in re.findall(r"^COPY (?!--from)(\S+)", text, re.MULTILINE):
        assert (DEPLOY.parent.parent / copied).exists()
    assert "requirements/run.txt" in text


@pytest.fixture(scope="module")
def split():
    """The folders that setup.sh makes, and the environment that names their database."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own is closed to the users of processes
        Path(name).chmod(0o755)
        yield from _split(Path(name))


def _split(folder):
    tools = folder / "bin"
    tools.mkdir()
    (tools / "solely").write_text(f'#!/bin/sh\nexec {sys.executable} -m solely "$@"\n')
    (tools / "solely").chmod(0o755)
    (folder / "password").write_text(PASSWORD)
    with other_server(folder) as port:
        environment = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(package.__file__).parent.parent),
            "SOLELY_DATABASE_HOST": "127.0.0.1",
            "SOLELY_DATABASE_PORT": str(port),
            "SOLELY_DATABASE_TLS": "disable",
        }
        command = ["sh", DEPLOY / "setup.sh", *(folder / name for name in ("made", "folders", "run", "password"))]
        for _ in range(2):  # the second time nothing is to do
            subprocess.run(command, env=environment, check=True, capture_output=True)
        yield folder, environment


AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to other users")


@AS_ROOT
@pytest.mark.server
def test_setup_gives_each_compartment_its_own_key_files_and_nobody_the_owner_s(split):
    folder, _ = split
    for name, account in ACCOUNTS.items():
        own = folder / "folders" / name
        keys = {path.name for path in (own / "keys").iterdir()}
        assert keys == ({"registry.key", "desk.key"} if name == "registry" else {f"{name}.key"})
        assert {path.stat().st_uid for path in (own, *own.rglob("*"))} == {account}
        assert own.stat().st_mode & 0o077 == 0
    assert [path.name for path in (folder / "made" / "keys").iterdir()] == ["owner.key"]


@AS_ROOT
@pytest.mark.server
def test_two_of_them_come_up_so_each_from_its_own_folder(split):
    folder, environment = split
    running = {name: started(folder, environment, name) for name in ("ledger", "measurement")}
    try:
        for process, url in running.values():
            assert until_ready(process, url)
    finally:
        for process, _ in running.values():
            process.terminate()
        codes = [process.wait(60) for process, _ in running.values()]
    assert codes == [0, 0]


def started(folder, environment, name):
    """The process of one, from within its folder, as its container has it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    own = folder / "folders" / name
    if not (own / "run").exists():
        (own / "run").symlink_to(folder / "run")
    listen = port - list(PROCESSES).index(name) - 1
    environment = environment | {"SOLELY_DIR": "/proc/self/cwd", "SOLELY_LISTEN_PORT": str(listen)}
    become = Becoming(ACCOUNTS[name], GROUP, closed_folders(program()))
    command, nowhere = [sys.executable, "-m", "solely", "serve", "--compartment", name], subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=own, env=environment, preexec_fn=become, stdout=nowhere)  # noqa: PLW1509
    return process, f"http://127.0.0.1:{port}/health/ready"


def until_ready(process, url):
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(url, timeout=10).status_code == 204:
                return True
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    return False
