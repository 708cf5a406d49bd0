"""What a detector finds in labelled photos: recall, false boxes, calibration, landmark error, time."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from services.inference.face import Face
from training.finder.photos import LabelledPhoto
from training.finder.scoring import score_photo

Detect = Callable[[NDArray[np.uint8]], Sequence[Face]]
SIZES: Final = (0, 16, 24, 32, 48, 96, 192, np.inf)
"""Bounds of the classes of face size: the longer side of the box, in pixels of the photo."""
FACE_COLUMNS: Final = (
    *("photo", "label", "size", "covered", "found", "landmark_error", "says_covered"),
    *("blur", "pose", "occlusion", "normal"),
)
"""`photo` and `label` number the photo among those measured and the label within it."""
UNSURE: Final = (0.05, 0.95)
BINS: Final = 10


@dataclass(frozen=True)
class Measured:
    faces: pd.DataFrame
    """A row for each labelled face: FACE_COLUMNS."""
    boxes: pd.DataFrame
    """A row for each box found: score (NaN where the detector gives none), hit, has_faces (its photo)."""
    photos: pd.DataFrame
    """A row for each photo: has_faces, ms."""

    def summary(self) -> dict[str, Any]:
        """The figures of a card: shares of faces, counts of false boxes, milliseconds."""
        faces, boxes, photos = self.faces, self.boxes, self.photos
        false, empty = boxes[~boxes["hit"]], ~photos["has_faces"]
        known = faces["covered"].notna() & faces["found"]
        return {
            "faces": len(faces),
            "recall": _share(faces["found"]),
            "recall_normal": _share(faces.loc[faces["normal"], "found"]),
            "normal": int(faces["normal"].sum()),
            "recall_by_size": _by(faces, pd.cut(faces["size"], SIZES, right=False).map(_name)),
            **{f"recall_by_{name}": _by(faces, faces[name]) for name in ("blur", "pose", "occlusion")},
            "photos_with_faces": int((~empty).sum()),
            "false_with_faces": int(false["has_faces"].sum()),
            "photos_without": int(empty.sum()),
            "false_without": int((~false["has_faces"]).sum()),
            "false_per_100_photos": round(100 * len(false) / max(1, len(photos)), 1),
            "landmark_error": _round(faces["landmark_error"].median()),
            "covered_found_so": _share(faces.loc[known & (faces["covered"] == 1), "says_covered"]),
            "bare_called_covered": _share(faces.loc[known & (faces["covered"] == 0), "says_covered"]),
            "ms_with_faces": _round(photos.loc[~empty, "ms"].mean(), 1),
            "ms_without": _round(photos.loc[empty, "ms"].mean(), 1),
            **calibration(boxes),
        }


def measure(
    detect: Detect,
    photos: Iterable[LabelledPhoto],
    *,
    clock: Callable[[], float] = time.process_time,
    quiet: bool = True,
) -> Measured:
    """`detect` on every photo; `clock` gives seconds: of processor time, which other load changes least."""
    faces: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for number, photo in enumerate(tqdm(photos, unit="photo", disable=quiet)):
        started = clock()
        found = detect(photo.pixels)
        ms = 1000 * (clock() - started)
        has_faces = bool((~photo.ignored).any())
        truth = np.concatenate([photo.boxes[:, :2], photo.boxes[:, :2] + photo.boxes[:, 2:]], axis=1)
        corners = np.array([face.box for face in found], np.float32).reshape(-1, 4)
        scores = np.array([math.nan if face.score is None else face.score for face in found], np.float32)
        scored = score_photo(corners, scores, truth, photo.ignored)
        rows.append({"has_faces": has_faces, "ms": ms})
        boxes += [
            {"score": float(score), "hit": bool(hit), "has_faces": has_faces}
            for score, hit in zip(scored.scores, scored.hits, strict=True)
        ]
        for label, owner in zip(np.flatnonzero(~photo.ignored), scored.owner, strict=True):
            face = found[owner] if owner >= 0 else None
            faces.append({"photo": number, "label": int(label), **_about(photo, int(label), face)})
    return Measured(
        pd.DataFrame(faces, columns=list(FACE_COLUMNS)).astype({"found": bool, "normal": bool}),
        pd.DataFrame(boxes, columns=["score", "hit", "has_faces"]).astype({"hit": bool, "has_faces": bool}),
        pd.DataFrame(rows, columns=["has_faces", "ms"]).astype({"has_faces": bool}),
    )


def _about(photo: LabelledPhoto, label: int, face: Face | None) -> dict[str, Any]:
    return {
        "size": float(photo.boxes[label, 2:].max()),
        "covered": photo.covered[label],
        "found": face is not None,
        "landmark_error": _landmark_error(photo.landmarks[label], face),
        "says_covered": bool(face and face.covered),
        **{name: photo.about[name].iloc[label] for name in ("blur", "pose", "occlusion", "normal")},
    }


def _landmark_error(points: NDArray[np.float32], face: Face | None) -> float:
    """Mean distance of the five points in distances between the eyes; NaN where either side has none."""
    if face is None or face.landmarks is None or np.isnan(points).any():
        return float("nan")
    eyes = float(np.hypot(*(points[1] - points[0])))
    if eyes < 0.15 * float(np.ptp(points[:, 1])):
        return float("nan")  # a profile: its eyes lie one behind the other
    return float(np.hypot(*(np.array(face.landmarks) - points).T).mean() / eyes)


def calibration(boxes: pd.DataFrame) -> dict[str, float | None]:
    """Calibration error over ten bins of equal count, Brier score of unsure boxes; None without scores."""
    boxes = boxes.dropna(subset="score")
    if boxes.empty:
        return {"ece": None, "brier_unsure": None, "unsure": 0}
    p, hit = 1 / (1 + np.exp(-boxes["score"].to_numpy())), boxes["hit"].to_numpy(float)
    parts = np.array_split(np.argsort(p), min(BINS, len(p)))
    error = sum(len(part) * abs(p[part].mean() - hit[part].mean()) for part in parts) / len(p)
    unsure = (p > UNSURE[0]) & (p < UNSURE[1])
    brier = ((p - hit)[unsure] ** 2).mean() if unsure.any() else float("nan")
    return {"ece": _round(error), "brier_unsure": _round(brier), "unsure": int(unsure.sum())}


def _by(faces: pd.DataFrame, key: pd.Series) -> dict[str, list[float]]:
    """For each class: share found, and how many there are."""
    groups = faces["found"].groupby(key, observed=True)
    return {
        name if isinstance(name, str) else f"{name:g}": [round(float(rows.mean()), 3), len(rows)]
        for name, rows in groups
    }


def _name(interval: pd.Interval) -> str:
    return (
        f"{interval.left:.0f}+" if np.isinf(interval.right) else f"{interval.left:.0f}-{interval.right:.0f}"
    )


def _share(values: pd.Series) -> float | None:
    return _round(values.astype(float).mean())


def _round(value: float, digits: int = 3) -> float | None:
    return None if value != value else round(float(value), digits)  # noqa: PLR0124  # NaN
