"""Cleans titles and names."""

import html
import re
from typing import Final

SERIES: Final = re.compile(r"\s*\((?:[^()]|\([^()]*\))*#(?:[^()]|\([^()]*\))*\)\s*$")
"""A trailing "(The Hunger Games, #1)"."""
VOLUME: Final = re.compile(r"\s*\(\d+\)\s*$")
ARTICLE: Final = re.compile(r"^(.*), (The|A|An|Les|La|Le|Der|Die|Das)$")


def clean(title: str) -> str:
    """Without series, volume and HTML, the article in front: "Hunger Games, The (1)" is The Hunger Games."""
    text = " ".join(html.unescape(title).replace("™", "").replace("®", "").split())
    shorter = VOLUME.sub("", SERIES.sub("", text))
    turned = ARTICLE.sub(r"\2 \1", shorter)
    return turned or text


def first_name(names: str) -> str | None:
    """The first of several joined with commas; others are often illustrators and translators."""
    return " ".join(names.partition(",")[0].split()) or None


def bare(title: str) -> str:
    """Without brackets and what follows a dash: the same for all versions of a song."""
    return re.sub(r"[(\[].*?[)\]]| - .*$", "", title).strip() or title
