"""`compare`, `cross`, `report` and `evaluate` on tiny made-up data, as a user gives the commands."""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from services.inference.model import MODEL_FILE
from tests.helpers.faces import draw, made_up
from tests.helpers.pictures import ASTRONAUT, HOPPER
from training import __main__ as commands
from training import dataset
from training.measure import face_figures
from training.methods.registry import METHODS

ROOT = Path(__file__).parent.parent.parent.parent
FAST = ("local Gabor + PCA + LDA", "eigenfaces + SVM")
SHIPPED = "as shipped"


@pytest.fixture(scope="module")
def faces_file(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("faces") / "faces.npz"
    dataset.save(made_up(), path)
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command; its exit status, what it printed, and its error lines."""

    def command(*words: object) -> Any:
        monkeypatch.setattr(sys, "argv", ["training", *map(str, words)])
        status = commands.main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        bars = re.compile(r".*it/s\]|.*(face|photo|row)(/s)?\]|INFO: .*|\s*")
        return status, captured.out, [line for line in captured.err.splitlines() if not bars.fullmatch(line)]

    return command


def test_compare_resumes(run: Any, faces_file: Any, tmp_path: Path) -> None:
    """Compare runs only the methods that have no result yet."""
    words = ("compare", "--data", faces_file, "--out", tmp_path, "--methods")
    status, first, _ = run(*words, FAST[0])
    assert status == 0
    assert f"{FAST[0]} …" in first
    assert f"| {FAST[1]} | – | – |" in first
    status, second, _ = run(*words, *FAST, SHIPPED)
    assert status == 0
    assert f"{FAST[0]} …" not in second
    assert f"{FAST[1]} …" in second
    results = json.loads((tmp_path / "comparison.json").read_text())
    assert list(results) == list(METHODS)
    one = results[FAST[0]]
    assert one["n"] == 24
    assert one["interval_95"][0] <= one["accuracy"] <= one["interval_95"][1]
    assert set(one) >= {"per_class", "parameters", "train_seconds", "ms_per_face", "machine", "date", "seed"}
    assert (
        results[SHIPPED]["parameters"]
        == json.loads(MODEL_FILE.with_suffix(".json").read_text())["parameters"]
    )
    assert "| vgg9 | – | 58% |" in second


def test_compare_other_faces(run: Any, faces_file: Any, tmp_path: Path) -> None:
    """Results of other faces do not count."""
    run("compare", "--data", faces_file, "--out", tmp_path, "--methods", FAST[0])
    dataset.save(made_up(training=54), tmp_path / "other.npz")
    _, text, _ = run("compare", "--data", tmp_path / "other.npz", "--out", tmp_path, "--methods", FAST[0])
    assert f"{FAST[0]} …" in text
    assert "54 faces of Training" in text


def test_compare_quick(run: Any, tmp_path: Path) -> None:
    """--quick takes every tenth Training face and every third of PublicTest."""
    dataset.save(made_up(training=600, public=72), tmp_path / "f.npz")
    words = (
        "compare",
        "--quick",
        "--data",
        tmp_path / "f.npz",
        "--out",
        tmp_path / "out",
        "--methods",
        FAST[0],
    )
    assert "60 faces of Training, 24 of PublicTest" in run(*words)[1]


def test_cross(run: Any, tmp_path: Path) -> None:
    """Cross tests on people that were not in training, and on all of the other database."""
    for person in range(10):
        for label, name in enumerate(("anger", "fear", "happy")):
            draw(tmp_path / "ck" / name / f"S{person:03}_001_{label}.png", label)
            code = ("AN", "FE", "HA")[label]
            draw(tmp_path / "jaffe" / f"{chr(65 + person)}A.{code}1.{person}.tiff", label)
    crops = ("--crops", f"ck={tmp_path / 'ck'}", "--crops", f"jaffe={tmp_path / 'jaffe'}")
    words = ("cross", *crops, "--methods", FAST[0], "--models", MODEL_FILE, "--out", tmp_path / "out")
    status, text, _ = run(*words)
    assert status == 0
    rows = json.loads((tmp_path / "out" / "cross.json").read_text())
    taught = rows[f"{FAST[0]}, taught on ck"]
    assert taught["ck"]["n"] == 6  # two of ten people
    assert taught["jaffe"]["n"] == 30
    assert taught["jaffe"]["accuracy"] > 0.6
    assert rows["emotion, finished"]["ck"]["n"] == 30
    assert f"| {FAST[0]}, taught on jaffe |" in text
    assert "…" not in run(*words)[1]


def test_cross_photos(run: Any, tmp_path: Path) -> None:
    """Photos are cropped as the service does; those without a face are left out and counted."""
    for label, photo in (("happy", ASTRONAUT), ("neutral", HOPPER)):
        (tmp_path / "db" / label).mkdir(parents=True)
        shutil.copy(photo, tmp_path / "db" / label)
    cv2.imwrite(str(tmp_path / "db" / "happy" / "wall.png"), np.full((200, 200), 128, np.uint8))
    words = (
        "cross",
        "--photos",
        f"mine={tmp_path / 'db'}",
        "--models",
        MODEL_FILE,
        "--out",
        tmp_path / "out",
    )
    status, text, _ = run(*words)
    assert status == 0
    assert "no face in 1 of 3 photos" in text
    rows = json.loads((tmp_path / "out" / "cross.json").read_text())
    assert rows["emotion, finished"]["mine"]["n"] == 2


def test_report(run: Any, faces_file: Any, tmp_path: Path) -> None:
    """Figures with faces are in their own folder, and the page contains every figure."""
    small = tmp_path / "small"
    small.mkdir()
    (small / "history.csv").write_text("epoch,seconds,loss,valid_label\n1,2,1.7,0.3\n2,2,1.5,0.4\n")
    status, _, _ = run("report", tmp_path / "out", "--data", faces_file, "--runs", small)
    assert status == 0
    names = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.png"))
    assert names == [
        "classes.png",
        "confusion.png",
        "faces/heat.png",
        "faces/predictions.png",
        "faces/samples.png",
        "learning.png",
        "precision-recall.png",
        "rank.png",
        "reliability.png",
        "risk-coverage.png",
    ]
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count("data:image/png;base64,") == len(names)
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "must not be passed on" in page


def test_published_figures() -> None:
    """docs/figures is of the shipped file; the docstring of training/report.py has the command to make it."""
    made_of = json.loads((ROOT / "docs/figures/made-of.json").read_text())
    assert made_of["sha256"] == json.loads(MODEL_FILE.with_suffix(".json").read_text())["sha256"]
    assert not list((ROOT / "docs/figures").glob("**/faces"))


def test_occlusion() -> None:
    """The heat map of a model that looks at one corner is hot in that corner."""

    def reads_the_corner(images: Any) -> Any:
        bright = images[:, 4:8, 40:44].mean(axis=(1, 2)) / 255
        return np.stack([bright, *[(1 - bright) / 5] * 5], axis=1).astype(np.float32)

    image = np.full((48, 48), 20, np.uint8)
    image[4:8, 40:44] = 255
    answer, lost = face_figures.occlusion(reads_the_corner, image)
    assert answer == 0
    top, left = np.unravel_index(lost.argmax(), lost.shape)
    assert top < 14
    assert left > 34
    assert np.allclose(lost[24:, :24], 0)


def broken(tmp_path: Path) -> Any:
    """A folder of faces with a file that is no picture."""
    draw(tmp_path / "broken" / "happy" / "1.png")
    (tmp_path / "broken" / "happy" / "2.png").write_text("no picture")
    return tmp_path / "broken"


def test_unreadable_photo(run: Any, tmp_path: Path) -> None:
    """A photo that cannot be read is named, and the rest is measured."""
    folder = broken(tmp_path)
    shutil.copy(ASTRONAUT, folder / "happy")
    status, text, lines = run("evaluate", "--model", MODEL_FILE, "--images", folder, "--detect")
    assert status == 1
    assert "n 1" in text
    assert "2.png" in lines[0]
    assert lines[-1] == "evaluate: photos that could not be read: 1"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("evaluate", "--images", "nowhere"), "evaluate: nowhere is not a folder"),
        (("evaluate", "--images", "empty"), "evaluate: empty holds neither"),
        (("evaluate", "--images", "broken"), "evaluate: broken/happy/2.png cannot be decoded"),
        (("evaluate", "--images", "silly"), "evaluate: silly/laughing/ names no emotion"),
        (
            ("evaluate", "--images", "broken", "--layout", "jaffe"),
            "evaluate: broken/happy/1.png is not named as JAFFE",
        ),
        (("evaluate", "--csv", "nowhere.csv"), "evaluate: nowhere.csv: "),
        (
            ("evaluate", "--images", "broken", "--model", "no.tflite"),
            "evaluate: cannot read the model no.tflite",
        ),
        (("compare", "--data", "no.npz"), "compare: "),
        (("compare", "--data", "text.npz"), "compare: text.npz is not an array file"),
        (("compare", "--data", "text.npz", "--runs", "nowhere"), "compare: nowhere does not exist"),
        (("cross", "--models", "x.tflite"), "cross: no database"),
        (("cross", "--crops", "ck=empty"), "cross: nothing to test"),
        (("cross", "--crops", "empty", "--methods", FAST[0]), "cross: empty is not NAME=PATH"),
        (("cross", "--crops", "ck=empty", "--methods", FAST[0]), "cross: empty holds neither"),
        (("report", "out", "--data", "text.npz", "--runs", "empty"), "report: empty holds no history.csv"),
        (("report", "out", "--csv", "nowhere.csv"), "report: nowhere.csv: "),
    ],
)
def test_errors(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Any, line: Any) -> None:
    """What is wrong is one clear line, and the exit status is 1."""
    broken(tmp_path)
    draw(tmp_path / "silly" / "happy" / "1.png")
    draw(tmp_path / "silly" / "laughing" / "1.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.npz").write_text("no arrays")
    monkeypatch.chdir(tmp_path)
    if words[0] == "evaluate" and "--model" not in words:
        words = (*words, "--model", MODEL_FILE)
    status, _, lines = run(*words)
    assert status == 1
    assert any(printed.startswith(line) for printed in lines), lines
