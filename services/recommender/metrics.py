"""The service's Prometheus metrics."""

from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """The metrics of one app; each app has its own registry, so that two can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry, buckets=BUCKETS)
        self.requests = counter(
            "recommender_requests_total", "Requests answered.", ["method", "route", "status"]
        )
        self.duration = histogram(
            "recommender_request_duration_seconds", "From the first byte in to the last byte out.", ["route"]
        )
        self.inference = histogram(
            "recommender_inference_duration_seconds",
            "Calls to the inference service by outcome.",
            ["outcome"],
        )
        self.breaker = Gauge(
            "recommender_inference_breaker",
            "1 for the state of the breaker before inference.",
            ["state"],
            registry=self.registry,
        )
        self.moods = counter(
            "recommender_moods_total", "Recommendations by mood and strategy.", ["emotion", "strategy"]
        )
        self.feedback = counter("recommender_feedback_total", "Feedback kept, by action.", ["action"])
