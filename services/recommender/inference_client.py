"""The only file that knows the inference service."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self

import httpx
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidHandshake

from services.common.problems import ServiceError
from services.emotions import Emotion
from services.recommender.breaker import STATES, Breaker, OpenError, State
from services.recommender.errors import (
    InferenceBadAnswerError,
    InferenceBusyError,
    InferenceRefusedError,
    InferenceTimeoutError,
    InferenceUnavailableError,
)
from services.recommender.metrics import Metrics
from services.recommender.schemas.recommendation import Probabilities
from services.recommender.settings import Settings

READY_TIMEOUT_S = 1.0
TRIAL_TIMEOUT_S = 1.5
"""For the request that finds out whether inference is back; others are refused at once meanwhile."""
MAX_ANSWER_BYTES = 1024 * 1024
"""Of one answer; far above what the most faces take."""
ABOUT_THE_PHOTO = {400, 413, 415, 422, 429}
"""Statuses of inference that tell what is wrong with what the client sent."""
OCTETS = "application/octet-stream"
UNAVAILABLE = "Photos cannot be read right now. Recommendations by mood still work."
TRY_AGAIN_LATER = 1013
Called = Callable[[MutableMapping[str, str]], AbstractContextManager[object]]
"""What is held around a call for a photo; it may add headers."""


class Prediction(BaseModel):
    """The part of inference's answer that a recommendation is made from."""

    emotion: Emotion | None
    probabilities: Probabilities | None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: httpx.Headers
    content: bytes


class InferenceClient:
    """One client for all requests to inference. Raises nothing but the errors of errors.py."""

    def __init__(self, settings: Settings, metrics: Metrics, called: Called = nullcontext) -> None:
        self.timeout_s = settings.inference_timeout_s
        self.connect_timeout_s = settings.inference_connect_timeout_s
        self.stream_url = str(settings.inference_url).rstrip("/").replace("http", "ws", 1) + "/stream"
        self.metrics = metrics
        self.at_once, self.under_way = settings.inference_at_once, 0
        self.called = called
        excused = (InferenceRefusedError, InferenceBusyError)
        self.breaker = Breaker(settings.inference_failures, settings.inference_pause_s, excused)
        for state in STATES:
            metrics.breaker.labels(state).set_function(partial(self.is_in, state))
        self.http = httpx.AsyncClient(
            base_url=str(settings.inference_url),
            headers={"Accept-Encoding": "identity"},  # a small answer must not grow when it is unpacked
            timeout=httpx.Timeout(settings.inference_timeout_s, connect=settings.inference_connect_timeout_s),
            transport=httpx.AsyncHTTPTransport(
                # A new connection each time spreads over all copies.
                limits=httpx.Limits(max_keepalive_connections=0),
                # Once more where no connection came about: nothing has been sent yet, and a copy that went
                # away a moment ago may still have been in the list.
                retries=1,
            ),
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
        headers = {"Content-Type": sendable(content_type), "X-Request-ID": request_id}
        params = {"strict": "true"} if strict else {}
        request = self.http.build_request("POST", "/predict", content=image, headers=headers, params=params)
        try:
            async with self.place(), self.breaker.guard() as trial:
                patience = min(self.timeout_s, TRIAL_TIMEOUT_S) if trial else self.timeout_s
                with self.called(request.headers):
                    return read_answer(await self.send(request, patience))
        except OpenError as error:
            outcome = "not_asked"
            raise InferenceUnavailableError(UNAVAILABLE, max(1, math.ceil(error.after_s))) from None
        except ServiceError as error:
            outcome = error.code
            raise
        finally:
            self.metrics.inference.labels(outcome).observe(time.perf_counter() - started)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """InferenceBusyError where photos would leave no room for requests that need none."""
        if self.under_way >= self.at_once:
            raise InferenceBusyError("Too many photos are waiting. Try again in a moment.")
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    async def send(self, request: httpx.Request, patience_s: float) -> Answer:
        try:
            async with asyncio.timeout(patience_s):
                response = await self.http.send(request, stream=True)
                try:
                    return Answer(response.status_code, response.headers, await read_bounded(response))
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise InferenceUnavailableError(UNAVAILABLE) from error
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

    def is_in(self, state: State) -> bool:
        """Whether the breaker is in this state."""
        return self.breaker.state == state

    async def state(self) -> Literal["ok", "unavailable"]:
        """Whether inference says that it is ready."""
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                response = await self.http.get("/readyz")
        except (TimeoutError, httpx.HTTPError):
            return "unavailable"
        return "ok" if response.is_success else "unavailable"


def sendable(content_type: str) -> str:
    """`content_type` where it may stand in a header; else no stated kind, which inference reads too."""
    return content_type if content_type.isascii() and content_type.isprintable() else OCTETS


async def read_bounded(response: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise InferenceBadAnswerError("The answer to the photo could not be understood.")
    return bytes(content)


def read_answer(answer: Answer) -> dict[str, Any]:
    """The JSON of a success; a refusal of the photo passes through; all else is inference's fault."""
    if answer.status == httpx.codes.SERVICE_UNAVAILABLE:
        raise InferenceBusyError("Photos cannot be read right now. Try again in a moment.")
    if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise InferenceBadAnswerError("Reading the photo failed.")
    not_understood = InferenceBadAnswerError("The answer to the photo could not be understood.")
    try:
        # Unlike json.loads: bounded in depth, and neither NaN nor half a surrogate pair, which cannot be
        # passed on.
        body = from_json(answer.content, allow_inf_nan=False)
    except ValueError as error:
        raise not_understood from error
    if not isinstance(body, dict):
        raise not_understood
    if answer.status in ABOUT_THE_PHOTO and {"code", "detail"} <= body.keys():
        headers = {name: answer.headers[name] for name in ("Retry-After",) if name in answer.headers}
        raise InferenceRefusedError(answer.status, str(body["code"]), str(body["detail"]), headers or None)
    if answer.status != httpx.codes.OK:
        raise not_understood
    return body


def read_prediction(answer: dict[str, Any]) -> Prediction:
    try:
        return Prediction.model_validate(answer)
    except ValidationError as error:
        raise InferenceBadAnswerError("The answer to the photo could not be understood.") from error
