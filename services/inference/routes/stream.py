"""Frames in, predictions out, over one WebSocket."""

import asyncio
import json
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

from services.common.prediction import DetectParam
from services.common.problems import BusyError, ServiceError, problem_body
from services.inference.answers import to_stream_prediction
from services.inference.dependencies import (
    Serving,
    ServingDep,
    StreamsDep,
)
from services.inference.errors import BadRequestError
from services.inference.pipeline import Pipeline, Stream
from services.inference.settings import Settings
from services.inference.streams import Inbox
from services.inference.upload import check_size

router = APIRouter()

NORMAL: Final = 1000
TRY_AGAIN_LATER: Final = 1013


@router.websocket("/stream")
async def stream(
    socket: WebSocket,
    serving: ServingDep,
    streams: StreamsDep,
    detect: DetectParam = True,
) -> None:
    """Binary image frames in; for each that is read, a StreamPrediction or `{"frame", "error"}` out.

    A frame that comes while another is read replaces the one that waits; `frame` tells which was answered.
    """
    await socket.accept()
    try:
        with streams.one_more():
            why = await _converse(socket, serving.settings, Reader(serving, detect))
    except BusyError as busy:
        await _close(socket, TRY_AGAIN_LATER, busy.code)
    except WebSocketDisconnect:
        return  # gone in the middle of an answer
    else:
        await _close(socket, NORMAL, why)


@dataclass
class Reader:
    """Reads the frames of one stream."""

    serving: Serving
    detect: bool
    memory: Stream = field(default_factory=Stream)

    async def read(self, number: int, content: bytes) -> str:
        """One frame → its StreamPrediction as JSON; ServiceError where it is no picture that is read."""
        job = partial(Pipeline.next_frame, data=content, stream=self.memory, detect=self.detect)
        reading = await self.serving.workers.run(job)
        self.serving.record(reading)
        return to_stream_prediction(reading, self.serving.model, number).model_dump_json()


async def _converse(socket: WebSocket, settings: Settings, frames: Reader) -> str:
    """Answers until the stream ends; returns why it did."""
    inbox = Inbox()
    reader = asyncio.create_task(_receive(socket, inbox, settings))
    try:
        await _answer(socket, inbox, settings, frames)
    finally:
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader
    return inbox.why


async def _receive(socket: WebSocket, inbox: Inbox, settings: Settings) -> None:
    """Fills the inbox until the client leaves, is silent for too long, or has been here for long enough."""
    end, number, why = time.monotonic() + settings.stream_length_s, 0, ""
    try:
        while (left := end - time.monotonic()) > 0:
            why = "length" if left <= settings.stream_idle_s else "idle"
            message = await asyncio.wait_for(socket.receive(), min(left, settings.stream_idle_s))
            if message["type"] == "websocket.disconnect":
                why = ""
                return
            inbox.put(number, message.get("bytes"))
            number += 1
        why = "length"
    except TimeoutError:
        return
    finally:
        inbox.close(why)


async def _answer(socket: WebSocket, inbox: Inbox, settings: Settings, frames: Reader) -> None:
    while (frame := await inbox.take()) is not None:
        number, data = frame
        try:
            answer = await frames.read(number, _checked(data, settings.max_upload_bytes))
        except ServiceError as error:
            body = problem_body(uuid.uuid4().hex, error.status, error.code, str(error))
            await _send(socket, json.dumps({"frame": number, "error": body}))
            continue
        await _send(socket, answer)


async def _send(socket: WebSocket, text: str) -> None:
    """WebSocketDisconnect where the client has left, whichever way the server says so."""
    try:
        await socket.send_text(text)
    except RuntimeError as error:
        raise WebSocketDisconnect from error


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    if socket.client_state is WebSocketState.CONNECTED:
        with suppress(RuntimeError, WebSocketDisconnect):  # it may leave at this moment
            await socket.close(code, reason)


def _checked(data: bytes | None, max_bytes: int) -> bytes:
    if data is None:
        raise BadRequestError("send each frame as one binary message")
    check_size(data, max_bytes)
    return data
