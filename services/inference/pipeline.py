"""Reads photos: decode → detect → align → classify, one line per stage; and streams, frame by frame."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.inference.align import SIDE, crop
from services.inference.classify import Classifier
from services.inference.decode import MAX_DECODE_BYTES, DecodeRoom, Photo, decode
from services.inference.detect import Detector, Mode
from services.inference.face import Face, main_first, whole
from services.inference.quiet import silence_libraries
from services.inference.runtime import Model
from services.inference.track import Tracker

LOOK_EVERY: Final = 8
"""One in so many frames of a stream is searched whole; in the others, known faces are followed."""
FOLLOWED: Final = 4
"""Most faces that are followed; to search the whole picture costs less than to follow more."""
Probabilities = NDArray[np.float32]
"""(6,) in the order of EMOTIONS, summing to 1."""


@dataclass(frozen=True)
class Limits:
    pixels: int
    faces: int
    decode_bytes: int = MAX_DECODE_BYTES
    """Memory that decoding one picture may take."""


@dataclass(frozen=True)
class FaceReading:
    """One face in the pixels of `Photo.grey`, and the probabilities of its expression."""

    face: Face
    probabilities: Probabilities
    id: int = 0
    """The face's number within its stream; 0 in single photos."""


@dataclass(frozen=True)
class Times:
    """Seconds that each stage took."""

    decode: float
    detect: float
    align: float
    classify: float

    @property
    def total(self) -> float:
        return self.decode + self.detect + self.align + self.classify


@dataclass(frozen=True)
class Reading:
    """The result for one picture. It holds no pixels, so that they go as soon as they are read."""

    width: int
    """Of the upright original, in pixels."""
    height: int
    scale: float
    """Original pixels per pixel of the array that was searched, in which the faces lie."""
    faces: tuple[FaceReading, ...]
    """The main face first, then the others by size."""
    times: Times


@dataclass
class Stream:
    """The state of one stream, kept from frame to frame."""

    tracker: Tracker = field(default_factory=Tracker)
    shape: tuple[int, ...] = ()
    """Shape of the last frame; a frame of another shape starts the tracking anew."""
    since_look: int = 0
    """Frames left until the whole picture is searched again: counts down."""


class Pipeline:
    """Runs the stages. Not thread-safe, because detector and classifier are not: use one per thread."""

    def __init__(
        self, model: Model, limits: Limits, detector: Mode = "auto", room: DecodeRoom | None = None
    ) -> None:
        """Pipelines that share `room` decode one large picture at a time."""
        cv2.setNumThreads(1)  # a photo per thread: OpenCV's own threads would compete for the same cores
        silence_libraries()
        self._limits, self._room = limits, room or DecodeRoom(limits.decode_bytes)
        self._detector, self._classifier = Detector(detector), Classifier(model)

    def warm(self) -> None:
        """Run each network once on a blank picture: the first run is slow."""
        self._detector.warm()
        self._classifier.classify(np.zeros((1, SIDE, SIDE), np.uint8))

    def predict(self, data: bytes, *, detect: bool = True) -> Reading:
        """Reads an encoded image; ServiceError if it cannot be read.

        Without `detect` the whole picture is taken as one upright face.
        """
        times = [time.perf_counter()]
        photo = decode(data, self._limits.pixels, self._room)
        times.append(time.perf_counter())
        faces = (
            self._detector.detect(photo.grey)[: self._limits.faces] if detect else [whole(photo.grey.shape)]
        )
        times.append(time.perf_counter())
        crops = align(photo, faces)
        times.append(time.perf_counter())
        rows = self._classifier.classify(crops)
        times.append(time.perf_counter())
        readings = tuple(FaceReading(face, row) for face, row in zip(faces, rows, strict=True))
        return Reading(photo.width, photo.height, photo.scale, readings, Times(*np.diff(times).tolist()))

    def next_frame(self, data: bytes, stream: Stream, *, detect: bool = True) -> Reading:
        """Reads the next encoded frame of `stream`, and updates the stream's state."""
        started = time.perf_counter()
        return self.next_photo(decode(data, self._limits.pixels, self._room), stream, started, detect=detect)

    def next_photo(self, photo: Photo, stream: Stream, started: float, *, detect: bool = True) -> Reading:
        """Reads the next decoded frame; `started` is time.perf_counter() before it was decoded."""
        times = [started, time.perf_counter()]
        faces = self._find(photo.grey, stream)[: self._limits.faces] if detect else [whole(photo.grey.shape)]
        times.append(time.perf_counter())
        crops = align(photo, faces)
        times.append(time.perf_counter())
        rows = self._classifier.classify(crops)
        tracks = stream.tracker.update(faces, rows, times[0])
        times.append(time.perf_counter())
        readings = tuple(FaceReading(track.face, track.probabilities, track.id) for track in tracks)
        return Reading(photo.width, photo.height, photo.scale, readings, Times(*np.diff(times).tolist()))

    def _find(self, grey: NDArray[np.uint8], stream: Stream) -> list[Face]:
        """Follows the last frame's faces; searches the whole picture at intervals and when a face is lost."""
        if grey.shape != stream.shape:
            stream.tracker, stream.shape, stream.since_look = Tracker(), grey.shape, 0
        stream.since_look -= 1
        before = stream.tracker.faces
        if stream.since_look > 0 and 0 < len(before) <= FOLLOWED:
            followed = [self._detector.follow(grey, face) for face in before]
            faces = [face for face in followed if face]
            if len(faces) == len(before):
                return main_first(faces)
        stream.since_look = LOOK_EVERY
        return self._detector.detect(grey)


def align(photo: Photo, faces: Sequence[Face]) -> NDArray[np.uint8]:
    """Cuts (n, 48, 48) grey crops, in the order of `faces`."""
    return np.array([crop(photo.grey, face) for face in faces], np.uint8).reshape(-1, SIDE, SIDE)
