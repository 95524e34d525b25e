"""Lists read for tests: in this process, as the reader's process does it, or in that process."""

import io
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from solely.audiences.lists import Bounds, ListReport, child, read_list
from solely.audiences.lists.frames import Account, read_frame


@dataclass(frozen=True)
class Read:
    """What came of a list; `digests` sorted, 16 bytes each; `rejects` as (row, line, reason)."""

    report: ListReport
    digests: list[bytes]
    rejects: list[tuple[int, int, str]]

    @property
    def meanings(self):
        return [column.meaning for column in self.report.columns]

    @property
    def reasons(self):
        return [reason for _, _, reason in self.rejects]


def request(country=None, columns=None, encoding=None, header=None, bounds=None):
    choices = {"country": country, "columns": columns or {}, "encoding": encoding, "header": header, "rejects": True}
    return choices | {"bounds": asdict(bounds or Bounds())}


def in_process(data, *, bounds=None, **choices):
    """Read bytes without a process of their own; frames are written and believed as between processes."""
    pipe = io.BytesIO()
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    child._read(file, json.loads(json.dumps(request(bounds=bounds, **choices))), bounds or Bounds(), pipe)
    pipe.seek(0)
    account, digests, rejects = Account(rejects=True), [], []
    while frame := read_frame(pipe):
        letter, body = frame
        if letter == b"D":
            digests += [bytes(one) for one in account.digests(body)]
        elif letter == b"R":
            rejects += account.rejects(body)
        else:
            assert letter == b"Z"
            return Read(account.report(body), sorted(digests), rejects)
    raise AssertionError("no report")


@pytest.fixture(scope="session")
def read() -> Callable[..., Read]:
    return in_process


@pytest.fixture
def read_apart(tmp_path) -> Callable[..., Read]:
    """Read bytes, or a file, in a process of its own."""

    def apart(data, **choices):
        path = data
        if isinstance(data, bytes):
            path = tmp_path / "list"
            path.write_bytes(data)
        rejects = io.StringIO()
        reading = read_list(path, rejects=rejects, **choices)
        digests = sorted(bytes(one) for some in reading for one in some)
        rows = [line.split(",") for line in rejects.getvalue().splitlines()[1:]]
        return Read(reading.report, digests, [(int(row), int(line), reason) for row, line, reason in rows])

    return apart


@pytest.fixture
def until():
    """A function: what something is once it is true."""

    def waited(true):
        ends = time.monotonic() + 20
        while not (found := true()):
            assert time.monotonic() < ends, "it never came to be"
            time.sleep(0.005)
        return found

    return waited


@pytest.fixture
def reader_of(until):
    """A function: the process that reads for some `Readers`; its parent, the keeper, is forked from the zygote."""

    def children(process):
        try:
            return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
        except FileNotFoundError:  # it ended meanwhile
            return []

    def found(readers):
        def reading():
            *_, newest = children(readers._zygote._process.pid)  # there may be others, of lists that were left
            return children(newest)

        return until(reading)[0]

    return found
