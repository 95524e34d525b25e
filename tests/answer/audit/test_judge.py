"""What is asked of an engine: keys only where something can meet them, and what allows what."""

from solely.answer.audit.dialect import DUCKDB, SPARK
from solely.answer.audit.judge import Keys, allowed, audiences
from solely.answer.audit.rules import chosen

KEYS = Keys(chosen(()), DUCKDB)


def test_digests_are_made_of_those_algorithms_alone_that_the_other_table_holds():
    made = KEYS.contacts([""], ["sha1"])
    assert "sha1(" in made
    assert "md5(" not in made
    assert "sha2(form, 512)" not in made


def test_two_tables_of_digests_make_none():
    assert "sha" not in KEYS.contacts(["sha256"], ["sha256"])
    assert KEYS.same_points(["sha256"]) is None


def test_an_empty_table_has_keys_of_no_row():
    assert "WHERE false" in KEYS.contacts([], ["sha256"])


def test_what_allows_what_is_written_as_literals():
    sql = allowed({"": ("it's",), "partner": ("a", "b")}, ["", "partner", "other"], DUCKDB)
    assert "('', 'it''s'), ('other', 'other'), ('partner', 'a'), ('partner', 'b')" in sql
    assert "it\\'s" in allowed({"": ("it's",)}, [""], SPARK)


def test_a_period_is_part_of_the_question():
    assert "matched >= 5 AND matched < 9" in audiences("x", 5, 9)
    assert audiences("x", None, None).endswith("WHERE true")
