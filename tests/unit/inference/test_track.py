"""Tracking and smoothing, on made-up boxes."""

from typing import Any

import numpy as np
import pytest

from services.inference.face import Face
from services.inference.track import PATIENCE_S, SMOOTHING_S, Tracker, overlap

HAPPY = np.eye(6, dtype=np.float32)[2]
SAD = np.eye(6, dtype=np.float32)[3]


def rows(*vectors: object) -> Any:
    return np.array(vectors, np.float32).reshape(-1, 6)


def face(x: float, y: float = 0, side: float = 100) -> Face:
    return Face(x, y, side, 1.0)


def test_overlap_of_squares() -> None:
    assert overlap(face(0), face(0)) == 1
    assert overlap(face(0), face(50)) == pytest.approx(1 / 3)
    assert overlap(face(0), face(100)) == 0


def test_two_faces_that_move_keep_their_ids() -> None:
    tracker = Tracker()
    for step in range(20):
        tracks = tracker.update([face(5 * step), face(400 - 5 * step, side=80)], rows(HAPPY, SAD), step / 20)
        assert [track.id for track in tracks] == [1, 2]


def test_the_order_of_detections_does_not_matter() -> None:
    tracker = Tracker()
    tracker.update([face(0), face(300, side=80)], rows(HAPPY, SAD), 0)
    tracks = tracker.update([face(300, side=80), face(0)], rows(SAD, HAPPY), 0.1)
    assert [(track.id, track.face.x) for track in tracks] == [(1, 0), (2, 300)]


def test_one_odd_frame_does_not_turn_a_smile() -> None:
    tracker = Tracker()
    tracker.update([face(0)], rows(HAPPY), 0)
    (track,) = tracker.update([face(0)], rows(SAD), 0.05)
    assert track.probabilities.argmax() == 2
    (track,) = tracker.update([face(0)], rows(SAD), 0.05 + 3 * SMOOTHING_S)
    assert track.probabilities.argmax() == 3
    assert track.probabilities.sum() == pytest.approx(1, abs=1e-6)


def test_a_missed_frame_keeps_the_id_and_a_long_absence_does_not() -> None:
    tracker = Tracker()
    tracker.update([face(0)], rows(HAPPY), 0)
    assert tracker.update([], rows(), 0.1) == []
    (track,) = tracker.update([face(0)], rows(HAPPY), 0.2)
    assert track.id == 1
    tracker.update([], rows(), 0.3)
    (track,) = tracker.update([face(0)], rows(HAPPY), 0.3 + PATIENCE_S)
    assert track.id == 2
    assert len(tracker.faces) == 1


def test_a_slow_stream_keeps_the_id() -> None:
    """A face in every frame keeps its id, even where a busy server takes a second for each."""
    tracker = Tracker()
    for second in range(3):
        (track,) = tracker.update([face(0)], rows(HAPPY), second)
        assert track.id == 1
