"""How the server reads HTTP and WebSockets.

`uvicorn --http services.common.protocol:HeadTimeoutProtocol --ws services.common.protocol:FarewellProtocol`.
What goes wrong before there is a request never reaches the application, nor does the server's end: both are
dealt with here.
"""

import asyncio
import contextlib
import json
import uuid
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Close, CloseCode, Frame, Opcode

from services.common.problems import problem_body
from services.common.telemetry import logger


class HeadTimeoutProtocol(H11Protocol):
    """uvicorn's h11 protocol with a time limit for the head of a request.

    Closes a connection on which no request's line and headers are whole in time: uvicorn waits for ever once
    the first byte is there, and on a new connection for that too.
    """

    head_s: ClassVar[float] = 10.0
    """From the connection's beginning, or from the last answer."""
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Answers a problem instead of uvicorn's plain text."""
        request_id = uuid.uuid4().hex
        logger.info("no HTTP", extra={"fields": {"request_id": request_id, "status": 400}})
        body = json.dumps(problem_body(request_id, 400, "unreadable", msg)).encode()
        headers = {
            "content-type": "application/problem+json",
            "content-length": str(len(body)),
            "connection": "close",
            "x-request-id": request_id,
        }
        start = h11.Response(status_code=400, headers=list(headers.items()), reason="Bad Request")
        # What was asked may have been answered already, or was asked by HEAD, whose answer has no body.
        with contextlib.suppress(h11.LocalProtocolError):
            for event in (start, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch(self) -> None:
        """Waiting is whoever asks nothing now: uvicorn's `connections` forgets lost and upgraded ones."""
        answered = self.cycle is None or self.cycle.response_complete
        waiting = answered and self in self.connections and not self.transport.is_closing()
        if waiting and self._patience is None:
            self._patience = self.loop.call_later(self.head_s, self.transport.close)
        elif not waiting and self._patience is not None:
            self._patience.cancel()
            self._patience = None


class FarewellProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSockets, closed as the contract says.

    1001 `shutting_down` when the server stops, where uvicorn sends 1012; 1009 `too_large` for a message above
    its limit, where the library gives a sentence of its own.
    """

    def handle_parser_exception(self) -> None:
        close = self.conn.close_sent
        if close is not None and close.code == CloseCode.MESSAGE_TOO_BIG:
            self.conn.data_to_send()  # drops the library's own frame
            words = Close(CloseCode.MESSAGE_TOO_BIG, "too_large").serialize()
            self.transport.write(Frame(Opcode.CLOSE, words).serialize(mask=False))
        super().handle_parser_exception()

    def shutdown(self) -> None:
        if self.handshake_complete and not self.close_sent:
            self.close_sent = True  # then uvicorn's part only closes the connection
            self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.GOING_AWAY})
            self.conn.send_close(CloseCode.GOING_AWAY, "shutting_down")
            self.transport.write(b"".join(self.conn.data_to_send()))
        super().shutdown()
