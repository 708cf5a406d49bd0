"""How the server reads HTTP and WebSockets.

`uvicorn --http services.common.protocol:HeadTimeoutProtocol --ws services.common.protocol:FarewellProtocol`.
What goes wrong before there is a request never reaches the application, nor does the server's end: both are
dealt with here.
"""

import asyncio
import json
import sys
import uuid
from types import SimpleNamespace
from typing import ClassVar, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Close, CloseCode, Frame, Opcode

from services.common.door import DOOR, Door
from services.common.problems import problem_body
from services.common.telemetry import logger

MAX_HEAD_BYTES: Final = 64 * 1024
"""Of a request's line and headers, or of anything else that brings no byte of a body."""
MAX_PIPELINED: Final = 16
"""Requests that one connection may send ahead of their answers."""
ANSWERED: Final = SimpleNamespace(response_complete=True, message_event=asyncio.Event())
"""uvicorn's cycle of a request that was refused at the door: uvicorn drops what comes of its body."""


class HeadTimeoutProtocol(HttpToolsProtocol):
    """uvicorn's httptools protocol with limits for the head of a request, and bodies beside an upgrade.

    Closes a connection on which no request's line and headers are whole in time: uvicorn waits for ever once
    the first byte is there, and on a new connection for that too. Bounds what llhttp would collect without
    end: a head, trailers, a chunk's extensions, requests that are sent ahead.

    A request that offers an upgrade other than to a WebSocket is served as any other: httptools would lose
    its body. Java's HttpClient and `curl --http2` offer HTTP/2 so.
    """

    head_s: ClassVar[float] = 10.0
    """From the connection's beginning, or from the last answer."""
    _patience: asyncio.TimerHandle | None = None
    _bodiless = 0
    """Bytes received since the last that belonged to a body, or since the last whole request."""
    _in_head = True
    _received = b""
    """The latest."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._bodiless += len(data)
        self._received = data
        super().data_received(data)
        if self._bodiless > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(431, "headers_too_large", f"At most {MAX_HEAD_BYTES} bytes of headers are taken.")
        self._watch()

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MAX_PIPELINED:
            raise ValueError("too many requests at once")  # the parser stops, and the connection is closed
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # trailers are not used
            super().on_header(name, value)

    def _offers_other(self) -> bool:
        return self.parser.should_upgrade() and self._get_upgrade() is not None and not self._should_upgrade()

    def _should_upgrade(self) -> bool:
        return self.parser.get_method() == b"GET" and super()._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Reads the head again without the offer, and what came after it: httptools stops at its end."""
        stopped = sys.exc_info()[1]
        if self._get_upgrade() is None or not isinstance(stopped, httptools.HttpParserUpgrade):
            return
        version = self.parser.get_http_version().encode()
        line = b" ".join([self.parser.get_method(), self.url, b"HTTP/" + version])
        fields = (name + b": " + value for name, value in self.headers if name != b"upgrade")
        head = b"\r\n".join([line, *fields, b"", b""])
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(head + self._received[stopped.args[0] :])

    def on_headers_complete(self) -> None:
        if self._offers_other():
            return
        self._in_head, self._bodiless = False, 0
        if self.parser.get_http_version() == "1.1" and all(name != b"host" for name, _ in self.headers):
            raise ValueError("no Host")
        if not self._refused_at_door():
            super().on_headers_complete()

    def _refused_at_door(self) -> bool:
        """Answers at once where the service is full.

        A body is dropped as it comes, until the connection has to begin its next request: `head_s` later.
        """
        door: Door | None = self.app_state.get(DOOR)
        idle = self.cycle is None or self.cycle.response_complete
        if door is None or not idle or not self.parser.should_keep_alive() or self.parser.should_upgrade():
            return False
        method, own = self.parser.get_method(), self.server_state.default_headers
        answer = door.refusal(method, self.url, self.headers, own)
        if answer is None:
            return False
        self.cycle = ANSWERED  # type: ignore[assignment] # what uvicorn asks of one that is complete
        self.transport.write(answer)
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        self.on_response_complete()
        return True

    def on_body(self, body: bytes) -> None:
        self._bodiless = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._offers_other():
            return
        self._in_head, self._bodiless = True, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Answers a problem instead of uvicorn's plain text."""
        self._refuse(400, "unreadable", msg)

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answers and closes; only closes where the answer would come into or before another one."""
        cycle = self.cycle
        if cycle is None or (cycle.response_complete if self._in_head else not cycle.response_started):
            self.transport.write(_problem(status, code, detail))
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


def _problem(status: int, code: str, detail: str) -> bytes:
    """A whole answer that closes the connection."""
    request_id = uuid.uuid4().hex
    logger.info("no HTTP", extra={"fields": {"request_id": request_id, "status": status}})
    content = problem_body(request_id, status, code, detail)
    body = json.dumps(content).encode()
    head = (
        f"HTTP/1.1 {status} {content['title']}\r\n"
        "content-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\n"
        "connection: close\r\n"
        f"x-request-id: {request_id}\r\n\r\n"
    )
    return head.encode() + body


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
