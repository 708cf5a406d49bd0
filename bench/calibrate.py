"""Fits the curve from what the detector's dense look sees to the log-odds of being a face.

    python -m bench.calibrate [--scenes 400] [--faces runs/fer2013.npz]

Scenes of its own: other seeds, cut-outs of the backgrounds, mirrored, one of them empty in five. With --faces
(what `python -m training data` wrote) three quarters of the faces are strangers from its Training split.
Prints the coefficients for services/inference/detect.py, and how reliable they are on scenes of another seed.
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

from bench.detection import HIT, overlap
from bench.scenes import ASSETS, BACKGROUNDS, PORTRAITS, Box, Change, Grey, Scene, noisy, paste
from services.inference import detect
from services.inference.detect import Detector, stretched
from training.dataset import load

LOOKS: Final = (detect.LARGE, detect.MEDIUM, *detect.TILTED, detect.SMALL)
FIT_SEED, CHECK_SEED = 11, 12
BINS: Final = (0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.97, 1.01)
Floats = NDArray[np.float64]
STRANGER_ROOM: Final = 0.25
"""FER2013's pictures end at the face: their edge is repeated this far."""


def scenes(seed: int, count: int, strangers: NDArray[np.uint8]) -> Iterator[Scene]:
    """640×480; faces of 24 to 180 pixels, most upright, some tilted, some with a hidden mouth."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        picture = cut_out(rng)
        faces = []
        if number % 5 < 4:
            side = float(np.exp(rng.uniform(np.log(24), np.log(180))))
            most = 30 if side > 60 else 12
            degrees = float(rng.choice([0, 0, rng.uniform(-12, 12), rng.uniform(-most, most)]))
            change = Change(degrees, float(rng.choice([0, 0, 0, 0.3])))
            if len(strangers) and number % 5 < 3:
                face = strangers[rng.integers(len(strangers))]
                faces = [paste_stranger(picture, face, rng, side, change)]
            else:
                size = round(side * 2.5)
                corner = int(rng.integers(0, 640 - size + 1)), int(rng.integers(0, 480 - size + 1))
                faces = [paste(picture, str(rng.choice(list(PORTRAITS))), corner, side, change)]
        yield Scene(worsened(picture, rng), faces)


def cut_out(rng: np.random.Generator) -> Grey:
    name = rng.choice(BACKGROUNDS)
    whole = cv2.imread(str(ASSETS / "backgrounds" / f"{name}.jpg"), cv2.IMREAD_GRAYSCALE)
    assert whole is not None, name
    height, width = (
        int(side * share) for side, share in zip(whole.shape, [rng.uniform(0.5, 1)] * 2, strict=True)
    )
    top, left = rng.integers(0, whole.shape[0] - height + 1), rng.integers(0, whole.shape[1] - width + 1)
    part = whole[top : top + height, left : left + width]
    part = part[:, :: -1 if rng.random() < 0.5 else 1]
    return cv2.resize(np.ascontiguousarray(part), (640, 480), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def paste_stranger(picture: Grey, face: Grey, rng: np.random.Generator, side: float, change: Change) -> Box:
    """Puts a 48×48 face somewhere into the picture; its box."""
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


def worsened(picture: Grey, rng: np.random.Generator) -> Grey:
    kind = rng.integers(8)
    if kind == 0:
        return (picture * 0.2).astype(np.uint8)
    if kind == 1:
        return (picture * 0.25 + 96).astype(np.uint8)
    if kind == 2:
        return noisy(20)(picture)
    if kind == 3:
        return cv2.GaussianBlur(picture, (0, 0), 2.5).astype(np.uint8)
    return picture


def evidence(seed: int, count: int, strangers: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.bool_]]:
    """(n, 2) of what the dense look saw at every place that a look found; (n,) whether it was a face."""
    detector, rows, truth = Detector(), [], []
    for scene in scenes(seed, count, strangers):
        grey = stretched(scene.picture)
        places = [place for look in LOOKS for place in detector.places(grey, look)]
        for seen in filter(None, (detector.sight(grey, place) for place in places)):
            rows.append(seen.evidence)
            box = (seen.x, seen.y, seen.side)
            truth.append(any(overlap(box, face) >= HIT for face in scene.faces))
    return np.array(rows), np.array(truth)


def reliability(probabilities: Floats, truth: NDArray[np.bool_]) -> str:
    lines = ["| probability | places | mean probability | faces among them |", "|---|---|---|---|"]
    parts = np.digitize(probabilities, BINS)
    for part in range(1, len(BINS)):
        here = parts == part
        if here.any():
            said, were = probabilities[here].mean(), truth[here].mean()
            lines.append(
                f"| {BINS[part - 1]:g} to {min(1, BINS[part]):g} | {here.sum()} | {said:.3f} | {were:.3f} |"
            )
    weights = np.array([(parts == part).mean() for part in range(1, len(BINS))])
    gaps = [
        abs(probabilities[parts == p].mean() - truth[parts == p].mean()) if (parts == p).any() else 0
        for p in range(1, len(BINS))
    ]
    lines.append(f"\nexpected calibration error {np.dot(weights, gaps):.3f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenes", type=int, default=400)
    parser.add_argument("--faces", type=Path, help="the .npz of python -m training data")
    args = parser.parse_args()
    empty = np.empty((0, 48, 48), np.uint8)
    strangers = load(args.faces).only("Training").images.reshape(-1, 48, 48) if args.faces else empty
    seen, truth = evidence(FIT_SEED, args.scenes, strangers)
    curve = LogisticRegression(C=10).fit(seen, truth)
    (windows, weight), constant = curve.coef_[0], curve.intercept_[0]
    print(f"{len(truth)} places, {truth.sum()} of them faces")
    print(f"PER_WINDOWS, PER_WEIGHT, CONSTANT = {windows:.2f}, {weight:.2f}, {constant:.2f}")
    seen, truth = evidence(CHECK_SEED, args.scenes, strangers)
    probabilities = curve.predict_proba(seen)[:, 1]
    area = roc_auc_score(truth, probabilities)
    print(f"other scenes: {len(truth)} places, {truth.sum()} of them faces, area under the ROC {area:.3f}")
    print(reliability(probabilities, truth))


if __name__ == "__main__":
    main()
