"""Checks the catalogue with 200 works whose mood is beyond doubt, chosen before anything was placed.

`tables/known_works.csv` has a quadrant for each: lively, intense, sad, calm. Frames and tables are tuned on the
half `tune`; the half `report` tells how good they are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from curation.entry import Entry
from curation.terms import TABLES, read_table
from curation.titles import bare
from services.recommender.schemas.fields import fold


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
    wanted = fold(bare(work.title))
    named = [
        entry
        for entry in entries
        if entry.medium == work.medium and fold(bare(entry.title)) == wanted and _by(work, entry)
    ]
    return max(named, key=lambda entry: entry.popularity or 0.0, default=None)


def _by(work: KnownWork, entry: Entry) -> bool:
    if work.medium not in {"song", "book"}:
        return True
    names = fold(work.creator).removeprefix("the ").split()
    return bool(set(names) & set(fold(entry.creator or "").split()))


def check(entries: list[Entry]) -> list[str]:
    """A Markdown table by medium and half, and the works that are missing or in a wrong quadrant."""
    lines = ["| medium, half | works | present | right quadrant |", "|---|---|---|---|"]
    wrong = []
    groups: dict[tuple[str, str], list[bool | None]] = {}
    for work in known_works():
        entry = find(work, entries)
        group = groups.setdefault((work.medium, work.half), [])
        if entry is None or entry.valence is None or entry.arousal is None:
            group.append(None)
            wrong.append(f"{work.medium}, {work.half}: {work.title}: missing")
            continue
        found = quadrant_of(entry.valence, entry.arousal)
        group.append(found == work.quadrant)
        if found != work.quadrant:
            place = f"({entry.valence}, {entry.arousal})"
            wrong.append(f"{work.medium}, {work.half}: {work.title}: {found} {place}, not {work.quadrant}")
    for (medium, half), results in groups.items():
        present = [result for result in results if result is not None]
        lines.append(
            f"| {medium}, {half} | {len(results)} | {len(present) / len(results):.0%} "
            f"| {sum(present) / max(1, len(present)):.0%} |"
        )
    return [*lines, "", *wrong]
