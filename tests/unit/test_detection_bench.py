"""The bench of detection on labelled photos, on a few made ones."""

from pathlib import Path

import numpy as np
import pytest

from bench.detection.conditions import WORSE
from bench.detection.photos import PLAIN, Results, heading, table
from services.inference.face import Face
from tests.helpers.labelled import PORTRAITS, photo, write
from training.finder.measure import measure
from training.finder.photos import LabelledPhoto, load_photos

CHANGES = {PLAIN: lambda photo: photo, **WORSE}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledPhoto]:
    return load_photos(write(tmp_path_factory.mktemp("bench") / "photos", times=1), "dev")


def found(photos: list[LabelledPhoto], box: list[float] | tuple[int, int, int, int]) -> Results:
    """What a finder finds that sees one box in every photo."""
    left, top, width, height = box
    face = Face(left, top, width, 1.5, extent=(left, top, left + width, top + height))
    by_condition = {
        name: measure(lambda _: [face], map(change, photos), clock=lambda: 0.0)
        for name, change in CHANGES.items()
    }
    return Results(by_condition)


def rows(text: str) -> dict[str, list[str]]:
    lines = ([cell.strip() for cell in line.split("|")] for line in text.splitlines())
    return {cells[1]: cells[2:-1] for cells in lines}


def test_the_table_has_a_column_for_each_finder(photos: list[LabelledPhoto]) -> None:
    """Recall, false boxes and the loss under each condition, side by side."""
    right = [160 / 512 * value for value in PORTRAITS["astronaut.jpg"][0]]
    cells = rows(table({"one": found(photos, right), "none": found(photos, (0, 0, 9, 9))}))
    assert cells[""] == ["one", "none"]
    assert cells["recall, normal (2)"] == ["1", "0"]
    assert cells["false boxes on 2 photos with faces"] == ["0", "2"]
    assert cells["false boxes on 3 without"] == ["3", "3"]
    assert cells["false boxes per 100 photos"] == ["60", "100"]
    assert cells["recall, normal, JPEG 30"] == ["1.000 (+0.0)", "0.000 (+0.0)"]
    assert cells["recall, normal, tilted 40°"][1] == "0.000 (+0.0)"
    assert {f"recall, normal, {name}" for name in WORSE} <= set(cells)


def test_the_heading_tells_the_processor(tmp_path: Path) -> None:
    text = heading(tmp_path / "faces", "dev")
    assert text.startswith("faces, split dev; 20")
    assert all(name in text for name in ("AVX2", "AVX-512", "VNNI"))


@pytest.mark.parametrize("condition", WORSE)
def test_worse_photos_keep_their_shape(photos: list[LabelledPhoto], condition: str) -> None:
    """Pixels change, except that a grey photo has no colour to lose; the face-free stay face-free."""
    for one in photos:
        worse = WORSE[condition](one)
        assert worse.pixels.shape == one.pixels.shape
        assert worse.pixels.dtype == np.uint8
        assert len(worse.boxes) == len(one.boxes) == len(worse.ignored)
        unchanged = condition == "grey" or (condition == "lower half covered" and not len(one.boxes))
        assert np.array_equal(worse.pixels, one.pixels) == unchanged


def test_a_cloth_hides_the_mouth_and_not_the_eyes(photos: list[LabelledPhoto]) -> None:
    for one in (each for each in photos if len(each.boxes)):
        worse = WORSE["lower half covered"](one)
        hidden = worse.pixels != one.pixels
        at = [hidden[round(float(y)), round(float(x))] for x, y in one.landmarks[0]]
        assert at == [False, False, at[2], True, True]
        assert worse.covered[0] == 1


def test_a_face_turned_out_of_the_picture_is_ignored() -> None:
    """The number of labels stays, so that the same faces are compared."""
    points = [[[1, 1], [5, 1], [3, 4], [1, 6], [5, 6]]]
    corner = photo([(0, 0, 8, 10)], points, size=(100, 200))
    worse = WORSE["tilted 40°"](corner)
    assert len(worse.boxes) == 1
    assert worse.ignored.all()
