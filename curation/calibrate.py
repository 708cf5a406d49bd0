"""Fits what genres and tags add to a film's valence and arousal, from films with known feelings.

    python -m curation calibrate SOURCES

SOURCES holds movies.csv and movie_feelings.csv. The target is the mean of three codings of 50 feelings
(reviews, a transformer, a large language model): tables/feelings.csv gives each feeling its valence and
arousal, and each coding is standardised. Fits a ridge regression on the genres, the frequent tags and the
mean of tables/tags.csv, with ten-fold cross-validation, and writes tables/film_effects.csv.
"""

import csv
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from curation.affect import STRETCHED_SD, TABLES, mean_of_tags, read_table
from curation.sources.movielens import split
from services.recommender.schemas.fields import fold

Array = NDArray[np.float64]

CODINGS: Final = ("f1_", "f2_", "f3_")
TAG_COLUMNS: Final = ("genres", "movielens_genres", "movielens_tags")
LEAST_FILMS: Final = 5
"""A tag that fewer films have is left out."""
PENALTY: Final = 20.0
"""The cross-validated correlations change by 0.01 at most from 10 to 60."""
FOLDS: Final = 10
CENTRE: Final = (0.05, 0.15)
"""Place of the average film: slightly pleasant, slightly exciting; a judgement."""


def _load(sources: Path) -> tuple[list[set[str]], Array]:
    """Reads the tags of each film, and the target: (films, 2) valence and arousal, standardised."""
    feelings = {row["imdb_id"]: row for row in read_table(sources / "movie_feelings.csv")}
    films = [row for row in read_table(sources / "movies.csv") if row["imdb_id"] in feelings]
    places = read_table(TABLES / "feelings.csv")
    plane = np.array([[float(place["valence"]), float(place["arousal"])] for place in places])
    codings = []
    for coding in CODINGS:
        columns = [coding + place["feeling"] for place in places]
        rows = [[float(feelings[film["imdb_id"]][column] or 0) for column in columns] for film in films]
        codings.append(_place(np.array(rows), plane))
    tags = [{fold(tag) for column in TAG_COLUMNS for tag in split(film[column])} for film in films]
    return tags, _standardise(np.nanmean(np.stack(codings), axis=0))


def _place(scores: Array, plane: Array) -> Array:
    """Mean valence and arousal of each film, weighted by its scores relative to their means; standardised."""
    means = scores.mean(axis=0)
    relative = scores / np.where(means > 0, means, 1)
    total = relative.sum(axis=1, keepdims=True)
    return _standardise((relative @ plane) / np.where(total > 0, total, np.nan))


def _standardise(values: Array) -> Array:
    centred: Array = (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)
    return centred


def _ridge(inputs: Array, target: Array) -> tuple[Array, float]:
    """Fits coefficients and intercept; the intercept and the first column, the tag mean, go unpenalised."""
    input_means, target_mean = inputs.mean(axis=0), float(target.mean())
    x, y = inputs - input_means, target - target_mean
    penalties = np.full(x.shape[1], PENALTY)
    penalties[0] = 0
    coefficients = np.linalg.solve(x.T @ x + np.diag(penalties), x.T @ y)
    return coefficients, target_mean - float(input_means @ coefficients)


def _cross_validated(inputs: Array, target: Array) -> float:
    """Pearson's r of the target and predictions for films outside the fit."""
    order = np.random.default_rng(0).permutation(len(target))
    predicted = np.empty(len(target))
    for number in range(FOLDS):
        held_out = order[number::FOLDS]
        rest = np.setdiff1d(order, held_out)
        coefficients, intercept = _ridge(inputs[rest], target[rest])
        predicted[held_out] = inputs[held_out] @ coefficients + intercept
    return float(np.corrcoef(predicted, target)[0, 1])


def calibrate(sources: Path) -> dict[str, float]:
    """Writes the effects; returns the number of films and the correlations."""
    films, targets = _load(sources)
    counts = Counter(tag for film in films for tag in film)
    names = sorted(tag for tag, count in counts.items() if tag and count >= LEAST_FILMS)
    estimates = [mean_of_tags((tag, 1.0) for tag in film) for film in films]
    means = np.array([[estimate.valence, estimate.arousal] for estimate in estimates])
    has_tag = np.array([[float(name in film) for name in names] for film in films])
    figures: dict[str, float] = {"films": float(len(films))}
    effects = []
    for axis, label in enumerate(("valence", "arousal")):
        target, mean = targets[:, axis], means[:, axis]
        inputs = np.column_stack([mean, has_tag])
        figures[f"{label}: tag table alone, r"] = float(np.corrcoef(mean, target)[0, 1])
        figures[f"{label}: calibrated, cross-validated r"] = _cross_validated(inputs, target)
        coefficients, intercept = _ridge(inputs, target)
        scale = STRETCHED_SD / float(np.std(inputs @ coefficients))
        effects.append([CENTRE[axis] + scale * intercept, *(scale * coefficients)])
    with (TABLES / "film_effects.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("term", "valence", "arousal"))
        terms = ("(intercept)", "(tag mean)", *names)
        writer.writerows((term, f"{v:.3f}", f"{a:.3f}") for term, v, a in zip(terms, *effects, strict=True))
    return figures
