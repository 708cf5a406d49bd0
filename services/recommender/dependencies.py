"""What routes take from the app, as types to annotate parameters with.

The functions are `async` though they wait for nothing: FastAPI runs each plain one in a thread, which costs
more than the rest of a small request.
"""

import hmac
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, Header
from starlette.requests import HTTPConnection, Request

from services.common.problems import request_id_of
from services.recommender import languages
from services.recommender.errors import NotAllowedError
from services.recommender.inference_client import InferenceClient
from services.recommender.links import Links
from services.recommender.metrics import Metrics
from services.recommender.ranking.purposes import Language
from services.recommender.recommend import Recommender
from services.recommender.settings import Settings
from services.recommender.store.db import Sessions


def _state(name: str) -> Any:  # noqa: ANN401 # FastAPI's own type of Depends is Any
    """Depend on what the app holds under `name`."""

    async def get(connection: HTTPConnection) -> object:
        return getattr(connection.app.state, name)

    return Depends(get)


SettingsDep = Annotated[Settings, _state("settings")]
MetricsDep = Annotated[Metrics, _state("metrics")]
InferenceDep = Annotated[InferenceClient, _state("inference")]
SessionsDep = Annotated[Sessions, _state("sessions")]
LinksDep = Annotated[Links, _state("links")]


async def get_request_id(request: Request) -> str:
    return request_id_of(request)


RequestIdDep = Annotated[str, Depends(get_request_id)]


async def get_language(accept_language: Annotated[str, Header()] = "") -> Language:
    return languages.choose(accept_language)


LanguageDep = Annotated[Language, Depends(get_language)]


async def get_recommender(
    sessions: SessionsDep,
    metrics: MetricsDep,
    background: BackgroundTasks,
    language: LanguageDep,
    links: LinksDep,
) -> Recommender:
    return Recommender(sessions, metrics, background, language, links)


RecommenderDep = Annotated[Recommender, Depends(get_recommender)]


async def check_api_key(settings: SettingsDep, x_api_key: Annotated[str, Header()] = "") -> None:
    """Raise NotAllowedError unless a key is configured and this is it; compared in constant time."""
    if settings.api_key is None:
        raise NotAllowedError("Editing is switched off: no API key is configured.")
    given, right = x_api_key.encode(), settings.api_key.get_secret_value().encode()
    if not hmac.compare_digest(given, right):
        raise NotAllowedError("The X-API-Key header is missing or wrong.")


ApiKeyDep = Depends(check_api_key)
