"""Every figure of a serving file that its card gives, measured on the file itself."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from services.emotions import EMOTIONS
from services.inference.classify import ANSWER, Classifier
from training.dataset import Faces, Images
from training.measure import folders, metrics
from training.measure.degrade import DEGRADATIONS, detect_again
from training.measure.face_databases import find_pictures
from training.measure.metrics import Probabilities
from training.measure.summary import describe_head, measure_split
from training.network.calibration import Calibration, calibrate, fit_alone, sharpen

HALVES: Final = (slice(0, None, 2), slice(1, None, 2))
COMMON: Final = 30
"""Emotions with fewer faces in a database are left out of its mean recall."""


def measure_file(
    model: Classifier, calibration: Calibration, faces: Faces, photos: Path | None
) -> dict[str, Any]:
    """The card's figures of `model`, on PublicTest of `faces` and, as DIR/<label>/*, on labelled `photos`."""
    valid = faces.only("PublicTest")
    figures = {
        "metrics": measure_split(model, faces, "PublicTest"),
        "cross_fitted": _cross_fitted(
            model.answers(valid.images), model.answers(detect_again(valid.images)), calibration, valid
        ),
        "accuracy_every_sixth": round(accuracy(model, valid.rows(slice(None, None, 6))), 4),
        "degraded": {name: _degraded(model, valid, name) for name in DEGRADATIONS},
    }
    if photos:
        figures["photos"] = _photos(model, photos)
    return figures


def accuracy(model: Classifier, faces: Faces, images: Images | None = None) -> float:
    """Share of right answers, by `faces`' labels; `images` are those faces otherwise framed."""
    answers = model.classify(faces.images if images is None else images)
    return float((answers.argmax(axis=1) == faces.labels).mean())


def _degraded(model: Classifier, valid: Faces, name: str) -> list[float]:
    """Accuracy on degraded faces: as they are framed, and as the service finds and cuts them."""
    images = DEGRADATIONS[name](valid.images)
    return [round(accuracy(model, valid, some), 4) for some in (images, detect_again(images))]


def _cross_fitted(
    framed: dict[str, Probabilities],
    served: dict[str, Probabilities],
    calibration: Calibration,
    valid: Faces,
) -> dict[str, Any]:
    """Calibration figures over all rows, each half with the temperatures and threshold of the other.

    What the threshold keeps is counted among the faces as the service finds and registers them.
    """
    heads, served_heads = (
        {name: sharpen(answers[name], 1 / one) for name, one in calibration.alone.items()}
        for answers in (framed, served)
    )
    answer, registered = np.empty_like(framed[ANSWER]), np.empty_like(framed[ANSWER])
    kept = np.empty(len(valid.labels), np.bool_)
    alone = {name: np.empty_like(rows) for name, rows in heads.items()}
    for held_out, fitted_on in zip(HALVES, reversed(HALVES), strict=True):
        seen, seen_served = (
            {name: rows[fitted_on] for name, rows in some.items()} for some in (heads, served_heads)
        )
        fitted = calibrate(seen, seen_served, valid.rows(fitted_on), calibration.votes_share)
        answer[held_out] = fitted.apply({name: rows[held_out] for name, rows in heads.items()})
        registered[held_out] = fitted.apply({name: rows[held_out] for name, rows in served_heads.items()})
        kept[held_out] = registered[held_out].max(axis=1) >= fitted.uncertain_below
        for name, temperature in fit_alone(seen, valid.rows(fitted_on)).items():
            alone[name][held_out] = sharpen(heads[name][held_out], temperature)
    votes = valid.six_votes()
    clear, voted = metrics.majority(votes)
    right = registered.argmax(axis=1) == valid.labels
    figures = {
        **_calibration_figures(answer, valid.labels),
        "kept_share": round(float(kept.mean()), 4),
        "kept_accuracy": round(float(right[kept].mean()), 4) if kept.any() else None,
        "heads": {"label": {"labels": describe_head(alone["label"], valid.labels)}},
    }
    if clear.any():
        shares = votes[clear] / votes[clear].sum(axis=1, keepdims=True)
        figures["ferplus"] = _calibration_figures(answer[clear], voted[clear])
        figures["ferplus"]["kl_to_votes"] = round(metrics.kl_to_votes(answer[clear], shares), 4)
        if "votes" in alone:
            figures["heads"]["votes"] = {"ferplus": describe_head(alone["votes"][clear], voted[clear])}
    return figures


def _calibration_figures(answers: Probabilities, labels: metrics.Labels) -> dict[str, Any]:
    figures = metrics.describe(answers, labels)
    return {name: figures[name] for name in ("n", "accuracy", *sorted(metrics.NEED_PROBABILITIES))}


def _photos(model: Classifier, folder: Path) -> dict[str, Any]:
    """Accuracy, and mean recall of the common emotions, on the main face that the service finds."""
    pictures = find_pictures(folder, "folders")
    crops, found = folders.find_faces(pictures)
    labels = np.array([picture.label for picture in pictures], np.int8)
    figures = metrics.describe(model.classify(crops[found]), labels[found])
    recalls = {n: one for n, one in figures["per_class"].items() if one["n"] >= COMMON}
    return {
        "n": figures["n"],
        "without_face": int((~found).sum()),
        "accuracy": figures["accuracy"],
        "interval_95": figures["interval_95"],
        "recalls": {name: recalls[name]["recall"] for name in EMOTIONS if name in recalls},
        "mean_recall": round(float(np.mean([one["recall"] for one in recalls.values()])), 4),
    }
