"""What a platform's backend asks of Solely about one person, from their first address to their last word.

python3 examples/client.py http://127.0.0.1:8420 registry.key security.key
"""

from __future__ import annotations

import sys
from pathlib import Path

from app import code
from solely.client import Client, Notice
from solely.errors import GivingError, ProofNeeded, WrongAnswer

base, *files = sys.argv[1:]
keys = [Path(one).read_text().strip() for one in files]
codes = Notice(version="1", text="We send codes to this address when you sign in, and nothing else.")
ads = Notice(version="1", text="Advertisers who already have this address may have their advertisements shown to you.")

with Client(base, *keys) as client:
    client.give("ana", "email", "ana@example.com", "two-factor", codes)
    client.give("ana", "email", "ana@example.com", "tailored-audiences", ads)
    try:
        client.give("ana", "email", "ana at example", "two-factor", codes)
    except GivingError as error:
        print("refused:", error.reason)

    begun = client.enrol("ana", "totp", account="ana")  # begun.uri is for a QR code
    client.answer("ana", begun.challenge, code(begun.uri), begun.factor)
    asked = client.challenge("ana", after_password=True)
    try:
        client.answer("ana", asked.id, "000000", begun.factor)
    except WrongAnswer:
        print("a wrong code")
    proof = client.answer("ana", asked.id, code(begun.uri, 1), begun.factor).proof
    print("signed in:", proof.aal, ", ".join(proof.amr))
    try:
        client.prove("ana", proof.id, act="pay")
    except ProofNeeded:
        print("paying takes a challenge of its own")

    with Client(base, client.mint("ana").token) as own:  # a person's own: for them alone, for minutes
        print("ana sees:", ", ".join(f"{one.purpose} {one.state}" for one in own.givings("ana")))

    print("objected:", dict(client.object_to("ana").ended))
    for one in client.held("ana").givings:
        print(f"held for {one.purpose.name}: {one.contact or 'no contact'}, {one.state}")
    client.erase("ana")
    print("erased:", client.givings("ana"), client.factors("ana"))
