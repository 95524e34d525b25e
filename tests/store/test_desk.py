"""What the desk writes stands whole or not at all, in whatever order and from how many sides it comes."""

import threading
import time
from uuid import uuid4

import pytest

from givings import ADS, NOW, PARTNERS, SECURITY, counts, entries, give, givings, held, notice, row, size
from races import at_once
from solely.errors import Conflict, Unavailable
from solely.give.desk import Desk
from solely.give.rows import prepare
from solely.store.desk import introduce, pseudonyms

pytestmark = pytest.mark.server

FAULTS = {
    "the ledger's append": ("ledger.entries", "INSERT"),
    "the ledger's head": ("ledger.head", "UPDATE"),
    "the entry's secret": ("ledger.secrets", "INSERT"),
    "the registry": ("registry.givings", "INSERT"),
    "the registry's ends": ("registry.endings", "INSERT"),
    "the pseudonym": ("registry.pseudonyms", "INSERT"),
    "the notice": ("registry.notices", "INSERT"),
    "the compartment": ("advertising.givings", "INSERT"),
    "the compartment's ends": ("advertising.endings", "INSERT"),
    "the box": ("security.contacts", "INSERT"),
    "the wrapped key": ("security.wrapped_keys", "INSERT"),
}


@pytest.fixture
def failing(superuser):
    """A function that makes a table fail from now on, with an error that quotes the row, until the test ends."""
    superuser.execute(
        "CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        " AS 'BEGIN RAISE disk_full USING MESSAGE = row_to_json(NEW); END'"
    )
    superuser.execute("GRANT EXECUTE ON FUNCTION public.fail TO PUBLIC")
    made = []

    def fail(table, act):
        superuser.execute(f"CREATE TRIGGER fail BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION public.fail()")
        made.append(table)

    yield fail
    for table in made:
        superuser.execute(f"DROP TRIGGER fail ON {table}")
    superuser.execute("DROP FUNCTION public.fail")


@pytest.mark.parametrize("what", FAULTS)
def test_where_one_part_can_t_be_recorded_none_is(desk, failing, recorded, subject, what):
    table, act = FAULTS[what]
    before = recorded()
    failing(table, act)
    purpose = SECURITY if table.startswith("security") else ADS
    with pytest.raises(Unavailable) as caught:
        give(desk, subject, purpose=purpose, withdrawn_at="2024-06-01", notice=f"{purpose}/{what}")
    assert "53100" in caught.value.where
    assert subject not in str(caught.value)
    assert recorded() == before
    assert desk.connection.info.transaction_status == 0


@pytest.mark.parametrize("what", ["the ledger's append", "the registry's ends", "the compartment's ends"])
def test_where_a_withdrawal_can_t_be_recorded_whole_nothing_ended(desk, failing, recorded, subject, what):
    give(desk, subject)
    before = recorded()
    failing(*FAULTS[what])
    with pytest.raises(Unavailable):
        desk.withdraw(subject, ADS, None, NOW)
    assert recorded() == before


def test_a_connection_cut_before_the_commit_leaves_nothing(desk, superuser, recorded, subject, login):
    cut = Desk(login("desk"), desk.intakes, desk.pen, desk.policy)
    before = recorded()

    def give_and_be_cut():
        with cut.connection.transaction():
            assert counts(give(cut, subject)) == (1, 0, 0)
            superuser.execute("SELECT pg_terminate_backend(%s, 10000)", [cut.connection.info.backend_pid])
            cut.withdraw(subject, ADS, None, NOW)

    with pytest.raises(Unavailable):
        give_and_be_cut()
    cut.connection.close()
    assert recorded() == before


def test_desks_at_work_at_once_record_one_after_the_other_and_lose_nothing(desk, superuser, subject, login):
    before = size(superuser)

    def work(number):
        with login("desk") as connection:
            mine = Desk(connection, desk.intakes, desk.pen, desk.policy)
            for turn in range(10):
                give(mine, f"{subject}-{number}-{turn}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = entries(superuser, before)
    assert [one["sequence"] for one in found] == list(range(before, before + 40))
    rows = superuser.execute("SELECT count(*) FROM registry.givings WHERE subject LIKE %s", [f"{subject}-%"])
    assert rows.fetchone() == (40,)


def test_the_same_giving_from_all_sides_at_once_is_one_giving(desk, superuser, subject, login):
    give(desk, subject, purpose=PARTNERS)  # so that the person is known
    before, start, found = size(superuser), threading.Barrier(4, timeout=60), []

    def work():
        with login("desk") as connection:
            mine = Desk(connection, desk.intakes, desk.pen, desk.policy)
            for turn in range(10):
                start.wait()
                found.append(counts(give(mine, subject, given_at=f"2024-06-{turn + 1:02}")))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(0, 1, 0)] * 30 + [(1, 0, 0)] * 10
    assert size(superuser) == before + 10
    assert len(givings(superuser, subject)) == 11


def prepared(desk, one, text=None):
    """A batch of one row and what it was prepared to be, not yet recorded."""
    purpose, _, version = one["notice"].partition("/")
    rules = desk.rules([notice(purpose, version, text)], NOW).with_columns(list(one))
    batch = desk.batch([(1, list(one.values()))], rules, {})
    return batch, prepare(batch, rules, desk.intakes), rules


def test_two_who_give_for_a_new_person_at_once_give_them_one_pseudonym(desk, superuser, subject):
    late = prepared(desk, row(subject))
    also = prepared(desk, row(subject, purpose=PARTNERS))
    give(desk, subject)
    assert counts(desk.record(*late)) == (0, 1, 0)
    assert counts(desk.record(*also)) == (1, 0, 0)
    assert len(givings(superuser, subject)) == len(held(superuser, subject, "advertising", "givings")) == 2
    rows = superuser.execute("SELECT 1 FROM registry.pseudonyms WHERE subject = %s", [subject]).fetchall()
    assert len(rows) == 1


def test_a_notice_that_got_another_text_in_the_meantime_is_a_conflict(desk, recorded, subject):
    late = prepared(desk, row(subject, notice=f"{ADS}/raced"), "My words.")
    give(desk, f"{subject}-other", notice=f"{ADS}/raced", text="Their words.")
    before = recorded()
    with pytest.raises(Conflict):
        desk.record(*late)
    assert recorded() == before


def test_of_many_who_introduce_a_new_person_at_once_all_get_the_one_pseudonym(login, superuser, subject):
    fresh = [uuid4() for _ in range(20)]
    found = at_once(login, "desk", lambda own, n: introduce(own, subject, "security", fresh[n]), many=20)
    assert len(set(found)) == 1
    assert found[0] in fresh
    rows = superuser.execute("SELECT compartment, pseudonym FROM registry.pseudonyms WHERE subject = %s", [subject])
    assert rows.fetchall() == [("security", found[0])]


def test_who_is_introduced_keeps_the_pseudonym_they_have_and_has_another_elsewhere(desk, subject):
    first = introduce(desk.connection, subject, "security", uuid4())
    assert introduce(desk.connection, subject, "security", uuid4()) == first
    other = introduce(desk.connection, subject, "service", uuid4())
    assert other != first
    assert pseudonyms(desk.connection, [subject]) == {
        (subject, "security"): first.bytes,
        (subject, "service"): other.bytes,
    }


def test_a_giving_for_who_is_introduced_at_that_moment_is_recorded_under_their_pseudonym(
    desk, superuser, subject, login
):
    """The other's row is not to be seen yet when the desk looks, and is there when it writes."""
    found = []
    with login("desk") as connection, login("desk") as other:
        mine = Desk(connection, desk.intakes, desk.pen, desk.policy)
        with other.transaction():
            pseudonym = introduce(other, subject, "security", uuid4())
            thread = threading.Thread(target=lambda: found.append(counts(give(mine, subject, purpose=SECURITY))))
            thread.start()
            wait_for_lock(superuser, connection)
        thread.join()
    assert found == [(1, 0, 0)]
    assert [row[0] for row in held(superuser, subject, "security", "contacts")] == [pseudonym]


def wait_for_lock(superuser, connection):
    asked = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"
    for _ in range(2_000):
        if superuser.execute(asked, [connection.info.backend_pid]).fetchone()[0]:
            return
        time.sleep(0.005)
    pytest.fail("the giving did not wait for the introduction")
