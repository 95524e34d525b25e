"""Metrics for Prometheus, of one process: what was asked by which route, how it ended, how long it took. No more.

No label is of a person, an advertiser or a key: routes stand by their pattern.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.process_collector import ProcessCollector

from solely.web.api.answer import Answer
from solely.web.api.routes import Call

__all__ = ["TEXT", "Metrics"]

TEXT = CONTENT_TYPE_LATEST

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """One process's."""

    def __init__(self, name: str) -> None:
        """`name`: the compartment, or `all`."""
        self._registry = CollectorRegistry()
        ProcessCollector(namespace="solely", registry=self._registry)
        labels = ("compartment", "method", "route")
        self._name = name
        self._answers = Counter("solely_answers", "requests answered", (*labels, "status"), registry=self._registry)
        self._seconds = Histogram(
            "solely_answer_seconds", "how long they took", labels, buckets=_SECONDS, registry=self._registry
        )
        self.busy = Gauge("solely_requests", "requests being answered", registry=self._registry)
        self.turned_away = Counter(
            "solely_turned_away", "requests for which there was no room", registry=self._registry
        )

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request that was answered."""
        self._answers.labels(self._name, method, route, str(status)).inc()
        self._seconds.labels(self._name, method, route).observe(seconds)

    def shown(self, call: Call) -> Answer:
        """Figures of this process, as Prometheus reads them."""
        del call
        return Answer(200, generate_latest(self._registry), TEXT)
