"""What the catalogue's routes take and answer."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.emotions import Emotion
from services.recommender.ranking.item import Medium
from services.recommender.ranking.mood import Strategy
from services.recommender.schemas.fields import Label, Work
from services.recommender.schemas.recommendation import ItemOut


class CatalogueItem(ItemOut):
    model_config = ConfigDict(from_attributes=True)

    affect_source: str
    affect_confidence: float
    quality: float
    popularity: float


class ItemPage(BaseModel):
    items: list[CatalogueItem]
    next_cursor: Annotated[str | None, Field(description="Pass as `cursor`; null on the last page.")]


class ItemIn(Work):
    """An item as a person writes it; valence and arousal, if left out, are estimated from the emotions."""

    model_config = ConfigDict(
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
                    "tags": ["witty", "kindness", "friendship"],
                    "language": "en",
                    "runtime_min": 103,
                    "age_rating": "PG",
                    "emotions": ["sad"],
                }
            ]
        },
    )


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
