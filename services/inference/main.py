"""The inference service: a photo in, faces and their emotion probabilities out. Stateless.

uvicorn --factory services.inference.main:create_app --port 8001
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.inference import errors
from services.inference.allocator import give_back_large_blocks
from services.inference.classify import load_model
from services.inference.headers import SecurityHeaders
from services.inference.limits import Held, Pace, RequestLimits
from services.inference.metrics import Metrics
from services.inference.pipeline import Limits
from services.inference.routes import about, batch, docs, predict, stream
from services.inference.settings import Settings
from services.inference.starting import FASTAPIS_OWN, OneLineRefusals, read_settings, start_tracing
from services.inference.streams import OpenStreams
from services.inference.telemetry import Telemetry, set_up_logging
from services.inference.upload import FRAMING
from services.inference.workers import Workers

DESCRIPTION = """Finds faces and reads the *apparent* expression of each: six probabilities.

An apparent expression is not a feeling. Nothing sent here is stored or logged."""


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or read_settings()
    set_up_logging(settings.log_level)
    metrics, tracing = Metrics(), start_tracing(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """ModelFileError, and no service, where the model and its card do not fit."""
        give_back_large_blocks()
        model = await asyncio.to_thread(load_model, settings.model_file)
        limits = Limits(settings.max_pixels, settings.max_faces)
        workers = Workers(model, limits, settings.workers, settings.queue, settings.patience_s)
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
    )
    streams = OpenStreams(settings.max_streams)
    metrics.streams.set_function(lambda: streams.count)
    app.state.settings, app.state.metrics, app.state.streams = settings, metrics, streams
    pace = Pace(settings.body_grace_s, settings.body_min_bytes_per_s)
    # One that comes alone always finds room.
    alone = max(settings.max_upload_bytes, settings.max_batch_bytes) + FRAMING
    app.add_middleware(RequestLimits, pace=pace, held=Held(max(settings.max_bodies_bytes, alone)))
    app.add_middleware(SecurityHeaders)
    if tracing:
        tracing.install(app, metrics)
    app.add_middleware(Telemetry, metrics=metrics)
    app.add_middleware(OneLineRefusals)  # the outermost
    errors.install(app)
    app.include_router(predict.router)
    app.include_router(batch.router)
    app.include_router(stream.router)
    app.include_router(about.router)
    docs.serve(app)
    return app
