"""A PostgreSQL that is not the embedded one: on a port of this machine, with its own superuser."""

import socket
from contextlib import contextmanager

from solely.store import server

PASSWORD = "the superuser's own"


@contextmanager
def other_server(folder):
    """Its port, for as long as it runs."""
    place = folder / "postgres"
    server.create(place, PASSWORD)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    hba = place / "pg_hba.conf"
    hba.write_text(f"host all all 127.0.0.1/32 scram-sha-256\n{hba.read_text()}")
    options = f"--options=-p {port} -c listen_addresses=127.0.0.1 -c shared_buffers=32MB"
    assert server._call(place, "pg_ctl", ["--wait", options, "start"]).returncode == 0
    try:
        yield port
    finally:
        server._call(place, "pg_ctl", ["--wait", "--mode=immediate", "stop"])
