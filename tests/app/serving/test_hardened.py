"""A process that holds keys can't be looked into by another of its user, dumps no core, and ends with its parent."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from solely.app.serving.apart import Becoming, closed_folders, program
from solely.app.serving.hardened import end_with_parent

HELD = """
import os, resource, sys
from solely.app.serving.hardened import harden
if sys.argv[1] == "hard":
    harden()
status = open("/proc/self/status").read()
print(resource.getrlimit(resource.RLIMIT_CORE)[1], status.count("NoNewPrivs:\\t1"), flush=True)
sys.stdin.read()
"""
THREADS = """
import ctypes, sys, threading
from solely.app.serving.hardened import share_memory
if sys.argv[1] == "shared":
    share_memory()
libc, all_at_once, apart = ctypes.CDLL(None), threading.Barrier(4), []
libc.malloc.restype = ctypes.c_void_p
def take():
    all_at_once.wait()
    apart.append(ctypes.c_size_t.from_address(libc.malloc(1000) - 8).value & 4 != 0)
    all_at_once.wait()
threads = [threading.Thread(target=take) for _ in range(4)]
for one in threads:
    one.start()
for one in threads:
    one.join()
print(sum(apart))
"""
FREE = """
import ctypes, sys
from solely.app.serving.hardened import give_back
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
def held():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
pieces = [libc.malloc(2000) for _ in range(20_000)]
for piece in pieces:
    ctypes.memset(piece, 1, 2000)
for piece in pieces[:-1]:  # the last one keeps the heap from being cut at its end
    libc.free(piece)
before = held()
if sys.argv[1] == "given":
    give_back()
print(before - held())
"""
PARENT = """
import os, subprocess, sys, time
child = "from solely.app.serving.hardened import end_with_parent; import os, time; end_with_parent(os.getppid()); "
child += "print(os.getpid(), flush=True); time.sleep(60)"
with subprocess.Popen([sys.executable, "-c", child]):
    time.sleep(60)
"""


@pytest.mark.parametrize("how", ["shared", "each"])
def test_threads_take_memory_from_one_place(how):
    """A piece that is not from the first place says so in front (NON_MAIN_ARENA of glibc's malloc.c)."""
    apart = subprocess.check_output([sys.executable, "-c", THREADS, how], text=True)
    assert int(apart) == (0 if how == "shared" else 4)


@pytest.mark.parametrize("how", ["given", "kept"])
def test_memory_that_is_free_is_given_back_also_from_before_what_is_used(how):
    back = int(subprocess.check_output([sys.executable, "-c", FREE, how], text=True))
    assert (back > 30_000_000) == (how == "given")


@pytest.mark.parametrize("how", ["hard", "soft"])
def test_it_has_no_core_and_no_way_to_new_rights(how):
    with subprocess.Popen(
        [sys.executable, "-c", HELD, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        core, no_new = process.stdout.readline().split()
        owner = Path(f"/proc/{process.pid}/environ").stat().st_uid
        process.stdin.close()
    assert (no_new == "1") == (how == "hard")
    if how == "hard":
        assert core == "0"
        assert owner == 0  # as the kernel has it for one that is not dumpable


@pytest.mark.parametrize(
    ("soft", "hard", "connections", "has"),
    [
        (256, 4096, 1000, 1512),
        (256, 1024, 9000, 1024),
        (4000, 4096, 10, 4000),
    ],
)
def test_there_is_room_for_connections_as_far_as_its_hard_limit_goes(soft, hard, connections, has):
    program = (
        "import resource; from solely.app.serving.hardened import make_room;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard})); make_room({connections});"
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == f"{has} {hard}\n"


def test_it_is_told_to_end_once_its_parent_is_killed():
    began = time.monotonic()
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
        assert parent.stdout.read() == ""  # which the child holds open until it ends, or for a minute
        assert time.monotonic() - began < 30


def test_it_ends_at_once_where_its_parent_is_gone_already():
    told = []
    before = signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    try:
        end_with_parent(1 if os.getppid() != 1 else 2)
    finally:
        ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # this process goes on without
        signal.signal(signal.SIGTERM, before)
    assert told == [True]


@pytest.mark.skipif(os.geteuid() != 0, reason="root makes two processes of one other user")
@pytest.mark.parametrize(("how", "seen"), [("hard", ""), ("soft", "environ mem ")])
def test_another_process_of_its_user_can_look_into_one_that_is_not_hardened_alone(how, seen):
    become = Becoming(60_999, 60_998, closed_folders(program()))
    command, pipe = [sys.executable, "-c", HELD, how], subprocess.PIPE
    with subprocess.Popen(command, preexec_fn=become, cwd="/", stdin=pipe, stdout=pipe) as process:  # noqa: PLW1509
        process.stdout.readline()
        look = f'for one in environ mem; do (exec < /proc/{process.pid}/$one) 2>/dev/null && printf "$one "; done; :'
        found = subprocess.check_output(["/bin/sh", "-c", look], preexec_fn=become, cwd="/", text=True)
        process.stdin.close()
    assert found == seen
