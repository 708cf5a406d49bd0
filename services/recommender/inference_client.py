"""The only file that knows the inference service."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Literal, Self

import httpx
from pydantic import BaseModel, ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidHandshake

from services.emotions import Emotion
from services.recommender.errors import (
    InferenceBadAnswerError,
    InferenceRefusedError,
    InferenceTimeoutError,
    InferenceUnavailableError,
    RecommenderError,
)
from services.recommender.schemas import Probabilities
from services.recommender.settings import Settings
from services.recommender.telemetry import Metrics

READY_TIMEOUT_S = 1.0
MAX_ANSWER_BYTES = 1024 * 1024
"""Of one answer of a stream; far above what its most faces take."""
OCTETS = "application/octet-stream"
TRY_AGAIN_LATER = 1013


class Prediction(BaseModel):
    """The part of inference's answer that a recommendation is made from."""

    emotion: Emotion | None
    probabilities: Probabilities | None


class InferenceClient:
    """A pooled connection to inference. Raises nothing but the errors of errors.py."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.timeout_s = settings.inference_timeout_s
        self.connect_timeout_s = settings.inference_connect_timeout_s
        self.stream_url = str(settings.inference_url).rstrip("/").replace("http", "ws", 1) + "/stream"
        self.metrics = metrics
        self.http = httpx.AsyncClient(
            base_url=str(settings.inference_url),
            timeout=httpx.Timeout(settings.inference_timeout_s, connect=settings.inference_connect_timeout_s),
            limits=httpx.Limits(max_keepalive_connections=0),  # a new one each time spreads over all copies
            trust_env=False,  # a proxy for the outside world has no business between the two services
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def predict(
        self, image: bytes, content_type: str, request_id: str, *, strict: bool
    ) -> dict[str, Any]:
        """Inference's answer to an image, or to a multipart body with one, as `content_type` says."""
        started = time.perf_counter()
        outcome = "ok"
        try:
            response = await self.post(image, content_type, request_id, strict=strict)
            return read_answer(response)
        except RecommenderError as error:
            outcome = error.code
            raise
        finally:
            self.metrics.inference.labels(outcome).observe(time.perf_counter() - started)

    async def post(self, image: bytes, content_type: str, request_id: str, *, strict: bool) -> httpx.Response:
        headers = {"Content-Type": sendable(content_type), "X-Request-ID": request_id}
        params = {"strict": "true"} if strict else None
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self.http.post("/predict", content=image, headers=headers, params=params)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise InferenceUnavailableError(
                "Photos cannot be read right now. Recommendations by mood still work."
            ) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise InferenceTimeoutError("Reading the photo took too long.") from error
        except httpx.HTTPError as error:
            raise InferenceBadAnswerError("Reading the photo broke off.") from error

    @asynccontextmanager
    async def stream(self, request_id: str) -> AsyncIterator[ClientConnection]:
        """A WebSocket to inference: binary frames up, one JSON text down for each that was read."""
        try:
            async with connect(
                self.stream_url,
                additional_headers={"X-Request-ID": request_id},
                open_timeout=self.connect_timeout_s,
                max_size=MAX_ANSWER_BYTES,
                compression=None,  # frames are compressed pictures already
                proxy=None,
            ) as socket:
                yield socket
        except (OSError, TimeoutError, InvalidHandshake) as error:
            raise InferenceUnavailableError(
                "The live view cannot be read right now. Recommendations by mood still work."
            ) from error
        except ConnectionClosedError as error:
            if error.rcvd is not None and error.rcvd.code == TRY_AGAIN_LATER:
                raise InferenceUnavailableError("Too many live views are open. Try again later.") from error
            raise InferenceBadAnswerError("The live view broke off.") from error

    async def state(self) -> Literal["ok", "unavailable"]:
        """Whether inference says that it is ready."""
        try:
            response = await self.http.get("/readyz", timeout=READY_TIMEOUT_S)
        except httpx.HTTPError:
            return "unavailable"
        return "ok" if response.is_success else "unavailable"


def sendable(content_type: str) -> str:
    """`content_type` where it may stand in a header; else no stated kind, which inference reads too."""
    return content_type if content_type.isascii() and content_type.isprintable() else OCTETS


def read_answer(response: httpx.Response) -> dict[str, Any]:
    """The JSON of a success; a refusal of the photo passes through; all else is inference's fault."""
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise InferenceUnavailableError("Photos cannot be read right now. Try again in a moment.")
    if response.is_server_error:
        raise InferenceBadAnswerError("Reading the photo failed.")
    try:
        answer = response.json()
    except ValueError as error:
        raise InferenceBadAnswerError("The answer to the photo could not be understood.") from error
    if response.is_client_error and isinstance(answer, dict) and {"code", "detail"} <= answer.keys():
        headers = {name: response.headers[name] for name in ("Retry-After",) if name in response.headers}
        raise InferenceRefusedError(
            response.status_code, str(answer["code"]), str(answer["detail"]), headers or None
        )
    if not response.is_success or not isinstance(answer, dict):
        raise InferenceBadAnswerError("The answer to the photo could not be understood.")
    return answer


def read_prediction(answer: dict[str, Any]) -> Prediction:
    try:
        return Prediction.model_validate(answer)
    except ValidationError as error:
        raise InferenceBadAnswerError("The answer to the photo could not be understood.") from error
