"""How well a network in training finds the faces of the photos set aside: what checkpoints are chosen by."""

from typing import Final

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from services.inference.finder import read
from training.finder.photos import LabelledPhoto
from training.finder.scoring import score_photo

LOOK: Final = 320
"""Long side, in pixels, at which photos are looked at."""
BATCH: Final = 16
LEAST: Final = -3.0
"""Log-odds of the weakest boxes that are scored."""
SMALLEST: Final = 10
"""Faces whose longer side is less, in pixels of the look, do not count."""


def held_out_recall(model: keras.Model, photos: list[LabelledPhoto]) -> float:
    """Share of faces found in one look, at the threshold that lets through a false box in fifteen photos."""
    scores: list[NDArray[np.float32]] = []
    hits: list[NDArray[np.bool_]] = []
    faces: list[NDArray[np.float32]] = []
    for start in range(0, len(photos), BATCH):
        part = photos[start : start + BATCH]
        looks = [_shrunk(photo.pixels, LOOK) for photo in part]
        channels = 1 if part[0].pixels.ndim == 2 else 3
        batch = np.zeros((BATCH, LOOK, LOOK, channels), np.float32)
        for i, (pixels, _) in enumerate(looks):
            batch[i, : pixels.shape[0], : pixels.shape[1]] = pixels.reshape(*pixels.shape[:2], channels)
        answers = np.asarray(model.predict_on_batch(batch))
        for photo, numbers, (_, scale) in zip(part, answers, looks, strict=False):
            found = read(numbers, (LOOK, LOOK), LEAST)
            truth = photo.boxes * scale
            small = truth[:, 2:].max(axis=1, initial=0) < SMALLEST
            truth[:, 2:] += truth[:, :2]
            scored = score_photo(found.boxes, found.scores, truth, photo.ignored | small)
            scores.append(scored.scores)
            hits.append(scored.hits)
            faces.append(scored.face_scores)
    wrong = np.sort(np.concatenate(scores)[~np.concatenate(hits)])[::-1]
    allowed = max(1, len(photos) // 15)
    threshold = wrong[allowed] if len(wrong) > allowed else LEAST
    return float((np.concatenate(faces) > threshold).mean())


def _shrunk(pixels: NDArray[np.uint8], long_side: int) -> tuple[NDArray[np.uint8], float]:
    """The picture brought down to `long_side`, and by how much; a smaller one stays as it is."""
    height, width = pixels.shape[:2]
    scale = min(1.0, long_side / max(height, width))
    if scale == 1.0:
        return pixels, scale
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False), scale
