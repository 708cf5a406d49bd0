"""A reading → the answer that clients get, in pixels of the upright original."""

from typing import Any

import pydantic_core

from services.common.prediction import Prediction, StreamPrediction
from services.emotions import EMOTIONS
from services.inference.face import POINTS, Face
from services.inference.pipeline import FaceReading, Reading
from services.inference.runtime import Model


def to_prediction(reading: Reading, model: Model) -> Prediction:
    return Prediction.model_validate(_answer(reading, model))


def to_json(reading: Reading, model: Model) -> bytes:
    """The Prediction as JSON, without the time that validating our own answer takes."""
    return pydantic_core.to_json(_answer(reading, model))


def to_stream_prediction(reading: Reading, model: Model, frame: int) -> StreamPrediction:
    """`frame` is the number of the frame that was read."""
    answer = _answer(reading, model)
    faces = [{**face, "id": one.id} for face, one in zip(answer["faces"], reading.faces, strict=True)]
    return StreamPrediction.model_validate({**answer, "faces": faces, "frame": frame})


def _answer(reading: Reading, model: Model) -> dict[str, Any]:
    times = reading.times
    faces = [_describe(reading, face, model) for face in reading.faces]
    main = faces[0] if faces else {"emotion": None, "probabilities": None}
    timings = {
        "decode": times.decode,
        "detect": times.detect,
        "classify": times.align + times.classify,
        "total": times.total,
    }
    return {
        "emotion": main["emotion"],
        "probabilities": main["probabilities"],
        "faces": faces,
        "image": {"width": reading.width, "height": reading.height},
        "model": {"name": model.name, "version": model.version},
        "timings_ms": {name: round(1000 * seconds, 2) for name, seconds in timings.items()},
    }


def _describe(reading: Reading, one: FaceReading, model: Model) -> dict[str, Any]:
    best = int(one.probabilities.argmax())
    confidence = round(float(one.probabilities[best]), 5)
    because = ["covered"] * one.face.covered
    because += ["confidence"] * (confidence < float(model.card["uncertain_below"]))
    return {
        "box": _whole(reading) if one.face.score is None else _box(reading, one.face),
        "detection_score": None if one.face.score is None else round(one.face.score, 3),
        "landmarks": _landmarks(reading, one.face),
        "emotion": EMOTIONS[best],
        "confidence": confidence,
        "probabilities": {
            name: round(float(p), 5) for name, p in zip(EMOTIONS, one.probabilities, strict=True)
        },
        "uncertain": bool(because),
        "uncertain_because": because,
    }


def _whole(reading: Reading) -> dict[str, int]:
    return {"x": 0, "y": 0, "width": reading.width, "height": reading.height}


def _box(reading: Reading, face: Face) -> dict[str, int]:
    """The face's square, cut at the picture's edges."""
    left, top = round(face.x * reading.scale), round(face.y * reading.scale)
    right, bottom = left + round(face.side * reading.scale), top + round(face.side * reading.scale)
    x, y = min(max(0, left), reading.width - 1), min(max(0, top), reading.height - 1)
    return {
        "x": x,
        "y": y,
        "width": max(1, min(right, reading.width) - x),
        "height": max(1, min(bottom, reading.height) - y),
    }


def _landmarks(reading: Reading, face: Face) -> dict[str, dict[str, int]] | None:
    """They may lie beyond the edge, where the picture cuts the face."""
    if face.landmarks is None:
        return None
    return {
        name: {"x": round(x * reading.scale), "y": round(y * reading.scale)}
        for name, (x, y) in zip(POINTS, face.landmarks, strict=True)
    }
