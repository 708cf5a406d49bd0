"""Sends broken WebSocket frames to `/stream` of both services, which must stay ready and not grow.

    python -m bench.harden.fuzz_sockets [--connections 3000] [--json OUT]

Each client makes a correct handshake, then sends wrong opcodes, reserved bits, unmasked frames, fragments,
wrong lengths, misplaced control frames, closes of every code, text and damaged pictures, and disconnects at
any point.
"""

import base64
import random
import re
import socket
import struct
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import httpx

from bench.figures import parser, publish
from bench.harden.logs import unhandled
from bench.harden.mutate import mutate, seeds
from tests.helpers.process import memory_mb, process_at
from tests.helpers.serving import serve_both

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
STREAMS: Final = re.compile(r"^inference_streams(?:_open)? ([0-9.]+)", re.MULTILINE)
WAIT_S: Final = 0.3
"""For an answer that may not come."""


def _frame(chance: random.Random, opcode: int, data: bytes, *, last: bool = True) -> bytes:
    """One frame; most are correct."""
    first = (0x80 if last else 0) | opcode
    masked, length = True, len(data)
    if chance.random() < 0.1:
        first ^= chance.choice((0x40, 0x20, 0x10, 0x80))
    if chance.random() < 0.05:
        masked = False
    if chance.random() < 0.05:
        length = chance.choice((0, 125, 126, 65_535, 65_536, 2**31, 2**63 - 1))
    bit = 0x80 if masked else 0
    if length < 126:
        head = bytes([first, bit | length])
    elif length < 65_536:
        head = bytes([first, bit | 126]) + struct.pack(">H", length)
    else:
        head = bytes([first, bit | 127]) + struct.pack(">Q", length)
    if not masked:
        return head + data
    key = chance.randbytes(4)
    mask = int.from_bytes((key * (len(data) // 4 + 1))[: len(data)])
    return head + key + (int.from_bytes(data) ^ mask).to_bytes(len(data))


def _picture(chance: random.Random, pictures: list[bytes]) -> bytes:
    return _frame(chance, BINARY, mutate(chance, pictures))


def _text(chance: random.Random, _pictures: list[bytes]) -> bytes:
    return _frame(chance, TEXT, chance.choice((b"{}", b"", b"\xff\xfe", "\u2665".encode() * 200)))


def _pieces(chance: random.Random, pictures: list[bytes]) -> bytes:
    data = chance.choice(pictures)
    cut = chance.randrange(len(data) + 1)
    control = _frame(chance, PING, b"") if chance.random() < 0.3 else b""
    first = _frame(chance, BINARY, data[:cut], last=False)
    opcode = BINARY if chance.random() < 0.25 else CONTINUATION
    return first + control + _frame(chance, opcode, data[cut:])


def _control(chance: random.Random, _pictures: list[bytes]) -> bytes:
    data = chance.randbytes(chance.choice((0, 5, 125, 126, 500)))
    return _frame(chance, chance.choice((PING, PONG)), data)


def _close(chance: random.Random, _pictures: list[bytes]) -> bytes:
    code = struct.pack(">H", chance.choice((0, 999, 1000, 1001, 1005, 1006, 1015, 2999, 3000, 65_535)))
    return _frame(chance, CLOSE, chance.choice((b"", b"\x03", code, code + b"bye", code + b"\xff")))


def _noise(chance: random.Random, _pictures: list[bytes]) -> bytes:
    return chance.randbytes(chance.choice((1, 2, 14, 300)))


def _large(chance: random.Random, _pictures: list[bytes]) -> bytes:
    return _frame(chance, BINARY, bytes(chance.choice((70_000, 300_000))))


KINDS: Final = (_picture, _picture, _text, _pieces, _control, _close, _noise, _large)


def _converse(chance: random.Random, address: str, pictures: list[bytes]) -> None:
    """One client, from its handshake to its end."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        key = base64.b64encode(chance.randbytes(16)).decode()
        client.sendall(
            f"GET /stream HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        if not client.recv(2_000).startswith(b"HTTP/1.1 101"):
            return
        client.settimeout(WAIT_S)
        for _ in range(chance.choice((1, 2, 4, 8))):
            client.sendall(chance.choice(KINDS)(chance, pictures))
            if chance.random() < 0.5:
                with suppress(TimeoutError):
                    client.recv(65_536)
        if chance.random() < 0.3:  # resets the connection instead of closing it
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _connect_many(address: str, connections: int, seed: int) -> int:
    """How many of the connections the service cut while the client wrote."""
    pictures, cut = [data for data in seeds() if 0 < len(data) < 20_000], 0
    for number in range(connections):
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 # made data, no secret
        try:
            _converse(chance, address, pictures)
        except TimeoutError as error:
            raise AssertionError(f"{address} did not take connection {number}") from error
        except OSError:
            cut += 1
    return cut


def _streams_left(inference: str) -> float:
    """Streams still open a while after their clients left."""
    end = time.monotonic() + 20
    while True:
        found = STREAMS.search(httpx.get(f"{inference}/metrics").text)
        if found is None:
            raise ValueError("inference has no metric of its open streams")
        if not float(found[1]) or time.monotonic() > end:
            return float(found[1])
        time.sleep(0.1)


def run(connections: int, seed: int = 1) -> dict[str, Any]:
    """Each service gets half of the connections, a fifth of these before memory is first read."""
    figures: dict[str, Any] = {"connections": connections, "failures": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        limits = {"max_streams": "1000", "stream_idle_s": "5"}
        addresses = stack.enter_context(serve_both(folder, limits, {}))
        for service, address in addresses.items():
            _connect_many(address, connections // 10, seed)
            _streams_left(addresses["inference"])
            before = memory_mb(process_at(address))
            cut = _connect_many(address, connections * 2 // 5, seed + 1)
            left = _streams_left(addresses["inference"])
            grown = memory_mb(process_at(address)) - before
            figures[service] = {"grown_mb": round(grown, 1), "cut_off_by_it": cut, "streams_left": left}
            if httpx.get(f"{address}/readyz", timeout=20).status_code != 200:
                figures["failures"].append(f"{service} is not ready")
            if left:
                figures["failures"].append(f"{service}: {left} streams were never closed")
        figures["failures"] += unhandled(folder, addresses)
    return figures


def main() -> int:
    command = parser(__doc__)
    command.add_argument("--connections", type=int, default=3_000)
    options = command.parse_args()
    return publish(run(options.connections), options.json)


if __name__ == "__main__":
    sys.exit(main())
