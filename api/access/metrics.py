"""Counts and times for administrators, as Prometheus reads them: of routes, never of what was asked or found."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """What one process has done since it started."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "tenkyo_requests", "Requests by route and status.", ("route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "tenkyo_request_seconds", "How long a request took, to its last byte.", ("route",), registry=self._registry
        )
        self._waited = Histogram(
            "tenkyo_ask_wait_seconds", "How long a question waited for its turn.", registry=self._registry
        )

    def answered(self, route: str, status: int, seconds: float) -> None:
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def waited(self, seconds: float) -> None:
        self._waited.observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self._registry)
