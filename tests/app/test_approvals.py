"""Two officers, or it stays shut: in the ledger before anything opens, told to all, and over by itself."""

from uuid import UUID, uuid4

import pytest

from callers import OPERATOR
from givings import entries, size
from races import at_once
from solely.app.approvals import MOST_MINUTES, REASONS, Wish
from solely.errors import BadInput, NotFound, Refused, SolelyError, Unavailable
from solely.principal import HOMES, KINDS, RIGHTS, TWO

pytestmark = pytest.mark.server
PERSON = UUID(int=77)
GLASS = Wish(act="break-glass", person=PERSON, reason="person-request", case="C-1")
MANY = Wish(act="disclosure", scope="acme/spring", reason="authority-request", case="DPC/2026-4")


def open_(callers, wish, home="registry"):
    eva, max_ = callers.officers(home)
    there = callers.at(home).approvals
    asked = there.ask(eva, wish)
    return there, eva, max_, there.approve(max_, asked.approval)


@pytest.mark.parametrize("home", HOMES)
def test_each_act_that_takes_two_opens_by_two_in_each_compartment_and_by_one_in_none(home, callers):
    eva, max_ = callers.officers(home)
    there = callers.at(home).approvals
    for act, two in TWO[home].items():
        about = {"person": PERSON} if two.about == "person" else {"scope": "kim"}
        asked = there.ask(eva, Wish(act=act, reason="fault", case="C-1", **about))
        for by in (eva, max_, OPERATOR):
            with pytest.raises(Refused, match="two officers") as caught:
                there.require_two(by, act, **about)
        assert "approval ask" in caught.value.cure
        with pytest.raises(Refused):
            there.approve(eva, asked.approval)
        there.approve(max_, asked.approval)
        with pytest.raises(Refused):
            there.require_two(max_, act, **about)
        assert there.require_two(eva, act, **about).approval == asked.approval
        if two.once:
            with pytest.raises(Refused):
                there.require_two(eva, act, **about)
        else:
            assert there.require_two(eva, act, **about).uses == 2


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"officer", "subject"}])
def test_nobody_but_an_officer_asks_approves_ends_or_uses(kind, home, callers):
    if not RIGHTS[kind][home]:
        return
    eva, _ = callers.officers(home)
    there, other = callers.at(home).approvals, callers.made(kind, home)
    wish = Wish(act="officers", scope="kim", reason="staff", case="C-1")
    asked = there.ask(eva, wish)
    for act in (
        lambda: there.ask(other, wish),
        lambda: there.approve(other, asked.approval),
        lambda: there.end(other, asked.approval),
        lambda: there.require_two(other, "officers", scope="kim"),
    ):
        with pytest.raises(Refused):
            act()
    if kind == "auditor":
        assert [one.approval for one in there.list(other)] == [asked.approval]
    else:
        with pytest.raises(Refused):
            there.list(other)


def test_an_officer_of_another_compartment_is_none_here(callers):
    eva, _ = callers.officers()
    asked = callers.at().approvals.ask(eva, GLASS)
    stranger = callers.made("officer", "security", "kim")
    with pytest.raises(Refused, match="another compartment"):
        callers.at().approvals.approve(stranger, asked.approval)


def test_an_officer_who_was_narrowed_is_bound_by_it(callers):
    eva = callers.made("officer", acts=["read"])
    with pytest.raises(Refused):
        callers.at().approvals.ask(eva, GLASS)


def test_a_break_glass_is_in_the_ledger_and_announced_before_it_opens_anything(callers, superuser):
    before = size(superuser)
    there, eva, _, made = open_(callers, GLASS)
    steps = [one for one in entries(superuser, before) if one["type"] == "break-glass"]
    assert [(one["principal"], one["details"]["step"]) for one in steps] == [
        ("officer eva", "asked"),
        ("officer max", "approved"),
    ]
    assert steps[1]["details"] == {
        "of": "break-glass",
        "step": "approved",
        "compartment": "registry",
        "approval": str(made.approval),
        "reason": "person-request",
        "case": "C-1",
        "minutes": 60,
        "until": f"{made.until:%Y-%m-%dT%H:%M:%SZ}",
    }
    (words,) = callers.announced
    assert "opened by eva, approved by max" in words
    assert str(PERSON) not in words
    there.require_two(eva, "break-glass", person=PERSON)
    assert entries(superuser, before)[-1]["details"]["step"] == "used"


def test_each_entry_commits_to_the_person_who_can_be_shown_it(callers, superuser):
    before, person = size(superuser), uuid4()
    open_(callers, Wish(act="break-glass", person=person, reason="person-request", case="C-1"))
    about = superuser.execute("SELECT sequence FROM ledger.about WHERE id = %s ORDER BY 1", [person]).fetchall()
    glass = [one["sequence"] for one in entries(superuser, before) if one["type"] == "break-glass"]
    assert [sequence for (sequence,) in about] == glass
    assert all(one["members"]["count"] == 1 for one in entries(superuser, before) if one["type"] == "break-glass")


def test_other_approvals_are_entries_of_their_own_type_and_not_announced(callers, superuser):
    before = size(superuser)
    open_(callers, MANY)
    steps = [one["details"] for one in entries(superuser, before) if one["type"] == "approval"]
    assert [(one["step"], one["scope"], one["case"]) for one in steps] == [
        ("asked", "acme/spring", "DPC/2026-4"),
        ("approved", "acme/spring", "DPC/2026-4"),
    ]
    assert callers.announced == []


def test_where_the_ledger_can_t_be_written_nothing_opens(callers, superuser, recorded):
    eva, max_ = callers.officers()
    there = callers.at().approvals
    asked, opened = there.ask(eva, GLASS), there.ask(eva, MANY)
    there.approve(max_, opened.approval)
    superuser.execute("ALTER TABLE ledger.entries ADD CONSTRAINT broken CHECK (sequence < 0) NOT VALID")
    try:
        before = recorded()
        for act in (
            lambda: there.ask(eva, GLASS),
            lambda: there.approve(max_, asked.approval),
            lambda: there.end(max_, asked.approval),
            lambda: there.require_two(eva, "disclosure", scope="acme/spring"),
        ):
            with pytest.raises(Unavailable):
                act()
        assert recorded() == before
    finally:
        superuser.execute("ALTER TABLE ledger.entries DROP CONSTRAINT broken")
    assert callers.announced == []


def test_it_ends_by_itself_an_hour_later_or_when_it_was_asked_to(callers):
    there, eva, *_ = open_(callers, GLASS)
    callers.clock.forward(minutes=59)
    there.require_two(eva, "break-glass", person=PERSON)
    callers.clock.forward(minutes=1)
    with pytest.raises(Refused):
        there.require_two(eva, "break-glass", person=PERSON)
    assert there.list(eva)[0].state(callers.clock.now) == "ended"


def test_any_officer_ends_it_early_and_that_is_told(callers, superuser):
    there, eva, max_, made = open_(callers, GLASS)
    assert there.end(max_, made.approval).ended_by == "max"
    assert "ended by max" in callers.announced[-1]
    assert entries(superuser, size(superuser) - 1)[0]["details"]["step"] == "ended"
    with pytest.raises(Refused):
        there.require_two(eva, "break-glass", person=PERSON)
    for gone in (made.approval, uuid4()):
        with pytest.raises(NotFound):
            there.end(eva, gone)


def test_what_is_asked_for_waits_a_day_for_another_officer(callers):
    eva, max_ = callers.officers()
    there = callers.at().approvals
    asked = there.ask(eva, MANY)
    callers.clock.forward(days=1)
    with pytest.raises(Refused, match="nothing waits"):
        there.approve(max_, asked.approval)
    assert there.list(eva)[0].state(callers.clock.now) == "lapsed"


def test_of_two_who_approve_at_a_time_one_does_and_there_is_one_entry(callers, login, superuser):
    officers = [*callers.officers()]
    asked = callers.at().approvals.ask(officers[0], GLASS)
    before = size(superuser)

    def approve(connection, number):
        try:
            return callers.racing(connection, login).approvals.approve(officers[1], asked.approval)
        except Refused:
            return None

    assert sum(made is not None for made in at_once(login, "registry", approve, many=4)) == 1
    assert [one["details"]["step"] for one in entries(superuser, before)] == ["approved"]


@pytest.mark.parametrize(
    "changed",
    [
        {"reason": "because"},
        {"case": ""},
        {"case": "call +4915112345678"},
        {"case": "x" * 41},
        {"minutes": 0},
        {"minutes": MOST_MINUTES + 1},
    ],
)
def test_a_wish_without_reason_case_or_bounds_is_none(changed):
    with pytest.raises(BadInput) as caught:
        Wish(**{"act": "break-glass", "person": PERSON, "reason": REASONS[0], "case": "C-1", **changed})
    assert "because" not in str(caught.value)
    assert "4915" not in str(caught.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"act": "no-such"},
        {"act": "reset"},
        {"scope": "acme"},
        {"person": None},
        {"act": "disclosure"},
        {"act": "disclosure", "person": None, "scope": "eva@example.com"},
        {"act": "disclosure", "person": None, "scope": "x" * 131},
        {"act": "officers", "person": None, "scope": "Kim Lee"},
    ],
)
def test_what_two_can_not_open_is_not_asked_for(changed, callers, recorded):
    eva, _ = callers.officers()
    before = recorded()
    with pytest.raises(SolelyError) as caught:
        callers.at().approvals.ask(
            eva, Wish(**{"act": "break-glass", "person": PERSON, "reason": "fault", "case": "C-1", **changed})
        )
    assert "eva@" not in str(caught.value)
    assert recorded() == before
