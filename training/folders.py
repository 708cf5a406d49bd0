"""Labelled pictures in folders: DIR/<label>/*, labels by any name that services.emotions knows."""

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from services.emotions import EMOTIONS, parse_emotion
from services.inference.align import SIDE
from services.inference.classify import load_model
from services.inference.errors import InferenceError
from services.inference.pipeline import Limits, Pipeline
from training.data import DataError
from training.metrics import describe

PICTURES: Final = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp"}
LIMITS: Final = Limits(pixels=50_000_000, faces=64)


def find(root: Path) -> list[tuple[Path, int]]:
    """Every picture with its label number; folders that name none of our labels (contempt) are left out."""
    found: list[tuple[Path, int]] = []
    for folder in sorted(p for p in root.glob("*") if p.is_dir()):
        try:
            label = EMOTIONS.index(parse_emotion(folder.name))
        except ValueError:
            print(f"left out: {folder.name}/ names none of {', '.join(EMOTIONS)}")
            continue
        pictures = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES)
        found += [(picture, label) for picture in pictures]
    if not found:
        raise DataError(f"{root} holds no pictures in folders named by emotion, as DIR/happy/1.png")
    return found


def read_crops(root: Path) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """(n, 48, 48) grey and (n,) label numbers; each picture is one face and is resized as it is."""
    images, labels = [], []
    for path, label in tqdm(find(root), unit="face"):
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            raise DataError(f"{path} cannot be decoded")
        how = cv2.INTER_AREA if max(grey.shape) > SIDE else cv2.INTER_LINEAR
        images.append(cv2.resize(grey, (SIDE, SIDE), interpolation=how))
        labels.append(label)
    return np.array(images, np.uint8), np.array(labels, np.int8)


def through_the_pipeline(model: Path, root: Path) -> dict[str, Any]:
    """Whole photos as the service answers them; the largest face counts, and a photo without one is wrong."""
    pipeline = Pipeline(load_model(model), LIMITS)
    rows, labels, missed, unread = [], [], 0, 0
    for path, label in tqdm(find(root), unit="photo"):
        try:
            prediction = pipeline.predict(path.read_bytes())
        except InferenceError as error:
            print(f"{path}: {error}")
            unread += 1
            continue
        if prediction.probabilities is None:
            missed += 1
            continue
        rows.append([prediction.probabilities[name] for name in EMOTIONS])
        labels.append(label)
    if not rows:
        raise DataError("no face was found in any photo")
    result = describe(np.array(rows, np.float32), np.array(labels, np.int8))
    photos = len(rows) + missed
    result["photos"] = {"read": photos, "unreadable": unread, "without_face": missed}
    result["accuracy_all_photos"] = round(result["accuracy"] * len(rows) / photos, 4)
    return result
