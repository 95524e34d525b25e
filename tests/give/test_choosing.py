"""Objecting to marketing at the desk: it ends what stood, no import revives it, and only that person lifts it."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from directories import copied
from givings import ADS, NOW, PARTNERS, SECURITY, counts, entries, give, givings, notice, row, size, write
from solely.app import Solely
from solely.errors import BadInput, GivingError, PolicyError, Refused
from solely.give.choosing import allow, choices, object_to
from solely.give.rows import prepare

pytestmark = pytest.mark.server

LATER = NOW + timedelta(days=1)
AGES = timedelta(days=365)


def test_it_ends_all_marketing_at_once_and_nothing_else(desk, superuser, subject):
    for purpose in (ADS, PARTNERS, SECURITY, "service-notice", "ad-measurement"):
        give(desk, subject, purpose=purpose)
    done = object_to(desk, subject, None, "person", LATER)
    assert done.new
    assert dict(done.ended) == {ADS: 1, PARTNERS: 1, "ad-measurement": 1}
    assert {purpose for purpose, _, ended in givings(superuser, subject) if ended is None} == {
        SECURITY,
        "service-notice",
    }


def test_one_purpose_may_be_objected_to_alone(desk, superuser, subject):
    for purpose in (ADS, PARTNERS):
        give(desk, subject, purpose=purpose)
    assert dict(object_to(desk, subject, PARTNERS, "person", LATER).ended) == {PARTNERS: 1}
    assert [purpose for purpose, _, ended in givings(superuser, subject) if ended is None] == [ADS]
    give(desk, subject, LATER, given_at=(LATER - timedelta(minutes=1)).isoformat())


def test_the_choice_and_what_it_ended_are_in_the_ledger_and_the_person_is_not(desk, superuser, subject):
    give(desk, subject)
    before = size(superuser)
    object_to(desk, subject, None, "gpc", LATER)
    choice, ending = entries(superuser, before)
    assert (choice["type"], choice["principal"], choice["details"]) == (
        "preference",
        "subject",
        {"choice": "object", "source": "gpc"},
    )
    assert choice["members"]["count"] == 1
    assert (ending["type"], ending["purpose"], ending["principal"]) == ("withdrawal", ADS, "subject")
    assert subject not in str((choice, ending))


def test_said_again_it_changes_nothing(desk, recorded, subject):
    give(desk, subject)
    for source in ("gpc", "person"):
        object_to(desk, subject, None, source, LATER)
    before = recorded()
    for source in ("gpc", "person", "gpc"):
        again = object_to(desk, subject, None, source, LATER)
        assert (again.new, dict(again.ended)) == (False, {})
    assert recorded() == before


def test_a_signal_that_comes_with_each_request_does_not_wait_for_the_ledger(desk, login, subject):
    object_to(desk, subject, None, "gpc", LATER)
    with login("ledger") as other, other.transaction():
        desk.pen.hold(other)  # else this test would not end
        assert not object_to(desk, subject, None, "gpc", LATER).new


@pytest.mark.parametrize("source", ["person", "gpc"])
def test_who_is_not_known_yet_can_object_and_is_then_not_imported(desk, superuser, subject, source):
    object_to(desk, subject, None, source, NOW)
    with pytest.raises(GivingError, match="objected"):
        give(desk, subject, LATER, given_at=LATER.isoformat())
    assert givings(superuser, subject) == []
    assert counts(give(desk, subject, purpose=SECURITY)) == (1, 0, 0)


def test_the_refusal_is_in_the_ledger(desk, superuser, subject):
    object_to(desk, subject, None, "person", NOW)
    before = size(superuser)
    with pytest.raises(GivingError, match="objected"):
        give(desk, subject)
    (refusal,) = entries(superuser, before)
    assert (refusal["type"], refusal["details"]) == ("refusal", {"of": "giving", "objected": 1})


def test_a_giving_by_which_they_themselves_lift_it_counts_and_an_older_one_never_does(desk, superuser, subject):
    object_to(desk, subject, None, "gpc", NOW)
    asked = row(subject, given_at=(NOW + timedelta(minutes=1)).isoformat())
    before = size(superuser)
    assert counts(desk.give(asked, notice(), LATER, lifts=True)) == (1, 0, 0)
    lifted, given = entries(superuser, before)
    assert (lifted["details"], lifted["purpose"]) == ({"choice": "allow", "source": "person", "over": "signal"}, ADS)
    assert given["type"] == "giving"
    assert counts(desk.give(asked, notice(), LATER)) == (0, 1, 0)  # read again it is the same
    with pytest.raises(GivingError, match="objected"):
        give(desk, subject, LATER, value="older@example.com")
    with pytest.raises(GivingError, match="objected"):  # it was lifted for one purpose
        give(desk, subject, LATER, purpose=PARTNERS, given_at=LATER.isoformat())


def test_a_giving_that_is_refused_lifts_nothing(desk, recorded, subject):
    object_to(desk, subject, None, "person", NOW)
    before = recorded()
    with pytest.raises(GivingError, match="not-an-email"):
        desk.give(
            row(subject, kind="email", value="no address", given_at=LATER.isoformat()), notice(), LATER, lifts=True
        )
    assert choices(desk, subject).standing[ADS].objects
    assert recorded()["registry.preferences"] == before["registry.preferences"]


def test_what_is_over_already_is_recorded_as_over(desk, superuser, subject):
    object_to(desk, subject, None, "person", NOW)
    over = give(desk, subject, withdrawn_at="2024-06-30T12:00:00Z")
    assert counts(over) == (1, 0, 1)
    assert [ended is None for _, _, ended in givings(superuser, subject)] == [False]


def test_who_has_a_signal_is_told_of_it_before_they_lift_an_objection(desk, subject):
    object_to(desk, subject, None, "gpc", NOW)
    with pytest.raises(Refused, match="signals"):
        allow(desk, subject, ADS, LATER)
    assert choices(desk, subject).standing[ADS].objects
    assert allow(desk, subject, ADS, LATER, told=True)
    assert not object_to(desk, subject, None, "gpc", LATER).new
    assert {name for name, one in choices(desk, subject).standing.items() if not one.objects} == {ADS}


def test_lifting_where_nothing_stands_changes_nothing(desk, recorded, subject):
    give(desk, subject)
    before = recorded()
    assert not allow(desk, subject, ADS, LATER)
    assert recorded() == before


def test_what_is_no_marketing_no_purpose_or_no_id_is_an_error(desk, recorded, subject):
    before = recorded()
    for do in (
        lambda name: object_to(desk, subject, name, "person", NOW),
        lambda name: allow(desk, subject, name, NOW),
    ):
        with pytest.raises(BadInput, match="withdraw"):
            do(SECURITY)
        with pytest.raises(PolicyError):
            do("weather")
    for name in ("", " ", "a\nb", "x" * 129):
        with pytest.raises(GivingError):
            object_to(desk, name, None, "person", NOW)
    assert recorded() == before
    assert choices(desk, "a\nb").history == ()


def test_an_objection_between_reading_a_batch_and_recording_it_is_seen(desk, superuser, subject):
    rules = desk.rules((notice(),), NOW)
    batch = desk.batch([(1, [row(subject)[column] for column in rules.columns])], rules, {})
    prepared = prepare(batch, rules, desk.intakes)
    object_to(desk, subject, None, "person", NOW)
    assert dict(desk.record(batch, prepared, rules).refused) == {"objected": 1}
    assert givings(superuser, subject) == []


# -- whatever happens, who objects is in no audience until they lift it


class Machine(RuleBasedStateMachine):
    """One person: gives, imports, matches, objects and lifts in any order, and what must be so is kept beside."""

    solely, clock, folder, numbers = None, None, None, None

    @initialize()
    def begin(self):
        self.subject = f"machine-{next(self.numbers)}"
        self.value = f"{self.subject}@example.com"
        self.objects, self.objected_at, self.given, self.lists = False, None, [], []

    def now(self):
        type(self).time += timedelta(minutes=1)
        return type(self).time

    def row(self, age):
        at = self.now() - age
        return row(self.subject, self.value, given_at=at.isoformat()), at

    @rule(age=st.sampled_from([timedelta(), timedelta(seconds=30), timedelta(minutes=5), AGES]), lifts=st.booleans())
    def gives(self, age, lifts):
        asked, at = self.row(age)
        refused = (self.objects and not lifts) or (self.objected_at is not None and at <= self.objected_at)
        with pytest.raises(GivingError, match="objected") if refused else nullcontext():
            self.solely.desk.give(asked, notice(), type(self).time, lifts=lifts)
        if not refused:
            self.objects = False
            self.given.append(asked)

    @rule(age=st.sampled_from([timedelta(), AGES]))
    def is_imported(self, age):
        fresh, _ = self.row(age)
        self.solely.give_file(write(self.folder, [*self.given, fresh]))

    @rule()
    def meets_a_list(self):
        path = self.folder / "list.csv"
        path.write_text(f"email\n{self.value}\nsomebody.else@example.com\n")
        name = f"{self.subject}-{len(self.lists)}"
        self.now()
        self.solely.match(path, "acme", name)
        self.lists.append(name)

    @rule(source=st.sampled_from(["person", "gpc"]), purpose=st.sampled_from([None, ADS]))
    def objects_to_it(self, source, purpose):
        at = self.now()
        told = not self.objects and choices(self.solely.desk, self.subject).standing[ADS].told
        new = object_to(self.solely.desk, self.subject, purpose, source, at).new
        if not (source == "gpc" and told):
            self.objects = True
            self.objected_at = at if new else self.objected_at

    @rule(purpose=st.sampled_from([ADS, PARTNERS]))
    def lifts_it(self, purpose):
        allow(self.solely.desk, self.subject, purpose, self.now(), told=True)
        self.objects = self.objects and purpose != ADS

    @invariant()
    def who_objects_is_in_no_audience_and_nothing_of_theirs_stands(self):
        if getattr(self, "objects", False):
            assert self.solely.standing(self.subject, ADS) == []
            assert not any(self.subject in self.solely.members("acme", one) for one in self.lists)


def test_after_an_objection_nothing_brings_a_person_into_an_audience_until_they_lift_it(made, tmp_path):
    Machine.time, Machine.folder, Machine.numbers = NOW, tmp_path, iter(range(10_000))
    with Solely(copied(made, tmp_path / "data"), clock=lambda: Machine.time, signs=False) as Machine.solely:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=8,
                stateful_step_count=10,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
