"""privacyIDEA's token checks on the same PostgreSQL: in its own environment, without its web layer.

    python bench/privacyidea.py [--seconds 10] [--processes 1 2]

privacyIDEA and the versions that it names for itself are installed once, into `.bench/privacyidea` (needs PyPI, or
a mirror that pip knows). What is measured, and what is left out in its favour, stands in `privacyidea_checks.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from solely.store import server

__all__ = ["VERSION", "Rate", "environment", "fresh_database", "measure"]

VERSION = "3.14"
BESIDE = ("psycopg2-binary==2.9.13", "gunicorn==23.0.0")  # its driver; the server of http_answers.py
CACHE = Path(__file__).resolve().parent.parent / ".bench" / "privacyidea"
CHECKS = Path(__file__).with_name("privacyidea_checks.py")
NAME = "privacyidea"  # of its database and its role


@dataclass(frozen=True)
class Rate:
    """Checks of one kind by all processes together; `cpu_ms` is the Python process's alone, not PostgreSQL's."""

    checks: int
    seconds: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float

    @property
    def per_second(self) -> float:
        return self.checks / self.seconds


def environment() -> Path:
    """The Python of privacyIDEA's environment, which is made where it is not there whole. SystemExit if it can't be."""
    python, marker = CACHE / "env" / "bin" / "python", CACHE / "version"
    wanted = f"privacyidea {VERSION}, {', '.join(BESIDE)}, Python {sys.version_info.major}.{sys.version_info.minor}"
    if marker.exists() and marker.read_text() == wanted:
        return python
    print(f"privacyIDEA {VERSION} is installed into {CACHE} (once, under a minute)", file=sys.stderr, flush=True)
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True)
    _make(CACHE / "env")
    pip = (str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check")
    _run(*pip, "--no-deps", f"privacyidea=={VERSION}")
    _run(*pip, "--require-hashes", "-r", str(CACHE / "env" / "lib" / "privacyidea" / "requirements.txt"))
    _run(*pip, *BESIDE)
    marker.write_text(wanted)
    return python


def _make(folder: Path) -> None:
    """An empty environment; where Python has no venv that works, by the virtualenv that the project's lock names."""
    command = [sys.executable, "-m", "venv", "--clear", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        build, lock = str(CACHE / "build"), str(CHECKS.parent.parent / "requirements" / "venv.txt")
        _run(sys.executable, "-m", "pip", "install", "-q", "--require-hashes", "--target", build, "-r", lock)
        _run(sys.executable, "-m", "virtualenv", "-q", "--clear", str(folder), PYTHONPATH=build)


def _run(*command: str, **environ: str) -> None:
    done = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")


def measure(host: str, password: str, *, seconds: float = 10.0, processes: int = 2) -> dict[str, Rate]:
    """Rates by kind of check, each measured for `seconds` in a fresh database of the superuser's server at `host`.

    SystemExit where privacyIDEA can't be installed, a check answers wrongly or what it stored is not seen.
    """
    python = environment()
    with fresh_database(host, password) as (orders, folder):
        return _measured(python, orders | {"seconds": seconds, "processes": processes}, folder)


@contextmanager
def fresh_database(host: str, password: str) -> Iterator[tuple[dict[str, Any], int]]:
    """A database of privacyIDEA's own, gone at the end: how it is reached, and the handle that a child needs for it.

    SystemExit where the server would not keep what it confirms.
    """
    secret = secrets.token_urlsafe()
    folder = os.open(host, os.O_RDONLY | os.O_DIRECTORY)  # `host` may be good in this process alone
    try:
        with psycopg.connect(host=host, user=server.SUPERUSER, password=password, autocommit=True) as admin:
            _durable(admin)
            _drop(admin)
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(NAME), sql.Literal(secret)))
            admin.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(NAME)))
            try:
                yield {"host": f"/proc/self/fd/{folder}", "database": NAME, "role": NAME, "password": secret}, folder
            finally:
                _drop(admin)
    finally:
        os.close(folder)


def _durable(admin: psycopg.Connection) -> None:
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        (value,) = admin.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone() or ("",)
        if value != "on":
            sys.exit(f"{name} is {value}: the server would not keep what it confirms")


def _drop(admin: psycopg.Connection) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
    admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(NAME)))


def _measured(python: Path, orders: dict[str, object], folder: int) -> dict[str, Rate]:
    with tempfile.TemporaryDirectory(prefix="solely-privacyidea-") as files:
        done = subprocess.run(
            [str(python), "-P", "-W", "ignore", str(CHECKS)],  # -P: this folder has a `privacyidea` too
            input=json.dumps(orders | {"folder": files}),
            capture_output=True,
            text=True,
            cwd=files,
            pass_fds=(folder,),
            check=False,
        )
    if done.returncode != 0:
        sys.exit(f"privacyIDEA's checks ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return {name: Rate(**figures) for name, figures in json.loads(done.stdout.splitlines()[-1]).items()}


def _table(rates: dict[str, Rate], processes: int) -> str:
    lines = [f"privacyIDEA {VERSION}, {processes} process{'es' if processes > 1 else ''}"]
    lines.append(f"{'':16}{'checks/s':>10}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}{'checks':>9}")
    for name, rate in rates.items():
        figures = f"{rate.per_second:>10.1f}{rate.p50_ms:>9.2f}{rate.p95_ms:>9.2f}{rate.cpu_ms:>9.2f}"
        lines.append(f"{name:16}{figures}{rate.checks:>9,}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="solely-privacyidea-") as folder:
        directory, password = Path(folder) / "postgres", secrets.token_urlsafe()
        Path(folder).chmod(0o755)
        server.create(directory, password)
        with server.running(directory) as host:
            for processes in args.processes:
                before = os.getloadavg()[0]
                print(_table(measure(host, password, seconds=args.seconds, processes=processes), processes))
                print(f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
