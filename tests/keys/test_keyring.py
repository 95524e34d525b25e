"""Keyrings do the work and show nothing; key files are read only as they were written."""

import contextlib
import copy
import hashlib
import hmac
import itertools
import json
import os
import pickle

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import Conflict, NotFound, SolelyError, Tampered, Unavailable
from solely.keys import PASSWORDS, Argon2, Keyring, LedgerKeys, MacKey, Passphrase, TokenKeys, new_keyring

CHEAP = Argon2(iterations=1, lanes=1, memory_kib=8)
NONCE, BLOCK = bytes(12), bytes(range(16))
PASSPHRASE = b"correct horse"


def wrap(passphrase, cost=CHEAP):
    return None if passphrase is None else Passphrase(passphrase, cost)


@pytest.fixture
def ring():
    return new_keyring("security", ["two-factor", "login-alert"], os.urandom, secrets={"database": "pa55word"})


def same(one, other):
    """Whether two keyrings work alike (they can't be compared)."""
    for purpose in ("two-factor", "login-alert"):
        box = one.sealer(purpose).encrypt(1, NONCE, b"x", b"")
        if other.sealer(purpose).encrypt(1, NONCE, b"x", b"") != box:
            return False
        if one.tokeniser(purpose).permute(1, BLOCK) != other.tokeniser(purpose).permute(1, BLOCK):
            return False
    return one.secret("database") == other.secret("database") and one.compartment == other.compartment


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE, b""])
def test_a_key_file_gives_back_the_keyring_it_was_written_from(ring, passphrase):
    data = ring.to_bytes(wrap(passphrase), os.urandom)
    assert same(Keyring.from_bytes(data, wrap(passphrase)), ring)
    assert json.loads(data)["wrap"] == ("none" if passphrase is None else "argon2id")


def test_the_default_cost_is_the_second_recommendation_of_rfc_9106(ring):
    file = json.loads(ring.to_bytes(Passphrase(PASSPHRASE), os.urandom))
    assert (file["iterations"], file["lanes"], file["memory-kib"]) == (3, 4, 64 * 1024)


def test_a_wrapped_file_shows_no_key_secret_or_purpose(ring):
    data = ring.to_bytes(wrap(PASSPHRASE), os.urandom)
    assert b"two-factor" not in data
    assert b"pa55word" not in data


def test_the_same_keyring_is_never_wrapped_twice_alike(ring):
    boxes = {json.loads(ring.to_bytes(wrap(PASSPHRASE), os.urandom))["box"] for _ in range(3)}
    assert len(boxes) == 3


@pytest.mark.parametrize(
    ("written", "given"),
    [(PASSPHRASE, b"wrong"), (PASSPHRASE, None), (None, PASSPHRASE), (PASSPHRASE, PASSPHRASE + b"\0")],
)
def test_a_wrong_missing_or_needless_passphrase_is_unavailable(ring, written, given):
    data = ring.to_bytes(wrap(written), os.urandom)
    with pytest.raises(Unavailable, match="passphrase"):
        Keyring.from_bytes(data, wrap(given))


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_every_changed_byte_and_every_cut_of_a_key_file_is_tampered(ring, passphrase):
    data = ring.to_bytes(wrap(passphrase), os.urandom)
    for at in range(len(data)):
        for damaged in (data[:at], data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]):
            with pytest.raises(Tampered):
                Keyring.from_bytes(damaged, wrap(passphrase))


def test_a_changed_head_with_a_new_checksum_does_not_open(ring):
    """Whoever can write the file can mend the checksum, but not the associated data."""
    file = json.loads(ring.to_bytes(wrap(PASSPHRASE), os.urandom))
    del file["sha256"]
    file["note"] = "added"
    with pytest.raises(Unavailable):
        Keyring.from_bytes(with_sum(file), wrap(PASSPHRASE))


@pytest.mark.parametrize("field", ["iterations", "lanes", "memory-kib"])
@pytest.mark.parametrize("value", [0, -1, 2**31, 1.5, "1", None, True])
def test_a_file_can_not_ask_for_absurd_work(ring, field, value):
    file = json.loads(ring.to_bytes(wrap(PASSPHRASE), os.urandom))
    del file["sha256"]
    file[field] = value
    with pytest.raises((Tampered, Unavailable)):
        Keyring.from_bytes(with_sum(file), wrap(PASSPHRASE))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.binary(max_size=64) | json_values.map(lambda v: json.dumps(v).encode()), st.none() | st.just(b"x"))
def test_reading_a_key_file_raises_our_errors_and_nothing_else(data, passphrase):
    with pytest.raises(SolelyError):
        Keyring.from_bytes(data, wrap(passphrase))


@given(st.sampled_from(["compartment", "purposes", "secrets", "ledger"]), json_values)
def test_reading_any_content_raises_our_errors_and_nothing_else(field, value):
    file = json.loads(new_keyring("ledger", ["p"], os.urandom).to_bytes(None, os.urandom))
    del file["sha256"]
    file["content"][field] = value
    with contextlib.suppress(SolelyError):
        Keyring.from_bytes(with_sum(file), None)


def with_sum(file):
    return rfc8785.dumps({**file, "sha256": hashlib.sha256(rfc8785.dumps(file)).hexdigest()}) + b"\n"


def test_all_randomness_is_asked_for_and_no_key_is_used_twice():
    """Equal entropy makes equal keyrings; from counted entropy, each key is another."""
    counter = itertools.count()
    asked = []

    def counted(size):
        asked.append(size)
        return next(counter).to_bytes(size, "big")

    ring = new_keyring("ledger", ["a", "b"], counted)
    assert asked == [32] * 8
    content = json.loads(ring.to_bytes(None, counted))["content"]
    keys = [one[use]["keys"]["1"] for one in content["purposes"].values() for use in ("seal", "token")]
    ids = [one["id"] for one in content["purposes"].values()]
    assert len({*keys, *ids, *content["ledger"].values()}) == 8


def test_the_keys_of_a_purpose_and_use_open_nothing_of_another(ring):
    box = ring.sealer("two-factor").encrypt(1, NONCE, b"x", b"")
    with pytest.raises(Tampered):
        ring.sealer("login-alert").decrypt(1, NONCE, box, b"")
    tokens = {ring.tokeniser(purpose).permute(1, BLOCK) for purpose in ring.purposes}
    assert len(tokens) == 2


@pytest.mark.parametrize("capability", ["sealer", "tokeniser", "identifier"])
def test_a_purpose_of_another_compartment_has_no_key(ring, capability):
    with pytest.raises(NotFound):
        getattr(ring, capability)("tailored-audiences")


def test_only_the_ledger_compartment_has_ledger_keys(ring):
    with pytest.raises(NotFound):
        ring.ledger()
    assert isinstance(new_keyring("ledger", [], os.urandom).ledger(), LedgerKeys)


def test_the_ledger_signs_as_rfc_8032_says_and_macs_as_rfc_4231_says():
    """RFC 8032 §7.1 test 1; RFC 4231 §4.2, test case 1 has a key of 20 bytes, which HMAC pads with zeros."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    keys = LedgerKeys(seed, b"\x0b" * 20)
    assert keys.public_key.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert keys.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    for _ in range(2):
        assert keys.mac(b"Hi There").hex() == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"


def test_after_a_rotation_the_new_key_is_primary_and_the_old_one_still_works(ring):
    box = ring.sealer("two-factor").encrypt(1, NONCE, b"x", b"")
    rotated = ring.rotate("two-factor", "seal", os.urandom)
    assert rotated.sealer("two-factor").primary == 2
    assert rotated.sealer("two-factor").decrypt(1, NONCE, box, b"") == b"x"
    assert rotated.tokeniser("two-factor").numbers == rotated.numbers("login-alert", "seal") == (1,)
    with pytest.raises(Unavailable):
        ring.sealer("two-factor").encrypt(2, NONCE, b"x", b"")


@pytest.mark.parametrize("use", ["seal", "token"])
def test_a_destroyed_key_is_gone_from_the_file_and_its_number_never_comes_back(ring, use):
    ring = ring.rotate("two-factor", use, os.urandom).rotate("two-factor", use, os.urandom)
    key = json.loads(ring.to_bytes(None, os.urandom))["content"]["purposes"]["two-factor"][use]["keys"]["2"]
    ring = ring.destroy("two-factor", use, 2)
    data = ring.to_bytes(None, os.urandom)
    assert key.encode() not in data
    ring = Keyring.from_bytes(data, None).rotate("two-factor", use, os.urandom)
    assert ring.numbers("two-factor", use) == (1, 3, 4)
    acts = {
        "seal": lambda: ring.sealer("two-factor").decrypt(2, NONCE, bytes(17), b""),
        "token": lambda: ring.tokeniser("two-factor").permute(2, BLOCK),
    }
    with pytest.raises(Unavailable):
        acts[use]()


def test_the_primary_is_not_destroyed_and_an_unknown_key_is_not_found(ring):
    with pytest.raises(Conflict):
        ring.destroy("two-factor", "seal", 1)
    with pytest.raises(NotFound):
        ring.destroy("two-factor", "seal", 9)


def test_peppers_are_rotated_and_destroyed_as_keys_are_and_no_other_secret_with_them(ring):
    ring = ring.with_secret("pepper-1", "11" * 32).with_secret("pepper-", "another matter")
    old = ring.peppers()[1].mac(b"x")
    ring = ring.rotate(PASSWORDS, "pepper", os.urandom)
    assert ring.numbers(PASSWORDS, "pepper") == (1, 2)
    assert ring.peppers()[1].mac(b"x") == old != ring.peppers()[2].mac(b"x")
    with pytest.raises(Conflict):
        ring.destroy(PASSWORDS, "pepper", 2)
    data = ring.destroy(PASSWORDS, "pepper", 1).to_bytes(None, os.urandom)
    assert b"11" * 32 not in data
    ring = Keyring.from_bytes(data, None).rotate(PASSWORDS, "pepper", os.urandom)
    assert list(ring.peppers()) == [2, 3]
    assert (ring.secret("pepper-"), ring.secret("database")) == ("another matter", "pa55word")


@pytest.mark.parametrize("purpose", [PASSWORDS, "two-factor"])
def test_where_there_is_no_pepper_none_is_rotated(ring, purpose):
    with pytest.raises(NotFound):
        ring.rotate(purpose, "pepper", os.urandom)


def test_secrets_are_added_to_another_keyring_and_found_by_name(ring):
    more = ring.with_secret("other", "s")
    assert (more.secret("other"), more.secret("database")) == ("s", "pa55word")
    with pytest.raises(NotFound):
        ring.secret("other")


@pytest.mark.parametrize("name", ["ring", "sealer", "tokeniser", "ledger", "mac"])
def test_what_holds_keys_does_not_print_compare_hash_pickle_copy_or_format(ring, name):
    holder = {
        "ring": ring,
        "sealer": ring.sealer("two-factor"),
        "tokeniser": ring.tokeniser("two-factor"),
        "ledger": new_keyring("ledger", [], os.urandom).ledger(),
        "mac": ring.with_secret("tokens", "00" * 32).mac("tokens"),
        "box": ring.with_secret("answers", "00" * 32).box("answers"),
    }[name]
    assert repr(holder) == str(holder) == f"<{type(holder).__name__}>"
    for forbidden in (hash, pickle.dumps, copy.copy, copy.deepcopy, format, lambda one: one == one):  # noqa: PLR0124
        with pytest.raises(TypeError):
            forbidden(holder)


def test_a_capability_holds_no_way_back_to_the_keyring_or_to_another_key(ring):
    tokeniser = ring.tokeniser("two-factor")
    slots = {name: getattr(tokeniser, name) for name in TokenKeys.__slots__}
    assert set(slots) == {"_ciphers", "numbers", "primary", "purpose"}
    assert len(slots["_ciphers"]) == 1


def test_a_mac_is_hmac_sha_256_and_the_key_is_fit_for_many():
    """RFC 4231 §4.3: test case 2, whose key is shorter than a secret's; §4.7: test case 6, longer than a block."""
    short, long = MacKey(b"Jefe"), MacKey(b"\xaa" * 131)
    for _ in range(2):
        assert short.mac(b"what do ya want for nothing?").hex() == (
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
        assert long.mac(b"Test Using Larger Than Block-Size Key - Hash Key First").hex() == (
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        )


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_a_keyring_macs_with_the_secret_of_that_name(key, message):
    ring = new_keyring("security", [], os.urandom, secrets={"tokens": key.hex(), "other": bytes(32).hex()})
    assert ring.mac("tokens").mac(message) == hmac.digest(key, message, "sha256")
    assert (ring.mac("other").mac(message) == ring.mac("tokens").mac(message)) == (key == bytes(32))


def test_a_mac_of_a_secret_that_is_not_there_is_not_found(ring):
    with pytest.raises(NotFound, match="no secret tokens"):
        ring.mac("tokens")


@pytest.mark.parametrize("secret", ["", "pa55word", "00" * 31, "00" * 33, "0" * 63, "zz" * 32])
def test_a_secret_that_is_no_key_of_32_bytes_macs_nothing_and_is_not_quoted(ring, secret):
    with pytest.raises(Tampered) as caught:
        ring.with_secret("tokens", secret).mac("tokens")
    assert not secret or secret not in str(caught.value)
    assert caught.value.__context__ is None


def test_what_is_boxed_opens_for_the_same_key_and_what_it_was_bound_to(ring):
    key, other = (ring.with_secret("answers", digit * 64).box("answers") for digit in "12")
    box = key.close(os.urandom(12), b"an answer", b"of one caller")
    assert b"an answer" not in box
    assert key.open(box, b"of one caller") == b"an answer"
    for opener, kept, bound in (
        (key, box, b"of another"),
        (other, box, b"of one caller"),
        (key, box[:-1] + bytes([box[-1] ^ 1]), b"of one caller"),
        (key, box[:5], b"of one caller"),
    ):
        with pytest.raises(Tampered):
            opener.open(kept, bound)
