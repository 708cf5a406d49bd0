"""Makes scenes with known faces: two portraits on seven backgrounds, under sixteen conditions.

Every run makes the same scenes. Pictures are grey uint8 arrays; boxes are (x, y, side) squares in pixels, as
the cascade draws them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

ASSETS: Final = Path(__file__).parent.parent.parent / "tests" / "assets"
Grey = NDArray[np.uint8]
Box = tuple[float, float, float]

PORTRAITS: Final[dict[str, Box]] = {"astronaut.jpg": (174, 64, 99), "grace_hopper.jpg": (148, 98, 236)}
"""The face in each portrait, checked by eye."""
ROOM: Final = 0.75
"""Margin that is cut out with a face on each side, in sides of the face."""
BACKGROUNDS: Final = ("brick", "grass", "gravel", "coffee", "chelsea", "rocket", "hubble_deep_field")


@dataclass(frozen=True)
class Scene:
    picture: Grey
    faces: list[Box]


@dataclass(frozen=True)
class Change:
    """How a face is changed before it is pasted."""

    degrees: float = 0.0
    hidden: float = 0.0
    """Share of the face covered in grey, from below."""


def read_grey(name: str) -> Grey:
    picture = cv2.imread(str(ASSETS / name), cv2.IMREAD_GRAYSCALE)
    assert picture is not None, name
    return picture.astype(np.uint8)


def background(name: str, width: int, height: int) -> Grey:
    picture = read_grey(f"backgrounds/{name}.jpg")
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _portrait(name: str, side: float, change: Change) -> tuple[Grey, NDArray[np.float32], Box]:
    """Cuts out a head whose face has `side` pixels: its pixels, its soft mask, and the face's box inside."""
    photo = read_grey(name)
    x, y, face = PORTRAITS[name]
    centre = (x + face / 2, y + face / 2)
    scale, size = side / face, round(side * (1 + 2 * ROOM))
    matrix = np.asarray(cv2.getRotationMatrix2D(centre, change.degrees, scale), np.float64)
    matrix[:, 2] += size / 2 - np.array(centre)
    smooth = cv2.GaussianBlur(photo, (0, 0), max(0.01, 0.35 / scale)) if scale < 1 else photo
    head = cv2.warpAffine(smooth, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)
    if change.hidden:
        head[round(size / 2 + side * (0.5 - change.hidden)) :] = 90
    mask = np.zeros((size, size), np.float32)
    cv2.ellipse(mask, (size // 2, size // 2), (round(size * 0.42), round(size * 0.46)), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), max(0.5, size / 40)).astype(np.float32)
    return head.astype(np.uint8), mask, (side * ROOM, side * ROOM, side)


def paste(picture: Grey, name: str, corner: tuple[int, int], side: float, change: Change) -> Box:
    """Pastes a head with its upper left corner at `corner`; returns the face's box."""
    left, top = corner
    head, mask, (dx, dy, _) = _portrait(name, side, change)
    size = head.shape[0]
    part = picture[top : top + size, left : left + size]
    part[:] = (part * (1 - mask) + head * mask).astype(np.uint8)
    return (left + dx, top + dy, side)


def single(
    side: float, change: Change | None = None, after: Callable[[Grey], Grey] | None = None
) -> Callable[[], Iterator[Scene]]:
    """A function that makes scenes of 640×480 with one face of `side` pixels, two on each background.

    `side` is also the seed. Every other pair of faces is turned the other way.
    """

    def make() -> Iterator[Scene]:
        rng = np.random.default_rng(round(side))
        for index, name in enumerate(BACKGROUNDS * 2):
            picture = background(name, 640, 480)
            portrait = list(PORTRAITS)[index % 2]
            size = round(side * (1 + 2 * ROOM))
            left, top = int(rng.integers(0, 640 - size + 1)), int(rng.integers(0, 480 - size + 1))
            changed = change or Change()
            if index % 4 > 1:
                changed = Change(-changed.degrees, changed.hidden)
            box = paste(picture, portrait, (left, top), side, changed)
            yield Scene(after(picture) if after else picture, [box])

    return make


def groups() -> Iterator[Scene]:
    """Makes scenes of 1280×720 with thirty faces of 44 to 56 pixels."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        picture = background(BACKGROUNDS[seed], 1280, 720)
        faces = []
        for row in range(4):
            for column in range(8 if row < 2 else 7):
                side = float(rng.integers(44, 57))
                corner = (8 + column * 156 + int(rng.integers(12)), 10 + row * 175 + int(rng.integers(20)))
                tilt = Change(degrees=float(rng.uniform(-8, 8)))
                faces.append(paste(picture, list(PORTRAITS)[int(rng.integers(2))], corner, side, tilt))
        yield Scene(picture, faces)


def empty() -> Iterator[Scene]:
    for name in BACKGROUNDS:
        for width, height in ((640, 480), (320, 240), (1280, 720)):
            yield Scene(background(name, width, height), [])


def noisy(sigma: float) -> Callable[[Grey], Grey]:
    def add(picture: Grey) -> Grey:
        noise = np.random.default_rng(1).normal(0, sigma, picture.shape)
        return np.clip(picture + noise, 0, 255).astype(np.uint8)

    return add


CONDITIONS: Final[dict[str, Callable[[], Iterator[Scene]]]] = {
    "24 px": single(24),
    "32 px": single(32),
    "48 px": single(48),
    "64 px": single(64),
    "96 px": single(96),
    "180 px": single(180),
    "tilted 10°": single(120, Change(degrees=10)),
    "tilted 20°": single(121, Change(degrees=20)),
    "tilted 30°": single(122, Change(degrees=30)),
    "dark (1/5)": single(123, after=lambda picture: (picture * 0.2).astype(np.uint8)),
    "low contrast (1/4)": single(124, after=lambda picture: (picture * 0.25 + 96).astype(np.uint8)),
    "noise (sigma 25)": single(125, after=noisy(25)),
    "blur (sigma 3)": single(126, after=lambda p: cv2.GaussianBlur(p, (0, 0), 3).astype(np.uint8)),
    "mouth hidden (30%)": single(127, Change(hidden=0.3)),
    "group of 30": groups,
    "no face": empty,
}
"""The sides from 120 to 127 differ so that each condition has its own seed."""
