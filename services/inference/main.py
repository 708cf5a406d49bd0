"""The inference service: a photo in, faces and their emotion probabilities out. Stateless.

uvicorn --factory services.inference.main:create_app --port 8001
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from starlette.middleware import Middleware

from services.common.application import access, new_app, outer_middleware
from services.common.door import DOOR, Door
from services.common.headers import OwnPages
from services.common.limits import BodyLimit, Pace, UploadBudget
from services.common.methods import Head
from services.common.problems import BusyError, add_error_handlers
from services.common.starting import StartError, start_tracing
from services.common.telemetry import set_up_logging
from services.inference.cascade import Cascade
from services.inference.classify import Classifier, load_model
from services.inference.decode import DecodeRoom
from services.inference.dependencies import Serving
from services.inference.detect import shipped_finder
from services.inference.errors import ModelFileError
from services.inference.metrics import Metrics
from services.inference.pipeline import Limits, Pipeline, Reading
from services.inference.quiet import silence_libraries
from services.inference.routes import about, batch, predict, stream
from services.inference.runtime import Model
from services.inference.settings import Settings, read_settings
from services.inference.streams import OpenStreams
from services.inference.upload import FRAMING
from services.inference.workers import FULL, Workers

if TYPE_CHECKING:
    from services.common.tracing import Tracing

HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
DESCRIPTION = """Finds faces and reads the *apparent* expression of each: six probabilities.

An apparent expression is not a feeling. Nothing sent here is stored or logged."""


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or read_settings()
    set_up_logging("inference", settings.log_level)
    metrics, tracing = Metrics(), start_tracing("inference", settings.otlp_endpoint)

    def record(reading: Reading) -> None:
        metrics.count(reading)
        if tracing:
            _trace(tracing, reading)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        """StartError, and no service, where the model and its card do not fit."""
        model = await asyncio.to_thread(_load, settings.model_file)
        limits = Limits(settings.max_pixels, settings.max_faces, settings.max_decode_bytes)
        room = DecodeRoom(settings.max_decode_bytes)
        workers = Workers(
            lambda: Pipeline(model, limits, settings.detector, room),
            settings.workers,
            settings.queue,
            settings.patience_s,
        )
        await workers.warm()
        app.state.serving = Serving(settings, model, workers, record)
        metrics.model.labels(model.name, model.version).set(1)
        metrics.queue.set_function(lambda: workers.taken)
        door = Door(
            FULL,
            is_full=lambda path: path == "/predict" and workers.is_full,
            metrics=metrics,
            headers=HEADERS,
            refused=metrics.rejected.labels(BusyError.code).inc,
        )
        yield {DOOR: door}
        await asyncio.to_thread(workers.close)
        if tracing:
            await asyncio.to_thread(tracing.stop)

    middleware = _middleware(settings, metrics, tracing)
    app = new_app("Expression inference", DESCRIPTION, lifespan, middleware)
    streams = OpenStreams(settings.max_streams)
    metrics.streams.set_function(lambda: streams.count)
    app.state.metrics, app.state.streams = metrics, streams
    add_error_handlers(app, lambda code: metrics.rejected.labels(code).inc())
    for module in (predict, batch, stream, about):
        app.include_router(module.router)
    return app


def _load(path: Path) -> Model:
    """Load the classifier; StartError where it, the finder or a cascade cannot be used."""
    silence_libraries()
    try:
        shipped_finder()
        Cascade()
    except ModelFileError as error:
        raise StartError(str(error)) from error
    try:
        model = load_model(path)
        Classifier(model)
    except ModelFileError as error:
        raise StartError(f"INFERENCE_MODEL_FILE: {error}") from error
    return model


def _middleware(settings: Settings, metrics: Metrics, tracing: "Tracing | None") -> list[Middleware]:
    """What every request passes, the outermost first."""

    def limit_of(path: str) -> int:
        batch = path.endswith("/predict/batch")  # a proxy's prefix may come before it
        return FRAMING + (settings.max_batch_bytes if batch else settings.max_upload_bytes)

    pace = Pace(settings.body_grace_s, settings.body_min_bytes_per_s)
    # At least one body of the largest size always finds room.
    most = max(settings.max_bodies_bytes, limit_of("/predict"), limit_of("/predict/batch"))
    return [
        *outer_middleware(metrics, tracing, HEADERS),
        *access(settings.access_key),
        Middleware(BodyLimit, limit_of=limit_of, pace=pace, budget=UploadBudget(most)),
        Middleware(OwnPages),
        Middleware(Head),
    ]


def _trace(tracing: "Tracing", reading: Reading) -> None:
    times = {name: 1000 * seconds for name, seconds in asdict(reading.times).items()}
    tracing.stages(times, {"faces": len(reading.faces)})
