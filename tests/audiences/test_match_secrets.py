"""What a match tells, and what it keeps: as little as there is."""

import base64
import dataclasses
import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.server


def test_under_the_floor_an_audience_is_too_small_and_far_over_it_is_ready(stage):
    """The floor of this policy is three; what lies above it by chance is below 400 with a chance of 1 - 10**-17."""
    addresses = [stage.address() for _ in range(403)]
    _give_all(stage, addresses)
    small, large = stage.new(), stage.new()
    assert stage.match(addresses[:2], small).status == "too-small"
    assert stage.match(addresses, large).status == "ready"
    assert stage.match(addresses[:2], large).status == "ready"


def _give_all(stage, addresses):
    path = stage.folder / f"{stage.new('given')}.csv"
    at = stage.time[0].isoformat()
    rows = [f"{stage.new('u')},email,{one},tailored-audiences,tailored-audiences/v9,{at},\n" for one in addresses]
    path.write_text("subject,kind,value,purpose,notice,given_at,withdrawn_at\n" + "".join(rows))
    notices = stage.folder / "notices" / "tailored-audiences"
    notices.mkdir(parents=True, exist_ok=True)
    (notices / "v9.txt").write_text("I agree.")
    assert stage.solely.give_file(path).given == len(addresses)


def told(stage, rows, name):
    """All that an advertiser is told, and whom it would reach."""
    matched = dataclasses.asdict(stage.match(rows, name))
    return matched, stage.members(name), stage.solely.audiences.status("acme", name, stage.time[0])


ADDRESSES = [f"twin{n}@example.com" for n in range(10)]  # the first six gave theirs for advertising
SECRETS = ("two-factor", "account-recovery", "login-alert", "reauthentication", "service-notice")


@pytest.fixture(scope="module")
def twins(make_stage):
    """One world twice, with the same keys: what chance decides (how far above the floor) is the same in both."""
    one = make_stage()
    with one.solely:
        for number, address in enumerate(ADDRESSES[:6]):
            one.give(address, subject=f"twin{number}")
        one.match(ADDRESSES, "first")
    two = make_stage(copy_of=one.folder)
    again = make_stage(copy_of=one.folder)
    with two.solely, again.solely:
        yield two, again


@settings(max_examples=15, deadline=None)
@given(
    secrets=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(SECRETS)), max_size=6),
    rows=st.lists(st.integers(0, 9), min_size=1, max_size=12),
)
def test_what_was_given_for_security_changes_nothing_that_an_advertiser_sees(twins, secrets, rows):
    one, other = twins
    for number, purpose in secrets:
        other.give(ADDRESSES[number], purpose, subject=f"twin{number}")
    name = one.new("audience")
    answers = [repr(told(stage, [ADDRESSES[row] for row in rows], name)) for stage in twins]
    assert answers[0] == answers[1]


# -- what is kept


def forms_of(stage, address):
    """Every form in which a row of a list might have been kept."""
    digests = [hashlib.sha256(address.encode()).digest()]
    for purpose, tokeniser in stage.solely.audiences.tokenisers.items():
        tokens = tokeniser.tokenise(digests[0][:16])
        yield f"token for {purpose}", tokens
        yield f"token for {purpose}, hex", tokens.hex().encode()
        yield f"token for {purpose}, halves as numbers", np.frombuffer(tokens, ">u8").astype("<u8")[:1].tobytes()
    yield "plain", address.encode()
    yield "UTF-16", address.encode("utf-16-le")
    for digest in digests:
        yield "digest", digest
        yield "digest, short", digest[:16]
        yield "digest, hex", digest.hex()[:32].encode()
        yield "digest, Base64", base64.b64encode(digest)[:20]


def kept(directory, needle):
    """The files of a data directory that hold these bytes."""
    files = (path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    return [str(path.relative_to(directory)) for path in files if needle in _content(path)]


def _content(path):
    """Of PostgreSQL's log what its pages of 8 KB hold: a header of 24 bytes (the first, 40) may part what was kept."""
    data = path.read_bytes()
    if path.parent.name != "pg_wal":
        return data
    return data[40:8192] + b"".join(data[at + 24 : at + 8192] for at in range(8192, len(data), 8192))


def test_nothing_is_kept_of_rows_that_met_nobody(stage):
    known, stranger, hashed = stage.address(), f"{stage.new('stranger')}@example.net", f"{stage.new('h')}@example.net"
    stage.give(known)
    rows = [known, stranger, hashlib.sha256(hashed.encode()).hexdigest()]
    path = stage.list(rows)
    rejects = stage.folder / "rejects.csv"
    with rejects.open("w") as file:
        stage.solely.match(path, "acme", stage.new(), rejects=file)
    forms = dict(forms_of(stage, known))
    assert kept(stage.solely.directory, forms["token for tailored-audiences"])  # else looking would show nothing
    for address in (stranger, hashed):
        for what, needle in forms_of(stage, address):
            assert kept(stage.solely.directory, needle) == [], (address, what)
            assert needle not in rejects.read_bytes()


def test_a_list_that_was_matched_is_left_as_it_was(stage):
    path = stage.list([stage.address()])
    before = path.read_bytes()
    stage.solely.match(path, "acme", stage.new())
    assert path.read_bytes() == before
