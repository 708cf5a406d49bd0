from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from services.inference.face import Face
from tests.helpers.labelled import PORTRAITS, photo, write
from training.finder.measure import calibration, measure
from training.finder.photos import load_photos
from training.finder.scoring import score_photo

FACE = (100, 100, 200, 200)


def score(boxes: Any, truth: Any, ignored: Any = None) -> Any:
    boxes, truth = np.array(boxes, np.float32).reshape(-1, 4), np.array(truth, np.float32).reshape(-1, 4)
    ignored = np.zeros(len(truth), bool) if ignored is None else np.array(ignored)
    return score_photo(boxes, np.arange(len(boxes), 0, -1).astype(np.float32), truth, ignored)


@pytest.mark.parametrize(
    ("box", "hit"),
    [
        ((100, 100, 200, 140), True),  # overlap 0.4
        ((125, 125, 176, 176), True),  # middle inside, half as wide
        ((130, 130, 170, 170), False),  # middle inside, too narrow
        ((50, 50, 260, 260), True),  # middle inside, 2.1 times as wide
        ((40, 40, 270, 270), False),  # too wide
        ((20, 100, 120, 234), False),  # overlap 0.16, middle outside
    ],
)
def test_a_box_finds_a_face_by_overlap_or_by_its_middle(box: Any, hit: Any) -> None:
    scored = score([box], [FACE])
    assert list(scored.hits) == [hit]
    assert scored.owner[0] == (0 if hit else -1)


def test_one_box_finds_one_face() -> None:
    """The second box on a face is false; a face is found once."""
    scored = score([FACE, FACE], [FACE])
    assert list(scored.hits) == [True, False]


def test_an_ignored_box_counts_neither_way() -> None:
    """A box that finds an ignored place, or lies half within it, is left out."""
    within = (100, 100, 130, 130)
    assert len(score([FACE, within], [FACE], [True]).scores) == 0
    assert list(score([FACE, (300, 300, 400, 400)], [FACE], [True]).hits) == [False]


def test_measure_counts_recall_and_false_boxes() -> None:
    """Recall over faces, false boxes by whether the photo has faces, the clock's milliseconds."""
    found = [Face(70, 60, 60, 2.0, extent=(70, 60, 130, 140)), Face(0, 0, 20, -1.0)]
    photos = [
        photo([(70, 60, 60, 80), (10, 150, 12, 12)]),
        photo([]),
        photo([(0, 0, 30, 30)], ignored=[True]),
    ]
    seconds = iter(range(100))
    summary = measure(lambda _: found, photos, clock=lambda: next(seconds)).summary()
    assert summary["faces"] == 2
    assert summary["recall"] == summary["recall_normal"] == 0.5
    assert summary["recall_by_size"] == {"0-16": [0.0, 1], "48-96": [1.0, 1]}
    assert summary["recall_by_pose"] == {"0": [0.5, 2]}
    assert (summary["false_with_faces"], summary["false_without"]) == (1, 3)
    assert summary["false_per_100_photos"] == pytest.approx(133.3)
    assert (summary["ms_with_faces"], summary["ms_without"]) == (1000, 1000)


def test_measure_gives_the_error_of_landmarks() -> None:
    """In distances between the eyes."""
    points = np.array([[85, 90], [115, 90], [100, 105], [88, 122], [112, 122]], np.float32)
    moved = tuple((float(x) + 3, float(y)) for x, y in points)
    face = Face(70, 60, 60, 2.0, landmarks=moved, extent=(70, 60, 130, 140))
    summary = measure(lambda _: [face], [photo([(70, 60, 60, 80)], [points])]).summary()
    assert summary["landmark_error"] == 0.1


def test_boxes_without_scores_have_no_calibration() -> None:
    summary = measure(lambda _: [Face(70, 60, 60, None)], [photo([(70, 60, 60, 60)])]).summary()
    assert summary["recall"] == 1
    assert (summary["ece"], summary["brier_unsure"], summary["unsure"]) == (None, None, 0)


def test_calibration_of_even_odds() -> None:
    """Boxes of log-odds 0, half of them faces, are calibrated; all of them faces, they are off by a half."""
    half = pd.DataFrame({"score": [0.0] * 20, "hit": [True, False] * 10})
    assert calibration(half) == {"ece": 0.0, "brier_unsure": 0.25, "unsure": 20}
    sure = pd.DataFrame({"score": [0.0] * 20, "hit": [True] * 20})
    assert calibration(sure) == {"ece": 0.5, "brier_unsure": 0.25, "unsure": 20}
    wrong = pd.DataFrame({"score": [8.0] * 20, "hit": [False] * 20})
    error = calibration(wrong)["ece"]
    assert error is not None
    assert error > 0.99


def test_photos_are_loaded_with_their_labels(tmp_path: Path) -> None:
    """A tenth of `train` is held out, the rest is trained on; `dev` is whole."""
    folder = write(tmp_path / "photos")
    splits = {split: load_photos(folder, split) for split in ("train", "held_out", "dev")}
    assert {split: len(photos) for split, photos in splits.items()} == {"train": 9, "held_out": 1, "dev": 10}
    first = next(photo for photo in splits["dev"] if photo.name == "dev/0_astronaut.jpg")
    assert np.allclose(first.boxes[0] * 512 / 160, PORTRAITS["astronaut.jpg"][0], atol=0.1)
    assert first.pixels.shape == (160, 160)
    assert first.about["normal"].all()
