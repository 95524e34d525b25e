"""A page served for a test, by the server it has in use; and the real browser that opens it, where there is one."""

import shutil
import threading
from contextlib import contextmanager

import pytest
import uvicorn

from solely.web.server import reserve

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A device's own authenticator, in software.
BUILT_IN = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: apt-get install chromium (make browser does it)"
)


@contextmanager
def serving(make):
    """Serve the application that `make` makes for a port, at the address that is given."""
    with reserve(0) as place:
        port = place.getsockname()[1]
        config = uvicorn.Config(make(port), log_level="warning", access_log=False, server_header=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield f"http://localhost:{port}"
        finally:
            server.should_exit = True
            thread.join()
