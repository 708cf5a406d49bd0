"""A photo's way: decode → detect → align → classify, one line per stage; and a stream's, frame by frame."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.prediction import Prediction, StreamPrediction
from services.emotions import EMOTIONS
from services.inference.align import SIDE, crop
from services.inference.classify import Classifier, Model
from services.inference.decode import Photo, decode
from services.inference.detect import Detector, Face
from services.inference.track import Tracker

LOOK_EVERY: Final = 8
"""Frames of a stream between two looks at the whole picture; in between, faces are followed."""


@dataclass(frozen=True)
class Limits:
    pixels: int
    faces: int


@dataclass
class Stream:
    """What one stream remembers between two frames."""

    tracker: Tracker = field(default_factory=Tracker)
    shape: tuple[int, ...] = ()
    """Of the last frame's pixels; boxes of another size of frame mean nothing."""
    since_look: int = 0


class Pipeline:
    """The stages with their tools. Not thread-safe, as the tools are not: one per thread."""

    def __init__(self, model: Model, limits: Limits) -> None:
        cv2.setNumThreads(1)  # a photo per thread: OpenCV's own would fight with ours for the same cores
        self._model, self._limits = model, limits
        self._detector, self._classifier = Detector(), Classifier(model)

    def warm(self) -> None:
        """The tools' first use, which is slow, on a blank picture."""
        self._detector.detect(np.zeros((480, 640), np.uint8))
        self._classifier.classify(np.zeros((1, SIDE, SIDE), np.uint8))

    def predict(self, data: bytes) -> Prediction:
        """Encoded image → prediction; ServiceError where the bytes are no picture that is read."""
        times = [time.perf_counter()]
        photo = decode(data, self._limits.pixels)
        times.append(time.perf_counter())
        faces = self._detector.detect(photo.grey)[: self._limits.faces]
        times.append(time.perf_counter())
        crops = align(photo, faces)
        times.append(time.perf_counter())
        rows = self._classifier.classify(crops)
        times.append(time.perf_counter())
        found = [self._describe(photo, face, row) for face, row in zip(faces, rows, strict=True)]
        return Prediction(**self._answer(photo, found, times))

    def next_frame(self, data: bytes, stream: Stream, number: int) -> StreamPrediction:
        """As `predict`, with what `stream` knows from the frames before, which it keeps up to date."""
        started = time.perf_counter()
        photo = decode(data, self._limits.pixels)
        return self.next_photo(photo, stream, number, started)

    def next_photo(self, photo: Photo, stream: Stream, number: int, started: float) -> StreamPrediction:
        """As `next_frame`, of a decoded picture; `started` is time.perf_counter() before it was decoded."""
        times = [started, time.perf_counter()]
        faces = self._find(photo.grey, stream)[: self._limits.faces]
        times.append(time.perf_counter())
        crops = align(photo, faces)
        times.append(time.perf_counter())
        rows = self._classifier.classify(crops)
        tracks = stream.tracker.update(faces, rows, times[0])
        times.append(time.perf_counter())
        found = [{**self._describe(photo, t.face, t.probabilities), "id": t.id} for t in tracks]
        return StreamPrediction(**self._answer(photo, found, times), frame=number)

    def _find(self, grey: NDArray[np.uint8], stream: Stream) -> list[Face]:
        """Faces followed from the frame before; the whole picture now and then, and when one is lost."""
        if grey.shape != stream.shape:
            stream.tracker, stream.shape, stream.since_look = Tracker(), grey.shape, 0
        followed = [self._detector.follow(grey, face) for face in stream.tracker.faces]
        faces = [face for face in followed if face]
        stream.since_look -= 1
        if stream.since_look > 0 and faces and len(faces) == len(followed):
            return faces
        stream.since_look = LOOK_EVERY
        return self._detector.detect(grey)

    def _answer(
        self, photo: Photo, found: Sequence[dict[str, Any]], times: Sequence[float]
    ) -> dict[str, Any]:
        main = found[0] if found else {"emotion": None, "probabilities": None}
        stages = zip(("decode", "detect", "align", "classify"), pairwise(times), strict=True)
        timings = {name: round(1000 * (end - start), 2) for name, (start, end) in stages}
        timings["classify"] = round(timings["classify"] + timings["align"], 2)  # one number in the contract
        return {
            "emotion": main["emotion"],
            "probabilities": main["probabilities"],
            "faces": found,
            "image": {"width": photo.width, "height": photo.height},
            "model": {"name": self._model.name, "version": self._model.version},
            "timings_ms": {**timings, "total": round(1000 * (times[-1] - times[0]), 2)},
        }

    def _describe(self, photo: Photo, face: Face, row: NDArray[np.float32]) -> dict[str, Any]:
        best = int(row.argmax())
        confidence = round(float(row[best]), 5)
        return {
            "box": _box(photo, face),
            "detection_score": round(face.score, 3),
            "emotion": EMOTIONS[best],
            "confidence": confidence,
            "probabilities": {name: round(float(p), 5) for name, p in zip(EMOTIONS, row, strict=True)},
            "uncertain": confidence < self._model.uncertain_below,
        }


def align(photo: Photo, faces: Sequence[Face]) -> NDArray[np.uint8]:
    """(n, 48, 48) grey crops, in the order of `faces`."""
    return np.array([crop(photo.grey, face) for face in faces], np.uint8).reshape(-1, SIDE, SIDE)


def _box(photo: Photo, face: Face) -> dict[str, int]:
    """The face's square in pixels of the upright original, cut at its edges."""
    left, top = round(face.x * photo.scale), round(face.y * photo.scale)
    right, bottom = left + round(face.side * photo.scale), top + round(face.side * photo.scale)
    x, y = min(max(0, left), photo.width - 1), min(max(0, top), photo.height - 1)
    return {
        "x": x,
        "y": y,
        "width": max(1, min(right, photo.width) - x),
        "height": max(1, min(bottom, photo.height) - y),
    }
