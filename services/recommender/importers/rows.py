"""The one shape that every source is read into, with the checks that every source needs."""

from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.emotions import EMOTIONS, Emotion, parse_emotion
from services.recommender import mood
from services.recommender.importers.keys import fold, key_of
from services.recommender.models import to_bits

Medium = Literal["movie", "song", "book", "game"]
MEDIA: tuple[Medium, ...] = get_args(Medium)

QUALITY_UNKNOWN = 0.5
GENRE_LENGTH = 40
GENRES_LENGTH = 300
CONFIDENCE_OF_LINK = 0.1
"""A person's link to a mood says for whom an item is, hardly how it feels."""


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


class Row(BaseModel):
    """One thing as a source describes it. What a source does not know stays None and is estimated."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="ignore")

    medium: Medium
    title: Title
    url: WebUrl
    creator: Creator = None
    year: Year = None
    genres: Genres = []
    emotions: Emotions = []
    valence: Axis = None
    arousal: Axis = None
    affect_source: Annotated[Annotated[Text, Field(max_length=40)] | None, BeforeValidator(empty_to_none)] = (
        None
    )
    affect_confidence: Share = None
    quality: Share = None
    popularity: Share = None

    @model_validator(mode="after")
    def check_affect(self) -> Self:
        check_both_axes(self.valence, self.arousal)
        return self

    @property
    def key(self) -> str:
        return key_of(self.medium, self.url, self.title, self.creator, self.year)

    def fill_from(self, other: Self) -> Self:
        """The row with what only `other` knows of the same thing, and the emotions of both."""
        mine = self.model_dump()
        known = {name: value for name, value in mine.items() if value not in (None, [])}
        emotions = [*self.emotions, *other.emotions]
        return self.model_validate({**other.model_dump(), **known, "emotions": emotions})

    def values(self) -> dict[str, Any]:
        """The columns of `Item`, with estimates for what is not known."""
        valence, arousal, source, confidence = self.affect()
        quality = QUALITY_UNKNOWN if self.quality is None else self.quality
        popularity = self.popularity or 0.0
        return {
            "key": self.key,
            "medium": self.medium,
            "title": self.title,
            "creator": self.creator,
            "year": self.year,
            "url": self.url,
            "genres": "|".join(self.genres),
            "emotions": to_bits(self.emotions),
            "valence": valence,
            "arousal": arousal,
            "affect_source": source,
            "affect_confidence": confidence,
            "quality": quality,
            "popularity": popularity,
            "prior": round(0.6 * quality + 0.4 * popularity, 4),
            "cell": mood.cell_of(valence, arousal),
            "search": fold(f"{self.title} {self.creator or ''}"),
        }

    def affect(self) -> tuple[float, float, str, float]:
        """Valence, arousal, where they come from, and how sure they are."""
        if self.valence is not None and self.arousal is not None:
            confidence = 1.0 if self.affect_confidence is None else self.affect_confidence
            return self.valence, self.arousal, self.affect_source or "given", confidence
        if self.emotions:
            places = [mood.CIRCUMPLEX[emotion] for emotion in self.emotions]
            valence, arousal = (sum(axis) / len(places) for axis in zip(*places, strict=True))
            return valence, arousal, "linked emotions", CONFIDENCE_OF_LINK
        return 0.0, 0.0, "unknown", 0.0
