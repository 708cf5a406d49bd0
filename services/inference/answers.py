"""A reading → the answer that clients get, in pixels of the upright original."""

from typing import Any

from services.common.prediction import Prediction, StreamPrediction
from services.emotions import EMOTIONS
from services.inference.decode import Photo
from services.inference.face import POINTS, Face
from services.inference.pipeline import FaceReading, Reading
from services.inference.runtime import Model


def to_prediction(reading: Reading, model: Model) -> Prediction:
    return Prediction.model_validate(_answer(reading, model))


def to_stream_prediction(reading: Reading, model: Model, frame: int) -> StreamPrediction:
    """`frame` is the number of the frame that was read."""
    answer = _answer(reading, model)
    faces = [{**face, "id": one.id} for face, one in zip(answer["faces"], reading.faces, strict=True)]
    return StreamPrediction.model_validate({**answer, "faces": faces, "frame": frame})


def _answer(reading: Reading, model: Model) -> dict[str, Any]:
    photo, times = reading.photo, reading.times
    faces = [_describe(photo, face, model) for face in reading.faces]
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
        "image": {"width": photo.width, "height": photo.height},
        "model": {"name": model.name, "version": model.version},
        "timings_ms": {name: round(1000 * seconds, 2) for name, seconds in timings.items()},
    }


def _describe(photo: Photo, one: FaceReading, model: Model) -> dict[str, Any]:
    best = int(one.probabilities.argmax())
    confidence = round(float(one.probabilities[best]), 5)
    because = ["covered"] * one.face.covered
    because += ["confidence"] * (confidence < float(model.card["uncertain_below"]))
    return {
        "box": _whole(photo) if one.face.score is None else _box(photo, one.face),
        "detection_score": None if one.face.score is None else round(one.face.score, 3),
        "landmarks": _landmarks(photo, one.face),
        "emotion": EMOTIONS[best],
        "confidence": confidence,
        "probabilities": {
            name: round(float(p), 5) for name, p in zip(EMOTIONS, one.probabilities, strict=True)
        },
        "uncertain": bool(because),
        "uncertain_because": because,
    }


def _whole(photo: Photo) -> dict[str, int]:
    return {"x": 0, "y": 0, "width": photo.width, "height": photo.height}


def _box(photo: Photo, face: Face) -> dict[str, int]:
    """The face's square, cut at the picture's edges."""
    left, top = round(face.x * photo.scale), round(face.y * photo.scale)
    right, bottom = left + round(face.side * photo.scale), top + round(face.side * photo.scale)
    x, y = min(max(0, left), photo.width - 1), min(max(0, top), photo.height - 1)
    return {
        "x": x,
        "y": y,
        "width": max(1, min(right, photo.width) - x),
        "height": max(1, min(bottom, photo.height) - y),
    }


def _landmarks(photo: Photo, face: Face) -> dict[str, dict[str, int]] | None:
    """They may lie beyond the edge, where the picture cuts the face."""
    if face.landmarks is None:
        return None
    return {
        name: {"x": round(x * photo.scale), "y": round(y * photo.scale)}
        for name, (x, y) in zip(POINTS, face.landmarks, strict=True)
    }
