"""What the lifespan owns, as the routes ask for it.

The functions are `async` though they wait for nothing: FastAPI would send each plain one through a thread.
"""

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Serving:
    """What every route that reads photos needs, as one dependency: FastAPI takes its time for each."""

    settings: Settings
    model: Model
    workers: Workers
    record: Callable[[Reading], None]
    """Counts a reading in the metrics, and traces its stages."""


async def get_serving(connection: HTTPConnection) -> Serving:
    """NotReadyError until the model is loaded and every worker has its tools."""
    serving: Serving | None = getattr(connection.app.state, "serving", None)
    if serving is None:
        raise NotReadyError("the model is not loaded yet")
    return serving


async def get_metrics(connection: HTTPConnection) -> Metrics:
    metrics: Metrics = connection.app.state.metrics
    return metrics


async def get_streams(connection: HTTPConnection) -> OpenStreams:
    streams: OpenStreams = connection.app.state.streams
    return streams


MetricsDep = Annotated[Metrics, Depends(get_metrics)]
StreamsDep = Annotated[OpenStreams, Depends(get_streams)]
ServingDep = Annotated[Serving, Depends(get_serving)]
