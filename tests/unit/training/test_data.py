"""The dataset command on made-up files: every good form reads, every bad row stops with its number."""

import gzip
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training import data, dataset

PIXELS = " ".join(str(i % 256) for i in range(48 * 48))
VOTES = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def write(path: Path, rows: Any, header: Any = "emotion,pixels,Usage") -> Any:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def row(emotion: Any = 3, pixels: Any = PIXELS, usage: Any = "Training") -> Any:
    return f"{emotion},{pixels},{usage}"


def test_read(tmp_path: Path) -> None:
    """Rows become images, six labels and splits."""
    usages = ["Training", "PublicTest", "PrivateTest"]
    rows = [row(e, usage=usages[e % 3]) for e in range(7)]
    faces = dataset.read(write(tmp_path / "f.csv", rows))
    assert faces.images.shape == (7, 48, 48)
    assert faces.images[0, 1, 3] == 51  # row by row
    assert faces.labels.tolist() == [0, 0, 1, 2, 3, 4, 5]  # disgust is angry
    assert faces.only("PublicTest").labels.tolist() == [0, 3]
    assert not faces.votes.any()


def test_variants(tmp_path: Path) -> None:
    """Gzipped files and the republished headers give the same faces."""
    plain = dataset.read(write(tmp_path / "f.csv", [row()]))
    packed = tmp_path / "f.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / "f.csv").read_bytes()))
    spaced = write(tmp_path / "s.csv", [f"3, Training,{PIXELS}"], header="emotion, Usage, pixels")
    for path in (packed, spaced):
        again = dataset.read(path)
        assert np.array_equal(again.images, plain.images)
        assert np.array_equal(again.labels, plain.labels)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (row(pixels="1 2 3"), "row 2: 3 pixels"),
        (row(pixels=PIXELS + " 9"), "row 2: 2305 pixels"),
        (row(pixels=PIXELS[:-3] + "256"), "row 2: a pixel is outside"),
        (row(pixels=PIXELS[:-3] + "-12"), "row 2: a pixel is outside"),
        (row(pixels=PIXELS[:-3] + "abc"), "row 2: a pixel is not"),
        (row(emotion=7), "row 2: emotion '7'"),
        (row(emotion="x"), "row 2: emotion 'x'"),
        (row(emotion=""), "row 2: emotion ''"),
        (row(usage="Test"), "row 2: Usage 'Test'"),
    ],
)
def test_bad_row(tmp_path: Path, bad: str, message: str) -> None:
    """A bad row is an error with its number, and nothing is written."""
    path = write(tmp_path / "f.csv", [row(), bad, row()])
    with pytest.raises(dataset.DataError, match=message):
        data.main(Namespace(csv=path, ferplus=None, out=tmp_path / "out" / "f.npz"))
    assert not (tmp_path / "out").exists()


def test_bad_file(tmp_path: Path) -> None:
    """A missing column, an empty file and a cut archive are named."""
    with pytest.raises(dataset.DataError, match="no column Usage"):
        dataset.read(write(tmp_path / "f.csv", [f"3,{PIXELS}"], header="emotion,pixels"))
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(dataset.DataError, match=r"empty\.csv"):
        dataset.read(tmp_path / "empty.csv")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"emotion,pixels,Usage\n" * 500)[:30])
    with pytest.raises(dataset.DataError, match=r"cut\.csv\.gz"):
        dataset.read(tmp_path / "cut.csv.gz")


def test_votes(tmp_path: Path) -> None:
    """Votes join by row position and merge to six labels."""
    csv = write(tmp_path / "f.csv", [row(), row(usage="PublicTest")])
    votes = [
        "Training,a.png,1,2,0,0,3,4,0,0,0,0",
        "PublicTest,,0,0,0,0,0,0,5,2,2,1",
        "PrivateTest,,9,0,0,0,0,0,0,0,0,0",
    ]
    faces = dataset.read(csv, write(tmp_path / "v.csv", votes, VOTES))
    assert faces.six_votes().tolist() == [[7, 0, 2, 0, 0, 1], [0, 5, 0, 0, 0, 0]]


def test_other_votes(tmp_path: Path) -> None:
    """Votes of other rows are refused."""
    csv = write(tmp_path / "f.csv", [row(), row()])
    short = write(tmp_path / "short.csv", ["Training,a,1,0,0,0,0,0,0,0,0,0"], VOTES)
    with pytest.raises(dataset.DataError, match="1 rows, but the images have 2"):
        dataset.read(csv, short)
    other = write(
        tmp_path / "other.csv", [f"{u},a,1,0,0,0,0,0,0,0,0,0" for u in ("Training", "PublicTest")], VOTES
    )
    with pytest.raises(dataset.DataError, match="row 2 belongs to PublicTest"):
        dataset.read(csv, other)


def test_save(tmp_path: Path) -> None:
    """Saved faces load again, no other file is left, and their table shows the splits that there are."""
    faces = dataset.read(write(tmp_path / "f.csv", [row(), row(6, usage="PublicTest")]))
    out = tmp_path / "deep" / "f.npz"
    dataset.save(faces, out)
    again = dataset.load(out)
    assert np.array_equal(again.images, faces.images)
    assert again.labels.tolist() == [2, 5]
    assert [p.name for p in out.parent.iterdir()] == ["f.npz"]
    table = data.class_table(again)
    assert "Training" in table
    assert "PrivateTest" not in table
    assert table.splitlines()[3].split() == ["Happy", "1", "0"]
