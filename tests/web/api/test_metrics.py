"""Figures for Prometheus: by route, status and time, and of nobody."""

import pytest

pytestmark = pytest.mark.server


def test_what_was_asked_is_counted_by_its_route_and_names_nobody(api, backend, subject):
    for _ in range(3):
        backend("GET", f"/v1/subjects/{subject}/givings")
    shown = backend("GET", "/metrics")
    assert shown.headers["content-type"].startswith("text/plain")
    assert 'solely_answers_total{compartment="all",method="GET",route="/v1/subjects/{subject}/givings"' in shown.text
    assert "solely_process_resident_memory_bytes" in shown.text
    assert subject not in shown.text


def test_figures_are_for_who_may_see_them(api):
    assert api.client.get("/metrics").status_code == 401
    assert api.as_("officer", "registry")("GET", "/metrics").status_code == 403
