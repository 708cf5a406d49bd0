"""Learns what a film's genres and tags say of its feelings, from films whose feelings are known.

    python -m curation calibrate SOURCES

SOURCES holds movies.csv and movie_feelings.csv. The reference of a film is the mean of three codings of 50
feelings (reviews, a transformer, a large model), each feeling placed in the plane by tables/feelings.csv,
each coding standardised. Ridge regression on the genres, the frequent tags and the mean of tables/tags.csv;
ten-fold cross-validation. Writes tables/film_effects.csv.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from curation.affect import STRETCHED_SD, TABLES, mean_of_tags
from curation.sources.movielens import split
from services.recommender.schemas.fields import fold

Array = NDArray[np.float64]

CODINGS: Final = ("f1_", "f2_", "f3_")
LEAST_FILMS: Final = 5
PENALTY: Final = 20.0
"""The cross-validated correlations change by 0.01 at most from 10 to 60."""
FOLDS: Final = 10
CENTRE: Final = (0.05, 0.15)
"""Where the middling film is put: a little pleasant, a little exciting, as a judgement."""


@dataclass(frozen=True)
class Films:
    tags: list[set[str]]
    reference: Array
    """(films, 2): valence and arousal, standardised."""


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def load(sources: Path) -> Films:
    feelings = {row["imdb_id"]: row for row in table(sources / "movie_feelings.csv")}
    films = [row for row in table(sources / "movies.csv") if row["imdb_id"] in feelings]
    places = table(TABLES / "feelings.csv")
    names = [place["feeling"] for place in places]
    plane = np.array([[float(place["valence"]), float(place["arousal"])] for place in places])
    codings = []
    for coding in CODINGS:
        scores = np.array(
            [[float(feelings[film["imdb_id"]][coding + name] or 0) for name in names] for film in films]
        )
        codings.append(place_coding(scores, plane))
    reference = standardise(np.nanmean(np.stack(codings), axis=0))
    columns = ("genres", "movielens_genres", "movielens_tags")
    tags = [{fold(tag) for column in columns for tag in split(film[column])} for film in films]
    return Films(tags, reference)


def place_coding(scores: Array, plane: Array) -> Array:
    """Each film's mean place by its feelings, each feeling relative to how common it is; standardised."""
    common = scores.mean(axis=0)
    relative = scores / np.where(common > 0, common, 1)
    total = relative.sum(axis=1, keepdims=True)
    return standardise((relative @ plane) / np.where(total > 0, total, np.nan))


def standardise(values: Array) -> Array:
    centred: Array = (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)
    return centred


def design(tags: list[set[str]], names: list[str]) -> Array:
    """(films, 2 + names): the tag mean on both axes, then a column of 0 and 1 for each name."""
    means = [mean_of_tags((tag, 1.0) for tag in film) for film in tags]
    return np.array(
        [
            [mean.valence, mean.arousal, *(float(name in film) for name in names)]
            for mean, film in zip(means, tags, strict=True)
        ]
    )


def ridge(inputs: Array, target: Array) -> tuple[Array, float]:
    """Coefficients and intercept; intercept and tag mean, the first column, are not penalised."""
    centre, middle = inputs.mean(axis=0), float(target.mean())
    x, y = inputs - centre, target - middle
    penalties = np.full(x.shape[1], PENALTY)
    penalties[0] = 0
    coefficients = np.linalg.solve(x.T @ x + np.diag(penalties), x.T @ y)
    return coefficients, middle - float(centre @ coefficients)


def columns_for(axis: int, count: int) -> list[int]:
    """The columns used for an axis: its own tag mean and all names."""
    return [axis, *range(2, count)]


def cross_validated(inputs: Array, target: Array) -> float:
    """Pearson's r of predictions for films that the fit has not seen."""
    order = np.random.default_rng(0).permutation(len(target))
    predicted = np.empty(len(target))
    for fold_number in range(FOLDS):
        held = order[fold_number::FOLDS]
        rest = np.setdiff1d(order, held)
        coefficients, intercept = ridge(inputs[rest], target[rest])
        predicted[held] = inputs[held] @ coefficients + intercept
    return float(np.corrcoef(predicted, target)[0, 1])


def calibrate(sources: Path) -> dict[str, float]:
    """Writes the effects and returns the correlations, by name."""
    films = load(sources)
    counts: dict[str, int] = {}
    for film in films.tags:
        for tag in film:
            counts[tag] = counts.get(tag, 0) + 1
    names = sorted(tag for tag, count in counts.items() if tag and count >= LEAST_FILMS)
    inputs = design(films.tags, names)
    effects: dict[str, list[float]] = {name: [] for name in ("(intercept)", "(tag mean)", *names)}
    figures: dict[str, float] = {"films": float(len(films.tags))}
    for axis, label in enumerate(("valence", "arousal")):
        target = films.reference[:, axis]
        used = inputs[:, columns_for(axis, inputs.shape[1])]
        figures[f"{label}: tag table alone, r"] = float(np.corrcoef(inputs[:, axis], target)[0, 1])
        figures[f"{label}: calibrated, cross-validated r"] = cross_validated(used, target)
        coefficients, intercept = ridge(used, target)
        scale = STRETCHED_SD / float(np.std(used @ coefficients))
        effects["(intercept)"].append(CENTRE[axis] + scale * intercept)
        for name, value in zip(("(tag mean)", *names), coefficients, strict=True):
            effects[name].append(scale * float(value))
    write(effects)
    return figures


def write(effects: dict[str, list[float]]) -> None:
    with (TABLES / "film_effects.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("term", "valence", "arousal"))
        writer.writerows((name, *(f"{value:.3f}" for value in values)) for name, values in effects.items())
