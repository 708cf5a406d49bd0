"""Random changes of 48×48 grey faces that leave the expression as it is.

Scale and shift cover the spread of the serving detector's boxes (0.8–1.2 of FER2013's own crop, ±10%).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.dataset import Images

MAX_BLUR_SIGMA: Final = 1.2
MAX_NOISE_SIGMA: Final = 20.0


@dataclass(frozen=True)
class Augmentation:
    """Half-widths of the uniform ranges; probabilities of the rest."""

    flip: float = 0.5
    rotation_degrees: float = 14.0
    scale: float = 0.2
    shift: float = 0.1
    """Fraction of the side."""
    brightness: float = 0.25
    """Fraction of 255."""
    contrast: float = 0.25
    blur: float = 0.15
    """Probability of a Gaussian blur of up to MAX_BLUR_SIGMA pixels, as small or shaken faces have."""
    noise: float = 0.25
    """Probability of Gaussian noise of up to MAX_NOISE_SIGMA grey levels, as dark photos have."""
    erase: float = 0.25
    """Probability that a rectangle of 4–20% of the area is filled with one grey value."""


GENTLE: Final = Augmentation(
    rotation_degrees=10, scale=0.15, shift=0.07, brightness=0.1, contrast=0.15, blur=0, noise=0, erase=0
)
"""For a run's last epochs: faces nearly as the service gets them."""


def augment(images: Images, rng: np.random.Generator, how: Augmentation, side: int) -> NDArray[np.float32]:
    """(n, h, w) grey 0–255 → (n, side, side) float32 0–255; each image changed on its own."""
    out = np.empty((len(images), side, side), np.float32)
    for i, image in enumerate(images):
        warped = _warp(image, rng, how, side)
        if rng.random() < how.blur:
            warped = cv2.GaussianBlur(warped, (0, 0), rng.uniform(0.3, MAX_BLUR_SIGMA)).astype(np.uint8)
        face = _relight(warped, rng, how)
        if rng.random() < how.noise:
            noise = rng.standard_normal(face.shape, np.float32)
            noise *= np.float32(rng.uniform(0, MAX_NOISE_SIGMA))
            face = np.clip(face + noise, np.float32(0), np.float32(255))
        if rng.random() < how.erase:
            _erase(face, rng)
        out[i] = face
    return out


def _warp(image: Images, rng: np.random.Generator, how: Augmentation, side: int) -> Images:
    height, width = image.shape
    angle = rng.uniform(-how.rotation_degrees, how.rotation_degrees)
    centre = ((width - 1) / 2, (height - 1) / 2)
    scale = rng.uniform(1 - how.scale, 1 + how.scale)
    matrix: NDArray[np.float64] = np.asarray(cv2.getRotationMatrix2D(centre, angle, scale), np.float64)
    if rng.random() < how.flip:
        matrix = matrix @ np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1]], np.float64)
    matrix[:, 2] += rng.uniform(-how.shift, how.shift, 2) * np.array([width, height], np.float64)
    matrix *= side / width  # pixel centres move by less than half a pixel
    warped = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return warped.astype(np.uint8, copy=False)


def _relight(image: Images, rng: np.random.Generator, how: Augmentation) -> NDArray[np.float32]:
    gain = rng.uniform(1 - how.contrast, 1 + how.contrast)
    offset = rng.uniform(-how.brightness, how.brightness) * 255
    mean = float(image.mean())
    lit = (image.astype(np.float32) - mean) * gain + mean + offset
    return np.asarray(np.clip(lit, 0, 255), np.float32)


def _erase(image: NDArray[np.float32], rng: np.random.Generator) -> None:
    height, width = image.shape
    area, ratio = rng.uniform(0.04, 0.2) * height * width, np.exp(rng.uniform(-1, 1))
    h, w = min(height, round(np.sqrt(area * ratio))), min(width, round(np.sqrt(area / ratio)))
    top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    image[top : top + h, left : left + w] = rng.uniform(0, 255)
