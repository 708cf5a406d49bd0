"""The Prometheus metrics of the inference service."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.emotions import EMOTIONS
from services.inference.pipeline import Reading

BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """The metrics of one app; each app has its own registry, so that two can live in one process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "inference_requests_total", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self.duration = Histogram(
            "inference_request_duration_seconds",
            "From the first byte in to the last byte out.",
            ["route"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.stage = Histogram(
            "inference_stage_duration_seconds",
            "Time of one stage for one photo.",
            ["stage"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.faces = Histogram(
            "inference_faces",
            "Faces found per photo.",
            buckets=(0, 1, 2, 4, 8, 16, 32, 64),
            registry=registry,
        )
        self.emotions = Counter(
            "inference_emotions_total", "Faces by the emotion read.", ["emotion"], registry=registry
        )
        self.rejected = Counter(
            "inference_rejected_total",
            "Requests refused or failed, by problem code.",
            ["code"],
            registry=registry,
        )
        self.streams = Gauge("inference_streams", "Streams that are open.", registry=registry)
        self.queue = Gauge(
            "inference_queue_depth", "Requests that run or wait for a worker.", registry=registry
        )
        self.model = Gauge(
            "inference_model_info", "1 for the model that is loaded.", ["name", "version"], registry=registry
        )

    def count(self, reading: Reading) -> None:
        times = reading.times
        self.stage.labels("decode").observe(times.decode)
        self.stage.labels("detect").observe(times.detect)
        self.stage.labels("classify").observe(times.align + times.classify)
        self.faces.observe(len(reading.faces))
        for face in reading.faces:
            self.emotions.labels(EMOTIONS[int(face.probabilities.argmax())]).inc()
