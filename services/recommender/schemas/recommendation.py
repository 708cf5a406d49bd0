"""What goes over the wire: moods and what is recommended for them; what several routes share."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.emotions import EMOTIONS, Emotion
from services.recommender.breaker import State
from services.recommender.ranking.item import MEDIA, Medium
from services.recommender.ranking.mood import Strategy, StrategyChoice
from services.recommender.schemas.fields import Label, to_label

MAX_LIMIT = 50
MAX_EXCLUDED = 10_000
MAX_EXCLUDED_IN_QUERY = 1_000
"""Beyond 64 KiB of URL and headers the server itself answers, in plain text; a body has room for more."""
SUM_TOLERANCE = 0.01
MAX_ID = 2**31 - 1
"""The largest item id that the database can hold; a larger one cannot exist."""


def one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


def merge_aliases(given: object) -> object:
    """Names to labels; the shares of names that mean one label, as angry and disgust do, are added up."""
    if not isinstance(given, dict):
        return given
    merged: dict[Emotion, Any] = {}
    for name, share in given.items():
        label = to_label(name)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ValueError(f"{label} must be a number from 0 to 1")
        merged[label] = merged.get(label, 0) + share
    return merged


def check_probabilities(given: dict[Emotion, float]) -> dict[Emotion, float]:
    """All six labels, rescaled to sum to exactly 1; ValueError if a label is missing or the sum is off."""
    missing = [label for label in EMOTIONS if label not in given]
    if missing:
        raise ValueError(f"missing labels: {', '.join(missing)}")
    total = sum(given.values())
    if abs(total - 1) > SUM_TOLERANCE:
        raise ValueError(f"must sum to 1 within {SUM_TOLERANCE}, not to {total:.4g}")
    return {label: given[label] / total for label in EMOTIONS}


ItemId = Annotated[int, Field(ge=1, le=MAX_ID)]
UserId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["anna-7f3a"])]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Probabilities = Annotated[
    dict[Emotion, Share],
    Field(examples=[dict.fromkeys(EMOTIONS, 0.1) | {"sad": 0.5}]),
    BeforeValidator(merge_aliases),
    AfterValidator(check_probabilities),
]


class Options(BaseModel):
    """What every way of asking for recommendations has in common."""

    model_config = ConfigDict(extra="ignore")

    medium: Annotated[list[Medium], Field(min_length=1, max_length=10), BeforeValidator(one_or_many)] = list(
        MEDIA
    )
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Per medium.")] = 5
    strategy: StrategyChoice = "auto"
    exclude: Annotated[
        list[ItemId],
        Field(max_length=MAX_EXCLUDED, description="Item ids not to show."),
        BeforeValidator(one_or_many),
    ] = []
    user_id: UserId | None = None


def certain(emotion: Emotion) -> dict[Emotion, float]:
    return {label: float(label == emotion) for label in EMOTIONS}


class QueryOptions(Options):
    """As they come in a URL."""

    exclude: Annotated[
        list[ItemId],
        Field(max_length=MAX_EXCLUDED_IN_QUERY, description="Item ids not to show; a body takes more."),
        BeforeValidator(one_or_many),
    ] = []


class MoodQuery(QueryOptions):
    emotion: Label


class MoodBody(Options):
    """Either `emotion` or `probabilities`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"emotion": "sad", "medium": ["movie", "song"], "limit": 3},
                {
                    "probabilities": {
                        "angry": 0.1,
                        "fear": 0.1,
                        "happy": 0,
                        "sad": 0.7,
                        "surprise": 0,
                        "neutral": 0.1,
                    }
                },
            ]
        }
    )

    emotion: Label | None = None
    probabilities: Probabilities | None = None

    @model_validator(mode="after")
    def check_one_mood(self) -> Self:
        if (self.emotion is None) == (self.probabilities is None):
            raise ValueError("give either emotion or probabilities")
        return self

    def vector(self) -> dict[Emotion, float]:
        if self.probabilities is not None:
            return self.probabilities
        assert self.emotion is not None  # noqa: S101 # check_one_mood has made sure
        return certain(self.emotion)


class Target(BaseModel):
    valence: float
    arousal: float


class ItemOut(BaseModel):
    id: int
    medium: Medium
    title: str
    creator: str | None
    year: int | None
    url: str
    emotions: list[Emotion]
    valence: float
    arousal: float


class RecommendedItem(ItemOut):
    score: float
    reason: str


class Recommendation(BaseModel):
    emotion: Emotion
    probabilities: dict[Emotion, float] | None
    strategy: Strategy
    target: Target
    items: list[RecommendedItem]


class PhotoRecommendation(BaseModel):
    prediction: dict[str, Any]
    recommendation: Recommendation | None


class Ready(BaseModel):
    status: Literal["ready"]
    database: Literal["ok"]
    inference: Literal["ok", "unavailable"]
    breaker: State
    """`opened`: photos are refused without asking inference, which failed too often in a row."""
