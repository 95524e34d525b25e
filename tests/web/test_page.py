"""The page says what the story holds, as text alone, and its own policy forbids it everything else."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from typing_extensions import override

from solely.web.page import figure, render
from solely.web.story import AuditLine, Flow, ListLine

VOID = {"meta", "link", "br", "path", "rect"}
HOSTILE = '<script>alert("1")</script>'


class Outline(HTMLParser):
    """The tags of a page, which must close as they open, and what its attributes say."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], []

    @override
    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    @override
    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    @override
    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    @override
    def handle_data(self, data):
        self.text.append(data)


def outline(page) -> Outline:
    parsed = Outline()
    parsed.feed(page.body.decode())
    parsed.close()
    assert parsed.open == []
    return parsed


def values(parsed, name):
    return [value for _, attribute, value in parsed.attributes if attribute == name]


def test_what_opens_closes_and_ids_are_single(story):
    parsed = outline(render(story))
    ids = values(parsed, "id")
    assert len(ids) == len(set(ids)) > 0
    assert set(" ".join(values(parsed, "aria-labelledby")).split()) <= set(ids)
    assert parsed.tags.count("h1") == 1


def test_every_picture_has_a_title_a_description_and_a_table(story):
    parsed = outline(render(story))
    assert parsed.tags.count("svg") == parsed.tags.count("desc") == 4  # two figures, wide and narrow
    assert parsed.tags.count("details") == 2


def test_the_page_holds_every_number_of_the_story(story):
    text = " ".join(outline(render(story)).text)
    for line in (*story.lists, story.total):
        for number in (line.rows, line.usable, line.tailored, line.partner, line.without, line.only_security):
            assert f"{number:,}" in text
    for words in ("370 contacts given for security", "Solely put none", "harbour", "41", "75", "66", "ab" * 32):
        assert words in text


def test_a_leak_would_stand_in_the_headline(story):
    leaky = replace(story, solely=(*story.solely, Flow("phone", "security", "tailored", 3)))
    assert "Solely put 3." in render(leaky).body.decode()


def test_hostile_names_are_text(story):
    line = ListLine(HOSTILE, 1, 1, 0, 0, 0, 0)
    hostile = replace(
        story,
        lists=(line,),
        audit=(AuditLine(HOSTILE, 1, 0),),
        ledger=replace(story.ledger, root=HOSTILE),
        software=HOSTILE,
    )
    parsed = outline(render(hostile))
    assert "script" not in parsed.tags
    assert parsed.text.count(HOSTILE) == 3
    assert HOSTILE in "".join(parsed.text[-3:])  # the version, within a sentence


def test_nothing_runs_and_nothing_comes_from_elsewhere(story):
    parsed = outline(render(story))
    assert not {"script", "img", "iframe", "form", "object", "base"} & set(parsed.tags)
    assert not [name for _, name, _ in parsed.attributes if name.startswith("on") or name in {"style", "src"}]
    assert values(parsed, "href") == ["data:,"]
    body = render(story).body.decode()
    assert not re.search(r"https?:|url\(|@import|//", body)


def test_the_policy_allows_the_one_style_there_is(story):
    page = render(story)
    style = re.search(rb"<style>(.*?)</style>", page.body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[1]).digest()).decode()
    policy = page.headers["Content-Security-Policy"].split("; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in " ".join(policy)


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_labels_find_room_beside_the_picture(story, size):
    frame = figure("x", story.solely, ("tailored", "partner", "none")).pictures[size].frame
    assert frame.width - frame.left - frame.right > 200
    assert min(frame.left, frame.right) > 6 + frame.bar + len("34,158") * 6


def test_a_figure_has_the_same_numbers_as_a_table(story):
    rows = figure("without", story.without, ("any", "none")).rows
    assert sum(row[3] for row in rows) == story.standing
    assert ("Phone", "Security", "Advertising", 280) in rows
    assert len(rows) == len(story.without)
