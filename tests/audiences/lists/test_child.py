"""The reader's process, from inside: what it gave up is refused to it, and it has nothing of ours."""

import io
import json
import os
import sys
from pathlib import Path

import pytest

from solely.audiences.lists import child
from solely.audiences.lists.frames import read_error, read_frame
from solely.audiences.lists.readers import _ENVIRONMENT, Readers
from solely.errors import ListError

PERSON = "ada@example.com"
AS_ROOT = os.geteuid() == 0

# Tries everything at once, as code would that got hold of the process, and says what came of it.
TRIES = """
import ctypes, json, mmap, os, resource, signal, socket, subprocess, sys
from solely.audiences.lists import child, zygote
from solely.audiences.lists.bounds import Bounds

libc = ctypes.CDLL(None, use_errno=True)

def attach(pid):
    if libc.ptrace(16, pid, 0, 0):  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), "ptrace")

def run(path):
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        os.execv(path, [path])
    finally:
        os._exit(99)

def in_place_of_another():
    os.close(2)
    return open("/etc/passwd")

def raised(limit, to):
    return lambda: resource.setrlimit(limit, (to, to))

TRIES = {
    "open a file": lambda: open("/etc/passwd"),
    "open a file of its own": lambda: open(sys.executable, "rb"),
    "read what was open": lambda: os.read(3, 1),
    "write a file": lambda: open(f"/tmp/reader-{os.getpid()}", "w"),
    "read its environment": lambda: open("/proc/self/environ"),
    "read our environment": lambda: open(f"/proc/{os.getppid()}/environ"),
    "look into us": lambda: attach(os.getppid()),
    "look about": lambda: os.listdir("/"),
    "open a socket": lambda: socket.socket(),
    "open a socket of this machine": lambda: socket.socket(socket.AF_UNIX),
    "open a pair of sockets": lambda: socket.socketpair(),
    "open a pipe": os.pipe,
    "open a file in memory": lambda: os.memfd_create("x"),
    "copy what it has": lambda: os.dup(1),
    "open a file in the place of another": in_place_of_another,
    "start a program": lambda: subprocess.run(["/bin/true"]),
    "load a module": lambda: __import__("wave"),
    "open more files": raised(resource.RLIMIT_NOFILE, 10),
    "take more memory": raised(resource.RLIMIT_AS, resource.RLIM_INFINITY),
    "take more time": raised(resource.RLIMIT_CPU, 10_000),
    "write more": raised(resource.RLIMIT_FSIZE, 10_000),
    "dump a core": raised(resource.RLIMIT_CORE, 10_000),
    "use more memory": lambda: bytearray(512 * 2**20),
    "map more memory": lambda: mmap.mmap(-1, 512 * 2**20),
    "be root": lambda: os.setresuid(0, 0, 0),
    "be of the group of root": lambda: os.setresgid(0, 0, 0),
    "end us": lambda: os.kill(os.getppid(), 0),
    "run a program": lambda: run("/bin/true"),
}

def tries(asked):
    said = {"inherited": sorted(os.listdir("/proc/self/fd")), "asked": asked.decode()}
    said["dumpable"] = libc.prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE
    os.open("/etc/passwd", os.O_RDONLY)
    child._confine(Bounds(memory=256 * 2**20, cpu=20))
    for name, attempt in TRIES.items():
        try:
            said[name] = [True, repr(attempt())]
        except BaseException as error:
            said[name] = [False, type(error).__name__]
    said["who"] = [os.getresuid(), os.getresgid(), os.getgroups()]
    said["where"], said["environment"] = os.getcwd(), dict(os.environ)
    sys.stdout.write(json.dumps(said))
    sys.stdout.flush()

child.load()
if os.geteuid() == 0:
    os.setgroups([4])
zygote.serve(socket.socket(fileno=0), tries)
"""
ONLY_ROOT_CAN_GIVE_UP = {"be root", "be of the group of root", "end us"}


@pytest.fixture(scope="module")
def tried():
    """What came of each attempt; the process is started as `Reading` starts it, beside a secret of ours."""
    secret = os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(secret, True)  # noqa: FBT003 - its own way
    readers = Readers((sys.executable, "-I", "-c", TRIES))
    with pytest.MonkeyPatch.context() as patch, Path(os.devnull).open("rb") as listed:
        patch.setenv("SOLELY_PASSPHRASE", "the passphrase")
        with readers.started("a request", listed) as reader:
            said, code = reader.said.read(), reader.ended()
    readers.renew()
    os.close(secret)
    assert code == 0
    return json.loads(said)


REFUSED = [line.split('"')[1] for line in TRIES.splitlines() if line.startswith('    "')]


@pytest.mark.parametrize("what", [name for name in REFUSED if name != "run a program"])
def test_it_cannot(tried, what):
    if what in ONLY_ROOT_CAN_GIVE_UP and not AS_ROOT:
        pytest.skip("the test is not root, so the reader stays who it is")
    done, came_of_it = tried[what]
    assert not done, came_of_it
    assert came_of_it in ("OSError", "PermissionError", "ValueError", "MemoryError", "ModuleNotFoundError")


def test_a_program_it_starts_can_load_no_library_and_ends_at_once(tried):
    started, code = tried["run a program"]
    assert started
    assert int(code) == 127


def test_as_root_it_becomes_an_account_that_owns_nothing(tried):
    if not AS_ROOT:
        pytest.skip("the test is not root")
    assert tried["who"] == [[65_534] * 3, [65_534] * 3, []]


def test_it_has_no_variable_file_or_place_of_ours(tried):
    assert tried["environment"] == _ENVIRONMENT
    assert not any(name.startswith("SOLELY") for name in _ENVIRONMENT)
    assert tried["where"] == "/"
    assert tried["inherited"] == ["0", "1", "2", "3"]  # the last is how it looked
    assert tried["asked"] == "a request"


def test_no_process_of_its_account_can_look_into_it(tried):
    assert tried["dumpable"] == 0


# --------------------------------------------------------- how it ends


@pytest.fixture
def main(monkeypatch, capsysbinary):
    """A function: `main` in this process, unconfined, with what reads the list made to raise; the error it says."""
    monkeypatch.setattr(child, "_confine", lambda bounds: None)

    def ended(error, **request):
        def read(*_):
            raise error

        monkeypatch.setattr(child, "_read", read)
        child.main(json.dumps({"bounds": {}, "encoding": None} | request).encode())
        pipe = io.BytesIO(capsysbinary.readouterr().out)
        letter, body = read_frame(pipe)
        assert (letter, pipe.read()) == (b"E", b"")
        return read_error(body)

    return ended


@pytest.mark.parametrize("error", [RuntimeError(PERSON), KeyError(PERSON), UnicodeDecodeError("x", b"", 0, 1, PERSON)])
def test_an_error_nobody_foresaw_says_nothing_of_the_list(main, error):
    assert str(main(error)) == "the list can't be read (export it again, as CSV in UTF-8)"


def test_an_error_of_a_list_is_said_as_it_is(main):
    error = ListError("the list is empty", where="byte 1", cure="export it again")
    assert str(main(error)) == str(error)


def test_want_of_memory_is_said(main):
    assert main(MemoryError(PERSON)).what == "it needs more memory than a list may take"


def test_bounds_that_are_none_end_in_an_error(main):
    assert main(RuntimeError(), bounds={PERSON: 1}).what == "the list can't be read"
