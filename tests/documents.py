"""A document with a text in every place where a text can be."""

import re

from hypothesis import strategies as st

from solely.answer.document import Document, Fields, Heading, Items, Picture, Table, Text

ANY = st.text(st.characters(exclude_categories=()), max_size=60) | st.sampled_from(
    ["</p><script>alert(1)</script>", "{{ 7 * 7 }}", "#panic()", "*bold* $x$ `raw`", "[b]x[/b] :smile:", "&amp;"]
)  # fmt: skip
TIMES = 10  # a text's places


def of(text):
    return Document(
        f"T{text}",
        (
            Heading(f"H{text}"),
            Text(text),
            Items((text, text)),
            Table(("left", "right"), ((text, ""), ("", text)), frozenset({1})),
            Fields(((text, ""), ("", text))),
            Picture('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', f"P{text}"),
        ),
    )


def bare(text):
    """Without white space, which each form breaks as it likes."""
    return re.sub(r"\s", "", text)


def long_table(rows):
    return Document("x", (Table(("a header", "n"), tuple((f"row {n}", str(n)) for n in range(rows)), frozenset({1})),))
