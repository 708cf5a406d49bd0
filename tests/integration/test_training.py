"""The training commands from csv to serving file, on a tiny made-up dataset, killed half-way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from services.emotions import EMOTIONS
from services.inference.classify import Classifier, load_model
from training.network.calibration import Calibration, sharpen

ROOT = Path(__file__).parent.parent.parent
EPOCHS = 3

pytestmark = [pytest.mark.training, pytest.mark.timeout(600)]


def command(*words):
    return [sys.executable, "-m", "training", *map(str, words)]


def run(*words):
    done = subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A fer2013.csv and FER+ votes: noise with a mark that tells the class."""
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


@pytest.fixture(scope="module")
def dataset(folder):
    table = run(
        "data", "--csv", folder / "fer.csv", "--ferplus", folder / "plus.csv", "--out", folder / "f.npz"
    )
    assert table.splitlines()[1].split() == ["Angry", "24", "11"]
    return folder / "f.npz"


@pytest.fixture(scope="module")
def finished(folder, dataset):
    """A run that was killed as hard as can be after its first epoch, and started again."""
    out = folder / "run"
    words = ["train", "--model", "emonet", "--data", dataset, "--out", out, "--epochs", EPOCHS, "--batch", 8]
    words += ["--small-epochs", 1, "--precision", "float32"]
    with subprocess.Popen(
        command(*words), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as first:
        end = time.monotonic() + 300
        while not (out / "state.npz").exists():
            assert first.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        os.kill(first.pid, signal.SIGKILL)
    assert not (out / "model.keras").exists()
    run(*words)
    return out


def test_a_killed_run_goes_on_after_its_last_whole_epoch(finished):
    lines = (finished / "history.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch", *map(str, range(1, EPOCHS + 1))]
    about = json.loads((finished / "model.json").read_text())
    assert about["labels"] == list(EMOTIONS)
    assert set(about["accuracy_public_test"]) == {"label", "votes"}
    assert about["run"]["seed"] == 1


def test_a_folder_of_another_network_is_not_gone_on_with(finished, dataset):
    words = ["train", "--model", "vgg9", "--data", dataset, "--out", finished]
    refused = subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "holds a run of emonet" in refused.stderr


def test_a_finished_network_teaches_another(finished, dataset, folder):
    teacher = folder / "teacher.npz"
    assert "of Training" in run("teach", "--run", finished, "--data", dataset, "--out", teacher)
    words = ["train", "--model", "emonet", "--data", dataset, "--out", folder / "student", "--epochs", 1]
    run(*words, "--batch", 8, "--small-epochs", 1, "--teacher", teacher)
    about = json.loads((folder / "student" / "model.json").read_text())
    assert about["run"]["teacher"] == "teacher.npz"


@pytest.fixture(scope="module")
def exported(finished, dataset):
    out = finished / "emotion.tflite"
    run("export", "--run", finished, "--data", dataset, "--out", out, "--version", "9.9.9")
    return out


def test_the_exported_file_serves_and_its_card_describes_it(exported):
    model = load_model(exported)
    assert model.version == "9.9.9"
    assert model.card["metrics"]["n"] == 40
    assert {"ece", "rank_of_truth", "ferplus", "without_twins"} <= set(model.card["metrics"])
    faces = np.random.default_rng(1).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    rows = Classifier(model).classify(faces)
    assert rows.shape == (3, 6)
    assert rows.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def test_the_heads_in_the_exported_file_are_those_that_its_answer_mixes(exported):
    model = load_model(exported)
    classifier, calibration = Classifier(model), model.card["calibration"]
    faces = np.random.default_rng(1).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    heads = classifier.heads(faces)
    assert heads.keys() == {"label", "votes"} == calibration["alone"].keys()
    said = {name: sharpen(rows, 1 / calibration["alone"][name]) for name, rows in heads.items()}
    mixed = Calibration(calibration["votes_share"], calibration["temperature"]).apply(said)
    assert classifier.classify(faces) == pytest.approx(mixed, abs=0.01)


@pytest.fixture(scope="module")
def restored(exported, dataset, folder):
    run("restore", "--model", exported, "--data", dataset, "--out", folder / "restored")
    return folder / "restored" / "model.keras"


def test_a_network_restored_from_its_serving_file_says_what_it_said(restored, finished, folder):
    figures = [
        json_figures(model, folder, folder / f"{number}.json")
        for number, model in enumerate((finished / "model.keras", restored))
    ]
    assert figures[1]["nll"] == pytest.approx(figures[0]["nll"], abs=0.01)
    assert figures[1]["ece"] == pytest.approx(figures[0]["ece"], abs=0.02)


def json_figures(model, folder, out):
    run("evaluate", "--model", model, "--csv", folder / "fer.csv", "--json", out)
    return json.loads(out.read_text())


def test_training_goes_on_from_a_restored_network(restored, finished, dataset, folder):
    words = ["train", "--model", "emonet", "--data", dataset, "--out", folder / "second", "--epochs", 1]
    run(*words, "--batch", 8, "--start", restored, "--rate", 1e-9, "--precision", "float32")
    about, before = (json.loads((f / "model.json").read_text()) for f in (folder / "second", finished))
    card = json.loads((finished / "emotion.json").read_text())
    assert about["run"]["start"] == {"folder": "restored", "version": "9.9.9", "sha256": card["sha256"]}
    assert about["train_seconds"] > before["train_seconds"]
    assert about["accuracy_public_test"] == before["accuracy_public_test"], "began from chance"


@pytest.mark.parametrize("wrong", ["vgg9", "no JSON", "another run"])
def test_a_run_is_begun_only_from_what_fits_it(wrong, restored, finished, dataset, tmp_path):
    """Said before anything is trained."""
    start, out, model = tmp_path / "model.keras", tmp_path / "run", "emonet"
    shutil.copy(restored, start)
    if wrong == "vgg9":
        model = "vgg9"
    if wrong == "another run":
        out = finished
    if wrong != "no JSON":
        shutil.copy(restored.with_suffix(".json"), start.with_suffix(".json"))
    words = ["train", "--model", model, "--data", dataset, "--out", out, "--start", start]
    refused = subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    said = {"vgg9": "is emonet, not vgg9", "no JSON": "model.json", "another run": "another --start"}
    assert said[wrong] in refused.stderr.splitlines()[-1]


def test_evaluate_repeats_the_cards_figures_without_tensorflow(exported, folder):
    """In an interpreter in which TensorFlow and Keras cannot be imported."""
    out = folder / "figures.json"
    words = ["evaluate", "--model", exported, "--csv", folder / "fer.csv", "--ferplus", folder / "plus.csv"]
    done = without_tensorflow(*words, "--json", out)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    assert figures == json.loads(json.dumps(load_model(exported).card["metrics"]))
    assert "FER+ majority" in done.stdout
    assert "the votes head alone: labels " in done.stdout


def test_evaluate_reads_folders_of_faces_and_of_photos(exported, tmp_path):
    for label, photo in (("happiness", "astronaut.jpg"), ("neutral", "grace_hopper.jpg")):
        (tmp_path / label).mkdir()
        (tmp_path / label / photo).write_bytes((ROOT / "tests/assets" / photo).read_bytes())
    (tmp_path / "contempt").mkdir()
    crops = json_of(exported, tmp_path, tmp_path / "crops.json")
    assert crops["n"] == 2
    photos = json_of(exported, tmp_path, tmp_path / "photos.json", "--detect")
    assert photos["photos"] == {"read": 2, "unreadable": 0, "without_face": 0}
    assert [sum(row) for row in photos["confusion"]] == [0, 0, 1, 0, 0, 1]


def json_of(model, folder, out, *more):
    text = run("evaluate", "--model", model, "--images", folder, "--json", out, *more)
    assert "left out: contempt/" in text
    return json.loads(out.read_text())


def test_compare_trains_what_is_not_finished_and_takes_what_is(finished, dataset, tmp_path):
    """The report's first network and its appendix's, with either output, beside a finished emonet."""
    shutil.copytree(finished, tmp_path / "runs" / "emonet")
    words = ["compare", "--data", dataset, "--out", tmp_path / "out", "--runs", tmp_path / "runs"]
    text = run(*words, "--methods", "simple3-sigmoid", "baseline4", "emonet", "--epochs", 1)
    results = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert "1 epochs, peak rate 0.12, sigmoid" in results["simple3-sigmoid"]["about"]
    assert results["baseline4"]["parameters"] > 4_000_000
    assert results["emonet"]["about"].startswith(f"{EPOCHS} epochs")
    assert not (tmp_path / "out" / "emonet").exists()
    assert "| simple3 | – | – |" in text


def test_report_shows_what_the_network_makes_of_a_face(finished, dataset, tmp_path):
    run("report", tmp_path, "--data", dataset, "--model", finished / "model.keras", "--runs", finished)
    assert (tmp_path / "faces" / "features.png").stat().st_size > 5000
    assert (tmp_path / "learning.png").exists()


def without_tensorflow(*words):
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
def test_without_tensorflow_the_command_says_how_to_install_it(name):
    done = without_tensorflow(name)
    assert done.returncode == 1
    assert "pip install --require-hashes -r requirements/training.txt" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_file_is_one_line_not_a_traceback(tmp_path):
    (tmp_path / "bad.csv").write_text("emotion,pixels,Usage\n3,1 2,Training\n")
    done = subprocess.run(
        command("data", "--csv", tmp_path / "bad.csv"), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "data: row 1: 2 pixels instead of 2304"
