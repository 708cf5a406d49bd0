"""Terms that place a work, from tables written by hand: valence, arousal, weight, and the theme shown for it.

`tables/tags.csv` for books and games, `tables/film_terms.csv` for films by source (IMDb's genres, the plots'
tags of MPST, people's emotions of omdb.org, TMDB's keywords), `tables/song_words.csv` for listeners' words.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from curation.entry import MAX_TAGS
from curation.plane import Place

TABLES: Final = Path(__file__).parent / "tables"
SUREST: Final = 0.95
HALF_SURE: Final = 6.0
"""Square of the weight that is worth half of SUREST."""
CARE: Final = ("suicide", "self-harm", "abuse", "adult")
"""Themes that are never cut off, as filters go by them."""


@dataclass(frozen=True, slots=True)
class Felt:
    """What one term says of a work."""

    genre: str
    theme: str
    valence: float
    arousal: float
    weight: float


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@cache
def table(name: str) -> dict[tuple[str, str], Felt]:
    """The terms of a table by source and name; a table without sources has ""."""
    found = {}
    for row in read_table(TABLES / f"{name}.csv"):
        term = row.get("term") or row["tag"]
        numbers = (float(row[column]) for column in ("valence", "arousal", "weight"))
        theme = row["theme"] if "theme" in row else row["tag"]
        found[row.get("source", ""), term] = Felt(row["genre"], theme, *numbers)
    return found


@cache
def _languages() -> dict[str, str]:
    return {row["name"]: row["code"] for row in read_table(TABLES / "languages.csv")}


def language(name: str) -> str | None:
    """The ISO 639-1 code of a language's English name."""
    return _languages().get(name)


def mean(felt: Iterable[Felt]) -> Place:
    """The mean of all terms by weight; the middle where there are none."""
    valence = arousal = total = 0.0
    for one in felt:
        valence += one.weight * one.valence
        arousal += one.weight * one.arousal
        total += one.weight
    return (valence / total, arousal / total) if total else (0.0, 0.0)


def themes(felt: Iterable[Felt]) -> tuple[str, ...]:
    """The themes by summed weight, the strongest first; those that call for care are always among them."""
    weights: dict[str, float] = {}
    for one in felt:
        if one.theme:
            weights[one.theme] = weights.get(one.theme, 0.0) + one.weight
    ordered = sorted(weights, key=lambda theme: (-weights[theme], theme))
    care = [theme for theme in ordered if theme in CARE]
    kept = [theme for theme in ordered if theme not in care][: MAX_TAGS - len(care)]
    chosen = {*kept, *care}
    return tuple(theme for theme in ordered if theme in chosen)


def confidence(felt: Iterable[Felt]) -> float:
    """How sure a mean of these terms is, below SUREST: a term or two say little."""
    known = sum(one.weight for one in felt)
    return round(SUREST * known**2 / (known**2 + HALF_SURE), 2)


def scaled(felt: Felt, share: float) -> Felt:
    return replace(felt, weight=felt.weight * share)
