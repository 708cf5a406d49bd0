"""What Prometheus is told."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """The metrics of one app; each app has its own registry, so that two can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "recommender_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.duration = Histogram(
            "recommender_request_duration_seconds",
            "From the first byte in to the last byte out.",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.inference = Histogram(
            "recommender_inference_duration_seconds",
            "Calls to the inference service by outcome.",
            ["outcome"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.breaker = Gauge(
            "recommender_inference_breaker",
            "1 for the state of the breaker before inference.",
            ["state"],
            registry=self.registry,
        )
        self.moods = Counter(
            "recommender_moods_total",
            "Recommendations by mood and strategy.",
            ["emotion", "strategy"],
            registry=self.registry,
        )
        self.feedback = Counter(
            "recommender_feedback_total", "Feedback kept, by action.", ["action"], registry=self.registry
        )
