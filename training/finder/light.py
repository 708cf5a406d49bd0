"""Light and faults of the camera: brightness, gradients, backgrounds, colour; blur, noise, JPEG."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from training.finder.labels import FACE

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def relight(pixels: Pixels, labels: Floats, rng: np.random.Generator) -> Pixels:
    """Brightness 0.2 to 3, gamma, a gradient, a bright wall behind a face or black around it, colour."""
    values = pixels.astype(np.float32)
    faces = labels[labels[:, 0] == FACE]
    if rng.random() < 0.06 and len(faces):
        values = _around(values, faces, rng, bright=rng.random() < 0.5)
    if rng.random() < 0.3:
        values = values * _gradient(values, rng)
    if rng.random() < 0.6:
        values = _exposed(values, rng)
    if rng.random() < 0.3:
        gamma = math.exp(rng.uniform(-0.7, 0.7))
        values = np.asarray(255 * (np.clip(values, 0, 255) / 255) ** gamma, np.float32)
    if values.ndim == 3 and rng.random() < 0.5:
        values = _tinted(values, rng)
    return np.clip(values, 0, 255).astype(np.uint8)


def _gradient(values: Floats, rng: np.random.Generator) -> Floats:
    """Factors 0.2 to 1.8 that grow across the picture in some direction."""
    angle, strength = rng.uniform(0, 2 * math.pi), rng.uniform(0.2, 0.8)
    height, width = values.shape[:2]
    ys, xs = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    ramp = (1 + strength * (xs * math.cos(angle) + ys * math.sin(angle))).astype(np.float32)
    return np.asarray(ramp if values.ndim == 2 else ramp[..., None], np.float32)


def _exposed(values: Floats, rng: np.random.Generator) -> Floats:
    """Gain and contrast; a quarter of them extreme."""
    low, high = (math.log(0.2), math.log(3.0)) if rng.random() < 0.25 else (-0.4, 0.4)
    gain, contrast = math.exp(rng.uniform(low, high)), rng.uniform(0.5, 1.3)
    middle = float(values.mean())
    return np.asarray(gain * ((values - middle) * contrast + middle), np.float32)


def _tinted(values: Floats, rng: np.random.Generator) -> Floats:
    """Colour photos: a cast of light, or turned grey."""
    if rng.random() < 0.3:
        grey = values @ np.array([0.114, 0.587, 0.299], np.float32)
        return np.repeat(grey[..., None], 3, axis=2)
    return np.asarray(values * rng.uniform(0.75, 1.25, 3).astype(np.float32), np.float32)


def _around(values: Floats, faces: Floats, rng: np.random.Generator, *, bright: bool) -> Floats:
    """Black around lit faces, or dark faces before a bright background."""
    near = np.zeros(values.shape[:2], np.float32)
    grow = rng.uniform(0.62, 1.0)
    for left, top, right, bottom in faces[:, 1:5]:
        centre = (round(float(left + right) / 2), round(float(top + bottom) / 2))
        axes = (max(1, round(float(right - left) * grow)), max(1, round(float(bottom - top) * grow)))
        cv2.ellipse(near, centre, axes, 0, 0, 360, 1.0, -1)
    soft = max(1.0, 0.1 * float((faces[:, 3] - faces[:, 1]).mean()))
    near = cv2.GaussianBlur(near, (0, 0), soft).astype(np.float32)
    near = near if values.ndim == 2 else near[..., None]
    if bright:
        dark = values * rng.uniform(0.2, 0.5)
        wall = np.float32(rng.uniform(170, 255)) + 0.3 * (values - values.mean())
        return np.asarray(near * dark + (1 - near) * wall, np.float32)
    return np.asarray(values * (near + (1 - near) * np.float32(rng.uniform(0, 0.12))), np.float32)


def spoil(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Blur, noise, a low resolution, JPEG of quality 20 to 95."""
    if rng.random() < 0.15:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.8)).astype(np.uint8)
    elif rng.random() < 0.08:
        pixels = _shaken(pixels, rng)
    if rng.random() < 0.06:
        side = pixels.shape[0]
        small = max(16, round(side * rng.uniform(0.4, 0.8)))
        low = cv2.resize(pixels, (small, small), interpolation=cv2.INTER_AREA)
        pixels = cv2.resize(low, (side, side), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    if rng.random() < 0.25:
        pixels = _noisy(pixels, rng)
    if rng.random() < 0.35:
        pixels = compressed(pixels, int(rng.integers(20, 96)))
    return pixels


def _shaken(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Blurred along one axis."""
    length = int(rng.integers(3, 8))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    if rng.random() < 0.5:
        kernel = kernel.T
    return cv2.filter2D(pixels, -1, kernel).astype(np.uint8)


def _noisy(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    noise = np.zeros(pixels.shape, np.int16)
    cv2.setRNGSeed(int(rng.integers(2**31)))  # OpenCV's normal numbers come ten times as fast as numpy's
    cv2.randn(noise, 0, float(rng.uniform(2, 18)))  # type: ignore[call-overload]  # its stubs want arrays
    noisy = np.clip(pixels + noise, 0, 255)
    return np.asarray(noisy, np.uint8)


def compressed(pixels: Pixels, quality: int) -> Pixels:
    """As they come back from a JPEG file."""
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    back = cv2.imdecode(data, cv2.IMREAD_COLOR if pixels.ndim == 3 else cv2.IMREAD_GRAYSCALE)
    return np.asarray(back, np.uint8)
