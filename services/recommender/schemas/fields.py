"""The fields that rows, requests and answers have in common, with their checks."""

import re
import unicodedata
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from services.emotions import EMOTIONS, Emotion, parse_emotion

GENRE_LENGTH = 40
GENRES_LENGTH = 300


def fold(text: str) -> str:
    """Plain lower case for comparing and searching: no accents, no punctuation, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain))


def check_web_url(url: str) -> str:
    """`url` if it is an address that a page may link to; `javascript:` and its kin are not."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a link must begin with http:// or https:// and name a host")
    if not url.isprintable() or " " in url:
        raise ValueError("a link has no spaces and no control characters")
    return url


def check_text(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control characters are not allowed")
    return text


def empty_to_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def split_list(value: object) -> object:
    """`"drama|comedy"` as a CSV cell has it; a list stays one."""
    return [part.strip() for part in value.split("|") if part.strip()] if isinstance(value, str) else value


def to_label(value: object) -> Emotion:
    if not isinstance(value, str):
        raise ValueError("must be the name of an emotion")  # noqa: TRY004 # pydantic reports only ValueError
    return parse_emotion(value)


def in_order(values: list[Emotion]) -> list[Emotion]:
    """Each once, in the project's order."""
    return sorted(set(values), key=EMOTIONS.index)


def check_genres(values: list[str]) -> list[str]:
    genres = list(dict.fromkeys(value for value in map(fold, values) if value))
    if any(len(genre) > GENRE_LENGTH for genre in genres):  # folding may lengthen
        raise ValueError(f"a genre has at most {GENRE_LENGTH} characters")
    if len("|".join(genres)) > GENRES_LENGTH:
        raise ValueError(f"genres have at most {GENRES_LENGTH} characters together")
    return genres


def check_both_axes(valence: float | None, arousal: float | None) -> None:
    """ValueError for one without the other: a place has both."""
    if (valence is None) != (arousal is None):
        raise ValueError("valence and arousal come together or not at all")


Text = Annotated[str, AfterValidator(check_text)]
WebUrl = Annotated[str, Field(max_length=2000), AfterValidator(check_web_url)]
Title = Annotated[Text, Field(min_length=1, max_length=300)]
Creator = Annotated[Annotated[Text, Field(max_length=200)] | None, BeforeValidator(empty_to_none)]
Year = Annotated[Annotated[int, Field(ge=-3000, le=2100)] | None, BeforeValidator(empty_to_none)]
Axis = Annotated[
    Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] | None, BeforeValidator(empty_to_none)
]
Share = Annotated[
    Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None, BeforeValidator(empty_to_none)
]
Genres = Annotated[
    list[Annotated[Text, Field(max_length=GENRE_LENGTH)]],
    Field(max_length=8),
    BeforeValidator(split_list),
    AfterValidator(check_genres),
]
Label = Annotated[Emotion, BeforeValidator(to_label)]
Emotions = Annotated[list[Label], Field(max_length=20), BeforeValidator(split_list), AfterValidator(in_order)]
