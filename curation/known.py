"""Checks the catalogue with works that everybody knows, written down before they were looked for.

`tables/known_works.csv` has 200 whose mood is beyond doubt, with a quadrant: lively, intense, sad, calm.
Frames and tables are tuned on the half `tune`; the half `report` tells how good they are. Two later lists of
songs, of many decades and languages, tell how many are present; where the mood is disputed, they have no
quadrant. The choice of songs was mended on `tune 2`, and `later` was first looked at after that.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from curation.entry import Entry
from curation.sources.reading import number, parts
from curation.terms import TABLES, read_table
from curation.titles import bare
from services.recommender.schemas.fields import fold
from services.recommender.settings import DATA_DIR

CORNERS: Final = {"lively": (0.7, 0.5), "intense": (-0.6, 0.6), "sad": (-0.65, -0.4), "calm": (0.6, -0.5)}
SHOWN: Final = 40
WIDTH: Final = 0.35


@dataclass(frozen=True, slots=True)
class KnownWork:
    medium: str
    title: str
    creator: str
    quadrant: str
    half: str


@cache
def known_works() -> tuple[KnownWork, ...]:
    return tuple(KnownWork(**row) for row in read_table(TABLES / "known_works.csv"))


def quadrant_of(valence: float, arousal: float) -> str:
    if valence >= 0:
        return "lively" if arousal >= 0 else "calm"
    return "intense" if arousal >= 0 else "sad"


def find(work: KnownWork, entries: Iterable[Entry]) -> Entry | None:
    """The best known entry of that title, by that creator where the medium's creators are named alike."""
    wanted = fold(bare(work.title) if work.medium == "song" else work.title)
    named = [
        entry
        for entry in entries
        if entry.medium == work.medium and _is_named(wanted, entry) and _by(work, entry)
    ]
    return max(named, key=lambda entry: entry.popularity or 0.0, default=None)


def _is_named(wanted: str, entry: Entry) -> bool:
    """Whether the entry has the name; of a song a part of it will do, as "(Somewhere) Over the Rainbow"."""
    if wanted in _names(entry.title):
        return True
    has = fold(entry.title)
    return entry.medium == "song" and (f" {has} " in f" {wanted} " or f" {wanted} " in f" {has} ")


def _names(title: str) -> set[str]:
    """A title with and without versions and subtitle."""
    return {fold(bare(title)), fold(title.partition(":")[0]), fold(title)}


def _by(work: KnownWork, entry: Entry) -> bool:
    if work.medium not in {"song", "book"}:
        return True
    names = fold(work.creator).removeprefix("the ").split()
    return bool(set(names) & set(fold(entry.creator or "").split()))


def check(entries: list[Entry]) -> list[str]:
    """A Markdown table by medium and half, and the works that are missing or in a wrong quadrant."""
    lines = ["| medium, half | works | present | right quadrant |", "|---|---|---|---|"]
    wrong = []
    groups: dict[tuple[str, str], list[str]] = {}
    for work in known_works():
        entry = find(work, entries)
        group = groups.setdefault((work.medium, work.half), [])
        if entry is None or entry.valence is None or entry.arousal is None:
            group.append("missing")
            wrong.append(f"{work.medium}, {work.half}: {work.title}: missing")
            continue
        found = quadrant_of(entry.valence, entry.arousal)
        group.append({"": "present", found: "right"}.get(work.quadrant, "wrong"))
        if group[-1] == "wrong":
            place = f"({entry.valence}, {entry.arousal})"
            wrong.append(f"{work.medium}, {work.half}: {work.title}: {found} {place}, not {work.quadrant}")
    for (medium, half), results in groups.items():
        judged = [result for result in results if result in {"right", "wrong"}]
        present = len(results) - results.count("missing")
        lines.append(
            f"| {medium}, {half} | {len(results)} | {present / len(results):.0%} "
            f"| {judged.count('right') / max(1, len(judged)):.0%} |"
        )
    return [*lines, "", *wrong]


def shipped() -> list[Entry]:
    """What the check needs of the shipped catalogue."""
    return [_entry(cells) for path in sorted(DATA_DIR.glob("*.csv")) for cells in read_table(path)]


def _entry(cells: dict[str, str]) -> Entry:
    return Entry(
        medium=cells["medium"],
        title=cells["title"],
        url=cells["url"],
        creator=cells["creator"] or None,
        kind=cells["kind"] or None,
        tags=tuple(parts(cells["tags"])),
        valence=number(cells["valence"]),
        arousal=number(cells["arousal"]),
        quality=number(cells["quality"]),
        popularity=number(cells["popularity"]),
    )


def corners(entries: list[Entry]) -> list[str]:
    """For each medium and corner of the plane, what a new user would see first: near, good and well known."""
    lines = []
    for medium in ("movie", "song", "book", "game"):
        for name, place in CORNERS.items():
            near = [entry for entry in entries if entry.medium == medium and not entry.kind]
            near.sort(key=lambda entry: _worth(entry, place), reverse=True)
            lines.append(f"{medium}, {name}: " + "; ".join(_line(entry) for entry in near[:SHOWN]))
    return lines


def _worth(entry: Entry, place: tuple[float, float]) -> float:
    squared = math.dist((entry.valence or 0.0, entry.arousal or 0.0), place) ** 2
    prior = 0.3 * (0.5 if entry.quality is None else entry.quality) + 0.2 * (entry.popularity or 0.0)
    return math.exp(-squared / (2 * WIDTH * WIDTH)) + prior


def _line(entry: Entry) -> str:
    creator = f" ({entry.creator})" if entry.medium == "song" else ""
    return f"{entry.title}{creator} {entry.valence},{entry.arousal}"
