"""Turns photos into rows of the table, in a worker. A bad photo costs one row."""

import stat
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import cv2
from distributed import Worker, WorkerPlugin, get_worker

from services.common.prediction import FacePrediction, Prediction
from services.common.problems import ServiceError, TooLargeError
from services.inference.answers import to_prediction
from services.inference.folders import printable
from services.inference.pipeline import Limits, Pipeline
from services.inference.runtime import Model

Row = dict[str, Any]
"""Columns of table.SCHEMA; missing ones are null."""

FACE, NO_FACE, FAILED = "face", "no_face", "failed"
DIED: Final = "worker_died"


class Reader(WorkerPlugin):
    """The pipeline in every worker process; carries the model, so that all machines use the same."""

    def __init__(self, name: str, model: Model, limits: Limits, max_bytes: int) -> None:
        self.name = name
        self._model, self._limits, self._max_bytes = model, limits, max_bytes

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 # Dask passes it
        cv2.setNumThreads(1)  # there is a process per core already
        self._own = threading.local()
        self._pipeline()  # fails at once if this machine cannot read photos

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002 # likewise
        cv2.setNumThreads(-1)

    def read(self, root: Path, name: str) -> list[Row]:
        """A row per face, the largest first; else one row: no face, or the failure."""
        try:
            content = _content(root / name, self._max_bytes)
            prediction = to_prediction(self._pipeline().predict(content), self._model)
        except ServiceError as error:
            return [failure(name, error.code, str(error))]
        except FileNotFoundError:
            return [failure(name, "missing", "there is no such file")]
        except OSError as error:
            return [failure(name, "unreadable_file", error.strerror or "the file cannot be read")]
        except Exception as error:  # noqa: BLE001 # the other photos must be read
            return [failure(name, "internal", type(error).__name__)]
        return _describe(name, prediction)

    def _pipeline(self) -> Pipeline:
        """One per thread: a pipeline is not thread-safe, and a cluster's workers may have several threads."""
        if not hasattr(self._own, "pipeline"):
            self._own.pipeline = Pipeline(self._model, self._limits)
        pipeline: Pipeline = self._own.pipeline
        return pipeline


def read_photos(reader: str, root: Path, names: Sequence[str]) -> list[Row]:
    """The rows of `names` in order, read by the worker's plugin `reader`."""
    plugin = cast("Reader", get_worker().plugins[reader])
    return [row for name in names for row in plugin.read(root, name)]


def _describe(name: str, prediction: Prediction) -> list[Row]:
    photo = {
        "path": printable(name),
        "status": FACE if prediction.faces else NO_FACE,
        "faces": len(prediction.faces),
        "image_width": prediction.image.width,
        "image_height": prediction.image.height,
    }
    return [photo | _face(number, face) for number, face in enumerate(prediction.faces)] or [photo]


def failure(name: str, code: str, detail: str) -> Row:
    return {"path": printable(name), "status": FAILED, "error": code, "detail": detail}


def _face(number: int, face: FacePrediction) -> Row:
    values = face.model_dump(exclude={"landmarks"})
    return {"face": number, **values.pop("box"), **values.pop("probabilities"), **values}


def _content(path: Path, max_bytes: int) -> bytes:
    """Never a pipe or a device, which may be endless."""
    info = path.stat()
    if not stat.S_ISREG(info.st_mode):
        raise IsADirectoryError(None, "not a file")
    if info.st_size > max_bytes:
        raise TooLargeError(f"the file has {info.st_size:,} bytes; at most {max_bytes:,} are read")
    return path.read_bytes()
