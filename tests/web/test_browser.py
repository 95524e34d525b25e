"""A real browser shows the page: its policy blocks nothing of it, and no text leaves its picture."""

import re
import socket
import subprocess
import threading
from html import escape

import pytest

from pages import CHROMIUM, FLAGS, NEEDS_CHROMIUM
from solely.web.page import render

pytestmark = [
    pytest.mark.slow,
    NEEDS_CHROMIUM,
]
# Asked of the page itself, in a copy that may run a script; the answer is left in the title.
MEASURE = """
const found = [];
if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than the window");
const shown = [...document.querySelectorAll("svg")].filter(s => s.getBoundingClientRect().width);
if (shown.length !== 2) found.push(shown.length + " pictures are shown");
for (const svg of shown) {
  const card = svg.parentElement.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll("text")].map(t => [t.textContent, t.getBoundingClientRect()]);
  for (const [words, a] of boxes) {
    if (a.left < card.left || a.right > card.right) found.push(words + " leaves its card");
    for (const [others, b] of boxes)
      if (words < others && a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom)
        found.push(words + " lies on " + others);
  }
}
document.title = "[" + found.join("; ") + "]";
"""


def browse(tmp_path, *arguments, dark=False):
    scheme = [f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    command = [CHROMIUM, *FLAGS, "--hide-scrollbars", f"--user-data-dir={tmp_path / 'profile'}", *scheme, *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=120, text=True)


@pytest.mark.parametrize("width", [390, 700, 1280])
def test_the_picture_is_legible_at_every_width(story, tmp_path, width):
    # A headless window is never narrower than 500 pixels; a frame is as narrow as it is told to be.
    script = f"<script>{MEASURE}parent.document.title = document.title</script>"
    inner = escape(render(story).body.decode().replace("</body>", f"{script}</body>"))
    file = tmp_path / "page.html"
    frame = f'<iframe style="border:0" width="{width}" height="900" srcdoc="{inner}"></iframe>'
    file.write_text(f'<!doctype html><meta charset="utf-8"><title>?</title><body style="margin:0">{frame}')
    dom = browse(tmp_path, "--window-size=1400,1000", "--dump-dom", file.as_uri()).stdout
    assert re.search("<title>(.*?)</title>", dom)[1] == "[]"


@pytest.mark.parametrize("dark", [False, True])
def test_the_served_page_is_drawn_with_its_policy_in_force(story, tmp_path, dark):
    page, shot = render(story), tmp_path / "page.png"
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, args=(server, page), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        log = browse(
            tmp_path, "--enable-logging=stderr", "--window-size=1280,1600", f"--screenshot={shot}", url, dark=dark
        ).stderr
    assert "Content Security Policy" not in log
    assert len(shot.read_bytes()) > 50_000  # a page without its style is a fraction of that


def answer(server, page):
    head = "".join(f"{name}: {value}\r\n" for name, value in page.headers.items())
    connection, _ = server.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(f"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n{head}\r\n".encode() + page.body)
