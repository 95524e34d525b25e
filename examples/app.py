"""An authenticator app in a terminal, in place of the one on a phone: RFC 6238 with the standard library alone.

solely verify enrol ann totp --json > app.json
python3 examples/app.py code app.json          the code that is shown now
python3 examples/app.py code app.json --next   the one after it, which is accepted early
python3 examples/app.py ids app.json           what `solely verify answer` asks for: challenge and factor
"""

from __future__ import annotations

import base64
import hmac
import json
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


def code(uri: str, steps: int = 0) -> str:
    """The code of now, or of so many steps later."""
    said = {name: values[0] for name, values in parse_qs(urlsplit(uri).query).items()}
    secret = base64.b32decode(said["secret"] + "=" * (-len(said["secret"]) % 8))
    step = int(time.time()) // int(said["period"]) + steps
    mac = hmac.digest(secret, step.to_bytes(8, "big"), said["algorithm"])
    start = mac[-1] & 15
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10 ** int(said['digits']):0{said['digits']}}"


if __name__ == "__main__":
    verb, file, *options = sys.argv[1:]
    enrolled = json.loads(Path(file).read_text())
    if verb == "ids":
        print(enrolled["challenge"], enrolled.get("factor") or enrolled["factors"][0]["factor"])
    else:
        print(code(enrolled["uri"], int("--next" in options)))
