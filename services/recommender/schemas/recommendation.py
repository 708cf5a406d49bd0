"""What the recommending routes take and answer, and the field types of ids."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.common import prediction
from services.common.prediction import DetectParam, Prediction
from services.emotions import EMOTIONS, Emotion
from services.recommender.breaker import State
from services.recommender.ranking.item import MEDIA, Kind, Medium
from services.recommender.ranking.mood import Strategy, StrategyChoice
from services.recommender.schemas.fields import AnyCase, AnyCaseMedium, Label, to_label
from services.recommender.schemas.filters import Filters, OneOrMany

MAX_LIMIT: Final = 50
MAX_EXCLUDED: Final = 10_000
MAX_EXCLUDED_IN_QUERY: Final = 1_000
"""The server answers a longer head than 64 KiB itself, in plain text; a body has room for more."""
MAX_ID: Final = 2**31 - 1
"""The largest item id that the database can hold."""


def _merge_aliases(given: object) -> object:
    """Turn names into labels; adds up the shares of names for one label, as angry and disgust are."""
    if not isinstance(given, dict):
        return given
    merged: dict[Emotion, Any] = {}
    for name, share in given.items():
        label = to_label(name)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ValueError(f"{label} must be a number from 0 to 1")
        merged[label] = merged.get(label, 0) + share
    return merged


def rescale(given: Mapping[Emotion, float]) -> dict[Emotion, float]:
    """Rescale probabilities to a sum of exactly 1, in the project's order."""
    total = sum(given.values())
    return {label: given[label] / total for label in EMOTIONS}


def certain(emotion: Emotion) -> dict[Emotion, float]:
    """The probabilities of an emotion that is given as certain."""
    return {label: float(label == emotion) for label in EMOTIONS}


ItemId = Annotated[int, Field(ge=1, le=MAX_ID)]
UserId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["anna-7f3a"])]
Probabilities = Annotated[
    prediction.Probabilities,
    Field(examples=[dict.fromkeys(EMOTIONS, 0.1) | {"sad": 0.5}]),
    BeforeValidator(_merge_aliases),
    AfterValidator(rescale),
]


Media = Annotated[list[AnyCaseMedium], Field(min_length=1, max_length=10), OneOrMany]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Per medium.")]
Sensitive = Annotated[
    Literal["leave_out", "include"],
    AnyCase,
    Field(
        description="Works about suicide, self-harm and abuse when a sad or frightened mood is matched; "
        "`left_out` in the answer counts those held back."
    ),
]


class Options(Filters, BaseModel):
    """The options of every recommending route."""

    medium: Media = list(MEDIA)
    limit: Limit = 5
    strategy: Annotated[StrategyChoice, AnyCase] = "auto"
    exclude: Annotated[
        list[ItemId], Field(max_length=MAX_EXCLUDED, description="Item ids not to show."), OneOrMany
    ] = []
    user_id: UserId | None = None
    sensitive: Sensitive = "leave_out"


class QueryOptions(Options):
    """The options in a URL."""

    exclude: Annotated[
        list[ItemId],
        Field(max_length=MAX_EXCLUDED_IN_QUERY, description="Item ids not to show; a body takes more."),
        OneOrMany,
    ] = []


class PhotoOptions(Options):
    """The options of a photo, in a form or a URL."""

    detect: DetectParam = True
    faces: Annotated[
        Literal["main", "all"],
        AnyCase,
        Field(
            description="Whose mood counts: the main face's, or the mean of all faces that are not uncertain "
            "(of all, if all are; `clear` is false then)."
        ),
    ] = "main"


class PhotoQuery(QueryOptions, PhotoOptions):
    """The same in a URL alone."""


class MoodQuery(QueryOptions):
    emotion: Label


class SimilarQuery(Filters, BaseModel):
    medium: Annotated[Media | None, Field(description="The item's own, unless given.")] = None
    limit: Limit = 5
    user_id: Annotated[UserId | None, Field(description="Leaves out what is hidden or seen.")] = None
    sensitive: Annotated[Sensitive, Field(description="Works about suicide, self-harm and abuse.")] = (
        "leave_out"
    )


class MoodBody(Options):
    """Either `emotion` or `probabilities`."""

    model_config = ConfigDict(
        extra="forbid",
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
        },
    )

    emotion: Label | None = None
    probabilities: Probabilities | None = None

    @model_validator(mode="before")
    @classmethod
    def refuse_unknown(cls, body: object) -> object:
        """Name the known fields; pydantic's own refusal names none."""
        if isinstance(body, dict) and not body.keys() <= cls.model_fields.keys():
            known = ", ".join(cls.model_fields)
            raise ValueError(f"there is a field that is not known here; known are: {known}")
        return body

    @model_validator(mode="after")
    def check_one_mood(self) -> Self:
        if (self.emotion is None) == (self.probabilities is None):
            raise ValueError("give either emotion or probabilities")
        return self

    @property
    def mood(self) -> Emotion | Mapping[Emotion, float]:
        mood = self.emotion or self.probabilities
        assert mood is not None  # noqa: S101 # check_one_mood has made sure
        return mood


class Target(BaseModel):
    valence: float
    arousal: float


class Link(BaseModel):
    label: str
    url: str


class ItemOut(BaseModel):
    id: int
    medium: Medium
    title: str
    creator: str | None
    year: int | None
    url: str
    kind: Kind
    genres: list[str]
    tags: list[str]
    language: str | None
    runtime_min: int | None
    explicit: bool | None
    age_rating: str | None
    links: list[Link] = []
    image_url: str | None
    emotions: list[Emotion]
    valence: float
    arousal: float


class RecommendedItem(ItemOut):
    score: float
    reason: str


class SimilarItems(BaseModel):
    items: list[RecommendedItem]


class Recommendation(BaseModel):
    emotion: Emotion
    probabilities: dict[Emotion, float] | None
    strategy: Strategy
    target: Target
    items: list[RecommendedItem]
    clear: Annotated[bool, Field(description="false: no clear mood, a broad shelf")]
    left_out: Annotated[int, Field(ge=0, description="works held back by `sensitive`")]


class PhotoRecommendation(BaseModel):
    prediction: Prediction
    recommendation: Recommendation | None


class Ready(BaseModel):
    status: Literal["ready"]
    database: Literal["ok"]
    inference: Literal["ok", "unavailable"]
    breaker: State
    """`opened`: photos are rejected without asking inference, which failed too often in a row."""
