"""The service as it is deployed on one machine: a supervisor and a process for each compartment, all real."""

import ctypes
import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import solely as package
from solely.app import key_files
from solely.app.directory import read_keyring

SOURCE = str(Path(package.__file__).parent.parent)
BASE = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCE, "COLUMNS": "80", "SOLELY_LISTEN_PORT": "0"}
_NEW_VIEW = 0x20000  # CLONE_NEWNS


class Deployed:
    """One that runs: `urls` and `pid(name)` of its processes, `lines()` of its supervisor's log."""

    def __init__(self, directory, process, log):
        self.directory, self.process, self._log, self.urls = directory, process, log, {}
        for line in process.stdout:
            if line.startswith("Serving"):
                break
            name, url = line.split()
            self.urls[name] = url

    def lines(self):
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def log(self, name):
        return [json.loads(line) for line in (self.directory / "log" / f"{name}.log").read_text().splitlines()]

    def pid(self, name):
        return [line["pid"] for line in self.lines() if line["event"] == "started" and line["process"] == name][-1]

    def pids(self):
        return {name: self.pid(name) for name in self.urls}

    def groups(self, name):
        """The further groups of its user."""
        status = Path(f"/proc/{self.pid(name)}/status").read_text()
        return [int(one) for one in re.search(r"^Groups:(.*)$", status, re.MULTILINE)[1].split()]

    def running(self):
        """The processes that run at this moment, and the database's."""
        there = {name: pid for name, pid in self.pids().items() if f"--compartment\0{name}\0" in _words(pid)}
        lines = (self.directory / "postgres" / "postmaster.pid").read_text().split()
        if lines and "postgres" in _words(int(lines[0])):
            there["postgres"] = int(lines[0])
        return there

    def inside(self, name, program, *arguments):
        """Run a program as that process is: its user, environment, folder, view of the file system. Needs root."""
        pid = self.pid(name)
        environment = dict(
            part.split("=", 1) for part in Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in part
        )
        status = Path(f"/proc/{pid}/status").read_text()
        user, group = (int(re.search(rf"^{what}:\t(\d+)", status, re.MULTILINE)[1]) for what in ("Uid", "Gid"))
        view, folder = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY), os.open(f"/proc/{pid}/cwd", os.O_PATH)

        def become():
            if ctypes.CDLL(None, use_errno=True).setns(view, _NEW_VIEW):
                raise OSError(ctypes.get_errno(), "setns")
            os.fchdir(folder)
            os.setgroups([])
            os.setresgid(group, group, group)
            os.setresuid(user, user, user)

        try:
            done = subprocess.run(
                [sys.executable, "-P", "-c", program, *map(str, arguments)],
                env=environment, preexec_fn=become, capture_output=True, text=True, check=False,
            )  # fmt: skip
        finally:
            os.close(view)
            os.close(folder)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def _words(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@contextmanager
def deployed(directory, **environment):
    """A directory's service, until the end of the block."""
    log = directory.parent / "supervisor.log"
    command = [sys.executable, "-m", "solely", "serve", "--split", "--dir", str(directory)]
    with (
        log.open("ab") as errors,
        subprocess.Popen(
            command, env=BASE | environment, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        ) as process,
    ):
        try:
            yield Deployed(directory, process, log)
            process.terminate()
            process.wait(60)
        finally:
            process.kill()


def wrapped(directory, **passphrases):
    """Wrap key files, each by a passphrase of its own; returns the variables that open them."""
    variables = {f"SOLELY_PASSPHRASE_{name.upper()}": text for name, text in passphrases.items()}
    keyrings = {name: read_keyring(directory, name) for name in passphrases}
    os.environ.update(variables)
    try:
        for name, keyring in keyrings.items():
            key_files.write(directory, name, keyring, "passphrase")
    finally:
        for variable in variables:
            del os.environ[variable]
    return variables
