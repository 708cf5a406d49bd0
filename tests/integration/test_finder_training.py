"""The face finder from labelled photos to serving file: a tiny run, killed in its second epoch."""

import argparse
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from services.inference.decode import decode
from services.inference.detect import Detector
from services.inference.model import FINDER_FILE
from services.inference.runtime import Network, load_network
from tests.helpers.labelled import write
from tests.helpers.pictures import ASTRONAUT
from training import finder

ROOT = Path(__file__).parent.parent.parent
EPOCHS = 2

pytestmark = [
    pytest.mark.training,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Keras' and TensorFlow's own code
]


def run(*words: object) -> None:
    parser = argparse.ArgumentParser()
    finder.add_arguments(parser)
    finder.main(parser.parse_args(list(map(str, words))))


def children(pid: int) -> list[str]:
    """Ids of the processes that `pid` started."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def train(folder: Path, out: str) -> list[object]:
    sizes = ["--epochs", EPOCHS, "--steps", 16, "--batch", 4, "--side", 96, "--small-side", 64]
    rest = ["--small-epochs", 1, "--validate-every", 1, "--precision", "float32"]
    return ["train", "--photos", folder, "--out", folder / out, *sizes, *rest]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, a run that went through, and one that was killed after its first epoch and started again."""
    folder = write(tmp_path_factory.mktemp("finder") / "photos")
    run(*train(folder, "whole"))
    words = train(folder, "killed")
    state = folder / "killed" / "state.npz"
    command = [sys.executable, "-m", "training", "finder", *map(str, words)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        end = time.monotonic() + 300
        while not state.exists():
            assert first.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
        helpers = children(first.pid)
        first.kill()
    with np.load(state) as left:
        assert len(json.loads(str(left["history"]))) < EPOCHS
    run(*words)
    assert helpers
    assert not any(Path(f"/proc/{pid}").exists() for pid in helpers)
    return folder


def test_a_killed_run_ends_like_one_that_went_through(folder: Path) -> None:
    """The same weights, averages and history."""
    with np.load(folder / "whole" / "state.npz") as whole, np.load(folder / "killed" / "state.npz") as killed:
        assert set(whole) == set(killed)
        for name in set(whole) - {"history"}:
            assert np.allclose(whole[name], killed[name], rtol=1e-5, atol=1e-6), name
        history = [json.loads(str(state["history"])) for state in (whole, killed)]
    assert [[row["epoch"] for row in rows] for rows in history] == [[1, 2], [1, 2]]


def test_a_run_can_begin_from_weights(folder: Path) -> None:
    """At a rate of zero the kernels stay as they were in the network that `--start` names."""
    best = folder / "whole" / "best.npz"
    run(*train(folder, "started"), "--start", folder / "whole" / "model.keras", "--rate", 0.0)
    with np.load(best) as before, np.load(folder / "started" / "best.npz") as after:
        kernels = [name for name in before if before[name].ndim == 4]
        assert kernels
        assert all(np.allclose(before[name], after[name], atol=1e-6) for name in kernels)


def test_a_restored_network_answers_as_its_file(folder: Path) -> None:
    """The shipped file's network, with its normalisations restored, gives the numbers that the file gives."""
    run("restore", "--model", FINDER_FILE, "--photos", folder, "--out", folder / "restored.keras")
    model = keras.saving.load_model(folder / "restored.keras", compile=False)
    picture = (
        decode(ASTRONAUT.read_bytes(), 10_000_000).grey[:288, 64:416].astype(np.float32)[None, ..., None]
    )
    network = Network(load_network(FINDER_FILE), picture.shape)
    network.run(picture)
    (output,) = network.outputs.values()
    served, restored = network.result(output)[0], np.asarray(model(picture))[0]
    assert (served[:, 0] > 0).any()  # there is a face
    assert np.corrcoef(served[:, 0], restored[:, 0])[0, 1] > 0.99
    assert np.abs(served - restored)[served[:, 0] > 0].max() < 0.3  # the file's arithmetic is of eight bits


def test_the_exported_file_is_served(folder: Path) -> None:
    """The card's checksum and figures belong to the file, and detection runs on it."""
    out, best = folder / "finder.tflite", folder / "killed" / "best.npz"
    with np.load(
        best
    ) as weights:  # so early it sees faces everywhere, which no threshold mends: let it see none
        np.savez(best, **{name: w - 1e6 if w.shape == (1,) else w for name, w in dict(weights).items()})
    run("export", "--run", folder / "killed", "--photos", folder, "--out", out)
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert card["metrics"]["dev"]["faces"] == 4
    assert card["metrics"]["dev"]["photos_without"] == 6
    assert card["metrics"]["dev"]["false_per_100_photos"] == card["metrics"]["dev"]["recall"] == 0
    assert card["parameters"] <= 300_000
    assert out.stat().st_size < 1_000_000
    detector = Detector("network", load_network(out))
    assert isinstance(detector.detect(np.full((120, 160), 90, np.uint8)), list)
