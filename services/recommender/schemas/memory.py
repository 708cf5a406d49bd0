"""What the routes about users take and answer."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.emotions import Emotion
from services.recommender.ranking.item import Medium
from services.recommender.ranking.taste import Action
from services.recommender.schemas.fields import Label
from services.recommender.schemas.recommendation import ItemId, UserId


class FeedbackIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"user_id": "anna-7f3a", "item_id": 12, "action": "like", "emotion": "sad"}]
        },
    )

    user_id: UserId
    item_id: ItemId
    action: Action
    emotion: Label | None = None


def _from_ms(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1000, UTC)


class FeedbackOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    item_id: int
    action: Action
    emotion: Emotion | None
    at: Annotated[datetime, Field(validation_alias="at_ms"), BeforeValidator(_from_ms)]


class HistoryEntry(FeedbackOut):
    """Feedback with the item that it is about."""

    medium: Medium
    title: str
    creator: str | None
    url: str


class PreferenceOut(BaseModel):
    """Weighted counts of likes and dislikes of a genre, a creator or a region of the affect plane."""

    model_config = ConfigDict(from_attributes=True)

    feature: str
    likes: float
    dislikes: float


class History(BaseModel):
    user_id: UserId
    feedback: list[HistoryEntry]
    preferences: list[PreferenceOut]
    next_cursor: Annotated[str | None, Field(description="Pass as `cursor`; null on the last page.")]


class HistoryQuery(BaseModel):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(pattern=r"^[0-9]{1,18}$")] = None
