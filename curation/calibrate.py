"""Fits the linear model that places songs, on songs that listeners and editors have placed.

    python -m curation calibrate SOURCES NEW

SOURCES holds songs.csv of the Deezer mood dataset, NEW/songs/ the other sources. A ridge regression, weighed
by how much is known of a song, with ten-fold cross-validation; writes tables/song_model.csv.
"""

import csv
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from curation import song_places
from curation.known import known_works
from curation.sources.reading import rows
from curation.terms import TABLES
from curation.titles import song_key

Array = NDArray[np.float64]

PENALTY: Final = 8.0
FOLDS: Final = 10
LEAST_SONGS: Final = 8
"""A feature that fewer songs have is left out."""


def calibrate(sources: Path, new: Path) -> dict[str, float]:
    """Write the model; returns the number of songs and the cross-validated agreement."""
    names, inputs, targets, weights = _load(new / "songs", sources / "songs.csv")
    predicted = _cross_validated(inputs, targets, weights)
    sure = weights >= song_places.LABEL_WEIGHT
    same = (predicted >= 0) == (targets >= 0)
    figures = {"songs": float(len(targets))}
    for axis, label in enumerate(("valence", "arousal")):
        r = np.corrcoef(predicted[sure, axis], targets[sure, axis])[0, 1]
        figures[f"{label}: cross-validated r"] = float(r)
    figures["cross-validated, right quadrant"] = float(same[sure].all(axis=1).mean())
    coefficients = _ridge(inputs, targets, weights)
    with (TABLES / "song_model.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("feature", "valence", "arousal"))
        writer.writerows(
            (name, f"{v:.3f}", f"{a:.3f}") for name, (v, a) in zip(names, coefficients, strict=True)
        )
    return figures


def _load(folder: Path, deezer: Path) -> tuple[list[str], Array, Array, Array]:
    """Feature names; inputs (songs, features), targets (songs, 2) and weights (songs,).

    The known songs, which check the catalogue, are left out.
    """
    listeners = song_places.Listeners(folder, deezer)
    held_out = {
        song_key(work.title, work.creator)
        for work in known_works()
        if work.medium == "song" and work.quadrant
    }
    found: dict[str, tuple[dict[str, float], tuple[float, float], float]] = {}
    for cells in rows(folder / "songs.csv.gz"):
        song = song_places.Song.of(cells)
        said = listeners.label(song.key)
        if said and song.key not in found and song.key not in held_out:
            found[song.key] = (song_places.features(song, listeners.artist(song.key)), *said)
    counts: dict[str, int] = {}
    for features, _, _ in found.values():
        for name in features:
            counts[name] = counts.get(name, 0) + 1
    names = sorted(name for name, count in counts.items() if count >= LEAST_SONGS)
    inputs = np.array([[features.get(name, 0.0) for name in names] for features, _, _ in found.values()])
    targets = np.array([place for _, place, _ in found.values()])
    return names, inputs, targets, np.array([min(2.0, weight) for _, _, weight in found.values()])


def _ridge(inputs: Array, targets: Array, weights: Array) -> Array:
    """Coefficients (features, 2)."""
    weighted = inputs * weights[:, None]
    penalty = PENALTY * np.eye(inputs.shape[1])
    solved = np.linalg.solve(weighted.T @ inputs + penalty, weighted.T @ targets)
    return np.asarray(solved, np.float64)


def _cross_validated(inputs: Array, targets: Array, weights: Array) -> Array:
    """Predictions for songs outside the fit."""
    order = np.random.default_rng(0).permutation(len(targets))
    predicted = np.zeros(targets.shape, np.float64)
    for fold in range(FOLDS):
        held_out = order[fold::FOLDS]
        rest = np.setdiff1d(order, held_out)
        predicted[held_out] = inputs[held_out] @ _ridge(inputs[rest], targets[rest], weights[rest])
    return predicted
