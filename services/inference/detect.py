"""Finds faces in grey pixels: the cascade proposes places, then the finder looks, from coarse to fine.

A look is one run of the finder's network, on the picture or on a part of it. The mode `auto` uses cascade and
finder, `network` the finder alone, `haar` the cascade alone.
"""

import math
from collections.abc import Iterator
from functools import cache
from typing import Final, Literal

import numpy as np

from services.inference.align import SURE, cut, register, rotation
from services.inference.cascade import Cascade
from services.inference.face import MIRRORED, Face, main_first
from services.inference.finder import (
    ALONE,
    NEAR,
    NOTHING,
    TALL,
    WIDE,
    Finder,
    Floats,
    Found,
    Grey,
    Shape,
    fit,
    merged,
    overlaps,
    shrunk,
)
from services.inference.model import FINDER_FILE
from services.inference.runtime import Model, load_network

Mode = Literal["auto", "haar", "network"]

TWICE, FOUR_TIMES = 2, 4
"""Sizes of the picture in the finer looks, as multiples of its size in the first."""
WORTH: Final = 1.2
"""A finer look whose scale is less than this many times the last one's is left out."""
SMALL: Final = 24.0
"""A face below this size in the first look, in pixels, calls for a finer one."""
TINY: Final = 16.0
"""A possible face below this size in the second look calls for a third; so do unsure ones alone. Pixels."""
COARSE: Final = 0.4
"""A look at a smaller scale than this is always followed by a finer one: it shows small faces too poorly."""
HINT: Final = -1.0
"""Log-odds from which a small face, though unsure, calls for a finer look too."""
FACE_FROM: Final = 1.3
"""Log-odds from which a box in a look counts as a face when it is decided whether to look finer."""
CERTAIN: Final = 3.0
"""Log-odds below which a box that may be a face gets two looks of its own."""
ALONE_SIDES: Final = (48.0, 64.0)
"""Sides in pixels to which the face is brought in such looks: few other things look like one at both."""
UNSEEN: Final = -6.0
"""Log-odds, in such a look, of a face that is not seen there."""
UNSURE: Final = 24
"""Most boxes of one picture that get them, the likeliest first."""
OVERLAP: Final = 48
"""Least number of pixels that neighbouring tiles share: a smaller face lies whole in one of them."""
FACE: Final = 56.0
"""Side in pixels to which a larger face is shrunk for a look at it alone."""
THERE: Final = 0.3
"""Intersection over union with the box from which a face in a look at it alone is that of the box."""
PLACES: Final = 3
"""Most of the cascade's places that get a look of their own."""
REFINED: Final = 4
"""Most faces, from the main one on, whose landmarks are read again from looks at each alone."""
LEGIBLE: Final = 32.0
"""Side in pixels of the smallest face for which that is done."""
CLOSE: Final = 100.0
"""Side of a face's square in that look, in pixels."""
KEEPS: Final = -1.0
"""Log-odds from which a followed face counts as still there."""
BOX_SIDE, BOX_DOWN = 1.13, -0.01
"""The square in FER2013's framing, from a box: its side in mean sides, its shift down in heights."""


@cache
def shipped_finder() -> Model:
    """Loads the shipped finder once; ModelFileError if the file and its card do not match."""
    return load_network(FINDER_FILE)


class Detector:
    """Finds and follows faces. Not thread-safe, because cascade and finder are not: use one per thread."""

    def __init__(self, mode: Mode = "auto", finder: Model | None = None) -> None:
        self._mode = mode
        self._cascade, self._finder = Cascade(), Finder(finder or shipped_finder())
        self._threshold = self._finder.calibration.threshold

    def warm(self) -> None:
        """Makes and uses every interpreter, so that no later picture pays for it in time or memory."""
        for shape in (WIDE, TALL, NEAR, ALONE):
            self._finder.look(np.zeros(shape, np.uint8), shape)
        self.detect(np.zeros((480, 640), np.uint8))

    def detect(self, grey: Grey) -> list[Face]:
        """Finds the faces in (h, w) grey, the main one first; [] if there are none."""
        if self._mode == "haar":
            return main_first(self._cascade.plain(grey))
        faces = self._faces(self.find(grey))
        first = [self._refine(grey, face) if face.side >= LEGIBLE else face for face in faces[:REFINED]]
        return main_first(first + faces[REFINED:])

    def find(self, grey: Grey) -> Found:
        """Finds the faces; not for the mode `haar`."""
        found = self._judge(grey, self.candidates(grey))
        return found.only(found.scores >= self._threshold)

    def candidates(self, grey: Grey) -> Found:
        """Merges what the finder's looks at the picture and its parts find: all boxes that may be faces."""
        places = self._cascade.quick(grey) if self._mode == "auto" else []
        found, scale = self._look(grey)
        found = self._confirm(grey, places, found)
        if _calls_for_more(found, scale):
            found, scale = self._finer(grey, TWICE, found, scale)
            hints = found.only(found.scores >= HINT)
            unsure = len(hints) > 0 and bool((hints.scores < FACE_FROM).all())
            if unsure or (hints.sizes * scale < TINY).any():
                found, scale = self._finer(grey, FOUR_TIMES, found, scale)
        return found.only(found.scores >= HINT)

    def _judge(self, grey: Grey, found: Found) -> Found:
        """Scores unsure boxes again by looks at each alone, in which few other things look like a face."""
        unsure = np.flatnonzero(found.scores < CERTAIN)[:UNSURE]
        if not len(unsure):
            return found
        closer = np.array([self.look_closer(grey, found, i) for i in unsure], np.float32)
        scores = found.scores.copy()
        scores[unsure] = self._finder.calibration.apply_closer(scores[unsure], closer, found.sizes[unsure])
        best_first = np.argsort(-scores, kind="stable")
        return Found(scores, found.boxes, found.landmarks, found.covered).only(best_first)

    def look_closer(self, grey: Grey, found: Found, row: int) -> float:
        """Mean log-odds of a face in a box, in a look at it alone and one, nearer, at its mirror image.

        Both looks are turned upright by the box's landmarks, where these look like a face's.
        """
        left, top, right, bottom = map(float, found.boxes[row])
        *_, tilt, misfit = register(found.landmarks[row])
        tilt = tilt if misfit <= SURE else 0.0
        size = math.sqrt(max((right - left) * (bottom - top), 1.0))
        middle = ((left + right) / 2, (top + bottom) / 2)
        seen = []
        for side, step in zip(ALONE_SIDES, (1, -1), strict=True):
            view = cut(grey, middle, size * ALONE[0] / side, tilt, ALONE[0])[:, ::step]
            faces = self._finder.look(view, ALONE)
            near, far = (ALONE[0] - side) / 2, (ALONE[0] + side) / 2
            overlap, _ = overlaps(np.array([[near, near, far, far]], np.float32), faces.boxes)
            seen.append(faces.scores[overlap[0] >= THERE].max(initial=UNSEEN))
        return float(np.mean(seen))

    def _finer(self, grey: Grey, times: int, found: Found, scale: float) -> tuple[Found, float]:
        """Merges `found` with a look at `times` the first one's size, if that is finer."""
        area = _area(grey, times)
        if fit(grey, area) < WORTH * scale:
            return found, scale
        more, scale = self._tiled(grey, area)
        return merged(Found.join([found, more])), scale

    def follow(self, grey: Grey, before: Face) -> Face | None:
        """Looks near `before`, a face of the last frame, for the same face; None if it is gone."""
        if self._mode == "haar":
            return next((face for face in self._cascade.plain(grey) if _near(face, before)), None)
        faces = self._faces(self._look_at(grey, before))
        near = [
            face for face in faces if face.score is not None and face.score >= KEEPS and _near(face, before)
        ]
        best = max(near, key=lambda face: face.score or 0.0, default=None)
        return best and self._refine(grey, best)

    def _look(self, grey: Grey) -> tuple[Found, float]:
        """Looks at the whole picture at once: faces in its pixels, and the scale of the look."""
        shape = _shape(grey)
        small, scale = shrunk(grey, shape)
        return self._finder.look(small, shape).moved(1 / scale, 0, 0), scale

    def _confirm(self, grey: Grey, places: list[Face], found: Found) -> Found:
        """Adds what a look at each place finds, for places without a sure face in `found`."""
        sure = self._faces(found.only(found.scores >= FACE_FROM))
        new = [place for place in places if not any(_near(face, place) for face in sure)]
        looks = [self._look_at(grey, place) for place in new[:PLACES]]
        return merged(Found.join([found, *looks])) if looks else found

    def _look_at(self, grey: Grey, face: Face) -> Found:
        """Looks at a square of the picture around `face`, shrunk until the face has FACE pixels."""
        scale = min(1.0, FACE / face.side)
        half = NEAR[0] / scale / 2
        left, top = math.floor(face.x + face.side / 2 - half), math.floor(face.y + face.side / 2 - half)
        x, y = max(0, left), max(0, top)
        part = grey[y : max(0, math.floor(top + 2 * half)), x : max(0, math.floor(left + 2 * half))]
        if not part.size:
            return NOTHING
        small, scale = shrunk(part, NEAR)
        return self._finder.look(small, NEAR).moved(1 / scale, x, y)

    def _refine(self, grey: Grey, face: Face) -> Face:
        """Reads the landmarks again, from a look at the upright face alone and one at its mirror image.

        They are more exact and more stable than those of a look at the whole picture.
        """
        middle, side = (face.x + face.side / 2, face.y + face.side / 2), face.side * NEAR[0] / CLOSE
        view = cut(grey, middle, side, face.tilt, NEAR[0])
        points, mirrored = self._landmarks(view), self._landmarks(view[:, ::-1])
        if points is None or mirrored is None:
            return face
        mirrored[:, 0] = NEAR[1] - mirrored[:, 0]
        mean = (points + mirrored[MIRRORED]) / 2
        turned = (mean - NEAR[0] / 2) @ rotation(face.tilt).T * (side / NEAR[0]) + middle
        box = np.array(face.box, np.float32)
        return _face(box, turned.astype(np.float32), face.score, covered=face.covered)

    def _landmarks(self, view: Grey) -> Floats | None:
        """Finds the (5, 2) landmarks of a face of CLOSE pixels amid a view; None if there is no face."""
        found = self._finder.look(view, NEAR)
        apart = np.hypot(*(found.boxes.reshape(-1, 2, 2).mean(axis=1) - NEAR[0] / 2).T)
        near = np.flatnonzero(apart < 0.4 * CLOSE)
        return found.landmarks[near[0]] if len(near) else None

    def _tiled(self, grey: Grey, area: Shape) -> tuple[Found, float]:
        """Looks at the picture, shrunk to fit into `area`, in overlapping tiles of the first look's size."""
        shape = _shape(grey)
        small, scale = shrunk(grey, area)
        parts = [
            self._tile(small, x, y, shape)
            for y in _starts(small.shape[0], shape[0])
            for x in _starts(small.shape[1], shape[1])
        ]
        return merged(Found.join(parts)).moved(1 / scale, 0, 0), scale

    def _tile(self, grey: Grey, x: int, y: int, shape: Shape) -> Found:
        """Looks at one tile: faces in pixels of `grey`, without those that the tile's inner edges cut."""
        tile = grey[y : y + shape[0], x : x + shape[1]]
        found = self._finder.look(tile, shape)
        height, width = tile.shape
        left, top, right, bottom = found.boxes.T
        uncut = ((left > 1) | (x == 0)) & ((top > 1) | (y == 0))
        uncut &= ((right < width - 1) | (x + width == grey.shape[1])) & (
            (bottom < height - 1) | (y + height == grey.shape[0])
        )
        return found.only(uncut).moved(1.0, x, y)

    def _faces(self, found: Found) -> list[Face]:
        covered = found.covered >= self._finder.calibration.covered_from
        return main_first(
            [
                _face(found.boxes[i], found.landmarks[i], float(found.scores[i]), covered=bool(covered[i]))
                for i in range(len(found))
            ]
        )


def _calls_for_more(found: Found, scale: float) -> bool:
    """Whether the look is coarse, no face is sure, or a possible one is small."""
    hints = found.only(found.scores >= HINT)
    return (
        scale < COARSE or not (found.scores >= FACE_FROM).any() or bool((hints.sizes * scale < SMALL).any())
    )


def _shape(grey: Grey) -> Shape:
    return WIDE if grey.shape[1] >= grey.shape[0] else TALL


def _area(grey: Grey, times: int) -> Shape:
    """Height and width that `times` overlapping tiles each way cover."""
    height, width = (times * side - (times - 1) * OVERLAP for side in _shape(grey))
    return height, width


def _starts(length: int, tile: int) -> Iterator[int]:
    """Evenly spaced starts of tiles of `tile` pixels that cover `length` and share OVERLAP or more."""
    count = max(1, math.ceil((length - OVERLAP) / (tile - OVERLAP)))
    step = (length - tile) / max(1, count - 1)
    return (max(0, math.floor(i * step)) for i in range(count))


def _face(box: np.ndarray, points: np.ndarray, score: float | None, *, covered: bool) -> Face:
    """Fits the square to the landmarks if they look like a face's, else to the box."""
    x, y, side, tilt, misfit = register(points)
    landmarks = tuple((float(px), float(py)) for px, py in points)
    if misfit > SURE:
        width, height = (float(v) for v in box[2:] - box[:2])
        side, tilt = BOX_SIDE * math.sqrt(width * height), 0.0
        x, y = float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2 + BOX_DOWN * height
    left, top, right, bottom = (float(value) for value in box)
    return Face(x - side / 2, y - side / 2, side, score, tilt, landmarks, (left, top, right, bottom), covered)


def _near(a: Face, b: Face) -> bool:
    """Whether two squares may hold one face: middles within half a side, sides within a factor of two."""
    apart = math.hypot(a.x + a.side / 2 - b.x - b.side / 2, a.y + a.side / 2 - b.y - b.side / 2)
    return apart < 0.5 * max(a.side, b.side) and 0.5 < a.side / b.side < 2
