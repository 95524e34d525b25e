"""What an audit leaves behind is checked before the work, and written after it."""

import datetime as dt

import pytest

from solely.answer.audit import AuditPapers
from solely.errors import BadInput


@pytest.mark.parametrize(
    "wanted", [{"subjects": "s.txt"}, {"report": "r.doc"}, {"picture": "p.png"}, {"picture": "nowhere/p.svg"}]
)
def test_what_cannot_be_written_is_refused(wanted, tmp_path):
    with pytest.raises(BadInput):
        AuditPapers(**{name: tmp_path / path for name, path in wanted.items()}).check()


def test_page_and_picture_are_written(ask, tables, tmp_path):
    contacts = [("u1", "email", "a@example.com", "two-factor", "2019-01-01T00:00:00Z", "")]
    report = ask(tables(contacts, [("acme", "l", "a@example.com", "", "2020-01-01T00:00:00Z")]))
    papers = AuditPapers(report=tmp_path / "r.html", picture=tmp_path / "p.svg")
    papers.check()
    papers.write(report, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "1")
    assert "1 person is affected" in (tmp_path / "r.html").read_text()
    assert (tmp_path / "p.svg").read_text().startswith("<svg")
    assert list(papers.written()) == [tmp_path / "r.html", tmp_path / "p.svg"]
