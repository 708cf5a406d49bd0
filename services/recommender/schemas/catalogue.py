"""What the catalogue's routes take and answer."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.emotions import Emotion
from services.recommender.ranking.item import Medium
from services.recommender.ranking.mood import Strategy
from services.recommender.schemas.fields import AnyCaseMedium, Details, Label, Title, WebUrl, Work
from services.recommender.schemas.filters import Filters
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


class ItemChange(Details):
    """The fields of an item to change."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"title": "Paddington 2", "genres": ["comedy"], "year": None}]},
    )

    medium: AnyCaseMedium | None = None
    title: Title | None = None
    url: WebUrl | None = None

    @model_validator(mode="before")
    @classmethod
    def ignore_what_follows(cls, body: object) -> object:
        """Drop what GET gives and nobody writes: the id, and what is made of other fields."""
        if not isinstance(body, dict):
            return body
        ignored = CatalogueItem.model_fields.keys() - cls.model_fields.keys()
        return {name: value for name, value in body.items() if name not in ignored}

    def given(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class ItemQuery(Filters):
    medium: AnyCaseMedium | None = None
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
