"""What routes take from the app, as types to annotate parameters with.

The functions are `async` though they wait for nothing: FastAPI would send each plain one through a thread,
which costs more than the rest of a small request.
"""

import hmac
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Depends, Header, WebSocket, WebSocketException
from starlette.requests import HTTPConnection, Request
from starlette.status import WS_1008_POLICY_VIOLATION

from services.common.problems import request_id_of
from services.recommender.errors import NotAllowedError
from services.recommender.inference_client import InferenceClient
from services.recommender.metrics import Metrics
from services.recommender.settings import Settings


async def get_settings(connection: HTTPConnection) -> Settings:
    settings: Settings = connection.app.state.settings
    return settings


async def get_metrics(connection: HTTPConnection) -> Metrics:
    metrics: Metrics = connection.app.state.metrics
    return metrics


async def get_inference(connection: HTTPConnection) -> InferenceClient:
    inference: InferenceClient = connection.app.state.inference
    return inference


async def get_today() -> date:
    """The day whose seed varies recommendations."""
    return datetime.now(UTC).date()


SettingsDep = Annotated[Settings, Depends(get_settings)]
MetricsDep = Annotated[Metrics, Depends(get_metrics)]
InferenceDep = Annotated[InferenceClient, Depends(get_inference)]
TodayDep = Annotated[date, Depends(get_today)]


async def get_request_id(request: Request) -> str:
    """The id that telemetry gave this request."""
    return request_id_of(request)


RequestIdDep = Annotated[str, Depends(get_request_id)]


async def check_api_key(settings: SettingsDep, x_api_key: Annotated[str, Header()] = "") -> None:
    """Refuse unless a key is configured and this is it; compared in constant time."""
    if settings.api_key is None:
        raise NotAllowedError("Editing is switched off: no API key is configured.")
    given, right = x_api_key.encode(), settings.api_key.get_secret_value().encode()
    if not hmac.compare_digest(given, right):
        raise NotAllowedError("The X-API-Key header is missing or wrong.")


ApiKeyDep = Depends(check_api_key)


async def check_origin(socket: WebSocket, settings: SettingsDep) -> None:
    """Refuse (403) a page of another site unless `cors_origins` names it.

    Browsers apply no CORS to WebSockets. Clients that are no browsers send no `Origin`.
    """
    origin = socket.headers.get("origin")
    if origin is None or origin in settings.cors_origins:
        return
    if origin.partition("://")[2].lower() != socket.headers.get("host", "").lower():
        raise WebSocketException(WS_1008_POLICY_VIOLATION)


OwnPagesDep = Depends(check_origin)
