"""Reads songs of the Deezer mood dataset; valence and arousal are z-scores."""

from typing import Any, Final

from curation import affect, ratings
from curation.sources.reading import reader

NEEDED: Final = {"title", "artist", "deezer_id", "valence", "arousal", "artist_tracks"}
SCALE: Final = 0.42
"""Distance in the affect plane that one standard deviation of the dataset becomes."""
CONFIDENCE: Final = 0.8


def _row(cells: dict[str, str]) -> dict[str, Any]:
    """Makes a catalogue row; "_ " in a title stands for ", "."""
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


read: Final = reader(NEEDED, _row)
