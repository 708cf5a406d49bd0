"""The training commands from csv to serving file, on a tiny made-up dataset and one small trained network."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from services.emotions import EMOTIONS
from services.inference.classify import ANSWER, Classifier, load_model
from services.inference.face import POINTS
from tests.helpers.training import run_command
from training.network.calibration import Calibration, sharpen
from training.network.views import predict_heads
from training.registered import EXPRESSIONS, FER2013, PHOTOS, UNLABELLED, load

ROOT = Path(__file__).parent.parent.parent
ASSETS = ROOT / "tests" / "assets"
EPOCHS = 3

pytestmark = [pytest.mark.training, pytest.mark.timeout(600)]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A fer2013.csv and FER+ votes: noise with a bright bar whose height tells the class."""
    folder = tmp_path_factory.mktemp("training")
    rng = np.random.default_rng(0)
    rows, votes = (
        ["emotion,pixels,Usage"],
        ["Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"],
    )
    for i in range(120):
        label, usage = i % 7, "PublicTest" if i % 3 == 0 else "Training"
        face = rng.integers(90, 160, (48, 48))
        face[6 * label : 6 * label + 6] = 250
        rows.append(f"{label},{' '.join(map(str, face.ravel()))},{usage}")
        counts = [8 if label == seven else 0 for seven in (6, 3, 5, 4, 0, 1, 2)]
        votes.append(f"{usage},f{i}.png,{','.join(map(str, counts))},1,1,0")
    (folder / "fer.csv").write_text("\n".join(rows))
    (folder / "plus.csv").write_text("\n".join(votes))
    return folder


@pytest.fixture(scope="session")
def dataset(folder: Path) -> Any:
    table = succeed(
        "data", "--csv", folder / "fer.csv", "--ferplus", folder / "plus.csv", "--out", folder / "f.npz"
    )
    assert table.splitlines()[1].split() == ["Angry", "24", "11"]
    return folder / "f.npz"


@pytest.fixture(scope="session")
def trained(folder: Path, dataset: Path) -> Any:
    """The run of the one network that these tests share: killed after its first epoch, then resumed."""
    out = folder / "run"
    words = ["train", "--model", "emonet", "--data", dataset, "--out", out, "--epochs", EPOCHS, "--batch", 8]
    words += ["--small-epochs", 1, "--precision", "float32"]
    command = [sys.executable, "-m", "training", *map(str, words)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        end = time.monotonic() + 300
        while not (out / "state.npz").exists():
            assert first.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        os.kill(first.pid, signal.SIGKILL)
    assert not (out / "model.keras").exists()
    succeed(*words)
    return out


def succeed(*words: object) -> Any:
    """What a command prints that ends with status 0."""
    status, printed, errors = run_command(*words)
    assert status == 0, errors[-2000:]
    return printed


def test_resume(trained: Any) -> None:
    """A killed run goes on after its last whole epoch."""
    lines = (trained / "history.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch", *map(str, range(1, EPOCHS + 1))]
    about = json.loads((trained / "model.json").read_text())
    assert about["labels"] == list(EMOTIONS)
    assert {"label", "votes", "cut_label"} <= set(about["accuracy"])
    assert about["run"]["seed"] == 1


def test_resume_needs_the_same_network(trained: Any, dataset: Path) -> None:
    """A folder that holds a run of another network is refused."""
    status, _, errors = run_command("train", "--model", "vgg9", "--data", dataset, "--out", trained)
    assert status == 1
    assert "holds a run of emonet" in errors


@pytest.fixture(scope="session")
def exported(trained: Any, dataset: Path) -> Any:
    out = trained / "emotion.tflite"
    succeed("export", "--run", trained, "--data", dataset, "--out", out, "--version", "9.9.9")
    return out


def test_export(exported: Any) -> None:
    """The exported file serves, and its card has its version and figures."""
    model = load_model(exported)
    assert model.version == "9.9.9"
    assert model.card["metrics"]["n"] == 40
    assert {"ece", "rank_of_truth", "ferplus", "without_twins"} <= set(model.card["metrics"])
    faces = np.random.default_rng(1).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    rows = Classifier(model).classify(faces)
    assert rows.shape == (3, 6)
    assert rows.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def test_exported_heads(exported: Any) -> None:
    """The answer of the exported file is the calibrated mixture of its heads."""
    model = load_model(exported)
    classifier, calibration = Classifier(model), model.card["calibration"]
    faces = np.random.default_rng(1).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    heads = classifier.answers(faces)
    del heads[ANSWER]
    assert heads.keys() == {"label", "votes"} == calibration["alone"].keys()
    uncalibrated = {name: sharpen(rows, 1 / calibration["alone"][name]) for name, rows in heads.items()}
    mixed = Calibration(calibration["votes_share"], calibration["temperature"]).apply(uncalibrated)
    assert classifier.classify(faces) == pytest.approx(mixed, abs=0.01)


@pytest.fixture(scope="session")
def registered(dataset: Path, folder: Path) -> Any:
    """The dataset's faces, a labelled crop, and a photo of a face, with the finder's landmarks."""
    astronaut = ASSETS / "astronaut.jpg"
    for split in ("train", "dev"):
        crop = folder / "expressions" / split / "happy"
        crop.mkdir(parents=True)
        shutil.copy(astronaut, crop / "one.jpg")
    photos = folder / "photos"
    (photos / "train").mkdir(parents=True)
    columns = [f"{name}_{axis}" for name in POINTS for axis in "xy"]
    header = ["split", "file", "x", "y", "w", "h", *columns, "kind", "source"]
    lines = [",".join(header)]
    names = [f"train/{i}.jpg" for i in range(2)]  # the first is set aside for the finder
    for name in names:
        shutil.copy(astronaut, photos / name)
        lines.append(
            ",".join(["train", name, "180", "60", "100", "130", *[""] * len(columns), "face", "one"])
        )
    (photos / "labels.csv").write_text("\n".join(lines))
    (photos / "photos.csv").write_text("\n".join(["split,file", *(f"train,{name}" for name in names)]))
    out = folder / "registered.npz"
    words = ["register", "--data", dataset, "--expressions", folder / "expressions", "--photos", photos]
    succeed(*words, "--out", out)
    return out


def test_register(registered: Any) -> None:
    """Faces from outside are stored upright with landmarks; faces that the finder does not find without."""
    faces = load(registered)
    assert [(faces.source == source).sum() for source in (FER2013, EXPRESSIONS, PHOTOS)] == [120, 2, 1]
    known = np.asarray(~np.isnan(faces.points).any(axis=(1, 2)))
    assert not known[faces.source == FER2013].any(), "noise has no landmarks"
    assert known[faces.source != FER2013].all()
    for points in faces.points[known]:
        eyes = points[:2]
        assert abs(eyes[0, 1] - eyes[1, 1]) < 1, "the eyes of a registered face are level"
        assert eyes.mean(axis=0) == pytest.approx([32, 8 + 0.389 * 48], abs=3)
    assert faces.labels[faces.source == PHOTOS].tolist() == [UNLABELLED]


@pytest.fixture(scope="session")
def student(registered: Any, exported: Any, folder: Path) -> Path:
    words = ["train", "--model", "emonet_lite", "--registered", registered, "--out", folder / "student"]
    succeed(*words, "--epochs", 1, "--batch", 8, "--precision", "float32", "--teacher", exported)
    return folder / "student"


def test_teacher(student: Path) -> None:
    """A serving file teaches another network, on faces of every source; the run's JSON names it."""
    about = json.loads((student / "model.json").read_text())
    assert about["run"]["teacher"] == ["emotion.tflite"]
    assert about["rows"] == {"FER2013": 80, "expressions": 1, "photos": 1}


def test_two_networks(trained: Any, student: Path, dataset: Path, tmp_path: Path) -> None:
    """Two networks are served as one file: each sees the face once; such a file is not restored."""
    runs, out = (trained, student), tmp_path / "two.tflite"
    succeed("export", "--run", runs[0], "--run", runs[1], "--data", dataset, "--out", out)
    file = load_model(out)
    faces = np.random.default_rng(1).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    networks = [keras.saving.load_model(run / "model.keras", compile=False) for run in runs]
    label = Classifier(file).answers(faces)["label"]
    calibration = file.card["calibration"]["alone"]["label"]
    assert sharpen(label, 1 / calibration) == pytest.approx(predict_heads(networks, faces)["label"], abs=0.02)
    assert [one["name"] for one in file.card["networks"]] == [network.name for network in networks]
    status, _, errors = run_command("restore", "--model", out, "--data", dataset, "--out", tmp_path)
    assert status == 1
    assert "can be restored" in errors


@pytest.fixture(scope="session")
def restored(exported: Any, dataset: Path, folder: Path) -> Any:
    succeed("restore", "--model", exported, "--data", dataset, "--out", folder / "restored")
    return folder / "restored" / "model.keras"


def test_restore(restored: Any, trained: Any, folder: Path) -> None:
    """A network restored from its serving file answers as it did."""
    figures = []
    for number, model in enumerate((trained / "model.keras", restored)):
        out = folder / f"{number}.json"
        succeed("evaluate", "--model", model, "--csv", folder / "fer.csv", "--json", out)
        figures.append(json.loads(out.read_text()))
    assert figures[1]["log_loss"] == pytest.approx(figures[0]["log_loss"], abs=0.01)
    assert figures[1]["ece"] == pytest.approx(figures[0]["ece"], abs=0.02)


def test_start(restored: Any, trained: Any, dataset: Path, folder: Path) -> None:
    """Training starts from a restored network, and adds its training time to the new run's."""
    words = ["train", "--model", "emonet", "--data", dataset, "--out", folder / "second", "--epochs", 1]
    succeed(*words, "--batch", 8, "--start", restored, "--rate", 1e-9, "--precision", "float32")
    about, before = (json.loads((f / "model.json").read_text()) for f in (folder / "second", trained))
    card = json.loads((trained / "emotion.json").read_text())
    assert about["run"]["start"] == {"folder": "restored", "version": "9.9.9", "sha256": card["sha256"]}
    assert about["train_seconds"] > before["train_seconds"]
    assert about["accuracy"] == before["accuracy"], "started from random weights"


@pytest.mark.parametrize("wrong", ["vgg9", "no JSON", "another run"])
def test_start_refused(wrong: Any, restored: Any, trained: Any, dataset: Path, tmp_path: Path) -> None:
    """A starting point that does not fit the run is an error before any training."""
    start, out, model = tmp_path / "model.keras", tmp_path / "run", "emonet"
    shutil.copy(restored, start)
    if wrong == "vgg9":
        model = "vgg9"
    if wrong == "another run":
        out = trained
    if wrong != "no JSON":
        shutil.copy(restored.with_suffix(".json"), start.with_suffix(".json"))
    words = ["train", "--model", model, "--data", dataset, "--out", out, "--start", start]
    status, _, errors = run_command(*words)
    assert status == 1
    expected = {"vgg9": "other layers than vgg9", "no JSON": "model.json", "another run": "another --start"}
    assert expected[wrong] in errors.splitlines()[-1]


def test_evaluate_without_tensorflow(exported: Any, folder: Path) -> None:
    """Evaluate repeats the card's figures where TensorFlow and Keras cannot be imported."""
    out = folder / "figures.json"
    words = ["evaluate", "--model", exported, "--csv", folder / "fer.csv", "--ferplus", folder / "plus.csv"]
    done = without_tensorflow(*words, "--json", out)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    assert figures == json.loads(json.dumps(load_model(exported).card["metrics"]))
    assert "FER+ majority" in done.stdout
    assert "the votes head alone: labels " in done.stdout


def test_evaluate_folders(exported: Any, tmp_path: Path) -> None:
    """Evaluate reads folders of face crops and of whole photos, and names the folders it leaves out."""
    for label, photo in (("happiness", "astronaut.jpg"), ("neutral", "grace_hopper.jpg")):
        (tmp_path / label).mkdir()
        (tmp_path / label / photo).write_bytes((ROOT / "tests/assets" / photo).read_bytes())
    (tmp_path / "contempt").mkdir()
    crops = evaluate_folder(exported, tmp_path, tmp_path / "crops.json")
    assert crops["n"] == 2
    photos = evaluate_folder(exported, tmp_path, tmp_path / "photos.json", "--detect")
    assert photos["photos"] == {"read": 2, "unreadable": 0, "without_face": 0}
    assert [sum(row) for row in photos["confusion"]] == [0, 0, 1, 0, 0, 1]


def evaluate_folder(model: Any, folder: Path, out: Any, *more: object) -> Any:
    text = succeed("evaluate", "--model", model, "--images", folder, "--json", out, *more)
    assert "left out: contempt/" in text
    return json.loads(out.read_text())


def test_compare_networks(trained: Any, dataset: Path, tmp_path: Path) -> None:
    """Compare trains the networks that are not finished, with either output, and takes those that are."""
    shutil.copytree(trained, tmp_path / "runs" / "emonet")
    words = ["compare", "--data", dataset, "--out", tmp_path / "out", "--runs", tmp_path / "runs"]
    text = succeed(*words, "--methods", "simple3-sigmoid", "baseline4", "emonet", "--epochs", 1)
    results = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert "1 epochs, peak rate 0.12, sigmoid" in results["simple3-sigmoid"]["about"]
    assert results["baseline4"]["parameters"] > 4_000_000
    assert results["emonet"]["about"].startswith(f"{EPOCHS} epochs")
    assert not (tmp_path / "out" / "emonet").exists()
    assert "| simple3 | – | – |" in text


def test_report_of_a_network(trained: Any, dataset: Path, tmp_path: Path) -> None:
    """Report draws the feature maps and the learning curves of a trained network."""
    succeed("report", tmp_path, "--data", dataset, "--model", trained / "model.keras", "--runs", trained)
    assert (tmp_path / "faces" / "features.png").stat().st_size > 5000
    assert (tmp_path / "learning.png").exists()


def without_tensorflow(*words: object) -> Any:
    script = (
        "import runpy, sys; sys.modules['tensorflow'] = sys.modules['keras'] = None;"
        "sys.argv[0] = 'training'; runpy.run_module('training', run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["train", "export"])
def test_missing_tensorflow(name: Any) -> None:
    """Without TensorFlow the command prints how to install it."""
    done = without_tensorflow(name)
    assert done.returncode == 1
    assert "pip install --require-hashes -r requirements/training.txt" in done.stderr
    assert "Traceback" not in done.stderr


def test_bad_file(tmp_path: Path) -> None:
    """A bad file is one line on stderr, not a traceback."""
    (tmp_path / "bad.csv").write_text("emotion,pixels,Usage\n3,1 2,Training\n")
    command = [sys.executable, "-m", "training", "data", "--csv", str(tmp_path / "bad.csv")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "data: row 1: 2 pixels instead of 2304"
