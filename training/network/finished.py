"""What is written of a network that has been trained: its weights, its figures, how it came about."""

from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from services.emotions import EMOTIONS
from training.files import git_commit, write_json
from training.registered import DEV, EXPRESSIONS, FER2013, SOURCES, TRAIN, Registered

MIN_FACES: Final = 30


def write_finished(
    model: keras.Model, folder: Path, settings: dict[str, Any], faces: Registered, seconds: float
) -> Path:
    """`model.keras` in float32 with `model.json` beside it, as `export` reads them; its path."""
    path = folder / "model.keras"
    taught, valid = (faces.source[faces.split == TRAIN], faces.rows(faces.split == DEV))
    model.save(path)
    about = {
        "name": model.name,
        "labels": list(EMOTIONS),
        "parameters": model.count_params(),
        "run": settings,
        "rows": {name: int((taught == number).sum()) for number, name in enumerate(SOURCES)},
        "commit": git_commit(),
        "train_seconds": round(seconds),
        "accuracy": accuracies(model, valid),
    }
    write_json(path.with_suffix(".json"), about)
    return path


def accuracies(model: keras.Model, faces: Registered) -> dict[str, float]:
    """Share of the labels that each head puts first.

    By its name alone of FER2013's faces as they are framed, `cut_…` of the same registered, `out_…` of
    registered faces from outside, as the mean over the emotions that at least MIN_FACES of them have.
    """
    figures = {}
    framings = {
        "": (faces.rows(faces.source == FER2013), False),
        "cut_": (faces.rows(faces.source == FER2013), True),
        "out_": (faces.rows(faces.source == EXPRESSIONS), True),
    }
    for framing, (some, by_landmarks) in framings.items():
        if not len(some.labels):
            continue
        crops = some.cut() if by_landmarks else some.crops()
        outputs = model.predict(crops[..., None].astype(np.float32), batch_size=512, verbose=0)
        for name, p in outputs.items():
            right = p.argmax(axis=1) == some.labels
            if framing == "out_":
                common = [e for e in range(p.shape[1]) if (some.labels == e).sum() >= MIN_FACES]
                share = np.mean([right[some.labels == e].mean() for e in common])
            else:
                share = right.mean()
            figures[f"{framing}{name}"] = float(share)
    return figures
