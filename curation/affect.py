"""Estimates from tags where an item lies in the valence-arousal plane.

`tables/tags.csv`, written by hand: per tag the genre shown for it (or none), valence, arousal and weight.
`tables/film_effects.csv`, written by calibrate.py: what a film's genres and tags add.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from services.recommender.schemas.fields import fold

TABLES: Final = Path(__file__).parent / "tables"
MAX_GENRES: Final = 4
STRETCHED_SD: Final = 0.35
"""Standard deviation of each medium's estimates after stretching, which makes media comparable."""

SPREADS: Final = {
    "book": ((0.15, 0.23), (0.16, 0.17)),
    "game": ((0.14, 0.24), (0.29, 0.27)),
}
"""(mean, standard deviation) of the tag means' valence and arousal in the whole source, as measured by
`python -m curation spreads SOURCES`."""


@dataclass(frozen=True, slots=True)
class Tag:
    genre: str
    valence: float
    arousal: float
    weight: float


@dataclass(frozen=True, slots=True)
class Estimate:
    valence: float
    arousal: float
    known: float
    """Sum of the tags' weights; 0: nothing is known."""


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@cache
def tag_table() -> dict[str, Tag]:
    return {
        row["tag"]: Tag(row["genre"], *(float(row[name]) for name in ("valence", "arousal", "weight")))
        for row in read_table(TABLES / "tags.csv")
    }


@cache
def _film_effects() -> dict[str, tuple[float, float]]:
    rows = read_table(TABLES / "film_effects.csv")
    return {row["term"]: (float(row["valence"]), float(row["arousal"])) for row in rows}


def mean_of_tags(tags: Iterable[tuple[str, float]]) -> Estimate:
    """The mean of (tag, share) by weight and share; unknown tags are ignored, doubles count once."""
    valence = arousal = total = known = 0.0
    for tag, share in {fold(name): share for name, share in tags}.items():
        entry = tag_table().get(tag)
        if entry:
            weight = entry.weight * share
            valence += weight * entry.valence
            arousal += weight * entry.arousal
            total += weight
            known += entry.weight
    return Estimate(valence / total, arousal / total, known) if total else Estimate(0.0, 0.0, 0.0)


def stretch(estimate: Estimate, medium: str) -> tuple[float, float]:
    """The estimate on the scale of all media, within [-1, 1]."""
    (v_mean, v_sd), (a_mean, a_sd) = SPREADS[medium]
    return (
        clip(v_mean + (estimate.valence - v_mean) * STRETCHED_SD / v_sd),
        clip(a_mean + (estimate.arousal - a_mean) * STRETCHED_SD / a_sd),
    )


def film_affect(tags: Iterable[str]) -> tuple[float, float]:
    """Intercept, share of the tag mean, and each tag's effect, as calibrated on films with known feelings."""
    names = dict.fromkeys(fold(tag) for tag in tags)  # keeps the order: sums must not depend on hashing
    mean = mean_of_tags((name, 1.0) for name in names)
    effects = _film_effects()
    place = []
    for axis, tag_mean in enumerate((mean.valence, mean.arousal)):
        own = sum(effects[name][axis] for name in names if name in effects)
        slope = effects["(tag mean)"][axis]
        place.append(clip(effects["(intercept)"][axis] + slope * tag_mean + own))
    return place[0], place[1]


def clip(value: float) -> float:
    return round(max(-1.0, min(1.0, value)), 3)


def confidence(known: float, most: float) -> float:
    """Grows with the weight of known tags, up to `most`."""
    return round(most * known / (known + 2), 2)


def genres_of(tags: Iterable[str]) -> list[str]:
    """The genres shown for tags, in order."""
    entries = (tag_table().get(fold(tag)) for tag in tags)
    return list(dict.fromkeys(entry.genre for entry in entries if entry and entry.genre))[:MAX_GENRES]
