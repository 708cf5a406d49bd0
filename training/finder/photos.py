"""Labelled photos in memory: grey pixels, boxes, landmarks, and what is known of covered faces."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from services.inference.face import POINTS

LANDMARK_COLUMNS: Final = [f"{name}_{axis}" for name in POINTS for axis in "xy"]
HELD_OUT: Final = 10
"""One photo in so many of `train` is set aside to choose checkpoints and the threshold."""
UNKNOWN_COVER: Final = ("mask_ilc", "mask_kaggle853")
"""Sources of masked faces: without a value in `mask`, it is unknown whether a face is covered."""


@dataclass(frozen=True)
class LabelledPhoto:
    """One photo and its n labels, in pixels of the photo."""

    name: str
    pixels: NDArray[np.uint8]
    """(h, w) grey, or (h, w, 3) BGR."""
    boxes: NDArray[np.float32]
    """(n, 4): left, top, width, height."""
    landmarks: NDArray[np.float32]
    """(n, 5, 2) in the order of POINTS; NaN where a face has none."""
    ignored: NDArray[np.bool_]
    """(n,): boxes that are neither faces nor background."""
    covered: NDArray[np.float32]
    """(n,): 1 for a lower half that is covered, 0 for a bare one, NaN where that is not known."""
    about: pd.DataFrame
    """A row for each box: `blur`, `pose`, `occlusion` (WIDER's, NaN if unknown), and `normal`, a boolean."""


def load_photos(folder: Path, split: str, *, colour: bool = False) -> list[LabelledPhoto]:
    """`split` of `folder`: train, held_out (a tenth of train) or another that labels.csv names."""
    stored = "train" if split == "held_out" else split
    labels = _rows(folder / "labels.csv", stored)
    names = sorted(_rows(folder / "photos.csv", stored)["file"].unique())
    if split in {"train", "held_out"}:
        names = [name for i, name in enumerate(names) if (i % HELD_OUT == 0) == (split == "held_out")]
    if not names:
        raise ValueError(f"{folder} has no photos of the split {split}")
    labels = labels.assign(normal=_is_normal(labels, folder / f"{stored}_normal_frontal.csv"))
    by_photo = dict(list(labels.groupby("file")))
    empty = labels.iloc[:0]
    return [_photo(folder, name, by_photo.get(name, empty), colour=colour) for name in names]


def _rows(path: Path, split: str) -> pd.DataFrame:
    table = pd.read_csv(path)
    return table[table["split"] == split]


def _photo(folder: Path, name: str, rows: pd.DataFrame, *, colour: bool) -> LabelledPhoto:
    pixels = cv2.imread(str(folder / name), cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise ValueError(f"{folder / name} cannot be read")
    return LabelledPhoto(
        name,
        pixels.astype(np.uint8, copy=False),
        rows[["x", "y", "w", "h"]].to_numpy(np.float32),
        rows[LANDMARK_COLUMNS].to_numpy(np.float32).reshape(-1, len(POINTS), 2),
        (rows["kind"] != "face").to_numpy(bool),
        _covered(rows),
        rows.reindex(columns=["blur", "pose", "occlusion", "normal"]).reset_index(drop=True),
    )


def _is_normal(labels: pd.DataFrame, listed: Path) -> pd.Series:
    """Upright, unoccluded, sharp enough: as the file lists them, else by WIDER's attributes."""
    if listed.exists():
        boxes = ["file", "x", "y", "w", "h"]
        names = set(pd.read_csv(listed)[boxes].round(1).itertuples(index=False, name=None))
        found = [row in names for row in labels[boxes].round(1).itertuples(index=False, name=None)]
        return pd.Series(found, labels.index)
    columns = labels.reindex(columns=["blur", "pose", "occlusion"])
    return (columns["blur"] < 2) & (columns["pose"] == 0) & (columns["occlusion"] == 0)


def _covered(rows: pd.DataFrame) -> NDArray[np.float32]:
    if "mask" not in rows:
        return np.full(len(rows), np.nan, np.float32)
    known = rows["mask"].map({"with": 1.0, "without": 0.0}).to_numpy(np.float32)
    bare = rows["mask"].isna() & ~rows["source"].isin(UNKNOWN_COVER)
    return np.where(bare, np.float32(0), known).astype(np.float32)
