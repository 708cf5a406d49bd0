"""Made-up faces for the training commands: noise with a bright bar whose height tells the label."""

import zlib
from pathlib import Path

import cv2
import numpy as np

from training.data import SPLITS, VOTE_COLUMNS, Faces


def face(label: int, rng: np.random.Generator) -> np.ndarray:
    image = rng.integers(90, 160, (48, 48)).astype(np.uint8)
    image[7 * label + 2 : 7 * label + 9] = 250
    return image


def made_up(training: int = 60, public: int = 24) -> Faces:
    """Six labels in turn, so that every method can learn them from little."""
    rng = np.random.default_rng(7)
    labels = np.arange(training + public) % 6
    images = np.array([face(int(label), rng) for label in labels], np.uint8)
    split = np.repeat([SPLITS.index("Training"), SPLITS.index("PublicTest")], [training, public])
    votes = np.zeros((len(labels), len(VOTE_COLUMNS)), np.uint8)
    return Faces(images, labels.astype(np.int8), split.astype(np.int8), votes)


def draw(path: Path, label: int = 0) -> Path:
    """One such face as a picture file, 96×96, in a folder made for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = face(label, np.random.default_rng(zlib.crc32(path.name.encode())))
    if not cv2.imwrite(str(path), cv2.resize(image, (96, 96))):
        raise OSError(path)
    return path
