"""Several processes at one directory: matches, givings and withdrawals at the same time lose nothing."""

import subprocess
import sys

import pytest

from solely.app import Solely

pytestmark = [pytest.mark.server, pytest.mark.slow]

GIVER = """
import sys
from pathlib import Path
from solely.app import Solely

with Solely(Path(sys.argv[1])) as solely:
    print(solely.give_file(Path(sys.argv[2])).given)
    for number in range(40, 60):
        solely.withdraw(f"first{number}", "tailored-audiences")
"""
MATCHER = """
import sys
from pathlib import Path
from solely.app import Solely
from solely.audiences.shelf import Shelf

with Solely(Path(sys.argv[1])) as solely:
    vars(solely.audiences)["_shelf"] = Shelf(solely.audiences.folder, least=int(sys.argv[4]))
    for again in range(6):
        solely.match(Path(sys.argv[2]), sys.argv[3], f"list {again}")
"""


def givings(folder, name, count):
    path = folder / f"{name}.csv"
    purpose = "tailored-audiences"
    rows = [
        f"{name}{n},email,{name}{n}@example.com,{purpose},{purpose}/v1,2026-01-01T00:00:00Z,\n" for n in range(count)
    ]
    path.write_text("subject,kind,value,purpose,notice,given_at,withdrawn_at\n" + "".join(rows))
    (folder / "notices" / purpose).mkdir(parents=True, exist_ok=True)
    (folder / "notices" / purpose / "v1.txt").write_text("I agree.")
    return path


def test_two_matches_and_a_giving_at_the_same_time_end_and_lose_nothing(fresh, tmp_path):
    with Solely(fresh) as solely:
        solely.give_file(givings(tmp_path, "first", 100))
        customers = tmp_path / "list.csv"
        rows = [
            f"{name}{n}@example.com\n" for name, count in (("first", 100), ("second", 12_000)) for n in range(count)
        ]
        customers.write_text("email\n" + "".join(rows))
        second = givings(tmp_path, "second", 12_000)
        arguments = ((GIVER, second), (MATCHER, customers, "acme", "0"), (MATCHER, customers, "globex", "50"))
        running = [
            subprocess.Popen(
                [sys.executable, "-c", code, str(fresh), *map(str, rest)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for code, *rest in arguments
        ]
        outputs = [process.communicate(timeout=120) for process in running]
        assert [process.returncode for process in running] == [0, 0, 0], outputs
        assert int(outputs[0][0]) == 12_000
        kept = {f"first{n}" for n in range(100) if not 40 <= n < 60}
        everyone = kept | {f"second{n}" for n in range(12_000)}
        solely.match(customers, "initech", "after")
        assert set(solely.members("initech", "after")) == everyone
        for advertiser in ("acme", "globex"):
            for again in range(6):
                members = set(solely.members(advertiser, f"list {again}"))
                assert kept <= members <= everyone
        verified = solely.verify_ledger()
        assert verified.size >= 13 + 20
