"""Promise 11: what one factor or contact becomes changes no other factor, and no giving or preference of anybody."""

import pytest

from solely.verification import Wanted

pytestmark = pytest.mark.server

# How a change happens: what it asks and counts, what is sent of it, and the version that voids trusted devices. All
# other tables are what people have.
PASSING = {
    f"security.{table}"
    for table in ("challenges", "codes", "evidence", "limits", "sends", "changes", "outbox", "people")
}


@pytest.fixture
def belongings(superuser):
    """A function: the rows of all people in all tables, as text, but those that have one of these words."""
    tables = superuser.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE tableowner = 'postgres' AND schemaname = ANY(%s)",
        [["security", "service", "advertising", "measurement", "discovery", "registry"]],
    ).fetchall()
    names = {name for (name,) in tables}
    assert names > PASSING

    def read(words):
        rows = {}
        for table in names - PASSING:
            found = [text for (text,) in superuser.execute(f"SELECT t::text FROM {table} t")]
            rows[table] = sorted(text for text in found if not any(word in text for word in words))
        return rows

    return read


class Person:
    """Someone with every kind of factor, two of some, a password, and contacts given for other purposes."""

    def __init__(self, world, subject):
        self.world, self.subject = world, subject
        self.app = world.enrol_app(subject)
        self.second_app = world.enrol_app(subject, self.proof())
        self.key = world.enrol_passkey(subject, self.proof())
        self.codes = world.enrol_codes(subject, self.proof())
        self.sms = world.enrol_sent(subject, "sms", proof=self.proof())
        self.email = world.enrol_sent(subject, "email", proof=self.proof())
        world.verification.set_password(subject, "correct horse battery staple 7", proof=self.proof())
        world.give(subject, "sms", "reauthentication")
        for purpose in ("login-alert", "account-recovery", "service-notice", "tailored-audiences"):
            world.give(subject, "email", purpose)

    def proof(self):
        return self.world.prove(self.subject, *self.app).id


def add_app(one):
    return one.world.enrol_app(one.subject, one.proof())[0]


def add_passkey(one):
    factor, held = one.world.enrol_passkey(one.subject, one.proof())
    return factor, held.id.hex()


def add_sms(one):
    wanted = Wanted("sms", purpose="reauthentication")
    begun = one.world.verification.enrol(one.subject, wanted, proof=one.proof())
    one.world.verification.answer(one.subject, begun.challenge, begun.factor, one.world.code("sms"))
    return begun.factor


def replace_codes(one):
    return one.codes[0], one.world.enrol_codes(one.subject, one.proof())[0]


def remove(which):
    def act(one):
        factor, held = getattr(one, which)
        one.world.verification.remove(one.subject, factor, proof=one.proof())
        return (factor, held.id.hex()) if which == "key" else factor

    return act


def lose(one):
    one.world.verification.report_lost(one.subject, one.second_app[0])
    return one.second_app[0]


def bind_again(one):
    wanted = Wanted("totp", account="ann", again=lose(one))
    one.world.verification.enrol(one.subject, wanted, proof=one.proof())
    return one.second_app[0]


def rename(one):
    one.world.verification.rename(one.subject, one.sms[0], "another name")
    return one.sms[0]


ACTS = {
    "an app is added": add_app,
    "a passkey is added": add_passkey,
    "a phone is added": add_sms,
    "recovery codes are made anew": replace_codes,
    "an app is removed": remove("second_app"),
    "a passkey is removed": remove("key"),
    "a phone is removed": remove("sms"),
    "an e-mail is removed": remove("email"),
    "recovery codes are removed": remove("codes"),
    "an app is lost": lose,
    "an app is bound again": bind_again,
    "a phone gets a name": rename,
}


@pytest.mark.parametrize("what", ACTS)
def test_nothing_else_changes_when(world, subject, belongings, what):
    one, _other = Person(world, subject), Person(world, f"{subject}-other")
    # The app that proves is used: its row moves by that, in the change as in any sign-in.
    used = str(one.app[0])
    before = belongings([used])
    named = ACTS[what](one)
    named = named if isinstance(named, tuple) else (named,)
    words = [used, *map(str, named)]
    gone = {table: [text for text in rows if not any(word in text for word in words)] for table, rows in before.items()}
    assert belongings(words) == gone
    assert belongings([used]) != before, "the search would find a row that changed"


def test_no_factor_changes_when_a_giving_ends(world, subject, belongings, superuser):
    """Nor does a giving for another purpose; the factor just can't be sent to any more."""
    one = Person(world, subject)
    phone = superuser.execute("SELECT giving FROM security.factors WHERE factor = %s", [one.sms[0]]).fetchone()[0]
    before = belongings([])
    world.solely.desk.withdraw(subject, "two-factor", "phone", world.clock())
    after = belongings([])
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= {"security.endings", "registry.endings", "security.wrapped_keys"}
    assert "registry.endings" in changed
    assert belongings([str(phone)]) == {
        table: [text for text in rows if str(phone) not in text] for table, rows in before.items()
    }
