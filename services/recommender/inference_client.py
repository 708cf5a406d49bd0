"""Calls the inference service; no other file knows it."""

import asyncio
import base64
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from functools import partial
from http import HTTPStatus
from statistics import fmean
from typing import Any, Final, Literal, TypeVar
from urllib.parse import unquote

import httpcore
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
from services.recommender.network import Network
from services.recommender.schemas.recommendation import rescale
from services.recommender.settings import Settings

READY_TIMEOUT_S: Final = 1.0
TRIAL_TIMEOUT_S: Final = 1.5
"""For the request that tests whether inference is back; others are rejected at once meanwhile."""
MAX_ANSWER_BYTES: Final = 1024 * 1024
"""Of one answer; far above an answer with the most faces."""
ABOUT_THE_PHOTO: Final = {400, 413, 415, 422, 429}
"""Statuses with which inference rejects what the client sent."""
NO_DETECTION: Final = "detect=false"
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
        self.url = str(settings.inference_url).rstrip("/")
        self.metrics = metrics
        self.places = asyncio.Semaphore(settings.inference_at_once)
        self.around_call = around_call
        answers = (InferenceRefusedError, InferenceBusyError)
        self.breaker = Breaker(settings.inference_failures, settings.inference_pause_s, answers)
        for state in STATES:
            metrics.breaker.labels(state).set_function(partial(lambda s: self.breaker.state == s, state))
        self.access = _access(settings)
        self.headers = {"Accept-Encoding": "identity", **self.access}
        """Not packed, so that a small answer cannot grow."""
        self.http = httpcore.AsyncConnectionPool(
            max_connections=None,
            # A new connection for each request spreads the load over all copies.
            max_keepalive_connections=0,
            # Retries the connection only, before anything is sent: a copy may just have gone away.
            retries=1,
            network_backend=None if self.url.startswith("https:") else Network(),
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
        options = ["strict=true"] * strict + [NO_DETECTION] * (not detect)
        target = "/predict" + ("?" + "&".join(options) if options else "")
        try:
            if self.places.locked():  # more would leave no room for requests without a photo
                raise InferenceBusyError("Too many photos are waiting. Try again in a moment.")
            async with self.places, self.breaker.guard() as trial:
                timeout_s = min(self.timeout_s, TRIAL_TIMEOUT_S) if trial else self.timeout_s
                with self.around_call(headers):
                    answer = await self._ask("POST", target, headers, image, timeout_s)
                    return _read_answer(*answer)
        except OpenError as error:
            outcome = "not_asked"
            raise InferenceUnavailableError(UNAVAILABLE, max(1, math.ceil(error.after_s))) from None
        except ServiceError as error:
            outcome = error.code
            raise
        finally:
            self.metrics.inference.labels(outcome).observe(time.perf_counter() - started)

    async def _ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, timeout_s: float
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        """Status, headers in lower case and body of the answer."""
        waits = {"connect": self.connect_timeout_s, "read": timeout_s, "write": timeout_s}
        try:
            async with (
                asyncio.timeout(timeout_s),
                self.http.stream(
                    method,
                    self.url + target,
                    headers=[*self.headers.items(), *headers.items()],
                    content=body,
                    extensions={"timeout": waits},
                ) as answer,
            ):
                known = {name.lower(): value for name, value in answer.headers}
                return answer.status, known, await _read_bounded(answer)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise InferenceUnavailableError(UNAVAILABLE) from error
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise InferenceTimeoutError("Reading the photo took too long.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise InferenceBadAnswerError("Reading the photo broke off.") from error

    @asynccontextmanager
    async def stream(self, request_id: str, *, detect: bool = True) -> AsyncIterator[ClientConnection]:
        """Open a WebSocket to inference: binary frames up, one JSON text down for each frame read."""
        try:
            async with connect(
                self.url.replace("http", "ws", 1) + "/stream" + ("" if detect else f"?{NO_DETECTION}"),
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
            status, _, _ = await self._ask("GET", "/readyz", {}, b"", READY_TIMEOUT_S)
        except ServiceError:
            return "unavailable"
        return "ok" if status == HTTPStatus.OK else "unavailable"


def _access(settings: Settings) -> dict[str, str]:
    """The header with inference's access key, or with a name and a password that its URL holds."""
    url, key = settings.inference_url, settings.inference_access_key
    if url.username:
        words = f"{unquote(url.username)}:{unquote(url.password or '')}"
        return {"Authorization": f"Basic {base64.b64encode(words.encode()).decode()}"}
    return {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}


async def _read_bounded(answer: httpcore.Response) -> bytes:
    content = bytearray()
    async for chunk in answer.aiter_stream():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise InferenceBadAnswerError(NOT_UNDERSTOOD)
    return bytes(content)


def _read_answer(status: int, headers: Mapping[bytes, bytes], content: bytes) -> dict[str, Any]:
    """Parse the JSON of a success. A 4xx about the photo is passed on; anything else is inference's fault."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        raise InferenceBusyError("Photos cannot be read right now. Try again in a moment.")
    if status == HTTPStatus.UNAUTHORIZED:
        logger.error(
            "inference refused the key: RECOMMENDER_INFERENCE_ACCESS_KEY is not INFERENCE_ACCESS_KEY"
        )
        raise InferenceBadAnswerError("This service is not allowed to have photos read.")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise InferenceBadAnswerError("Reading the photo failed.")
    try:
        # Unlike json.loads, it bounds the depth and takes neither NaN nor lone surrogates, which could not
        # be passed on.
        body = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise InferenceBadAnswerError(NOT_UNDERSTOOD) from error
    if isinstance(body, dict):
        if status == HTTPStatus.OK:
            return body
        if status in ABOUT_THE_PHOTO and {"code", "detail"} <= body.keys():
            after = headers.get(b"retry-after")
            kept = {"Retry-After": after.decode("latin-1")} if after else None
            raise InferenceRefusedError(status, str(body["code"]), str(body["detail"]), kept)
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
