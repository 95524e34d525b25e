"""What tests of attacks need beside the world of people.py: a factor of any kind, and right and wrong answers to it."""

from dataclasses import dataclass, replace
from functools import cache
from uuid import UUID

from people import App, World
from solely.store.security import factors
from solely.verification import totp

KINDS = ("totp", "sms", "email", "recovery-codes", "passkey")
SENT = ("sms", "email")
NEVER = "0" * 24  # no recovery code


@dataclass
class Held:
    """A person's factor, and what answers for it: an app, codes, a passkey; of a sent code, the contact."""

    subject: str
    kind: str
    factor: UUID
    by: object


def hold(world: World, subject, kind, proof=None) -> Held:
    """Enrol a factor of a kind, and confirm it."""
    enrol = {"totp": world.enrol_app, "recovery-codes": world.enrol_codes, "passkey": world.enrol_passkey}.get(kind)
    factor, by = enrol(subject, proof=proof) if enrol else world.enrol_sent(subject, kind, proof=proof)
    return Held(subject, kind, factor, list(by) if kind == "recovery-codes" else by)


def hold_two(world: World, subject, kind) -> tuple[Held, Held]:
    """An authenticator app, and a factor of a kind."""
    app = hold(world, subject, "totp")
    proof = world.prove(subject, app.factor, app.by)
    return app, hold(world, subject, kind, proof=proof.id)


def right(world: World, held: Held, challenge):
    """A right answer; a code is sent for it first. Each is used once: a recovery code is struck off."""
    if held.kind == "totp":
        return held.by.code(world.clock())
    if held.kind == "recovery-codes":
        return held.by.pop()
    if held.kind == "passkey":
        return held.by.get(challenge.passkey)
    if not was_sent(world, challenge.id, held.factor):
        world.verification.send(held.subject, challenge.id, held.factor)
    return world.code(held.kind, held.by)


def was_sent(world: World, challenge: UUID, factor: UUID) -> bool:
    asked = "SELECT FROM security.codes WHERE challenge = %s AND factor = %s"
    return world.verification.security.connection.execute(asked, [challenge, factor]).rowcount > 0


def wrong(world: World, held: Held, challenge):
    """An answer of the right form that is wrong."""
    if held.kind == "totp":
        return wrong_code(held.by, world.clock())
    if held.kind == "recovery-codes":
        return NEVER
    if held.kind == "passkey":
        return held.by.get(challenge.passkey, client={"challenge": "AAAA"})
    return other(right(world, held, challenge))


def wrong_code(app: App, now) -> str:
    """A code that is none of any step near now."""
    near = {app.code(now, steps) for steps in range(-totp.TOLD - 1, totp.TOLD + 2)}
    return next(code for code in map("{:06}".format, range(100)) if code not in near)


def other(code: str) -> str:
    """Another code, as long."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def row_of(world: World, held: Held):
    """The factor as stored."""
    security = world.verification.security
    rows = factors.of(security.connection, world.verification.find([held.subject])[held.subject])
    return next(row for row in rows if row.factor == held.factor)


def counted(world: World, held: Held) -> int:
    """How many consecutive wrong answers the factor has counted."""
    return row_of(world, held).failures


def tried(world: World, challenge: UUID) -> int:
    """How many wrong answers the challenge has counted."""
    (count,) = world.verification.security.connection.execute(
        "SELECT failures FROM security.challenges WHERE challenge = %s", [challenge]
    ).fetchone()
    return count


def again(world: World) -> World:
    """The same world after a restart: a verification that remembers nothing of it, with connections of its own."""
    old, new = world.verification.security, _other_verification(world.solely)
    gate = replace(new.security.gate, clock=world.clock)
    security = replace(new.security, clock=world.clock, gate=gate, post=old.post, settings=old.settings)
    return replace(world, verification=replace(new, security=security))


@cache
def _other_verification(solely):
    return solely.new_verification()  # one for all tests: a server has only so many connections
