"""`solely ledger serve`, run as a person runs it: the published ledger, up to date, until Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from solely.app.fetch import from_url
from solely.ledger.checkpoint import read_verifier_key
from solely.ledger.published import read_head, verify_published

pytestmark = pytest.mark.server
SOLELY = Path(sys.executable).with_name("solely")


def test_it_serves_what_is_written_meanwhile_until_ctrl_c(fresh, tmp_path):
    environment = {"PATH": os.environ["PATH"], "SOLELY_DIR": str(fresh), "COLUMNS": "80"}
    key = read_verifier_key((fresh / "ledger" / "verifier.key").read_text().strip())
    (tmp_path / "given.csv").write_text(
        "subject,kind,value,purpose,notice,given_at,withdrawn_at\nu1,fax,1,x,x/v1,2024,\n"
    )
    command = [str(SOLELY), "ledger", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            url = re.search(r"(http://\S+)/checkpoint", process.stderr.readline())[1]
            assert f"solely ledger verify --url {url}" in process.stderr.readline()
            with from_url(url) as fetch:
                before = read_head(fetch, key)[0].size
                give = [str(SOLELY), "give", str(tmp_path / "given.csv")]  # its refusal is an entry
                subprocess.run(give, env=environment, check=True, capture_output=True)
                end = time.monotonic() + 30
                while read_head(fetch, key)[0].size == before and time.monotonic() < end:
                    time.sleep(0.05)
                assert verify_published(fetch, key).size == before + 1
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
            assert process.stderr.read() == "Ended.\n"
        finally:
            process.kill()
