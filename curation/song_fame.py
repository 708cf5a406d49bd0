"""How well known a song is: by its listeners today, by its time's charts, and by lists of other people.

No measure alone will do: pages of old hits were replaced, so their count of listeners began anew; the newest
list has streams instead; a classic may never have been in the American charts.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

from curation.sources.reading import number, parts
from curation.titles import song_key

LISTS: Final = {
    "top2000": 0.3, "top10k": 0.12, "tophits": 0.1, "decades": 0.15, "top10s": 0.1, "2023": 0.1,
}  # fmt: skip
"""What it says of a song's fame to be on a list."""
PER_LIST: Final = 0.04
HOME_LIST: Final = "top2000"
HOME: Final = ("dutch", "nederpop", "levenslied", "carnaval", "belgian")
"""Genres of songs that are on `HOME_LIST`, a vote of Dutch listeners, because they are at home there."""
CHART: Final = 0.25
ENOUGH_WEEKS: Final = 20
STREAMS: Final = (9.0, 0.8, 0.16)
"""A billion streams are a popularity of 0.8, ten times as many 0.16 more: as songs with both figures have."""
MOST_STREAMS: Final = 1e10
"""More is a misprint."""
HIT: Final = 0.55
"""Popularity of a decade's greatest hit whose own page was replaced, if nothing else tells."""
REPLACED: Final = 0.5
"""The same of a song on two lists."""
LISTED: Final = 0.85
"""The share of what the artist's other songs have, of a song on a list whose own page was replaced."""
ESSENTIAL: Final = "essential"
"""The genre of well known works of classical music: old, whenever they were recorded."""
ESSENTIAL_WORTH: Final = 0.15
BEST_KNOWN: Final = 3
"""The artist's other songs that tell what a hit without a figure of its own has."""
STAYED: Final = 0.016
"""Fame per year of a popular song: who still listens to an old one is not following the day's charts."""
OLDEST: Final = 40.0
LATEST: Final = 2020

Cells = Mapping[str, str]


class Fame:
    """Fame of songs among all `songs`, on a scale where 0.9 is well known and 2 is what everybody knows."""

    def __init__(self, songs: Sequence[Cells]) -> None:
        self._listened: dict[str, list[float]] = {}
        self._charted: dict[int, list[float]] = {}
        for cells in songs:
            self._listened.setdefault(_artist(cells), []).append(_popularity(cells))
            points = _points(cells)
            if points:
                self._charted.setdefault(_decade(cells), []).append(points)
        for values in (*self._listened.values(), *self._charted.values()):
            values.sort()

    def of(self, cells: Cells) -> float:
        lists, chart = parts(cells["sources"]), self._chart_rank(cells)
        replaced = not _popularity(cells)
        listeners = max(
            _popularity(cells),
            _from_streams(cells),
            chart * self._usual(cells),
            HIT * chart,
            REPLACED if replaced and len(lists) > 1 else 0.0,
            LISTED * self._usual(cells) if replaced and not LISTS.keys().isdisjoint(lists) else 0.0,
        )
        stayed = STAYED * _age(cells) * max(0.0, listeners - 0.4) / 0.4
        return listeners + _worth(lists, parts(cells["genres"])) + CHART * chart + stayed

    def _chart_rank(self, cells: Cells) -> float:
        """1 for the greatest hit of its decade, near 0 for the least, 0 for what was none."""
        points = _points(cells)
        charted = self._charted.get(_decade(cells), [])
        return bisect_right(charted, points) / len(charted) if points else 0.0

    def _usual(self, cells: Cells) -> float:
        """Mean popularity of the artist's best known other songs; one that is missing counts as none."""
        listened = list(self._listened[_artist(cells)])
        listened.remove(_popularity(cells))
        return sum(listened[-BEST_KNOWN:]) / BEST_KNOWN


def _artist(cells: Cells) -> str:
    return song_key("", cells["artists"])


def is_essential(cells: Cells) -> bool:
    return ESSENTIAL in parts(cells["genres"])


def _age(cells: Cells) -> float:
    year = number(cells["year"])
    if is_essential(cells):
        return OLDEST
    return max(0.0, min(OLDEST, LATEST - year)) if year else 0.0


def _decade(cells: Cells) -> int:
    return int(number(cells["year"]) or 0) // 10


def _popularity(cells: Cells) -> float:
    return (number(cells["popularity"]) or 0.0) / 100


def _from_streams(cells: Cells) -> float:
    billion, popularity, per_power = STREAMS
    streams = min(MOST_STREAMS, number(cells["streams"]) or 0.0)
    return popularity + per_power * (math.log10(streams) - billion) if streams > 1 else 0.0


def _points(cells: Cells) -> float:
    """Of the Hot 100, 0 to 1, by the highest place and the weeks."""
    peak, weeks = number(cells["hot100_peak"]), number(cells["hot100_weeks"]) or 0.0
    return (100 - peak) / 99 * min(1.0, weeks / ENOUGH_WEEKS) if peak else 0.0


def _worth(lists: Sequence[str], genres: Sequence[str]) -> float:
    at_home = any(word in genre for genre in genres for word in HOME)
    worth = sum(LISTS.get(name, 0.0) for name in lists if not (at_home and name == HOME_LIST))
    return worth + PER_LIST * (len(lists) - 1) + (ESSENTIAL_WORTH if ESSENTIAL in genres else 0.0)
