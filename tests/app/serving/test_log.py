"""The log: one JSON object a line, with what was asked for, and nothing of what somebody typed."""

import io
import json
import logging

import pytest
import structlog

from solely.app.serving.log import failed, open_log

TYPED = "ann@example.com"


@pytest.fixture
def written():
    """A function that opens a log, and what is in it."""
    stream, handlers, level = io.StringIO(), logging.root.handlers[:], logging.root.level
    yield lambda *named: open_log(stream, *named), lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_a_line_has_time_level_event_and_compartment_and_the_request_where_there_is_one(written):
    opened, lines = written
    log = opened("security", "info")
    log.info("ready", port=1)
    with structlog.contextvars.bound_contextvars(request="r-1"):
        log.warning("slow")
    one, two = lines()
    assert one.pop("time").endswith("Z")
    assert one == {"level": "info", "event": "ready", "compartment": "security", "port": 1}
    assert (two["request"], two["level"]) == ("r-1", "warning")


def test_what_is_below_its_level_is_not_written(written):
    opened, lines = written
    log = opened("security", "error")
    log.warning("slow")
    log.error("bad")
    assert [one["event"] for one in lines()] == ["bad"]


def test_an_error_is_told_by_its_kind_and_place_and_not_by_its_words(written):
    opened, lines = written
    try:
        int(TYPED)
    except ValueError as error:
        failed(opened("ledger", "info"), error)
    (one,) = lines()
    assert one["error"] == "ValueError"
    assert "test_log.py:" in one["place"]
    assert TYPED not in json.dumps(one)


def test_what_a_library_logs_is_told_without_what_fills_it(written):
    opened, lines = written
    opened("ledger", "info")
    library = logging.getLogger("some.library")
    library.warning("took %s", TYPED)
    library.warning(f"took {TYPED}")
    library.info("not even at this level")
    try:
        int(TYPED)
    except ValueError:
        library.exception("no %s", TYPED)
    assert [(one["event"], one.get("error")) for one in lines()] == [
        ("library: took %s", None), ("library: see its place", None), ("library: no %s", "ValueError"),
    ]  # fmt: skip
    assert TYPED not in json.dumps(lines())
