"""Titles and names as people write them."""

import html
import re

SERIES = re.compile(r"\s*\((?:[^()]|\([^()]*\))*#(?:[^()]|\([^()]*\))*\)\s*$")
"""A trailing "(The Hunger Games, #1)"."""
VOLUME = re.compile(r"\s*\(\d+\)\s*$")
ARTICLE = re.compile(r"^(.*), (The|A|An|Les|La|Le|Der|Die|Das)$")


def clean(title: str) -> str:
    """Without series notes, the article in front, no HTML: "Hunger Games, The (1)" is The Hunger Games."""
    text = " ".join(html.unescape(title).replace("™", "").replace("®", "").split())
    shorter = VOLUME.sub("", SERIES.sub("", text))
    turned = ARTICLE.sub(r"\2 \1", shorter)
    return turned or text


def first_name(names: str) -> str | None:
    """The first of several joined with commas; the others are often illustrators and translators."""
    return " ".join(names.partition(",")[0].split()) or None


def bare(title: str) -> str:
    """Without what is in brackets and after a dash: what versions of one song share."""
    return re.sub(r"[(\[].*?[)\]]| - .*$", "", title).strip() or title
