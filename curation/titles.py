"""Cleans titles and names."""

import html
import re
from typing import Final

from services.recommender.schemas.fields import fold

SERIES: Final = re.compile(r"\s*\((?:[^()]|\([^()]*\))*#(?:[^()]|\([^()]*\))*\)\s*$")
"""A trailing "(The Hunger Games, #1)"."""
VOLUME: Final = re.compile(r"\s*\(\d+\)\s*$")
"""A trailing "(2)"."""
ARTICLE: Final = re.compile(r"^(.*), (The|A|An|Les|La|Le|Der|Die|Das)$")
"""A trailing article, as in "Hunger Games, The"."""

QUOTED: Final = re.compile(r'"([^"]+)"')
MOVEMENT: Final = re.compile(r": (?:[IVX]+|\d+)\. ")
"""What comes before a movement's name: ": III. "."""
OPUS: Final = re.compile(r",? (?:Op\.|WoO|BWV|HWV|[LMRS]\.) ?(?:\d|Posth).*$")
TEMPO: Final = re.compile(r"adag|alleg|andant|larg|lent|moderat|prelude|presto|sarabande", re.IGNORECASE)


def clean(title: str) -> str:
    """Removes series, volume and HTML entities, and moves a trailing article to the front.

    "Hunger Games, The (1)" becomes "The Hunger Games".
    """
    text = " ".join(html.unescape(title).replace("™", "").replace("®", "").split())
    short = VOLUME.sub("", SERIES.sub("", text))
    return ARTICLE.sub(r"\2 \1", short) or text


def first_name(names: str) -> str | None:
    """Takes the first of several names separated by commas; others are often illustrators and translators."""
    return " ".join(names.partition(",")[0].split()) or None


def bare(title: str) -> str:
    """Removes brackets and what follows a dash, so that all versions of a song have one title."""
    return re.sub(r"[(\[].*?[)\]]| - .*$", "", title).strip() or title


def piece(title: str, composer: str) -> str:
    """The name by which a work of classical music is known.

    "Suite bergamasque, L. 75: III. Clair de lune" becomes "Clair de lune", 'Bagatelle No. 25, WoO 59 "Für
    Elise"' "Für Elise", and "Barber: Adagio for Strings" by Samuel Barber "Adagio for Strings".
    """
    quoted = QUOTED.search(title)
    if quoted:
        return quoted[1]
    first, _, rest = title.partition(": ")
    if rest and composer.rpartition(" ")[2] in first:
        title = rest
    work, *movements = MOVEMENT.split(title)
    if movements and not TEMPO.search(movements[-1]):
        return bare(movements[-1])
    return OPUS.sub("", work)


def song_key(title: str, artists: str) -> str:
    """`title|first artist`, folded, the same for all versions of a song."""
    first = re.split(r"[|,]", artists)[0]
    return f"{fold(bare(title))}|{fold(first).removeprefix('the ')}"
