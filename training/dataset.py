"""FER2013 faces with labels, splits and FER+ votes: read from the public CSV files, kept as one .npz file."""

import hashlib
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from services.emotions import ALIASES, EMOTIONS
from training.files import replaced_whole

SIDE: Final = 48
Images = NDArray[np.uint8]
"""(n, 48, 48), grey, 0–255."""
SPLITS: Final = ("Training", "PublicTest", "PrivateTest")
SIX_OF_SEVEN: Final = np.array([0, 0, 1, 2, 3, 4, 5], dtype=np.int8)
"""FER2013's seven label numbers → ours; index 1, disgust, becomes angry."""
VOTED_EMOTIONS: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
VOTE_COLUMNS: Final = (*VOTED_EMOTIONS, "contempt", "unknown", "NF")
"""FER+'s columns; the last three count for none of our labels. NF: not a face."""
VOTES_TO_SIX: Final = np.array([[ALIASES.get(v, v) == e for e in EMOTIONS] for v in VOTE_COLUMNS], np.float32)
"""(10, 6), 1 where a column counts for a label."""


class DataError(ValueError):
    """The file is not what it should be; the message names the row."""


@dataclass(frozen=True)
class Faces:
    """One split, or all of them."""

    images: Images
    labels: NDArray[np.int8]
    """(n,), index into EMOTIONS."""
    split: NDArray[np.int8]
    """(n,), index into SPLITS."""
    votes: NDArray[np.uint8]
    """(n, 10), FER+ counts in the order of VOTE_COLUMNS; all zero where there are none."""

    def only(self, split: str) -> "Faces":
        return self.rows(self.split == SPLITS.index(split))

    def rows(self, which: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Faces":
        return Faces(self.images[which], self.labels[which], self.split[which], self.votes[which])

    def six_votes(self) -> NDArray[np.float32]:
        """(n, 6) votes for our labels."""
        return np.asarray(self.votes @ VOTES_TO_SIX, np.float32)

    def fingerprint(self) -> str:
        """Checksum of the images, labels and splits."""
        content = self.images.tobytes() + self.labels.tobytes() + self.split.tobytes()
        return hashlib.sha256(content).hexdigest()


def read(csv: Path, ferplus: Path | None = None) -> Faces:
    """Every row of the public files; DataError names a bad row, counted from 1 without the header."""
    table = _read_table(csv, ("emotion", "pixels", "Usage"))
    labels = SIX_OF_SEVEN[_positions(table["emotion"], tuple("0123456"))]
    split = _positions(table["Usage"], SPLITS).astype(np.int8)
    images = np.empty((len(table), SIDE, SIDE), np.uint8)
    for i, pixels in enumerate(tqdm(table["pixels"], unit="row")):
        images[i] = _parse_pixels(pixels, i + 1)
    votes = np.zeros((len(table), len(VOTE_COLUMNS)), np.uint8) if ferplus is None else _votes(ferplus, split)
    return Faces(images, labels, split, votes)


def _read_table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """`columns` of a CSV as stripped text; headers match without spaces and case (" Usage")."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, EOFError, OSError) as error:
        raise DataError(f"{path.name}: {error}") from error
    names = {str(name).strip().lower(): name for name in table.columns}
    missing = [c for c in columns if c.lower() not in names]
    if missing:
        raise DataError(f"{path.name}: no column {', '.join(missing)}")
    return pd.DataFrame({c: table[names[c.lower()]].str.strip() for c in columns})


def _positions(column: "pd.Series[str]", known: tuple[str, ...]) -> NDArray[np.intp]:
    """The index in `known` of each value; DataError names the first row with another value."""
    found = pd.Index(known).get_indexer(pd.Index(column))
    if (found < 0).any():
        row = int((found < 0).argmax())
        raise DataError(f"row {row + 1}: {column.name} {column.iloc[row]!r} is not one of {', '.join(known)}")
    return found


def _parse_pixels(text: str, row: int) -> NDArray[np.uint8]:
    try:
        values = np.array(text.split(), dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise DataError(f"row {row}: a pixel is not a whole number") from error
    if values.size != SIDE * SIDE:
        raise DataError(f"row {row}: {values.size} pixels instead of {SIDE * SIDE}")
    if values.min() < 0 or values.max() > 255:
        raise DataError(f"row {row}: a pixel is outside 0–255")
    return values.astype(np.uint8).reshape(SIDE, SIDE)


def _votes(path: Path, split: NDArray[np.int8]) -> NDArray[np.uint8]:
    """FER+ votes of the faces at the same row numbers; rows after the last face are ignored."""
    table = _read_table(path, ("Usage", *VOTE_COLUMNS))
    if len(table) < len(split):
        raise DataError(f"{path.name}: {len(table)} rows, but the images have {len(split)}")
    table = table.iloc[: len(split)]
    usage = table.pop("Usage").to_numpy()
    differs = np.flatnonzero(usage != np.array(SPLITS)[split])
    if differs.size:
        row = differs[0]
        raise DataError(f"{path.name}: row {row + 1} belongs to {usage[row]}, the image there does not")
    try:
        counts = table.to_numpy().astype(np.int64)
    except ValueError as error:
        raise DataError(f"{path.name}: a vote is not a whole number") from error
    if counts.min(initial=0) < 0 or counts.max(initial=0) > 255:
        raise DataError(f"{path.name}: a vote count is outside 0–255")
    return counts.astype(np.uint8)


def save(faces: Faces, path: Path) -> None:
    with replaced_whole(path) as file:
        np.savez_compressed(file, **vars(faces))


def load(path: Path) -> Faces:
    try:
        with np.load(path) as file:
            return Faces(**{field.name: file[field.name] for field in fields(Faces)})
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not an array file that `python -m training data` wrote") from error
