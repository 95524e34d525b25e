"""Lists on their way, as deployed: advertising receives and matches them, the ledger writes it down first."""

import pytest

from solely.app.uploads import begin, open_uploads
from solely.audiences.arrived import Arrived
from solely.audiences.match import Target
from solely.errors import Conflict, ListError, Refused
from solely.store.ledger import Concern, Words

pytestmark = pytest.mark.server
ADS = "tailored-audiences"


def sent(parts, target, content):
    """A list that came whole."""
    one, uploads = begin(parts, target, ADS, {"columns": {"1": "email"}}), open_uploads(parts)
    with uploads.spool(one).writing() as writing:
        writing.add(content)
        writing.keep()
    return uploads.whole(one, len(content))


def test_each_process_does_its_part_of_a_list_and_no_other(apart, subject):
    """Advertising has its own key file alone; a stop that the registry's officer sets is met by it at once."""
    parts, target = apart.parts("advertising"), Target("acme", subject)
    uploads, ledger = open_uploads(parts), apart.whole.parts.entries
    before = ledger.size()
    arrived = Arrived(uploads, parts.audiences, parts.require_witnesses)
    arrived.clear()
    one = sent(parts, target, b"email\nsomebody@example.com\n")
    arrived.match_all()
    while (found := uploads.find(["acme"], None, one.upload)).state == "processing":
        arrived.match_all()
    assert (found.state, found.told["report"]["usable"]) == ("too-small", 1)
    assert not uploads.spool(one).path.exists()
    written = ledger.read(range(before, ledger.size())).values()
    assert [(entry.type, entry.principal) for entry in written] == [("use", "advertiser acme")]
    stop, gate = [Concern("audience", f"acme/{subject}")], apart.whole.parts.gate
    gate.contain(Words("incident", "officer ada"), stop, (), "2026-020")
    with pytest.raises(Refused, match="stopped"):
        begin(parts, target, ADS, {})
    gate.contain(Words("incident", "officer ada"), (), stop, "2026-020")


def test_what_can_not_be_matched_is_told_before_anything_is_sent(solely, subject, tmp_path):
    parts, target = solely.parts, Target("acme", subject)
    for options in ({"country": "XX"}, {"columns": {"1": "name"}}):
        with pytest.raises(ListError):
            begin(parts, target, ADS, options)
    with pytest.raises(Refused, match="not one that lists are matched for"):
        begin(parts, target, "two-factor", {})
    (tmp_path / "list.csv").write_text("email\nsomebody@example.com\n")
    solely.match(tmp_path / "list.csv", "acme", subject)
    with pytest.raises(Conflict, match="another purpose"):
        begin(parts, target, "partner-audiences", {})
