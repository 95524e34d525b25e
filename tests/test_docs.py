"""The pages are run: a line that starts with $ is a command (those with > go on with it), what follows what it prints.

`...` stands for anything, white space counts once, `[exit 3]` at the end for an exit code. Each page has a
folder of its own, with the project's `examples` in it. The Python of a page that is named below is run as one program.
"""

import doctest
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from solely.verification.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(p for p in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")) if "```console" in p.read_text())
LONG = {"affected", "deciding", "incidents", "operating", "principals", "rights"}  # run by make proofs
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(.*(?:\n>.*)*)\n((?:.*\n)*)")
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUN_AS_PYTHON = ("verification.md",)
SETTING = re.compile(r"^\| `([a-z.-]+)` \| `([^|]+)` \|", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
VERIFICATION = ROOT / "docs" / "verification.md"
CHECK = doctest.OutputChecker().check_output
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def commands(page):
    """Each command of a page, with what it is said to print and its exit code."""
    for block in BLOCK.findall(page.read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, said = COMMAND.fullmatch(part.replace("\\\n", "")).groups()
            command = re.sub(r"^> ?", "", command, flags=re.MULTILINE)
            code = re.search(r"^\[exit (\d+)\]$", said, re.MULTILINE)
            yield command, re.sub(r"^\[exit \d+\]\n", "", said, flags=re.MULTILINE), int(code[1]) if code else 0


@pytest.mark.server
@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.long] if page.stem in LONG else []) for page in PAGES],
    ids=[page.stem for page in PAGES],
)
def test_the_commands_of_a_page_print_what_it_says(page, tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path), "COLUMNS": "80", "LC_ALL": "C.UTF-8", "SOLELY_DIR": "data"}
    for command, said, code in commands(page):
        done = subprocess.run(
            ["bash", "-c", f"exec 2>&1; {command}"],
            cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"$ {command}\n{done.stdout}"
        assert CHECK(said, done.stdout, FLAGS), f"$ {command}\nsaid:\n{said}\nprinted:\n{done.stdout}"


@pytest.mark.server
@pytest.mark.parametrize("page", RUN_AS_PYTHON)
def test_the_python_of_a_page_runs_as_one_program(page, fresh):
    program = "\n".join(PYTHON.findall((ROOT / "docs" / page).read_text()))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "examples"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=fresh.parent, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_every_setting_of_verification_is_told_with_its_default():
    told = {name: tomllib.loads(f"it = {value}")["it"] for name, value in SETTING.findall(VERIFICATION.read_text())}
    tables = Settings().model_dump(mode="json", by_alias=True, exclude={"email", "sms"})
    parts = [(f"{name}.", one) if isinstance(one, dict) else ("", {name: one}) for name, one in tables.items()]
    real = {before + name: value for before, part in parts for name, value in part.items()}
    assert {name: _sorted(value) for name, value in told.items()} == {name: _sorted(v) for name, v in real.items()}


def _sorted(value):
    return sorted(value) if isinstance(value, list) else value


@pytest.mark.parametrize(
    "page", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"], ids=lambda page: page.stem
)
def test_the_links_of_a_page_lead_somewhere(page):
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_promise_names_a_test_that_is_there():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "promises.md").read_text())
    assert len(named) >= 12
    for file, test in named:
        assert re.search(rf"^def {test}\(", (ROOT / file).read_text(), re.MULTILINE), f"{file}::{test}"


def test_every_promise_of_the_design_is_told():
    numbers = re.findall(r"^## (\d+)\. ", (ROOT / "docs" / "promises.md").read_text(), re.MULTILINE)
    assert numbers == [str(number) for number in range(1, 13)]
