"""Calls the inference service; no other file knows it."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from functools import partial
from statistics import fmean
from typing import Any, Final, Literal, TypeVar

import httpx
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake

from services.common.prediction import MainFace, Probabilities
from services.common.problems import ServiceError
from services.common.telemetry import logger
from services.emotions import EMOTIONS, Emotion
from services.recommender.breaker import STATES, Breaker, OpenError
from services.recommender.errors import (
    InferenceBadAnswerError,
    InferenceBusyError,
    InferenceRefusedError,
    InferenceTimeoutError,
    InferenceUnavailableError,
)
from services.recommender.metrics import Metrics
from services.recommender.schemas.recommendation import rescale
from services.recommender.settings import Settings

READY_TIMEOUT_S: Final = 1.0
TRIAL_TIMEOUT_S: Final = 1.5
"""For the request that tests whether inference is back; others are rejected at once meanwhile."""
MAX_ANSWER_BYTES: Final = 1024 * 1024
"""Of one answer; far above an answer with the most faces."""
ABOUT_THE_PHOTO: Final = {400, 413, 415, 422, 429}
"""Statuses with which inference rejects what the client sent."""
NO_DETECTION: Final = {"detect": "false"}
OCTETS: Final = "application/octet-stream"
UNAVAILABLE: Final = "Photos cannot be read right now. Recommendations by mood still work."
NOT_UNDERSTOOD: Final = "The answer to the photo could not be understood."
Answer = TypeVar("Answer", bound=BaseModel)
AroundCall = Callable[[MutableMapping[str, str]], AbstractContextManager[object]]
"""Makes a context for the call of one photo; may add headers."""


class InferenceClient:
    """One HTTP client for all requests to inference. Raises only the errors of errors.py."""

    def __init__(self, settings: Settings, metrics: Metrics, around_call: AroundCall = nullcontext) -> None:
        self.timeout_s = settings.inference_timeout_s
        self.connect_timeout_s = settings.inference_connect_timeout_s
        self.stream_url = str(settings.inference_url).rstrip("/").replace("http", "ws", 1) + "/stream"
        self.metrics = metrics
        self.places = asyncio.Semaphore(settings.inference_at_once)
        self.around_call = around_call
        answers = (InferenceRefusedError, InferenceBusyError)
        self.breaker = Breaker(settings.inference_failures, settings.inference_pause_s, answers)
        for state in STATES:
            metrics.breaker.labels(state).set_function(partial(lambda s: self.breaker.state == s, state))
        key = settings.inference_access_key
        self.access = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        self.http = httpx.AsyncClient(
            base_url=str(settings.inference_url),
            # Not packed, so that a small answer cannot grow.
            headers={"Accept-Encoding": "identity", **self.access},
            timeout=httpx.Timeout(settings.inference_timeout_s, connect=settings.inference_connect_timeout_s),
            transport=httpx.AsyncHTTPTransport(
                # A new connection for each request spreads the load over all copies.
                limits=httpx.Limits(max_keepalive_connections=0),
                # Retries the connection only, before anything is sent: a copy may just have gone away.
                retries=1,
            ),
            trust_env=False,  # a proxy to the outside must not come between the two services
        )

    async def aclose(self) -> None:
        await self.http.aclose()

    async def predict(
        self, image: bytes, content_type: str, request_id: str, *, strict: bool = False, detect: bool = True
    ) -> dict[str, Any]:
        """Send an image, or a multipart body with one, as `content_type` says; return inference's answer."""
        started = time.perf_counter()
        outcome = "ok"
        sendable = content_type.isascii() and content_type.isprintable()
        headers = {"Content-Type": content_type if sendable else OCTETS, "X-Request-ID": request_id}
        params = {"strict": "true"} if strict else {}
        params |= {} if detect else NO_DETECTION
        request = self.http.build_request("POST", "/predict", content=image, headers=headers, params=params)
        try:
            if self.places.locked():  # more would leave no room for requests without a photo
                raise InferenceBusyError("Too many photos are waiting. Try again in a moment.")
            async with self.places, self.breaker.guard() as trial:
                timeout_s = min(self.timeout_s, TRIAL_TIMEOUT_S) if trial else self.timeout_s
                with self.around_call(request.headers):
                    return _read_answer(*await self._send(request, timeout_s))
        except OpenError as error:
            outcome = "not_asked"
            raise InferenceUnavailableError(UNAVAILABLE, max(1, math.ceil(error.after_s))) from None
        except ServiceError as error:
            outcome = error.code
            raise
        finally:
            self.metrics.inference.labels(outcome).observe(time.perf_counter() - started)

    async def _send(self, request: httpx.Request, timeout_s: float) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of the answer."""
        try:
            async with asyncio.timeout(timeout_s):
                response = await self.http.send(request, stream=True)
                try:
                    return response.status_code, response.headers, await _read_bounded(response)
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise InferenceUnavailableError(UNAVAILABLE) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise InferenceTimeoutError("Reading the photo took too long.") from error
        except httpx.HTTPError as error:
            raise InferenceBadAnswerError("Reading the photo broke off.") from error

    @asynccontextmanager
    async def stream(self, request_id: str, *, detect: bool = True) -> AsyncIterator[ClientConnection]:
        """Open a WebSocket to inference: binary frames up, one JSON text down for each frame read."""
        try:
            async with connect(
                str(httpx.URL(self.stream_url, params=None if detect else NO_DETECTION)),
                additional_headers={"X-Request-ID": request_id, **self.access},
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

    async def state(self) -> Literal["ok", "unavailable"]:
        """Ask inference whether it is ready."""
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                response = await self.http.get("/readyz")
        except (TimeoutError, httpx.HTTPError):
            return "unavailable"
        return "ok" if response.is_success else "unavailable"


async def _read_bounded(response: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise InferenceBadAnswerError(NOT_UNDERSTOOD)
    return bytes(content)


def _read_answer(status: int, headers: Mapping[str, str], content: bytes) -> dict[str, Any]:
    """Parse the JSON of a success. A 4xx about the photo is passed on; anything else is inference's fault."""
    if status == httpx.codes.SERVICE_UNAVAILABLE:
        raise InferenceBusyError("Photos cannot be read right now. Try again in a moment.")
    if status == httpx.codes.UNAUTHORIZED:
        logger.error(
            "inference refused the key: RECOMMENDER_INFERENCE_ACCESS_KEY is not INFERENCE_ACCESS_KEY"
        )
        raise InferenceBadAnswerError("This service is not allowed to have photos read.")
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise InferenceBadAnswerError("Reading the photo failed.")
    try:
        # Unlike json.loads, it bounds the depth and takes neither NaN nor lone surrogates, which could not
        # be passed on.
        body = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise InferenceBadAnswerError(NOT_UNDERSTOOD) from error
    if isinstance(body, dict):
        if status == httpx.codes.OK:
            return body
        if status in ABOUT_THE_PHOTO and {"code", "detail"} <= body.keys():
            kept = {name: headers[name] for name in ("Retry-After",) if name in headers}
            raise InferenceRefusedError(status, str(body["code"]), str(body["detail"]), kept or None)
    raise InferenceBadAnswerError(NOT_UNDERSTOOD)


def read_mood(answer: dict[str, Any]) -> dict[Emotion, float] | None:
    """Read the probabilities of the main face; None without a face."""
    probabilities = _read(MainFace, answer).probabilities
    return rescale(probabilities) if probabilities else None


class _FaceMood(BaseModel):
    probabilities: Probabilities
    uncertain: bool = False


class _Everyone(BaseModel):
    faces: list[_FaceMood]


def read_moods(answer: dict[str, Any]) -> tuple[dict[Emotion, float] | None, bool]:
    """Read the mean probabilities of the faces that are not uncertain, and True.

    Of all faces, and False, where all are uncertain; None without a face.
    """
    faces = _read(_Everyone, answer).faces
    sure = [face for face in faces if not face.uncertain]
    moods = [rescale(face.probabilities) for face in sure or faces]
    if not moods:
        return None, True
    return {label: fmean(mood[label] for mood in moods) for label in EMOTIONS}, bool(sure)


def _read(model: type[Answer], answer: dict[str, Any]) -> Answer:
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        raise InferenceBadAnswerError(NOT_UNDERSTOOD) from error
