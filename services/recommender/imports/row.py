"""The one shape that every source is read into."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.recommender.imports.keys import key_of
from services.recommender.ranking import mood
from services.recommender.ranking.item import Medium
from services.recommender.schemas.fields import (
    Axis,
    Creator,
    Emotions,
    Genres,
    Share,
    Text,
    Title,
    WebUrl,
    Year,
    check_both_axes,
    empty_to_none,
    fold,
)
from services.recommender.store.models import to_bits

QUALITY_UNKNOWN = 0.5
CONFIDENCE_OF_LINK = 0.1
"""A person's link to a mood says for whom an item is, hardly how it feels."""


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
