"""The two platforms of examples/, as they are started: short, walked through by hand and by a real browser."""

import ast
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

import solely as package
from apis import served
from directories import copied
from pages import BUILT_IN, CHROMIUM, FLAGS, NEEDS_CHROMIUM
from people import App
from solely.app import Solely
from visitors import PASSWORD, Visitor

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
PLATFORMS = {"fastapi": ("app.py",), "django": ("settings.py", "urls.py")}
SECRET = "a secret of sixteen bytes at least"
COMMANDS = {
    "fastapi": (["-m", "uvicorn", "app:app", "--log-level", "warning", "--port", "{port}"],),
    "django": (["-m", "django", "migrate", "-v", "0"], ["-m", "django", "runserver", "--noreload", "{port}"]),
}


def lines(path):
    """How many lines are the platform's own: without imports, words, and what any project of its kind has."""
    text = path.read_text()
    own = text.partition("# What Solely asks for.\n")[2] or text
    own = "\n".join(line for line in own.splitlines() if not line.lstrip().startswith("#"))
    tree = ast.parse(own)
    taken = set()
    for node in ast.walk(tree):
        is_words = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.Import | ast.ImportFrom) or is_words:
            taken |= set(range(node.lineno, node.end_lineno + 1))
    return sum(1 for number, line in enumerate(own.splitlines(), 1) if line.strip() and number not in taken)


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platform_has_the_pages_in_under_20_lines_of_its_own(name):
    assert sum(lines(EXAMPLES / f"{name}_platform" / file) for file in PLATFORMS[name]) < 20


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as place:
        return place.getsockname()[1]


@pytest.fixture(scope="module")
def ports():
    return {name: free_port() for name in PLATFORMS}


@pytest.fixture(scope="module")
def service(made, tmp_path_factory, ports):
    """The real service, which takes passkeys of both platforms."""
    directory = copied(made, tmp_path_factory.mktemp("platforms") / "data")
    origins = ", ".join(f'"http://localhost:{port}"' for port in ports.values())
    settings = f'[service]\nname = "Chirp"\ndomain = "localhost"\norigins = [{origins}]\n'
    (directory / "verification.toml").write_text(settings)
    with Solely(directory, signs=False) as solely, served(solely) as api:
        yield api


@contextmanager
def started(service, name, port, folder):
    """A platform as its words say that it is started; its address."""
    keys = " ".join(service.key("service", home) for home in ("registry", "security"))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(package.__file__).parent.parent),
        "SECRET": SECRET,
        "SOLELY_URL": service.base,
        "SOLELY_KEYS": keys,
        "DJANGO_SETTINGS_MODULE": "settings",
        "DATABASE": str(folder / "db"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    cwd = EXAMPLES / f"{name}_platform"
    *before, last = [[sys.executable, *(one.format(port=port) for one in command)] for command in COMMANDS[name]]
    for command in before:
        subprocess.run(command, cwd=cwd, env=environment, check=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(last, cwd=cwd, env=environment, **quiet) as process:
        try:
            base = f"http://localhost:{port}"
            _wait(process, base)
            yield base
        finally:
            process.kill()


def _wait(process, base):
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(f"{base}/account/sign-in")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the platform did not start")


@pytest.fixture(scope="module")
def bases(service, ports, tmp_path_factory):
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(started(service, name, port, tmp_path_factory.mktemp(name)))
            for name, port in ports.items()
        }


def app_of(key):
    return App(f"otpauth://totp/x?secret={quote(key)}&algorithm=SHA1&digits=6&period=30")


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("name", PLATFORMS)
def test_a_person_signs_up_consents_proves_themselves_and_goes(bases, name):
    with httpx.Client(base_url=bases[name], timeout=20) as http:
        visitor = Visitor(http)
        visitor.sign_up("ana")
        app = visitor.add_app(app_of)
        visitor.send("two-step/confirm", code=app.code(datetime.now(UTC)))
        visitor.open("consent")
        visitor.send("/consent", having={"offer": "2"}, value="ana@example.com")
        assert "That is recorded." in visitor.text
        visitor.send("sign-out")
        visitor.sign_in("ana")
        visitor.send("sign-in/check", code=app.code(datetime.now(UTC), steps=1))
        assert visitor.at == "privacy", visitor.text
        visitor.open("privacy/held")
        assert "a•••@e•••.com" in visitor.text
        visitor.open("consent")
        visitor.send("consent/withdraw", having={"offer": "2"})
        assert "That has ended" in visitor.text


@pytest.fixture(scope="module")
def chromium():
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.mark.server
@pytest.mark.slow
@NEEDS_CHROMIUM
@pytest.mark.parametrize("name", PLATFORMS)
def test_in_a_real_browser_a_passkey_is_made_and_signs_in(bases, chromium, name, tmp_path):
    context, wrong = chromium.new_context(viewport={"width": 1100, "height": 800}), []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text))
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": BUILT_IN})
    page.goto(f"{bases[name]}/account/sign-up")
    page.get_by_label("Name").fill("bea")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("E-mail address").fill("bea@example.com")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Name").first.fill("This laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("That is added.")
    expect(page.get_by_text("phishing-resistant")).to_have_count(1)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Privacy")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("link", name="See what is held").click()
    expect(page.get_by_text("b•••@e•••.com")).to_have_count(1)
    page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    context.close()
    assert wrong == []
