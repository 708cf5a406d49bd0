"""FER2013 (and FER+ votes) as one compressed array file.

    python -m training data --csv fer2013.csv.gz --ferplus fer2013new.csv --out runs/fer2013.npz

Reads the public `fer2013.csv`, plain or gzipped: columns `emotion` (0 angry, 1 disgust, 2 fear, 3 happy,
4 sad, 5 surprise, 6 neutral), `pixels` (2,304 grey values, row by row) and `Usage`. Disgust is merged into
angry. FER+'s `fer2013new.csv` is joined by row position, as its authors publish it.
"""

import argparse
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from services.emotions import EMOTIONS

SIDE: Final = 48
SPLITS: Final = ("Training", "PublicTest", "PrivateTest")
SIX_OF_SEVEN: Final = np.array([0, 0, 1, 2, 3, 4, 5], dtype=np.int8)
"""FER2013's seven label numbers → ours; index 1, disgust, becomes angry."""

VOTE_COLUMNS: Final = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)
SIX_OF_VOTES: Final = (
    ("anger", "disgust"),
    ("fear",),
    ("happiness",),
    ("sadness",),
    ("surprise",),
    ("neutral",),
)
"""Which FER+ columns make each of our labels; contempt, unknown and NF (not a face) make none."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--csv", type=Path, required=True, help="fer2013.csv, plain or .gz")
    parser.add_argument("--ferplus", type=Path, help="FER+'s fer2013new.csv, joined by row position")
    parser.add_argument("--out", type=Path, default=Path("runs/fer2013.npz"))


def main(args: argparse.Namespace) -> None:
    faces = read(args.csv, args.ferplus, progress=True)
    save(faces, args.out)
    print(class_table(faces))


class DataError(ValueError):
    """The file is not what it should be; the message names the row."""


@dataclass(frozen=True)
class Faces:
    """One split, or all of them."""

    images: NDArray[np.uint8]
    """(n, 48, 48), grey, 0–255."""
    labels: NDArray[np.int8]
    """(n,), index into EMOTIONS."""
    split: NDArray[np.int8]
    """(n,), index into SPLITS."""
    votes: NDArray[np.uint8]
    """(n, 10), FER+ counts in the order of VOTE_COLUMNS; all zero where there are none."""

    def only(self, split: str) -> "Faces":
        return self.rows(self.split == SPLITS.index(split))

    def rows(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Faces":
        return Faces(self.images[which], self.labels[which], self.split[which], self.votes[which])

    def six_votes(self) -> NDArray[np.float32]:
        """(n, 6) votes for our labels, disgust counted as anger; the other columns are dropped."""
        columns = [[VOTE_COLUMNS.index(name) for name in names] for names in SIX_OF_VOTES]
        return np.stack([self.votes[:, c].sum(axis=1) for c in columns], axis=1).astype(np.float32)


def read(csv: Path, ferplus: Path | None = None, *, progress: bool = False) -> Faces:
    """Every row of the public files; DataError names a bad row (1 = the first after the header)."""
    table = _read_table(csv, ("emotion", "pixels", "Usage"))
    n = len(table)
    images = np.empty((n, SIDE, SIDE), np.uint8)
    labels = np.empty(n, np.int8)
    split = np.empty(n, np.int8)
    rows = zip(table["emotion"], table["pixels"], table["Usage"], strict=True)
    for i, (emotion, pixels, usage) in enumerate(tqdm(rows, total=n, unit="row", disable=not progress)):
        images[i] = _pixels(pixels, i + 1)
        if emotion not in set("0123456"):
            raise DataError(f"row {i + 1}: emotion {emotion!r} is not 0–6")
        labels[i] = SIX_OF_SEVEN[int(emotion)]
        if usage not in SPLITS:
            raise DataError(f"row {i + 1}: Usage {usage!r} is not one of {', '.join(SPLITS)}")
        split[i] = SPLITS.index(usage)
    votes = np.zeros((n, len(VOTE_COLUMNS)), np.uint8) if ferplus is None else _votes(ferplus, split)
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


def _pixels(text: str, row: int) -> NDArray[np.uint8]:
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
    """FER+ rows that stand at the positions of ours; a longer file (all three Usages) is cut."""
    table = _read_table(path, ("Usage", *VOTE_COLUMNS))
    if len(table) < len(split):
        raise DataError(f"{path.name}: {len(table)} rows, but the images have {len(split)}")
    usage = table["Usage"].to_numpy()[: len(split)]
    apart = np.flatnonzero(usage != np.array(SPLITS)[split])
    if apart.size:
        raise DataError(
            f"{path.name}: row {apart[0] + 1} belongs to {usage[apart[0]]}, the image there does not"
        )
    try:
        counts = table[list(VOTE_COLUMNS)].iloc[: len(split)].to_numpy().astype(np.int64)
    except ValueError as error:
        raise DataError(f"{path.name}: a vote is not a whole number") from error
    if counts.min(initial=0) < 0 or counts.max(initial=0) > 255:
        raise DataError(f"{path.name}: a vote count is outside 0–255")
    return counts.astype(np.uint8)


def save(faces: Faces, path: Path) -> None:
    """Written beside `path` first and then moved there, so that no half file is ever left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(
                file, images=faces.images, labels=faces.labels, split=faces.split, votes=faces.votes
            )
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def load(path: Path) -> Faces:
    try:
        with np.load(path) as file:
            return Faces(file["images"], file["labels"], file["split"], file["votes"])
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not an array file that `python -m training data` wrote") from error


def class_table(faces: Faces) -> str:
    """Rows per split and emotion, for people."""
    present = [s for s in SPLITS if (faces.split == SPLITS.index(s)).any()]
    lines = [f"{'':10}" + "".join(f"{s:>13}" for s in present)]
    counts = {s: np.bincount(faces.only(s).labels, minlength=len(EMOTIONS)) for s in present}
    lines += [
        f"{name.capitalize():10}" + "".join(f"{counts[s][i]:13d}" for s in present)
        for i, name in enumerate(EMOTIONS)
    ]
    lines.append(f"{'total':10}" + "".join(f"{counts[s].sum():13d}" for s in present))
    return "\n".join(lines)
