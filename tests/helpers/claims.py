"""Reads the table of what reasons may claim, and tells whether an item has it."""

import csv
import re
from pathlib import Path

from services.recommender.ranking.item import Candidate
from services.recommender.ranking.purposes import Language

CLAIMS = Path(__file__).parent.parent / "assets" / "claims.csv"


def claims() -> list[tuple[str, str, list[str]]]:
    """Language, claim, and the conditions of which the item must meet one."""
    with CLAIMS.open(encoding="utf-8") as file:
        return [(row["language"], row["claim"], row["needs"].split("|")) for row in csv.DictReader(file)]


def meets(item: Candidate, condition: str) -> bool:
    """Whether an item has what a condition of the table names.

    `witty` is a theme or genre, `movie:drama` a genre of a medium, `valence>0.2` a figure.
    """
    if figure := re.fullmatch(r"(valence|arousal|popularity)([<>])(-?[\d.]+)", condition):
        value, bound = getattr(item, figure[1]), float(figure[3])
        sure = figure[1] == "popularity" or item.affect_confidence >= 0.4
        return sure and (value >= bound if figure[2] == ">" else value <= bound)
    if " & " in condition:
        return all(meets(item, part) for part in condition.split(" & "))
    medium, _, genre = condition.partition(":")
    if genre:
        return item.medium == medium and (genre == "*" or genre in item.genres)
    return condition in (*item.tags, *item.genres)


def pattern(claim: str, language: Language) -> re.Pattern[str]:
    """Finds the words of a claim; German adjectives may be inflected."""
    ending = "(?:er|es|e)?" if language == "de" else ""
    return re.compile(rf"(?<!\w){re.escape(claim.lower())}{ending}(?!\w)")
