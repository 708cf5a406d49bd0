"""Half a minute of a live stream against a real server: ids stay, frames are dropped, memory is bounded."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from PIL import Image
from websockets.asyncio.client import connect

from tests.helpers import pictures
from tests.helpers.process import memory_mb, server_processes
from tests.helpers.serving import serve

SECONDS = 30
RATE = 15
"""Frames a second, as a camera sends them."""
PERIOD = 60
BURST_EVERY, BURST = 75, 30
"""Every five seconds so many frames come at once, as after a stall of the network."""
GROWTH_MB = 15
"""What the server may have gained since it had warmed up: less than the 600 frames weigh."""


def frames() -> list[bytes]:
    """Two faces that sway in 640×480; the last frame leads back to the first."""
    face = pictures.astronaut().crop((120, 20, 320, 240))
    made = []
    for step in range(PERIOD):
        sway = round(40 * abs(PERIOD / 2 - step) / (PERIOD / 2))
        frame = Image.new("RGB", (640, 480), "grey")
        frame.paste(face, (60 + sway, 90 + sway // 2))
        frame.paste(face.resize((170, 187)), (420 - sway, 200 - sway))
        made.append(pictures.encode(frame, "JPEG", quality=90))
    return made


async def stream(url: str, pid: int) -> tuple[int, list[dict[str, Any]], list[float]]:
    """How many frames were sent, the answers, and the server's memory, every second, in MB."""
    made, sent = frames(), 0
    answers: list[dict[str, Any]] = []
    memory: list[float] = []

    async def send(socket: Any) -> None:
        nonlocal sent
        start = time.monotonic()
        for tick in range(SECONDS * RATE):
            await asyncio.sleep(max(0.0, start + tick / RATE - time.monotonic()))
            for _ in range(BURST if tick % BURST_EVERY == BURST_EVERY - 1 else 1):
                await socket.send(made[tick % PERIOD])
                sent += 1
            if tick % RATE == 0:
                memory.append(memory_mb(pid))

    async with connect(url) as socket, asyncio.TaskGroup() as tasks:
        sender = tasks.create_task(send(socket))
        while not sender.done() or answers[-1]["frame"] < sent - 1:
            answers.append(json.loads(await asyncio.wait_for(socket.recv(), 30)))
    return sent, answers, memory


def test_a_long_stream_keeps_ids_drops_frames_and_stays_small(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serve("inference", log) as address:
        url = address.replace("http", "ws") + "/stream"
        sent, answers, memory = asyncio.run(stream(url, server_processes(log)[0]))

    numbers = [answer["frame"] for answer in answers]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == sent - 1  # the newest is always answered
    bursts = SECONDS * RATE // BURST_EVERY
    assert sent - len(answers) > bursts * BURST / 2, "a burst is not answered frame by frame"

    ids = [{face["id"] for face in answer["faces"]} for answer in answers]
    assert set.union(*ids) == {1, 2}
    assert sum(len(faces) == 2 for faces in ids) > 0.95 * len(ids)

    warm = memory[len(memory) // 5]
    assert max(memory[-5:]) < warm + GROWTH_MB, memory
