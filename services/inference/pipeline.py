"""A photo's way: decode → detect → align → classify, one line per stage."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.emotions import EMOTIONS
from services.inference.align import SIDE, crop
from services.inference.classify import Classifier, Model
from services.inference.decode import Photo, decode
from services.inference.detect import Detector, Face
from services.inference.schemas import Box, FacePrediction, ImageSize, ModelName, Prediction, Timings


@dataclass(frozen=True)
class Limits:
    pixels: int
    faces: int


class Pipeline:
    """The stages with their tools. Not thread-safe, as the tools are not: one per thread."""

    def __init__(self, model: Model, limits: Limits) -> None:
        self._model, self._limits = model, limits
        self._detector, self._classifier = Detector(), Classifier(model)

    def predict(self, data: bytes) -> Prediction:
        """Encoded image → prediction; InferenceError where the bytes are no picture that is read."""
        times = [time.perf_counter()]
        photo = decode(data, self._limits.pixels)
        times.append(time.perf_counter())
        faces = self._detector.detect(photo.grey)[: self._limits.faces]
        times.append(time.perf_counter())
        rows = self._classifier.classify(align(photo, faces))
        times.append(time.perf_counter())
        return self._prediction(photo, faces, rows, times)

    def _prediction(
        self, photo: Photo, faces: Sequence[Face], rows: NDArray[np.float32], times: Sequence[float]
    ) -> Prediction:
        found = [self._face(photo, face, row) for face, row in zip(faces, rows, strict=True)]
        main = found[0] if found else None
        decoded, detected, classified = (1000 * (b - a) for a, b in pairwise(times))
        return Prediction(
            emotion=main.emotion if main else None,
            probabilities=main.probabilities if main else None,
            faces=found,
            image=ImageSize(width=photo.width, height=photo.height),
            model=ModelName(name=self._model.name, version=self._model.version),
            timings_ms=Timings(
                decode=round(decoded, 2),
                detect=round(detected, 2),
                classify=round(classified, 2),
                total=round(1000 * (times[-1] - times[0]), 2),
            ),
        )

    def _face(self, photo: Photo, face: Face, row: NDArray[np.float32]) -> FacePrediction:
        best = int(row.argmax())
        confidence = round(float(row[best]), 5)
        return FacePrediction(
            box=_box(photo, face),
            detection_score=round(face.score, 3),
            emotion=EMOTIONS[best],
            confidence=confidence,
            probabilities={name: round(float(p), 5) for name, p in zip(EMOTIONS, row, strict=True)},
            uncertain=confidence < self._model.uncertain_below,
        )


def align(photo: Photo, faces: Sequence[Face]) -> NDArray[np.uint8]:
    """(n, 48, 48) grey crops, in the order of `faces`."""
    return np.array([crop(photo.grey, face) for face in faces], np.uint8).reshape(-1, SIDE, SIDE)


def _box(photo: Photo, face: Face) -> Box:
    """The face's square in pixels of the upright original, cut at its edges."""
    left, top = round(face.x * photo.scale), round(face.y * photo.scale)
    side = round(face.side * photo.scale)
    return Box(x=left, y=top, width=min(side, photo.width - left), height=min(side, photo.height - top))
