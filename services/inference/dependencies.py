"""What the lifespan owns, as the routes ask for it.

The functions are `async` though they wait for nothing: FastAPI would send each plain one through a thread.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from services.inference.errors import NotReadyError
from services.inference.metrics import Metrics
from services.inference.pipeline import Reading
from services.inference.runtime import Model
from services.inference.settings import Settings
from services.inference.streams import OpenStreams
from services.inference.workers import Workers


async def get_settings(connection: HTTPConnection) -> Settings:
    settings: Settings = connection.app.state.settings
    return settings


async def get_metrics(connection: HTTPConnection) -> Metrics:
    metrics: Metrics = connection.app.state.metrics
    return metrics


async def get_record(connection: HTTPConnection) -> Callable[[Reading], None]:
    """Counts a reading in the metrics, and traces its stages."""
    record: Callable[[Reading], None] = connection.app.state.record
    return record


async def get_model(connection: HTTPConnection) -> Model:
    model: Model = connection.app.state.model
    return model


async def get_workers(connection: HTTPConnection) -> Workers:
    """NotReadyError until the model is loaded and every worker has its tools."""
    workers: Workers | None = getattr(connection.app.state, "workers", None)
    if workers is None:
        raise NotReadyError("the model is not loaded yet")
    return workers


async def get_streams(connection: HTTPConnection) -> OpenStreams:
    streams: OpenStreams = connection.app.state.streams
    return streams


SettingsDep = Annotated[Settings, Depends(get_settings)]
MetricsDep = Annotated[Metrics, Depends(get_metrics)]
RecordDep = Annotated[Callable[[Reading], None], Depends(get_record)]
ModelDep = Annotated[Model, Depends(get_model)]
StreamsDep = Annotated[OpenStreams, Depends(get_streams)]
WorkersDep = Annotated[Workers, Depends(get_workers)]
