"""What a request took is given back: whoever watches for leaks sees no slope."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.helpers.pictures import ASTRONAUT, png_of_zeros
from tests.helpers.process import memory_mb, process_at
from tests.helpers.serving import serve
from tests.helpers.stages import cannot_run

GROWTH_MB = 15
"""Far more than a service gains otherwise, far less than one large picture left behind."""
HEAP = 64 * 1024 * 1024
"""glibc's heaps beside the first begin at multiples of it, on 64 bits."""


@pytest.fixture(autouse=True)
def linux() -> None:
    if sys.platform != "linux":
        cannot_run("only Linux describes its processes in /proc")


@pytest.fixture(scope="module")
def inference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve("inference", tmp_path_factory.mktemp("allocator") / "log") as address:
        yield address


def test_what_a_huge_picture_took_is_given_back(inference: str) -> None:
    """It left 36 MB, of each worker: glibc had learnt from it to keep as much.

    What the largest look of detection takes stays, once; so the first picture without a face is not counted.
    """
    process = process_at(inference)
    ask(inference, ASTRONAUT.read_bytes())
    for _ in range(10):  # each worker's turn
        ask(inference, png_of_zeros(1280, 1280))
    before = memory_mb(process, "RssAnon")
    for _ in range(5):
        ask(inference, png_of_zeros(5000, 5000))
    assert memory_mb(process, "RssAnon") - before < GROWTH_MB


def ask(address: str, picture: bytes) -> None:
    httpx.post(f"{address}/predict", content=picture, timeout=60).raise_for_status()


def further_heaps(process: int) -> int:
    """Those of the C library beside its first."""
    lines = [line.split() for line in Path(f"/proc/{process}/maps").read_text().splitlines()]
    unnamed = [line[0] for line in lines if line[1] == "rw-p" and len(line) == 5]
    return sum(int(span.partition("-")[0], 16) % HEAP == 0 for span in unnamed)


def test_the_threads_of_the_recommender_share_one_heap_beside_the_first(tmp_path: Path) -> None:
    """Of one for each thread, each kept the most that a request ever took: 10 to 16 MB, bit by bit."""
    url = f"sqlite:///{tmp_path / 'r.db'}"
    with serve("recommender", tmp_path / "log", database_url=url) as address, ThreadPoolExecutor(8) as crowd:
        asked = [crowd.submit(httpx.get, f"{address}/recommend?emotion=sad") for _ in range(40)]
        for one in asked:
            one.result().raise_for_status()
        assert further_heaps(process_at(address)) <= 1
