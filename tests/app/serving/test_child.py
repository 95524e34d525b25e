"""A process is started with what is its own alone, and is heard and spoken to without waiting for it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from solely.app.environment import environment_for_child
from solely.app.serving.child import Child
from solely.app.serving.place import Place
from solely.errors import Unavailable

PLACE = Place(Path("/data"), "security", "127.0.0.1", 0)


@pytest.fixture
def environment(monkeypatch, tmp_path):
    (tmp_path / "desk").write_text("desk's\n")
    for name in [name for name in environment_for_child((), apart=False) if name.startswith("SOLELY_")]:
        monkeypatch.delenv(name)
    for name, text in {
        "SOLELY_DIR": "data",
        "SOLELY_LOG_LEVEL": "error",
        "SOLELY_PASSPHRASE_SECURITY": "its own",
        "SOLELY_PASSPHRASE_DESK_FILE": str(tmp_path / "desk"),
        "AWS_PROFILE": "one",
        "OTHER_TOKEN": "t",
        "PYTHONPATH": "src:/lib",
    }.items():
        monkeypatch.setenv(name, text)


def given(*names, **options):
    found = environment_for_child(names, **{"apart": False} | options)
    return {name: text for name, text in found.items() if name.startswith(("SOLELY", "AWS", "OTHER"))}


def test_it_is_given_settings_and_its_own_passphrases_and_nothing_else(environment, tmp_path):
    assert given("ledger") == {"SOLELY_LOG_LEVEL": "error"}
    assert given("security") == {"SOLELY_LOG_LEVEL": "error", "SOLELY_PASSPHRASE_SECURITY": "its own"}
    assert given("desk")["SOLELY_PASSPHRASE_DESK_FILE"] == str(tmp_path / "desk")
    assert given("ledger", also="AWS_")["AWS_PROFILE"] == "one"


def test_another_user_is_given_what_stands_in_a_file_that_it_could_not_read(environment, tmp_path):
    assert given("registry", "desk", apart=True) == {
        "SOLELY_LOG_LEVEL": "error", "SOLELY_PASSPHRASE_DESK": "desk's",
    }  # fmt: skip
    (tmp_path / "desk").unlink()
    with pytest.raises(Unavailable):
        given("desk", apart=True)


def test_where_python_looks_is_the_same_wherever_it_runs(environment):
    assert environment_for_child((), apart=False)["PYTHONPATH"] == f"{Path.cwd() / 'src'}:/lib"


def test_words_are_heard_as_they_come_and_its_end_is_seen():
    program = "import sys; print('one\\ntw', end='', flush=True); sys.stdin.readline(); print('o', flush=True)"
    process = subprocess.Popen([sys.executable, "-S", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child = Child(PLACE, process)
    assert heard(child) == {"one"}
    assert child.hear() == set()
    assert child.code is None
    child.open()
    assert heard(child) == {"two"}
    process.wait()
    child.open()  # nobody hears it, and nothing fails
    assert child.hear() == set()
    assert (child.silent, child.code, child.said) == (True, 0, {"one", "two"})
    child.close()


def heard(child):
    end = time.monotonic() + 10
    while not (new := child.hear()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return new
