"""Inference within the shipped memory limit: the largest pictures of every format, one per worker at once."""

import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from PIL import Image

from services.inference.decode import MAX_DECODE_BYTES, look
from services.inference.settings import Settings
from tests.containers.stack import PHOTO, Stack, running
from tests.helpers.pictures import encode, png_chunk
from tests.helpers.serving import free_port

WORKERS = Settings().workers
MAX_PIXELS = Settings().max_pixels
MAX_FILE = Settings().max_upload_bytes


PATIENT = "services: {inference: {environment: {INFERENCE_PATIENCE_S: '180'}}}"
"""Only memory is tested here, and a busy machine may be slow."""


@pytest.fixture(scope="module")
def inference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, str]]:
    """The stack, and the address of its inference."""
    patient = tmp_path_factory.mktemp("compose") / "patient.yml"
    patient.write_text(PATIENT)
    port = free_port()
    stack = Stack("memory", "deploy/compose/inference-port.yml", str(patient), INFERENCE_PORT=str(port))
    with running(stack, "inference"):
        yield stack, f"http://127.0.0.1:{port}"


def blank(kind: str, mode: str, side: int, **options: Any) -> bytes:
    return encode(Image.new(mode, (side, side)), kind, **options)


def apng(side: int) -> bytes:
    """A PNG with alpha that says it is an animation of three frames."""
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    squeeze = zlib.compressobj(1)
    pixels = b"".join(squeeze.compress(bytes(1 + 4 * side)) for _ in range(side)) + squeeze.flush()
    frame = struct.pack(">IIIIHHBB", side, side, 0, 0, 1, 10, 0, 0)
    more = [
        png_chunk(b"fcTL", struct.pack(">I", n) + frame)
        + png_chunk(b"fdAT", struct.pack(">I", n + 1) + pixels)
        for n in (1, 3)
    ]
    start = png_chunk(b"acTL", struct.pack(">II", 3, 0)) + png_chunk(b"fcTL", bytes(4) + frame)
    chunks = [png_chunk(b"IHDR", head), start, png_chunk(b"IDAT", pixels), *more, png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


FORMATS: dict[str, Any] = {
    "JPEG": lambda side: blank("JPEG", "RGB", side, quality=50),
    "progressive JPEG": lambda side: blank("JPEG", "RGB", side, progressive=True, subsampling=0, quality=50),
    "PNG": lambda side: blank("PNG", "RGB", side, compress_level=1),
    "PNG with alpha": lambda side: blank("PNG", "RGBA", side, compress_level=1),
    "APNG": apng,
    "WebP": lambda side: blank("WEBP", "RGB", side, method=0),
    "lossless WebP": lambda side: blank("WEBP", "RGBA", side, lossless=True, method=0, quality=0),
    "animated WebP": lambda side: blank(
        "WEBP", "RGB", side, method=0, save_all=True, append_images=[Image.new("RGB", (side, side), "white")]
    ),
    "AVIF": lambda side: blank("AVIF", "RGB", side, speed=10),
    "GIF": lambda side: blank("GIF", "P", side),
    "TIFF": lambda side: blank("TIFF", "RGB", side, compression="tiff_lzw"),
    "BMP": lambda side: blank("BMP", "L", min(side, 3_800)),
}
HOSTILE = {
    "GIF of 35 bytes": b"GIF89a\x58\x1b\x58\x1b\xf0\0\0\0\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
}


def largest(make: Any) -> bytes:
    """The largest square of this format that is not refused from its header."""
    small = look(make(1_000))
    per_pixel = max(1.0, (look(make(1_400)).cost - small.cost) / (1_400**2 - 1_000**2))
    side = int(min(MAX_PIXELS, 0.9 * MAX_DECODE_BYTES / per_pixel) ** 0.5)
    data: bytes = make(side)
    assert len(data) <= MAX_FILE
    return data


def ask_at_once(address: str, data: bytes) -> list[int]:
    def ask(_: int) -> int:
        return httpx.post(f"{address}/predict", content=data, timeout=180).status_code

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(ask, range(WORKERS)))


def assert_alive(stack: Stack, address: str, started: str) -> None:
    state = stack.inspect("inference")
    assert state["State"]["StartedAt"] == started, "inference was killed"
    assert not state["State"]["OOMKilled"]
    assert httpx.post(f"{address}/predict", content=PHOTO, timeout=60).json()["emotion"] == "happy"


@pytest.mark.parametrize("name", FORMATS)
def test_largest_pictures(inference: tuple[Stack, str], name: str) -> None:
    """As many of the largest pictures as there are workers are read at once, and nothing is killed."""
    stack, address = inference
    started = stack.inspect("inference")["State"]["StartedAt"]
    data = largest(FORMATS[name])
    assert ask_at_once(address, data) == [200] * WORKERS
    assert_alive(stack, address, started)


@pytest.mark.parametrize("name", [*HOSTILE, "APNG of 7000", "animated GIF of 7000"])
def test_hostile_pictures(inference: tuple[Stack, str], name: str) -> None:
    """Small files that unpack to much are read or refused, and nothing is killed."""
    stack, address = inference
    started = stack.inspect("inference")["State"]["StartedAt"]
    if name in HOSTILE:
        data = HOSTILE[name]
    elif name.startswith("APNG"):
        data = apng(7_000)
    else:
        more = [Image.new("P", (7_000, 7_000), 1)]
        data = blank("GIF", "P", 7_000, save_all=True, append_images=more)
    assert set(ask_at_once(address, data)) <= {200, 413}
    assert_alive(stack, address, started)


def test_largest_bodies(inference: tuple[Stack, str]) -> None:
    """A batch of the largest size beside a large picture is answered, and nothing is killed."""
    stack, address = inference
    started = stack.inspect("inference")["State"]["StartedAt"]
    padded = PHOTO + bytes(14_000_000)
    files = [("files", (f"{n}.jpg", padded)) for n in range(4)]
    picture = largest(FORMATS["PNG with alpha"])
    with ThreadPoolExecutor(2) as pool:
        batch = pool.submit(httpx.post, f"{address}/predict/batch", files=files, timeout=180)
        alone = pool.submit(ask_at_once, address, picture)
        assert [one["status"] for one in batch.result().json()["results"]] == [200] * 4
        assert set(alone.result()) <= {200, 503}
    assert_alive(stack, address, started)
