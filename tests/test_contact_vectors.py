"""What vendors publish about plain addresses and numbers: what we read, and which of their digests meet ours.

`vectors/contacts.json` holds `read` (all of us agree), `refused` (by them and by us), `deviations` (where we do
otherwise, and why) and `no_match` (digests of theirs that must not meet).
"""

import base64
import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from solely.contact import GMAIL, Contact
from solely.errors import ContactError

VECTORS = json.loads((Path(__file__).parent / "vectors" / "contacts.json").read_text(encoding="utf-8"))


def vectors(*groups):
    cases = [case for group in groups for case in VECTORS[group]]
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=f"{case['origin']}: {case['text']}") for case in cases]
    )


def read(case):
    return Contact.read(case["kind"], case["text"], case.get("country"))


@vectors("read")
def test_a_published_contact_reads_and_meets_the_digest_published_for_it(case):
    contact = read(case)
    assert contact.expose() == case["reads"]
    digest = bytes.fromhex(case["hex"]) if "hex" in case else hashlib.sha256(case["hashed"].encode()).digest()
    assert contact.digests().count(digest) == 1


@vectors("read", "deviations", "no_match")
def test_the_published_digests_are_of_what_they_say(case):
    digest = hashlib.sha256(case.get("hashed", case["text"]).encode()).digest()
    assert case.get("hex", digest.hex()) == digest.hex()
    assert base64.b64decode(case.get("base64", base64.b64encode(digest))) == digest


@vectors("read")
def test_a_published_contact_is_looked_up_by_the_form_google_and_uid2_hash(case):
    # For Gmail without dots and suffix. Google keeps googlemail.com and UID2 does not know it; we look both up
    # under gmail.com, since they are one mailbox.
    local, at, domain = case["reads"].partition("@")
    if domain in GMAIL:
        local, domain = local.partition("+")[0].replace(".", ""), "gmail.com"
    assert read(case).key_digest() == hashlib.sha256(f"{local}{at}{domain}".encode()).digest()


@vectors("refused")
def test_what_vendors_call_invalid_is_refused(case):
    with pytest.raises(ContactError) as caught:
        read(case)
    assert caught.value.reason == case["reason"]


@vectors("deviations")
def test_where_we_do_otherwise_the_vector_says_why(case):
    assert case["why"]
    if "reason" in case:
        with pytest.raises(ContactError) as caught:
            read(case)
        assert caught.value.reason == case["reason"]
    else:
        assert read(case).expose() == case["reads"]


@vectors("no_match")
def test_a_digest_of_something_else_does_not_meet(case):
    assert bytes.fromhex(case["hex"]) not in read(case).digests()


def test_the_vectors_are_all_there():
    kinds = Counter((group, case["kind"]) for group, cases in VECTORS.items() for case in cases)
    assert kinds == {
        ("read", "email"): 28,
        ("read", "phone"): 15,
        ("refused", "email"): 22,
        ("refused", "phone"): 23,
        ("deviations", "email"): 2,
        ("deviations", "phone"): 12,
        ("no_match", "email"): 2,
    }
