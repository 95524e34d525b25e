"""Evidence read back for the answers: by upload, by block, by giving, by person."""

from contextlib import closing
from uuid import uuid4

import numpy as np
import pytest
from pyroaring import BitMap

from givings import PARTNERS, give
from solely.store import advertising
from solely.store.advertising import Upload
from solely.store.evidence import Evidence

pytestmark = pytest.mark.server


@pytest.fixture
def connection(login):
    with login("advertising") as connection, connection.transaction(force_rollback=True):
        yield connection


def store(connection, advertiser, *numbers):
    upload = Upload(uuid4(), np.array(numbers, np.uint32), np.arange(len(numbers), dtype=np.uint32))
    advertising.add_evidence(connection, advertiser, upload)
    return advertiser, upload.id


def reached(connection, jobs, blocks=None):
    found = {}
    with closing(Evidence(connection).reached(jobs, blocks)) as parts:
        for upload, givings in parts:
            found[upload] = found.get(upload, BitMap()) | givings
    return found


FAR = 900 << 22  # beyond what other tests gave


def test_what_uploads_reached_comes_back_by_upload_and_by_block(connection, subject):
    one = store(connection, subject, FAR + 1, FAR + 2, FAR + (5 << 22))
    other, third = store(connection, f"{subject}-rival", FAR + 2), store(connection, subject, FAR + 3)
    assert reached(connection, [one, other]) == {
        one[1]: BitMap([FAR + 1, FAR + 2, FAR + (5 << 22)]),
        other[1]: BitMap([FAR + 2]),
    }
    assert reached(connection, [one, third], [905]) == {one[1]: BitMap([FAR + (5 << 22)])}
    assert reached(connection, [(f"{subject}-rival", one[1])]) == {}
    assert Evidence(connection).givings_of(one).tolist() == [FAR + 1, FAR + 2, FAR + (5 << 22)]
    assert Evidence(connection).givings_of((subject, uuid4())).tolist() == []


def test_the_uploads_that_used_a_giving_are_found_by_its_number(connection, subject):
    one = store(connection, subject, FAR + 11, FAR + 12)
    other = store(connection, f"{subject}-rival", FAR + 12, FAR + 13)
    assert Evidence(connection).through([FAR + 11]) == {one[1]: [(subject, FAR + 11)]}
    assert Evidence(connection).through([FAR + 12, FAR + 13]) == {
        one[1]: [(subject, FAR + 12)],
        other[1]: [(f"{subject}-rival", FAR + 12), (f"{subject}-rival", FAR + 13)],
    }
    assert Evidence(connection).through([]) == {}


def test_a_person_is_the_lowest_number_of_their_givings(desk, login, solely, subject):
    with login("advertising") as connection:
        above = advertising.last_number(connection)
        give(desk, subject)
        give(desk, f"{subject}-2", value="b@example.com")
        give(desk, subject, value="c@example.com", purpose=PARTNERS)
        (batch,) = Evidence(connection).givings_after(above)
        assert [(one.number - above, one.first - above) for one in batch] == [(1, 1), (2, 2), (3, 1)]
        assert list(Evidence(connection).givings_after(above + 3)) == []
        pseudonym = solely.desk.find([subject], "advertising")[subject]
        assert Evidence(connection).numbers_of(pseudonym) == {batch[0].giving: above + 1, batch[2].giving: above + 3}
        assert Evidence(connection).firsts_of([pseudonym, uuid4()]) == {pseudonym: above + 1}
        assert Evidence(connection).member_of(pseudonym) is None
        advertising.admit_members(connection, above)
        member = Evidence(connection).member_of(pseudonym)
        persons = Evidence(connection).persons([above + 1, above + 2])
        assert (above + 1, member, pseudonym) in persons
        assert len(persons) == 2
        assert [one.member for one in persons] == sorted(one.member for one in persons)
