"""What the pages sign is theirs, for one use, and not to be made by anyone else."""

from hypothesis import given
from hypothesis import strategies as st

from solely.client.pages.signed import Signer

SIGNER, OTHER = Signer("a secret of sixteen bytes"), Signer(b"another secret of sixteen bytes")


def test_a_tag_is_of_its_use_its_parts_and_its_secret():
    tag = SIGNER.tag("form", "browser", "ana")
    assert SIGNER.is_tag(tag, "form", "browser", "ana")
    for what, *parts in (("form", "browser", "bob"), ("form", "browserana", ""), ("step", "browser", "ana"), ("form",)):
        assert not SIGNER.is_tag(tag, what, *parts)
    assert not OTHER.is_tag(tag, "form", "browser", "ana")
    assert not SIGNER.is_tag("ä", "form")


def test_what_is_written_is_read_again_for_that_use_alone():
    text = SIGNER.write("step", {"subject": "ana ä", "challenge": "1"})
    assert SIGNER.read("step", text) == {"subject": "ana ä", "challenge": "1"}
    assert SIGNER.read("other", text) == {}
    assert OTHER.read("step", text) == {}


@given(st.text())
def test_what_is_not_ours_says_nothing(text):
    assert SIGNER.read("step", text) == {}


def test_each_changed_character_is_told():
    text = SIGNER.write("step", {"subject": "ana"})
    for place in range(len(text)):
        other = "A" if text[place] != "A" else "B"
        assert SIGNER.read("step", text[:place] + other + text[place + 1 :]) == {}
