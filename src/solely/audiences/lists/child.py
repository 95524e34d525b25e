"""The reader's process: it gets a list as its standard input and says on its standard output what it holds.

It is forked from an interpreter of its own (`lists.zygote`), so it has no key, password or connection of ours, and
before it reads the first byte it gives up what it does not need (`_confine`):

- no new file, socket or pipe, not even in the place of one that it closes: the limit of open files is zero
- no file grows, no core is dumped; memory and processor time have a bound
- as root, it becomes an account that owns nothing

Everything that Python would load later is loaded before (`load`).
"""

from __future__ import annotations

import codecs
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy.ma  # noqa: F401 - Arrow loads it with its first array
import phonenumbers
import pyarrow as pa
from email_validator import validate_email

from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.countries import country_of
from solely.audiences.lists.frames import write_frame, write_report
from solely.audiences.lists.judge import Judge, Reject
from solely.audiences.lists.refusals import refused
from solely.audiences.lists.report import ListReport
from solely.audiences.lists.source import open_source
from solely.audiences.lists.tables import Choices, open_table
from solely.errors import ListError

_NOBODY = 65_534
_ENCODINGS = (
    "ascii",
    "latin-1",
    "cp1252",
    "cp437",  # names in a ZIP archive
    "cp932",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32-le",
    "utf-32-be",
)


def load() -> None:
    """Load what a confined reader could load no more."""
    pa.enable_signal_handlers(enable=False)  # its handler would open a pipe for each file
    phonenumbers.PhoneMetadata.load_all()
    country_of("Deutschland")
    validate_email("a@bücher.example", check_deliverability=False, test_environment=True)
    for name in _ENCODINGS:
        codecs.lookup(name)


def main(asked: bytes) -> None:
    """Read the list on standard input as `asked` (JSON), and end with its report or with an error."""
    out = sys.stdout.buffer
    try:
        request = json.loads(asked)
        bounds = Bounds(**request["bounds"])
        if request["encoding"]:
            codecs.lookup(request["encoding"])
        _confine(bounds)
        with open(0, "rb", closefd=False) as file:
            _read(file, request, bounds, out)
    except ListError as error:
        _fail(out, error)
    except MemoryError:
        _fail(out, refused("it needs more memory than a list may take"))
    except Exception:  # noqa: BLE001 - its message might show a cell
        _fail(out, refused("the list can't be read"))
    out.flush()


def _fail(out: BinaryIO, error: ListError) -> None:
    write_frame(out, b"E", json.dumps({"what": error.what, "where": error.where, "cure": error.cure}).encode())


def _confine(bounds: Bounds) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    os.chdir("/")
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    for limit, value in (
        (resource.RLIMIT_AS, pages * resource.getpagesize() + bounds.memory),
        (resource.RLIMIT_CPU, bounds.cpu),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),  # not 3: closing one would make room for another
    ):
        most = resource.getrlimit(limit)[1]
        least = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(limit, (least, least))
    if os.geteuid() == 0:  # root could raise its limits again
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def _read(file: BinaryIO, request: dict[str, Any], bounds: Bounds, out: BinaryIO) -> None:
    source = open_source(file, bounds)
    columns = {int(number): meaning for number, meaning in request["columns"].items()}
    table = open_table(source, Choices(columns, request["encoding"], request["header"]), bounds)
    judge = Judge(table.layout, request["country"], bounds)
    for block in table.blocks:
        digests, rejects = judge.judge(block)
        write_frame(out, b"D", judge.rows.to_bytes(8, "big") + digests)
        if rejects and request["rejects"]:
            write_frame(out, b"R", _rejects(rejects))
        out.flush()
    if not judge.rows:
        raise refused("the list holds no rows")
    report = ListReport(
        rows=judge.rows,
        usable=judge.usable,
        unusable=dict(judge.unusable),
        columns=table.layout.columns,
        format=source.format,
        encoding=table.text.encoding if table.text else "",
        delimiter=table.delimiter,
        header=table.layout.header,
    )
    write_frame(out, b"Z", write_report(report))


def _rejects(rejects: list[Reject]) -> bytes:
    return json.dumps([(one.row, one.line, one.reason) for one in rejects]).encode()
