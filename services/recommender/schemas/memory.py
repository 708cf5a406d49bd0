"""What the routes about users take and answer."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.emotions import Emotion
from services.recommender.ranking.item import Medium
from services.recommender.ranking.taste import ACTIONS, Action
from services.recommender.schemas.catalogue import CatalogueItem
from services.recommender.schemas.fields import Label
from services.recommender.schemas.recommendation import ItemId, UserId


def _to_action(value: object) -> object:
    """Any case; `skip` is an old name of `seen`."""
    folded = value.lower() if isinstance(value, str) else value
    return "seen" if folded == "skip" else folded


def _from_ms(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1000, UTC)


def _from_day(value: int | None) -> date | None:
    return None if value is None else date(1970, 1, 1) + timedelta(days=value)


ActionIn = Annotated[Action, BeforeValidator(_to_action)]
Time = Annotated[datetime, BeforeValidator(_from_ms)]
NextCursor = Annotated[str | None, Field(description="Pass as `cursor`; null on the last page.")]


class FeedbackIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"user_id": "anna-7f3a", "item_id": 12, "action": "like", "emotion": "sad"}]
        },
    )

    user_id: UserId
    item_id: ItemId
    action: ActionIn
    emotion: Label | None = None


class TakeBackQuery(BaseModel):
    action: Annotated[list[ActionIn], Field(max_length=20, description="None takes all back.")] = list(
        ACTIONS
    )


class FeedbackOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    item_id: int
    action: Action
    emotion: Emotion | None
    at: Annotated[Time, Field(validation_alias="at_ms")]


class HistoryEntry(FeedbackOut):
    """Feedback with the item that it is about."""

    medium: Medium
    title: str
    creator: str | None
    url: str
    stands: Annotated[bool, Field(description="False where a later opinion of the item replaced this one.")]


class PreferenceOut(BaseModel):
    """Weighted counts of likes and dislikes of a genre, a theme, a creator or a region of the plane."""

    model_config = ConfigDict(from_attributes=True)

    feature: str
    likes: float
    dislikes: float


class History(BaseModel):
    user_id: UserId
    feedback: list[HistoryEntry]
    preferences: list[PreferenceOut]
    next_cursor: NextCursor


class HistoryQuery(BaseModel):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(pattern=r"^[0-9]{1,18}$")] = None


class SavedItem(CatalogueItem):
    saved_at: Time


class SavedPage(BaseModel):
    """The user's list, the latest first."""

    items: list[SavedItem]
    next_cursor: NextCursor


class SavedQuery(BaseModel):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(pattern=r"^[0-9]{1,15}-[0-9]{1,9}$")] = None

    @property
    def before(self) -> tuple[int, int] | None:
        """When the last item of the page before was saved, and its id."""
        if self.cursor is None:
            return None
        saved_ms, _, item_id = self.cursor.partition("-")
        return int(saved_ms), int(item_id)


class ExportEntry(HistoryEntry):
    idempotency_key: str | None


class Export(BaseModel):
    """All that is kept under an id."""

    user_id: UserId
    feedback: list[ExportEntry]
    saved: list[SavedItem]
    preferences: list[PreferenceOut]
    last_used: Annotated[date | None, Field(validation_alias="used_day"), BeforeValidator(_from_day)]
