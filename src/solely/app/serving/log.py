"""The service's log: a JSON object a line, with time, level, event, compartment, and the request if there is one.

- An event is words of this program. What a library logs is told by its template, an error by its kind and place: what
  either says may quote a value that somebody typed.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger
from typing_extensions import override

__all__ = ["Log", "failed", "open_log", "place_of"]

Log = FilteringBoundLogger
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def open_log(stream: TextIO, compartment: str, level: str) -> Log:
    """The log of this process; from now on libraries write there too."""

    def of_compartment(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"compartment": compartment, **event}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            of_compartment,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    log: Log = structlog.get_logger()
    logging.basicConfig(handlers=[_FromLibraries(log)], level=logging.WARNING, force=True)
    return log


def failed(log: Log, error: BaseException, event: str = "failed") -> None:
    """An error that is none of ours: its kind, and where it was; never what it says."""
    log.error(event, error=type(error).__name__, place=place_of(error.__traceback__))


def place_of(trace: TracebackType | None) -> str:
    """The innermost place of a trace, as FILE:LINE."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"


class _FromLibraries(logging.Handler):
    """What libraries log, by its template alone."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    @override
    def emit(self, record: logging.LogRecord) -> None:
        told: dict[str, Any] = {"logger": record.name, "place": f"{record.module}:{record.lineno}"}
        if record.exc_info and record.exc_info[1]:
            told |= {"error": type(record.exc_info[1]).__name__, "place": place_of(record.exc_info[2])}
        words = record.msg if record.args and isinstance(record.msg, str) else "see its place"  # else it may be filled
        self._log.log(record.levelno, f"library: {words}", **told)
