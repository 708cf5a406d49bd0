"""Songs of the Deezer mood dataset: title, artist, deezer_id, valence, arousal (z-scores), artist_tracks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curation import affect, ratings
from services.recommender.imports.csv_file import Refused, checked, read_table
from services.recommender.imports.row import Row

NEEDED = {"title", "artist", "deezer_id", "valence", "arousal", "artist_tracks"}
SCALE = 0.42
"""One standard deviation of the dataset in the shared plane."""
CONFIDENCE = 0.8


def read(path: Path) -> Iterator[tuple[int, Row] | Refused]:
    for line, cells in read_table(path, NEEDED):
        yield checked(line, to_row, cells)


def to_row(cells: dict[str, str]) -> dict[str, Any]:
    return {
        "medium": "song",
        "title": " ".join(cells["title"].replace("_ ", ", ").split()),
        "creator": " ".join(cells["artist"].split()),
        "url": f"https://www.deezer.com/track/{int(cells['deezer_id'])}",
        "valence": affect.clip(float(cells["valence"]) * SCALE),
        "arousal": affect.clip(float(cells["arousal"]) * SCALE),
        "affect_source": "measured",
        "affect_confidence": CONFIDENCE,
        "popularity": ratings.popularity(float(cells["artist_tracks"]), 1, 60),
    }
