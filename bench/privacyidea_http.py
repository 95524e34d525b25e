"""What runs inside privacyIDEA's own environment beside its web server: tokens and rounds made, what it kept counted.

- `http_answers.py` starts it, gives it its orders as JSON a line on standard input, and reads a line of JSON for each.
- `{"kind": "totp"}` or `"e-mail"` prepares a round: what is to be sent to /validate/check, one for each token. A TOTP
  token forgets which code was used last, so that the same code may be given in each round of its half a minute.
- `{"kept": …}` tells how many of the last round's answers are stored, as another connection sees it.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

sys.path.append(str(Path(__file__).parent))  # after all others: this folder has a `privacyidea` too

import psycopg2
from flask import Flask
from privacyidea.lib.token import create_challenge, get_one_token
from privacyidea.models import db
from privacyidea.models.config import save_config_timestamp
from privacyidea_checks import STEP, TOKENS, VALID, Orders, code, enrol, make_app

USED = "SELECT count(*) FROM token WHERE serial = ANY(%s) AND count > 0"
OPEN = "SELECT count(*) FROM challenge WHERE serial = ANY(%s)"
FORGET = "UPDATE token SET count = 0, failcount = 0 WHERE serial = ANY(%s)"

Tokens = Sequence[tuple[str, bytes]]


def totp_round(tokens: Tokens, cursor: psycopg2.extensions.cursor) -> list[str]:
    cursor.execute(FORGET, [[serial for serial, _ in tokens]])
    step = int(time.time()) // STEP
    return [urlencode({"serial": serial, "pass": code(secret, step)}) for serial, secret in tokens]


def email_round(app: Flask, tokens: Tokens) -> list[str]:
    """Answers to challenges that are stored as the token's own `create_challenge` stores them; nothing is sent."""
    found = []
    for serial, secret in tokens:
        with app.app_context():
            token = get_one_token(serial=serial)
            counter = token.inc_otp_counter(token.get_otp_count(), reset=False)
            transaction = create_challenge(serial, validitytime=VALID).transaction_id
        found.append(urlencode({"serial": serial, "pass": code(secret, counter), "transaction_id": transaction}))
    return found


def kept(kind: str, tokens: Tokens, cursor: psycopg2.extensions.cursor) -> int:
    cursor.execute(USED if kind == "totp" else OPEN, [[serial for serial, _ in tokens]])
    (count,) = cursor.fetchone()
    return count if kind == "totp" else len(tokens) - count


def main() -> None:
    orders = Orders(**json.loads(sys.stdin.readline()))
    (Path(orders.folder) / "enckey").write_bytes(secrets.token_bytes(96))
    app = make_app(orders, 0)
    with app.app_context():
        db.create_all()
        save_config_timestamp()  # without one, all settings would be read again for each check
        db.session.commit()
        made = {
            "totp": [enrol("totp") for _ in range(TOKENS)],
            "e-mail": [enrol("email", email="ada@example.com") for _ in range(TOKENS)],
        }
    login = {"host": orders.host, "dbname": orders.database, "user": orders.role, "password": orders.password}
    connection = psycopg2.connect(**login)
    connection.autocommit = True
    cursor = connection.cursor()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "kept" in order:
            answer: object = kept(order["kept"], made[order["kept"]], cursor)
        elif order["kind"] == "totp":
            answer = totp_round(made["totp"], cursor)
        else:
            answer = email_round(app, made["e-mail"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
