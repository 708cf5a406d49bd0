"""Labelled photos in the form of training/finder/photos.py, made from the two portraits."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from bench.detection.scenes import ASSETS
from training.finder.photos import LANDMARK_COLUMNS, LabelledPhoto

PORTRAITS = {
    "astronaut.jpg": ((176, 55, 93, 122), (202, 100, 245, 102, 222, 126, 203, 144, 240, 145)),
    "grace_hopper.jpg": ((194, 117, 160, 220), (231, 201, 305, 199, 265, 244, 238, 278, 301, 276)),
}
"""Box (left, top, width, height) and landmarks of the face in each, by eye."""
EMPTY = ("coffee.jpg", "chelsea.jpg", "brick.jpg")


def photo(
    boxes: Any, points: Any = None, ignored: Any = None, size: Any = (200, 200), pixels: Any = None
) -> LabelledPhoto:
    """A photo of height and width `size`, grey 90 without `pixels`; `points` are (n, 5, 2)."""
    n = len(boxes)
    return LabelledPhoto(
        "made.jpg",
        np.full(size, 90, np.uint8) if pixels is None else pixels,
        np.array(boxes, np.float32).reshape(n, 4),
        np.full((n, 5, 2), np.nan, np.float32) if points is None else np.array(points, np.float32),
        np.zeros(n, bool) if ignored is None else np.array(ignored, bool),
        np.zeros(n, np.float32),
        pd.DataFrame({"blur": [0.0] * n, "pose": 0.0, "occlusion": 0.0, "normal": True}),
    )


def write(folder: Path, long_side: int = 160, times: int = 2) -> Path:
    """`times` copies of each portrait and of three photos without faces, in `train` and in `dev`."""
    labels, photos = [], []
    for split in ("train", "dev"):
        (folder / split).mkdir(parents=True)
        for name in [f"{i}_{name}" for i in range(times) for name in (*PORTRAITS, *EMPTY)]:
            source = name[2:]
            below = ASSETS if source in PORTRAITS else ASSETS / "backgrounds"
            picture = cv2.imread(str(below / source))
            assert picture is not None
            scale = long_side / max(picture.shape[:2])
            small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(folder / split / name), small)
            about = {"split": split, "file": f"{split}/{name}"}
            photos.append(about)
            if source in PORTRAITS:
                box, points = (scale * np.array(values) for values in PORTRAITS[source])
                named = dict(zip(["x", "y", "w", "h", *LANDMARK_COLUMNS], [*box, *points], strict=True))
                rest = {"kind": "face", "blur": 0, "pose": 0, "occlusion": 0, "source": "made", "mask": None}
                labels.append(about | named | rest)
    pd.DataFrame(labels).to_csv(folder / "labels.csv", index=False)
    pd.DataFrame(photos).to_csv(folder / "photos.csv", index=False)
    return folder
