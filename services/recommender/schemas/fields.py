"""Field types and checks that rows, requests and answers share."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.common.prediction import Share
from services.emotions import EMOTIONS, Emotion, parse_emotion
from services.recommender.ranking.item import Kind, Medium
from services.recommender.schemas.genres import one_spelling

TERM_LENGTH: Final = 40
GENRES_LENGTH: Final = 300
LIST_MARKS: Final = re.compile(r"[|,;]")
"""What separates the parts of a list in one text, as in the cell `comedy, drama; thriller`."""
OVERRIDES: Final = "\u202d\u202e"
"""They make text read in another order than it is written, so that a title could pose as another."""
TAGS_LENGTH: Final = 600
WORDS: Final = re.compile(r"\w+")


def fold(text: str) -> str:
    """Reduce to plain lower case for comparing and searching: no accents, no punctuation, single spaces."""
    if text.isascii():
        return " ".join(WORDS.findall(text.lower()))
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(WORDS.findall("".join(c for c in decomposed if not unicodedata.combining(c))))


def _check_web_url(url: str) -> str:
    """Raise ValueError unless a page may link to `url`; `javascript:` and the like are rejected."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a link must begin with http:// or https:// and name a host")
    if not url.isprintable() or " " in url:
        raise ValueError("a link has no spaces and no control characters")
    return url


def _plain_spaces(value: object) -> object:
    """Write every kind of space, such as the non-breaking and the ideographic one, as a plain one."""
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(" " if unicodedata.category(c) in {"Zs", "Zl", "Zp"} else c for c in value)


def _check_text(text: str) -> str:
    """Raise ValueError for control characters, overrides of direction and halves of surrogate pairs.

    Joiners, direction marks and characters newer than this Python's tables are taken.
    """
    refused = not text.isprintable() and any(
        c in OVERRIDES or unicodedata.category(c) in {"Cc", "Cs"} for c in text
    )
    if refused:
        raise ValueError("control characters and overrides of direction are not allowed")
    return text


def _empty_to_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _split_list(value: object) -> object:
    """Split `"drama|comedy"` or `"drama, comedy"`, as a CSV cell has it; None is an empty list."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in LIST_MARKS.split(value) if part.strip()]
    return value


def to_label(value: object) -> Emotion:
    if not isinstance(value, str):
        raise ValueError("must be the name of an emotion")  # noqa: TRY004 # pydantic reports only ValueError
    return parse_emotion(value)


def _in_order(values: list[Emotion]) -> list[Emotion]:
    """Each emotion once, in the project's order."""
    return sorted(set(values), key=EMOTIONS.index)


_fold_term = lru_cache(maxsize=20_000)(fold)
"""Terms repeat: a catalogue of thousands has hundreds."""


@lru_cache(maxsize=20_000)
def to_genre(text: str) -> str:
    """The genre as it is stored; "" if the text has no letters or digits."""
    return one_spelling(fold(text))


def _check_terms(values: Iterable[str], most: int) -> list[str]:
    """Take terms, each once; ValueError if one or all together are too long."""
    terms = list(dict.fromkeys(value for value in values if value))
    if any(len(term) > TERM_LENGTH for term in terms):  # folding may lengthen
        raise ValueError(f"a term has at most {TERM_LENGTH} characters")
    if len("|".join(terms)) > most:
        raise ValueError(f"the terms have at most {most} characters together")
    return terms


def _check_https(url: str) -> str:
    if urlsplit(url).scheme != "https":
        raise ValueError("a picture's link must begin with https://")
    return url


def _to_lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


AnyCase = BeforeValidator(_to_lower)
EmptyIsNone = BeforeValidator(_empty_to_none)
PlainSpaces = BeforeValidator(_plain_spaces)
NoControls = AfterValidator(_check_text)
AnyCaseMedium = Annotated[Medium, AnyCase]
WebUrl = Annotated[str, Field(max_length=2000), AfterValidator(_check_web_url)]
Title = Annotated[str, Field(min_length=1, max_length=300), PlainSpaces, NoControls]
Creator = Annotated[Annotated[str, Field(max_length=200), PlainSpaces, NoControls] | None, EmptyIsNone]
Source = Annotated[Annotated[str, Field(max_length=40), PlainSpaces, NoControls] | None, EmptyIsNone]
Year = Annotated[Annotated[int, Field(ge=-3000, le=2100)] | None, EmptyIsNone]
Axis = Annotated[Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] | None, EmptyIsNone]
MaybeShare = Annotated[Share | None, EmptyIsNone]
Term = Annotated[str, Field(max_length=TERM_LENGTH), PlainSpaces, NoControls]
Genres = Annotated[
    list[Term],
    Field(max_length=8),
    BeforeValidator(_split_list),
    AfterValidator(lambda values: _check_terms(map(to_genre, values), GENRES_LENGTH)),
]
Tags = Annotated[
    list[Term],
    Field(max_length=60),
    BeforeValidator(_split_list),
    AfterValidator(lambda values: _check_terms(map(_fold_term, values), TAGS_LENGTH)),
]
KindOrWork = Annotated[Kind, BeforeValidator(lambda value: _empty_to_none(value) or "work")]
Language = Annotated[
    Annotated[str, Field(pattern="^[a-z]{2}$", description="ISO 639-1")] | None,
    AnyCase,
    EmptyIsNone,
]
LanguageOrEmpty = Annotated[
    Annotated[str, Field(pattern="^([A-Za-z]{2})?$", description="ISO 639-1")] | None,
    AfterValidator(lambda value: value.lower() if value else None),
]
"""The same of a form, which sends empty what is not filled in."""
Minutes = Annotated[Annotated[int, Field(ge=1, le=100_000)] | None, EmptyIsNone]
MaybeBool = Annotated[bool | None, EmptyIsNone]
AgeRating = Annotated[Annotated[str, Field(max_length=20), PlainSpaces, NoControls] | None, EmptyIsNone]
ImageUrl = Annotated[
    Annotated[WebUrl, AfterValidator(_check_https)] | None,
    EmptyIsNone,
    Field(description="An https link for pages to show; the service never fetches it."),
]
Label = Annotated[Emotion, BeforeValidator(to_label)]
Emotions = Annotated[
    list[Label], Field(max_length=20), BeforeValidator(_split_list), AfterValidator(_in_order)
]


class Details(BaseModel):
    """What may be said of a work; each part can be left out."""

    model_config = ConfigDict(str_strip_whitespace=True)

    creator: Creator = None
    year: Year = None
    kind: KindOrWork = "work"
    genres: Genres = []
    tags: Tags = []
    language: Language = None
    runtime_min: Minutes = None
    explicit: MaybeBool = None
    age_rating: AgeRating = None
    image_url: ImageUrl = None
    emotions: Emotions = []
    valence: Axis = None
    arousal: Axis = None
    quality: MaybeShare = None
    popularity: MaybeShare = None


class Work(Details):
    """A film, song, book or game as a person or a file describes it."""

    medium: AnyCaseMedium
    title: Title
    url: WebUrl

    @model_validator(mode="after")
    def check_both_axes(self) -> Self:
        if (self.valence is None) != (self.arousal is None):
            raise ValueError("valence and arousal come together or not at all")
        return self
