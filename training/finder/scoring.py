"""How found boxes are scored against labelled ones: recall, false boxes, landmark error."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.finder import overlaps

Floats = NDArray[np.float32]

OVERLAP: Final = 0.35
"""Intersection over union from which a box finds a face."""
SIZES: Final = (0.5, 2.2)
"""Or its middle lies inside the face and its width is this much of the face's."""


@dataclass(frozen=True)
class Scored:
    """One photo's outcome for every box found and every face labelled."""

    scores: Floats
    """(n,) of each box that is not ignored."""
    hits: NDArray[np.bool_]
    """(n,): whether it is the best of those that find some face."""
    face_scores: Floats
    """(faces,): the score of the box that finds it; -inf where none does."""
    owner: NDArray[np.intp]
    """(faces,): index of that box among all that were given; -1 where none does."""


def score_photo(boxes: Floats, scores: Floats, truth: Floats, ignored: NDArray[np.bool_]) -> Scored:
    """`boxes` (n, 4) with `scores` (n,) against `truth` (m, 4); all corners. Best boxes choose first."""
    faces = np.flatnonzero(~ignored)
    face_scores = np.full(len(faces), -np.inf, np.float32)
    owner = np.full(len(faces), -1, np.intp)
    kept: list[float] = []
    hits: list[bool] = []
    for i in np.argsort(-scores, kind="stable"):
        fits = _fits(boxes[i], truth)
        free = [j for j, face in enumerate(faces) if fits[face] > 0 and owner[j] < 0]
        if free:
            j = max(free, key=lambda j: fits[faces[j]])
            face_scores[j], owner[j] = scores[i], i
            kept.append(float(scores[i]))
            hits.append(True)
        elif not _is_ignored(boxes[i], fits, truth, ignored):
            kept.append(float(scores[i]))
            hits.append(False)
    return Scored(np.array(kept, np.float32), np.array(hits, bool), face_scores, owner)


def _fits(box: Floats, truth: Floats) -> Floats:
    """(m,): overlap with each face that the box finds, 0 with the others."""
    if not len(truth):
        return np.zeros(0, np.float32)
    overlap = overlaps(box[None], truth)[0][0]
    middle = (box[:2] + box[2:]) / 2
    inside = ((middle > truth[:, :2]) & (middle < truth[:, 2:])).all(axis=1)
    ratio = (box[2] - box[0]) / np.maximum(truth[:, 2] - truth[:, 0], 1e-6)
    finds = (overlap >= OVERLAP) | (inside & (ratio >= SIZES[0]) & (ratio <= SIZES[1]))
    return np.where(finds, np.maximum(overlap, 1e-3), 0).astype(np.float32)


def _is_ignored(box: Floats, fits: Floats, truth: Floats, ignored: NDArray[np.bool_]) -> bool:
    """Whether the box finds an ignored place, or lies half inside one."""
    if not ignored.any():
        return False
    if (fits[ignored] > 0).any():
        return True
    wide = np.minimum(box[2], truth[ignored, 2]) - np.maximum(box[0], truth[ignored, 0])
    high = np.minimum(box[3], truth[ignored, 3]) - np.maximum(box[1], truth[ignored, 1])
    both = np.maximum(wide, 0) * np.maximum(high, 0)
    return bool((both / max(float((box[2] - box[0]) * (box[3] - box[1])), 1e-6) >= 0.5).any())
