"""Batches of crops, drawn beside the training, which has the process that runs Keras to itself."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.finder.crops import Cropper
from training.finder.photos import load_photos

AHEAD: Final = 6
"""Batches that are drawn before they are needed."""
Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]


@dataclass
class Batches:
    """Batches of crops, drawn ahead in another process; each depends on seed, epoch and position alone."""

    folder: Path
    size: int
    """Crops of one batch."""
    steps: int
    """Batches of one epoch."""
    seed: int
    colour: bool

    def __post_init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, spawn, _open_photos, (self.folder, self.colour))

    def epoch(self, number: int, side: int) -> Iterator[Batch]:
        """The batches of one epoch, of crops of `side` × `side` pixels."""
        waiting: deque[Future[Batch]] = deque()
        for i in range(self.steps + AHEAD):
            if i < self.steps:
                waiting.append(self._pool.submit(_draw, side, self.size, self.seed, number, i))
            if i >= AHEAD:
                yield waiting.popleft().result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for its next order for ever."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


_croppers: list[Cropper] = []
"""Of the process that draws."""


def _open_photos(folder: Path, colour: bool) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    _croppers.append(Cropper(load_photos(folder, "train", colour=colour)))


def _draw(side: int, batch: int, seed: int, epoch: int, i: int) -> Batch:
    """(b, side, side, channels) uint8 and (b, MOST, COLUMNS) labels."""
    rng = np.random.default_rng([seed, epoch, i])
    crops = [_croppers[0].draw(rng, side) for _ in range(batch)]
    pixels = np.stack([crop.pixels for crop in crops])
    return pixels.reshape(*pixels.shape[:3], -1), np.stack([crop.labels for crop in crops])
