"""What goes over the wire: the catalogue."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.emotions import Emotion
from services.recommender.ranking.item import Medium
from services.recommender.ranking.mood import Strategy
from services.recommender.schemas.fields import (
    Axis,
    Creator,
    Emotions,
    Genres,
    Label,
    Title,
    WebUrl,
    Year,
    check_both_axes,
)
from services.recommender.schemas.recommendation import ItemOut
from services.recommender.store.models import Item, from_bits


class CatalogueItem(ItemOut):
    genres: list[str]
    affect_source: str
    affect_confidence: float
    quality: float
    popularity: float

    @classmethod
    def of(cls, item: Item) -> Self:
        return cls(
            id=item.id,
            medium=item.medium,  # type: ignore[arg-type] # only media get into the table
            title=item.title,
            creator=item.creator,
            year=item.year,
            url=item.url,
            emotions=from_bits(item.emotions),
            valence=item.valence,
            arousal=item.arousal,
            genres=item.genres.split("|") if item.genres else [],
            affect_source=item.affect_source,
            affect_confidence=item.affect_confidence,
            quality=item.quality,
            popularity=item.popularity,
        )


class ItemPage(BaseModel):
    items: list[CatalogueItem]
    next_cursor: Annotated[str | None, Field(description="Pass as `cursor`; null on the last page.")]


class ItemIn(BaseModel):
    """An item as a person writes it; valence and arousal, if left out, are estimated from the emotions."""

    model_config = ConfigDict(
        str_strip_whitespace=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "medium": "movie",
                    "title": "Paddington 2",
                    "creator": "Paul King",
                    "year": 2017,
                    "url": "https://www.imdb.com/title/tt4468740/",
                    "genres": ["comedy", "family"],
                    "emotions": ["sad"],
                }
            ]
        },
    )

    medium: Medium
    title: Title
    url: WebUrl
    creator: Creator = None
    year: Year = None
    genres: Genres = []
    emotions: Emotions = []
    valence: Axis = None
    arousal: Axis = None

    @model_validator(mode="after")
    def check_affect(self) -> Self:
        check_both_axes(self.valence, self.arousal)
        return self


class ItemQuery(BaseModel):
    medium: Medium | None = None
    emotion: Label | None = None
    q: Annotated[str, Field(max_length=200, description="Words that title or creator hold.")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[
        str, Field(pattern=r"^[0-9]{1,9}$", description="`next_cursor` of the page before.")
    ] = "0"


class EmotionOut(BaseModel):
    name: Emotion
    aliases: list[str]
    valence: float
    arousal: float
    auto_strategy: Strategy


class MediumOut(BaseModel):
    name: Medium
    items: int
