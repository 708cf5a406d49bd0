"""Random changes of grey faces that leave the expression as it is.

Scale and shift cover the spread of the serving detector's boxes (0.8–1.2 of FER2013's own crop, ±10%);
registered crops vary as the finder's landmarks do.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.inference.align import register, rotation
from training.dataset import SIDE, Images

MAX_BLUR_SIGMA: Final = 1.6
MAX_NOISE_SIGMA: Final = 26.0
COARSEST: Final = 18
"""Side in pixels to which a face is shrunk, and enlarged again, at most."""
REGISTERED_SPREAD: Final = 0.5
"""Of rotation, scale and shift of registered crops, against those of others: landmarks settle most of it."""
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Augmentation:
    """Half-widths of the uniform ranges; probabilities of the rest."""

    flip: float = 0.5
    rotation_degrees: float = 16.0
    scale: float = 0.2
    shift: float = 0.1
    """Fraction of the side."""
    registered: float = 0.5
    """Probability that a face with landmarks is cut by them; otherwise as it is framed."""
    landmarks: float = 0.04
    """Standard deviation of the landmarks' jitter, as a fraction of the side."""
    brightness: float = 0.25
    """Fraction of 255."""
    contrast: float = 0.25
    coarse: float = 0.15
    """Probability that a face is shrunk to COARSEST pixels or more and enlarged again, as small faces are."""
    blur: float = 0.15
    """Probability of a Gaussian blur of up to MAX_BLUR_SIGMA pixels, as small or shaken faces have."""
    noise: float = 0.25
    """Probability of Gaussian noise of up to MAX_NOISE_SIGMA grey levels, as dark photos have."""
    erase: float = 0.25
    """Probability that a rectangle of 4–20% of the area is filled with one grey value."""


GENTLE: Final = Augmentation(
    rotation_degrees=10,
    scale=0.15,
    shift=0.07,
    landmarks=0.03,
    brightness=0.1,
    contrast=0.15,
    coarse=0.05,
    blur=0.12,
    noise=0.15,
    erase=0,
)
"""For a run's last epochs: faces nearly as the service gets them."""


def augment(
    frames: Images, points: Floats, rng: np.random.Generator, how: Augmentation, side: int
) -> tuple[Floats, Floats]:
    """Two views (n, side, side) float32 0–255 of each face, changed on its own: a clear one and a spoilt one.

    `frames` (n, h, w) grey hold a face's square of SIDE pixels in their middle; `points` (n, 5, 2) are its
    landmarks in pixels of the frame, or NaN. Both views have the same crop and light; the second also has
    noise, blur and erased parts.
    """
    clear = np.empty((len(frames), side, side), np.float32)
    spoilt = np.empty_like(clear)
    for i, (frame, landmarks) in enumerate(zip(frames, points, strict=True)):
        warped = _warp(frame, landmarks, rng, how, side)
        clear[i] = _relight(warped, rng, how)
        spoilt[i] = _spoil(clear[i], rng, how)
    return clear, spoilt


def _warp(
    frame: Images, points: Floats, rng: np.random.Generator, how: Augmentation, side: int
) -> NDArray[np.uint8]:
    by_landmarks = rng.random() < how.registered and not np.isnan(points).any()
    spread, tilt, square = 1.0, 0.0, float(SIDE)
    middle = np.array([frame.shape[1], frame.shape[0]]) / 2
    if by_landmarks:
        jitter = rng.normal(0, how.landmarks * SIDE, points.shape).astype(np.float32)
        x, y, square, tilt, _ = register(points + jitter)
        middle, spread = np.array([x, y]), REGISTERED_SPREAD
    tilt += spread * rng.uniform(-how.rotation_degrees, how.rotation_degrees)
    scale = side / square * (1 + spread * rng.uniform(-how.scale, how.scale))
    target = side * (0.5 + spread * rng.uniform(-how.shift, how.shift, 2))
    turn = scale * rotation(-tilt)
    shift = target - turn @ middle
    if rng.random() < how.flip:
        turn[0], shift[0] = -turn[0], side - shift[0]
    shift += turn @ [0.5, 0.5] - 0.5  # from pixels' corners to their middles, which OpenCV counts by
    return cv2.warpAffine(
        frame,
        np.column_stack([turn, shift]),
        (side, side),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    ).astype(np.uint8, copy=False)


def _relight(image: NDArray[np.uint8], rng: np.random.Generator, how: Augmentation) -> Floats:
    gain = rng.uniform(1 - how.contrast, 1 + how.contrast)
    offset = rng.uniform(-how.brightness, how.brightness) * 255
    mean = float(image.mean())
    lit = (image.astype(np.float32) - mean) * gain + mean + offset
    return np.asarray(np.clip(lit, 0, 255), np.float32)


def _spoil(face: Floats, rng: np.random.Generator, how: Augmentation) -> Floats:
    spoilt = face.copy()
    side = len(face)
    if rng.random() < how.coarse:
        few = int(rng.integers(COARSEST, SIDE))
        small = cv2.resize(spoilt, (few, few), interpolation=cv2.INTER_AREA)
        spoilt = np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)
    if rng.random() < how.blur:
        sigma = rng.uniform(0.3, MAX_BLUR_SIGMA)
        spoilt = np.asarray(cv2.GaussianBlur(spoilt, (0, 0), sigma), np.float32)
    if rng.random() < how.noise:
        noise = rng.standard_normal(spoilt.shape, np.float32)
        noise *= np.float32(rng.uniform(0, MAX_NOISE_SIGMA))
        spoilt = np.clip(spoilt + noise, np.float32(0), np.float32(255))
    if rng.random() < how.erase:
        _erase(spoilt, rng)
    return spoilt


def _erase(image: Floats, rng: np.random.Generator) -> None:
    height, width = image.shape
    area, ratio = rng.uniform(0.04, 0.2) * height * width, np.exp(rng.uniform(-1, 1))
    h, w = min(height, round(np.sqrt(area * ratio))), min(width, round(np.sqrt(area / ratio)))
    top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    image[top : top + h, left : left + w] = rng.uniform(0, 255)
