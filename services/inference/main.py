"""The inference service: a photo in, faces and their emotion probabilities out. Stateless.

uvicorn --factory services.inference.main:create_app --port 8001
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI
from starlette.middleware import Middleware

from services.common import docs
from services.common.headers import ProblemsOnly, SecurityHeaders
from services.common.limits import BodyLimit, HeaderLimit, Held, Pace
from services.common.problems import add_error_handlers
from services.common.starting import FASTAPIS_OWN, OneLineRefusals, StartError, start_tracing
from services.common.telemetry import Telemetry, set_up_logging
from services.inference.classify import load_model
from services.inference.detect import shipped_finder
from services.inference.errors import ModelFileError
from services.inference.metrics import Metrics
from services.inference.pipeline import Limits, Pipeline, Reading
from services.inference.routes import about, batch, predict, stream
from services.inference.runtime import Model
from services.inference.settings import Settings, read_settings
from services.inference.streams import OpenStreams
from services.inference.upload import FRAMING
from services.inference.workers import Workers

if TYPE_CHECKING:
    from services.common.tracing import Tracing

HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
DESCRIPTION = """Finds faces and reads the *apparent* expression of each: six probabilities.

An apparent expression is not a feeling. Nothing sent here is stored or logged."""


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or read_settings()
    set_up_logging("inference", settings.log_level)
    metrics, tracing = Metrics(), start_tracing("inference", settings.otlp_endpoint)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """StartError, and no service, where the model and its card do not fit."""
        model = await asyncio.to_thread(_load, settings.model_file)
        limits = Limits(settings.max_pixels, settings.max_faces)
        workers = Workers(
            lambda: Pipeline(model, limits, settings.detector),
            settings.workers,
            settings.queue,
            settings.patience_s,
        )
        await workers.warm()
        app.state.model, app.state.workers = model, workers
        metrics.model.labels(model.name, model.version).set(1)
        metrics.queue.set_function(lambda: workers.taken)
        yield
        await asyncio.to_thread(workers.close)
        if tracing:
            await asyncio.to_thread(tracing.stop)

    app = FastAPI(
        title="Expression inference",
        description=DESCRIPTION,
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry=FASTAPIS_OWN,
        middleware=_middleware(settings, metrics, tracing),
    )
    streams = OpenStreams(settings.max_streams)
    metrics.streams.set_function(lambda: streams.count)
    app.state.settings, app.state.metrics, app.state.streams = settings, metrics, streams

    def record(reading: Reading) -> None:
        metrics.count(reading)
        if tracing:
            _trace(tracing, reading)

    app.state.record = record
    add_error_handlers(app, lambda code: metrics.rejected.labels(code).inc())
    app.include_router(predict.router)
    app.include_router(batch.router)
    app.include_router(stream.router)
    app.include_router(about.router)
    docs.serve(app)
    return app


def _load(path: Path) -> Model:
    try:
        shipped_finder()
        return load_model(path)
    except ModelFileError as error:
        raise StartError(f"INFERENCE_MODEL_FILE: {error}") from error


def _middleware(settings: Settings, metrics: Metrics, tracing: "Tracing | None") -> list[Middleware]:
    """What every request passes, the outermost first."""
    pace = Pace(settings.body_grace_s, settings.body_min_bytes_per_s)
    # One that comes alone always finds room. How large each may be, upload.py says by its route.
    alone = max(settings.max_upload_bytes, settings.max_batch_bytes) + FRAMING
    held = Held(max(settings.max_bodies_bytes, alone))
    return [
        Middleware(OneLineRefusals),
        Middleware(Telemetry, metrics=metrics),
        *([tracing.middleware()] if tracing else []),
        Middleware(SecurityHeaders, own=HEADERS),
        Middleware(ProblemsOnly),
        Middleware(HeaderLimit),
        Middleware(BodyLimit, limit_of=lambda _path: alone, pace=pace, held=held),
    ]


def _trace(tracing: "Tracing", reading: Reading) -> None:
    times = {name: 1000 * seconds for name, seconds in asdict(reading.times).items()}
    tracing.stages(times, {"faces": len(reading.faces)})
