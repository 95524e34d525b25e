"""A file of givings: each row is taken or refused by itself, and a file that can't be read changes nothing."""

import os
from pathlib import Path

import pytest

from givings import ADS, HEADER, NOW, SECURITY, entries, givings, notice, row, size, write
from solely.consent import COLUMNS
from solely.errors import BadInput, NoticeError
from solely.give import file as give_module
from solely.give.file import give_file, read_notices

pytestmark = pytest.mark.server

HEAD = f"{HEADER}\n".encode()


@pytest.fixture
def give(desk, tmp_path):
    """A function: give rows, or the bytes of a file, with the refused rows and the progress noted."""

    def give(content, processes=1, notices=None):
        path = write(tmp_path, [] if isinstance(content, bytes) else content)
        if isinstance(content, bytes):
            path.write_bytes(content)
        known = read_notices(path.parent / "notices") if notices is None else notices
        give.refused, give.progress = [], []
        return give_file(
            desk,
            path,
            known,
            NOW,
            imported="an-import",
            processes=processes,
            on_refused=lambda number, reason: give.refused.append((number, reason)),
            on_progress=give.progress.append,
        )

    return give


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(give_module, "_BATCH", 50)
    monkeypatch.setattr(give_module, "_FEW", 10)


def line(subject, **changed):
    given = row(subject, **changed)
    return ",".join(given[column] for column in COLUMNS).encode() + b"\n"


def counts(given):
    return given.rows, given.given, given.known, given.ended, dict(given.refused)


def many(subject, count):
    """Givings of a third as many people, with ends, repeats and refusals among them."""
    for number in range(count):
        purpose = (ADS, SECURITY, "service-notice")[number % 3]
        value = f"{subject}.{number}@example.com" if number % 10 else "refused"
        end = "2024-06-01" if number % 7 == 0 else ""
        yield row(f"{subject}-{number // 3}", value, kind="email", purpose=purpose, withdrawn_at=end)


def truth(rows):
    good = [one for one in rows if one["value"] != "refused"]
    return len(good), sum(bool(one["withdrawn_at"]) for one in good), len(rows) - len(good)


def test_refused_rows_are_told_with_their_number_and_reason_and_the_others_go_on(give, superuser, subject):
    before = size(superuser)
    given = give(
        [row(subject), row(""), row(subject, "+49 151 12345678"), row(subject, kind="fax"), row(subject, "x@")]
    )
    assert counts(given) == (5, 2, 0, 0, {"no-subject": 1, "unknown-kind": 1, "not-an-email": 1})
    assert give.refused == [(2, "no-subject"), (4, "unknown-kind"), (5, "not-an-email")]
    giving, refusal = entries(superuser, before)
    assert (giving["type"], giving["members"]["count"]) == ("giving", 2)
    assert refusal["details"] == {"of": "giving", "no-subject": 1, "unknown-kind": 1, "not-an-email": 1}


def test_the_same_file_again_is_known_whole_and_writes_nothing(give, recorded, subject):
    rows = [one for one in many(subject, 30) if one["value"] != "refused"]
    give(rows)
    before = recorded()
    assert counts(give(rows)) == (len(rows), 0, len(rows), 0, {})
    assert recorded() == before


def test_a_row_that_stands_twice_in_a_file_is_given_once_and_an_end_in_either_ends_it(give, superuser, subject):
    rows = [
        row(subject),
        row(subject),
        row(subject, withdrawn_at="2024-06-01"),
        row(subject, withdrawn_at="2024-07-01"),
    ]
    assert counts(give(rows)) == (4, 1, 3, 1, {})
    ((_, _, ended_at),) = givings(superuser, subject)
    assert ended_at.month == 6


def test_a_later_file_ends_what_an_earlier_one_gave(give, subject):
    rows = [row(f"{subject}-{number}") for number in range(5)]
    give(rows)
    ended = [one | {"withdrawn_at": "2024-06-01"} for one in rows[:2]]
    assert counts(give(ended + rows[2:])) == (5, 0, 5, 2, {})


@pytest.mark.parametrize("processes", [1, 3])
def test_many_batches_are_recorded_in_the_file_s_order_whoever_prepares_them(
    give, superuser, small_batches, subject, processes
):
    rows = list(many(subject, 730))
    given, ended, refused = truth(rows)
    before = size(superuser)
    assert counts(give(rows, processes)) == (730, given, 0, ended, {"not-an-email": refused})
    assert give.refused == [(number, "not-an-email") for number in range(1, 731, 10)]
    assert [so_far.rows for so_far in give.progress] == [*range(50, 730, 50), 730]
    written = entries(superuser, before)
    for type_, count in (("giving", given), ("withdrawal", ended)):
        assert sum(one["members"]["count"] for one in written if one["type"] == type_) == count
    people = superuser.execute("SELECT count(*) FROM registry.pseudonyms WHERE subject LIKE %s", [f"{subject}-%"])
    assert people.fetchone()[0] == len({(one["subject"], one["purpose"]) for one in rows if one["value"] != "refused"})
    assert counts(give(rows, 4 - processes)) == (730, 0, given, 0, {"not-an-email": refused})


def test_a_person_new_in_one_batch_is_the_same_in_the_next_ones_being_prepared(give, superuser, small_batches, subject):
    rows = [row(subject, f"{subject}.{number}@example.com") for number in range(400)]
    assert counts(give(rows, 2)) == (400, 400, 0, 0, {})
    asked = "SELECT count(DISTINCT pseudonym) FROM registry.pseudonyms WHERE subject = %s"
    assert superuser.execute(asked, [subject]).fetchone() == (1,)


UNREADABLE = {
    "nothing": b"",
    "nothing but a mark": b"\xef\xbb\xbf",
    "no header": line("u1"),
    "a column missing": HEADER.replace(",notice", "").encode() + b"\n",
    "a column twice": f"{HEADER},subject\n".encode(),
    "UTF-16": (HEADER + "\n").encode("utf-16"),
    "a quote that does not end": HEAD + line("u1") + b'"u2,email,ada@example.com\n' + line("u3") * 3,
    "text after a quote": HEAD + b'"u1"x' + line("u1") + line("u2"),
    "a huge cell": HEAD + line("u1") + line("u2", value="a" * 70_000),
    "binary": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_file_that_can_t_be_read_changes_nothing(give, recorded, what):
    before = recorded()
    with pytest.raises(BadInput) as caught:
        give(UNREADABLE[what])
    assert "given.csv, line " in caught.value.where
    assert caught.value.cure
    assert "ada@example.com" not in str(caught.value)
    assert recorded() == before


def test_the_line_of_a_fault_is_told(give):
    with pytest.raises(BadInput, match="line 3:"):
        give(UNREADABLE["a quote that does not end"])


@pytest.mark.parametrize("what", ["absent", "a folder", "a pipe"])
def test_what_is_no_file_can_t_be_read(desk, recorded, tmp_path, subject, what):
    read, fill = os.pipe()
    os.write(fill, HEAD + line(subject))
    os.close(fill)
    path = {"absent": tmp_path / "absent", "a folder": tmp_path, "a pipe": Path(f"/proc/self/fd/{read}")}[what]
    before = recorded()
    with pytest.raises(BadInput, match="can't be read"):
        give_file(desk, path, [notice()], NOW, imported="an-import", processes=1)
    os.close(read)
    assert recorded() == before


READABLE = {
    "a mark before it": b"\xef\xbb\xbf" + HEAD + line("{}"),
    "Windows line ends": (HEAD + line("{}")).replace(b"\n", b"\r\n"),
    "no last line end": (HEAD + line("{}"))[:-1],
    "blank lines": b"" + HEAD + b"\n\r\n" + line("{}") + b"\n",
    "quoted cells": HEAD + b",".join(b'"' + cell + b'"' for cell in line("{}").strip().split(b",")) + b"\n",
    "spaces around": HEADER.replace(",", " , ").encode()
    + b"\n"
    + line(" {} ", purpose=f" {ADS} ", notice=f" {ADS}/v1 "),
}


@pytest.mark.parametrize("what", READABLE)
def test_what_exports_do_differently_reads_the_same(give, subject, what):
    assert counts(give(READABLE[what].replace(b"{}", subject.encode()))) == (1, 1, 0, 0, {})
    assert counts(give([row(subject)])) == (1, 0, 1, 0, {})


def test_columns_stand_in_any_order_and_more_of_them_do_no_harm(give, subject):
    content = f"colour,country,{','.join(reversed(COLUMNS))}\n"
    one = row(subject, "0151 12345678", kind="phone")
    content += f"red,de,{','.join(one[column] for column in reversed(COLUMNS))}\n"
    assert counts(give(content.encode())) == (1, 1, 0, 0, {})
    assert counts(give([row(subject, "+4915112345678")])) == (1, 0, 1, 0, {})


def test_rows_that_are_no_text_or_have_a_cell_too_many_are_refused_alone(give, subject):
    bad = [
        line(f"{subject}-latin", value="Zoë@example.com").decode().encode("latin-1"),
        line(f"{subject}-nul", value="a\0b@example.com"),
        line(f"{subject}-lines", value='"a\nb@example.com"'),
        line(f"{subject}-more").strip() + b",more\n",
        b"too,few\n",
        b" \n",
        b"u1,email\ra@example.com\n",
    ]
    assert counts(give(HEAD + line(f"{subject}-1") + b"".join(bad) + line(f"{subject}-2"))) == (
        10, 2, 0, 0, {"not-text": 3, "ragged-row": 5},
    )  # fmt: skip
    assert [number for number, _ in give.refused] == [2, 3, 4, 5, 6, 7, 8, 9]


def test_a_fault_in_the_last_line_is_found_before_the_first_batch_is_recorded(give, recorded, small_batches, subject):
    before = recorded()
    rows = b"".join(line(f"{subject}-{number}") for number in range(500))
    with pytest.raises(BadInput, match="line 502:"):
        give(HEAD + rows + b'"open')
    assert recorded() == before
    assert give.progress == []


def test_notices_are_those_of_the_folder_by_purpose_and_version(tmp_path):
    write(tmp_path, [])
    (tmp_path / "notices" / ADS / "v2-de.txt").write_bytes("Wofür wir es nutzen.\r\n".encode())
    (tmp_path / "notices" / ADS / "draft.md").write_text("no notice")
    (tmp_path / "notices" / "loose.txt").write_text("no notice")
    found = {one.name: one.text for one in read_notices(tmp_path / "notices")}
    assert len(found) == 5
    assert found[f"{ADS}/v2-de"] == "Wofür wir es nutzen.\r\n"
    assert read_notices(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("content", "what"), [(b"\xff\xfe", "UTF-8"), (b"a" * 1_000_001, "megabyte"), (b"a\0", "text")]
)
def test_a_notice_that_is_no_text_is_an_error_that_names_the_file(give, recorded, tmp_path, subject, content, what):
    write(tmp_path, [])
    (tmp_path / "notices" / ADS / "v2.txt").write_bytes(content)
    before = recorded()
    with pytest.raises(NoticeError, match=what) as caught:
        give([row(subject)])
    assert "v2" in caught.value.where
    assert recorded() == before


def test_notices_nobody_gave_under_are_not_recorded(give, superuser, tmp_path, subject):
    write(tmp_path, [])
    for version in ("used", "unused"):
        (tmp_path / "notices" / ADS / f"{version}.txt").write_text(version)
    give([row(subject, notice=f"{ADS}/used"), row(subject, "no address", kind="email", notice=f"{ADS}/unused")])
    found = superuser.execute("SELECT version FROM registry.notices WHERE version ~ 'used'").fetchall()
    assert found == [("used",)]


def test_an_import_and_where_people_are_are_kept_with_the_givings_it_brought(give, superuser, tmp_path, subject):
    rows = [row(f"{subject}-{n}", value, purpose=SECURITY) for n, value in enumerate(("+4915112345678", "a@b.example"))]
    given = give(rows)
    assert given.imported == "an-import"
    found = superuser.execute(
        "SELECT g.subject, g.country, i.import FROM registry.givings g JOIN registry.imports i USING (entry)"
        " WHERE g.subject = ANY(%s) ORDER BY 1",
        [[one["subject"] for one in rows]],
    ).fetchall()
    assert found == [(f"{subject}-0", "DE", "an-import"), (f"{subject}-1", None, "an-import")]
    (entry,) = entries(superuser, size(superuser) - 1)
    assert entry["details"] == {"import": "an-import"}
