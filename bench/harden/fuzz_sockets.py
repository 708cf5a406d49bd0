"""Broken WebSocket clients against `/stream` of both services: they must stay ready, and their memory flat.

    python -m bench.harden.fuzz_sockets [--connections 3000] [--json OUT]

Each client shakes hands as it should and then sends frames of its own making: wrong opcodes, reserved bits,
unmasked, cut into pieces, with lengths that lie, control frames out of place, closes of every code, text,
damaged pictures; and leaves as it likes.
"""

import argparse
import base64
import json
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

from bench.harden.logs import unhandled
from bench.harden.mutate import mutate, seeds
from tests.helpers.process import memory_mb
from tests.helpers.serving import serve_both

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
STREAMS: Final = re.compile(r"^inference_streams(?:_open)? ([0-9.]+)", re.MULTILINE)
WAIT_S: Final = 0.3
"""How long a client waits for an answer that may not come."""


def frame(chance: random.Random, opcode: int, data: bytes, *, last: bool = True) -> bytes:
    """One frame, right in nine of ten cases."""
    first = (0x80 if last else 0) | opcode
    masked, length = True, len(data)
    if chance.random() < 0.1:
        first ^= chance.choice((0x40, 0x20, 0x10, 0x80))
    if chance.random() < 0.05:
        masked = False
    if chance.random() < 0.05:
        length = chance.choice((0, 125, 126, 65_535, 65_536, 2**31, 2**63 - 1))
    head = bytes([first])
    bit = 0x80 if masked else 0
    if length < 126:
        head += bytes([bit | length])
    elif length < 65_536:
        head += bytes([bit | 126]) + struct.pack(">H", length)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", length)
    if not masked:
        return head + data
    key = chance.randbytes(4)
    mask = int.from_bytes(key * (len(data) // 4 + 1))
    mask >>= 8 * (4 * (len(data) // 4 + 1) - len(data))
    return head + key + (int.from_bytes(data) ^ mask).to_bytes(len(data))


def picture(chance: random.Random, pictures: list[bytes]) -> bytes:
    return frame(chance, BINARY, mutate(chance, pictures))


def text(chance: random.Random, _pictures: list[bytes]) -> bytes:
    return frame(chance, TEXT, chance.choice((b"{}", b"", b"\xff\xfe", "\u2665".encode() * 200)))


def pieces(chance: random.Random, pictures: list[bytes]) -> bytes:
    data = chance.choice(pictures)
    cut = chance.randrange(len(data) + 1)
    control = frame(chance, PING, b"") if chance.random() < 0.3 else b""
    first = frame(chance, BINARY, data[:cut], last=False)
    return first + control + frame(chance, chance.choice((0, 0, 0, BINARY)), data[cut:])


def control(chance: random.Random, _pictures: list[bytes]) -> bytes:
    data = chance.randbytes(chance.choice((0, 5, 125, 126, 500)))
    return frame(chance, chance.choice((PING, PONG)), data)


def close(chance: random.Random, _pictures: list[bytes]) -> bytes:
    code = struct.pack(">H", chance.choice((0, 999, 1000, 1001, 1005, 1006, 1015, 2999, 3000, 65_535)))
    return frame(chance, CLOSE, chance.choice((b"", b"\x03", code, code + b"bye", code + b"\xff")))


def noise(chance: random.Random, _pictures: list[bytes]) -> bytes:
    return chance.randbytes(chance.choice((1, 2, 14, 300)))


def large(chance: random.Random, _pictures: list[bytes]) -> bytes:
    return frame(chance, BINARY, bytes(chance.choice((70_000, 300_000))))


KINDS: Final = (picture, picture, text, pieces, control, close, noise, large)
"""What a client sends in one go."""


def converse(chance: random.Random, address: str, pictures: list[bytes]) -> None:
    """One client from handshake to whatever end."""
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
        if chance.random() < 0.3:  # a reset instead of a farewell
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def many(address: str, connections: int, seed: int) -> int:
    """How many of the connections were cut by the other side while they wrote."""
    pictures, cut = [data for data in seeds() if 0 < len(data) < 20_000], 0
    for number in range(connections):
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 # made data, no secret
        try:
            converse(chance, address, pictures)
        except TimeoutError as error:
            raise AssertionError(f"{address} did not take connection {number}") from error
        except OSError:
            cut += 1
    return cut


def process_at(address: str) -> int:
    """The process that listens there."""
    port = f"{int(address.rpartition(':')[2]):04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inode = next(line[9] for line in lines if line[1].endswith(f":{port}") and line[3] == "0A")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if link.readlink().name == f"socket:[{inode}]":
                return int(link.parts[2])
    raise ValueError(f"no process of ours listens at {address}")


def open_streams(inference: str) -> float:
    found = STREAMS.search(httpx.get(f"{inference}/metrics").text)
    if found is None:
        raise ValueError("inference does not tell how many streams are open")
    return float(found[1])


def settle(inference: str) -> float:
    """Streams that are still open a while after their clients left."""
    end = time.monotonic() + 20
    while (left := open_streams(inference)) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def run(connections: int, seed: int = 1) -> dict[str, Any]:
    """The figures; half of the connections for each service, a fifth of them before memory is first read."""
    figures: dict[str, Any] = {"connections": connections, "failures": []}
    settings = {"max_streams": "1000", "stream_idle_s": "5"}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        addresses = stack.enter_context(serve_both(folder, settings, {}))
        inference = addresses["inference"]
        for service, address in addresses.items():
            many(address, connections // 10, seed)
            settle(inference)
            before = memory_mb(process_at(address))
            cut = many(address, connections * 2 // 5, seed + 1)
            left = settle(inference)
            grown = memory_mb(process_at(address)) - before
            figures[service] = {"grown_mb": round(grown, 1), "cut_off_by_it": cut, "streams_left": left}
            if httpx.get(f"{address}/readyz", timeout=20).status_code != 200:
                figures["failures"].append(f"{service} is not ready")
            if left:
                figures["failures"].append(f"{service}: {left} streams were never closed")
        for service in addresses:
            if found := unhandled(folder / f"{service}.log"):
                figures["failures"].append(f"{service}: {found}")
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--connections", type=int, default=3_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = run(options.connections)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text)
    return 1 if figures["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
