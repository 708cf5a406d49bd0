"""Passes `WS /stream` through to inference, so that a frontend needs one address."""

import asyncio
from contextlib import suppress
from typing import Final

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from services.common.prediction import DetectParam
from services.common.problems import ServiceError, TooLargeError, problem_body
from services.common.telemetry import request_id_from
from services.recommender.dependencies import InferenceDep, SettingsDep
from services.recommender.errors import InferenceUnavailableError

router = APIRouter(tags=["photos"])

TOO_LARGE: Final = 1009
TRY_AGAIN_LATER: Final = 1013
GONE: Final = (RuntimeError, WebSocketDisconnect)
"""What sending raises once the client has left; which one depends on the moment."""
PASSED_ON: Final = {1000, 1001, TOO_LARGE, TRY_AGAIN_LATER}
"""Close codes of inference that a client gets as they are."""


@router.websocket("/stream")
async def stream(
    socket: WebSocket, inference: InferenceDep, settings: SettingsDep, *, detect: DetectParam = True
) -> None:
    """Relay image frames and predictions; `{"error": problem}` and a close code where that ends."""
    await socket.accept()
    request_id = request_id_from(socket.headers)
    try:
        async with inference.stream(request_id, detect=detect) as upstream:
            code, reason = await _relay(socket, upstream, settings.max_upload_bytes)
    except ServiceError as error:
        body = problem_body(request_id, error.status_code, error.code, str(error.detail))
        with suppress(*GONE):
            await socket.send_json({"error": body})
        code, reason = (TOO_LARGE if isinstance(error, TooLargeError) else TRY_AGAIN_LATER), error.code
    with suppress(*GONE):
        await socket.close(code, reason)


async def _relay(socket: WebSocket, upstream: ClientConnection, max_bytes: int) -> tuple[int, str]:
    """Relay both ways until either side ends; return the code and reason with which inference closed.

    Raises InferenceUnavailableError where it ended in any other way than the contract names.
    """
    ways = {
        asyncio.create_task(_up(socket, upstream, max_bytes)),
        asyncio.create_task(_down(socket, upstream)),
    }
    done, waiting = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in waiting:
        way.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for way in done:
        way.result()
    code = upstream.close_code or 1000  # none where the client left first
    if code not in PASSED_ON:
        raise InferenceUnavailableError("The live view broke off.")
    return code, upstream.close_reason or ""


async def _up(socket: WebSocket, upstream: ClientConnection, max_bytes: int) -> None:
    with suppress(ConnectionClosed):
        while (message := await socket.receive())["type"] == "websocket.receive":
            frame = message["text"] if message.get("bytes") is None else message["bytes"]
            if len(frame) > max_bytes:
                raise TooLargeError(f"A frame may have {max_bytes} bytes.")
            await upstream.send(frame)


async def _down(socket: WebSocket, upstream: ClientConnection) -> None:
    with suppress(*GONE, ConnectionClosed):
        async for answer in upstream:
            await socket.send_text(answer if isinstance(answer, str) else answer.decode())
