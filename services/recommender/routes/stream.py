"""Passes `WS /stream` through to inference, so that a frontend needs one address."""

import asyncio
from contextlib import suppress
from typing import Final

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from services.common.prediction import DetectParam
from services.common.problems import ServiceError, problem_body
from services.common.telemetry import request_id_from
from services.recommender.dependencies import InferenceDep
from services.recommender.inference_client import TRY_AGAIN_LATER

router = APIRouter(tags=["photos"])

GONE: Final = (RuntimeError, WebSocketDisconnect)
"""What sending raises once the client has left; which one depends on the moment."""


@router.websocket("/stream")
async def stream(socket: WebSocket, inference: InferenceDep, *, detect: DetectParam = True) -> None:
    """Relay image frames and predictions; `{"error": problem}` and 1013 where inference is unavailable."""
    await socket.accept()
    request_id = request_id_from(socket.headers)
    try:
        async with inference.stream(request_id, detect=detect) as upstream:
            code, reason = await _relay(socket, upstream)
    except ServiceError as error:
        body = problem_body(request_id, error.status_code, error.code, str(error.detail))
        with suppress(*GONE):
            await socket.send_json({"error": body})
        code, reason = TRY_AGAIN_LATER, error.code
    with suppress(*GONE):
        await socket.close(code, reason)


async def _relay(socket: WebSocket, upstream: ClientConnection) -> tuple[int, str]:
    """Relay both ways until either side ends; return the code and reason with which inference closed."""
    ways = {asyncio.create_task(_up(socket, upstream)), asyncio.create_task(_down(socket, upstream))}
    done, waiting = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in waiting:
        way.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for way in done:
        way.result()
    return upstream.close_code or 1000, upstream.close_reason or ""


async def _up(socket: WebSocket, upstream: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while (message := await socket.receive())["type"] == "websocket.receive":
            await upstream.send(message["text"] if message.get("bytes") is None else message["bytes"])


async def _down(socket: WebSocket, upstream: ClientConnection) -> None:
    with suppress(*GONE):
        async for answer in upstream:
            await socket.send_text(answer if isinstance(answer, str) else answer.decode())
