"""Fits the curve from the detector's evidence to the log-odds that it sees a face.

    python -m bench.detection.calibrate [--scenes 400] [--faces runs/fer2013.npz]

Uses scenes of its own seeds: parts of the backgrounds, mirrored, one in five without a face. With --faces (a
file of `python -m training data`) three quarters of the faces come from its Training split. Prints the
coefficients for services/inference/detect.py and their reliability on scenes of another seed.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bench.detection.scenes import BACKGROUNDS, PORTRAITS, Box, Change, Grey, Scene, noisy, paste, read_grey
from bench.detection.scoring import HIT, overlap
from bench.figures import markdown
from services.inference import detect
from services.inference.detect import Detector, stretched
from training.data import load

LOOKS: Final = (detect.LARGE, detect.MEDIUM, *detect.TILTED, detect.SMALL)
FIT_SEED: Final = 11
CHECK_SEED: Final = 12
BINS: Final = (0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.97, 1.01)
Floats = NDArray[np.float64]
STRANGER_ROOM: Final = 0.25
"""FER2013's pictures end at the face, so their edge is repeated this far."""


def _scenes(seed: int, count: int, strangers: NDArray[np.uint8]) -> Iterator[Scene]:
    """640×480; faces of 24 to 180 pixels, most upright, some tilted, some with a hidden mouth."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        picture = _cut_out(rng)
        faces = []
        if number % 5 < 4:
            side = float(np.exp(rng.uniform(np.log(24), np.log(180))))
            most = 30 if side > 60 else 12
            degrees = float(rng.choice([0, 0, rng.uniform(-12, 12), rng.uniform(-most, most)]))
            change = Change(degrees, float(rng.choice([0, 0, 0, 0.3])))
            if len(strangers) and number % 5 < 3:
                face = strangers[rng.integers(len(strangers))]
                faces = [_paste_stranger(picture, face, rng, side, change)]
            else:
                size = round(side * 2.5)
                corner = int(rng.integers(0, 640 - size + 1)), int(rng.integers(0, 480 - size + 1))
                faces = [paste(picture, str(rng.choice(list(PORTRAITS))), corner, side, change)]
        yield Scene(_worsened(picture, rng), faces)


def _cut_out(rng: np.random.Generator) -> Grey:
    """Half to all of a background, of 640×480 pixels."""
    whole = read_grey(f"backgrounds/{rng.choice(BACKGROUNDS)}.jpg")
    share = rng.uniform(0.5, 1)
    height, width = (int(side * share) for side in whole.shape)
    top, left = rng.integers(0, whole.shape[0] - height + 1), rng.integers(0, whole.shape[1] - width + 1)
    part = whole[top : top + height, left : left + width]
    part = part[:, :: -1 if rng.random() < 0.5 else 1]
    return cv2.resize(np.ascontiguousarray(part), (640, 480), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def _paste_stranger(picture: Grey, face: Grey, rng: np.random.Generator, side: float, change: Change) -> Box:
    """Pastes a 48×48 face at a random place; returns its box."""
    size, edge = int(side), int(side * STRANGER_ROOM)
    large = cv2.resize(face, (size, size), interpolation=cv2.INTER_CUBIC if size > 48 else cv2.INTER_AREA)
    if change.hidden:
        large[round(size * (1 - change.hidden)) :] = 90
    large = cv2.copyMakeBorder(large, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    mask = cv2.copyMakeBorder(np.ones((size, size), np.float32), edge, edge, edge, edge, cv2.BORDER_CONSTANT)
    whole = large.shape[0]
    turn = cv2.getRotationMatrix2D((whole / 2, whole / 2), change.degrees, 1.0)
    large = cv2.warpAffine(large, turn, (whole, whole), borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.GaussianBlur(cv2.warpAffine(mask, turn, (whole, whole)), (0, 0), max(0.5, size / 30))
    left, top = int(rng.integers(0, 640 - whole)), int(rng.integers(0, 480 - whole))
    part = picture[top : top + whole, left : left + whole]
    part[:] = (part * (1 - mask) + large * mask).astype(np.uint8)
    return (left + edge, top + edge, size)


def _worsened(picture: Grey, rng: np.random.Generator) -> Grey:
    """Half of the pictures, dark, flat, noisy or blurred."""
    match rng.integers(8):
        case 0:
            return (picture * 0.2).astype(np.uint8)
        case 1:
            return (picture * 0.25 + 96).astype(np.uint8)
        case 2:
            return noisy(20)(picture)
        case 3:
            return cv2.GaussianBlur(picture, (0, 0), 2.5).astype(np.uint8)
    return picture


def _evidence(seed: int, count: int, strangers: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.bool_]]:
    """(n, 2) evidence at every place that a look found; (n,) whether it was a face."""
    detector, rows, truth = Detector(), [], []
    for scene in _scenes(seed, count, strangers):
        grey = stretched(scene.picture)
        places = [place for look in LOOKS for place in detector.places(grey, look)]
        for seen in filter(None, (detector.sight(grey, place) for place in places)):
            rows.append(seen.evidence)
            box = (seen.x, seen.y, seen.side)
            truth.append(any(overlap(box, face) >= HIT for face in scene.faces))
    return np.array(rows), np.array(truth)


def _reliability(probabilities: Floats, truth: NDArray[np.bool_]) -> str:
    rows, error, parts = [], 0.0, np.digitize(probabilities, BINS)
    for part in np.unique(parts):
        here = parts == part
        predicted, faces = probabilities[here].mean(), truth[here].mean()
        bounds = f"{BINS[part - 1]:g} to {min(1, BINS[part]):g}"
        rows.append((bounds, here.sum(), f"{predicted:.3f}", f"{faces:.3f}"))
        error += here.mean() * abs(predicted - faces)
    head = ("probability", "places", "mean probability", "faces among them")
    return f"{markdown(head, rows)}\n\nexpected calibration error {error:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenes", type=int, default=400)
    parser.add_argument("--faces", type=Path, help="the .npz of python -m training data")
    args = parser.parse_args()
    empty = np.empty((0, 48, 48), np.uint8)
    strangers = load(args.faces).only("Training").images.reshape(-1, 48, 48) if args.faces else empty
    seen, truth = _evidence(FIT_SEED, args.scenes, strangers)
    curve = LogisticRegression(C=10).fit(seen, truth)
    (windows, weight), constant = curve.coef_[0], curve.intercept_[0]
    print(f"{len(truth)} places, {truth.sum()} of them faces")
    print(f"PER_WINDOWS, PER_WEIGHT, CONSTANT = {windows:.2f}, {weight:.2f}, {constant:.2f}")
    seen, truth = _evidence(CHECK_SEED, args.scenes, strangers)
    probabilities = curve.predict_proba(seen)[:, 1]
    area = roc_auc_score(truth, probabilities)
    print(f"other scenes: {len(truth)} places, {truth.sum()} of them faces, area under the ROC {area:.3f}")
    print(_reliability(probabilities, truth))


if __name__ == "__main__":
    main()
