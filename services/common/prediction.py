"""Inference's answer, field by field the contract; boxes in pixels of the upright picture."""

from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.emotions import EMOTIONS, Emotion

SUM_TOLERANCE: Final = 0.01


def _check_probabilities(given: dict[Emotion, float]) -> dict[Emotion, float]:
    missing = [label for label in EMOTIONS if label not in given]
    if missing:
        raise ValueError(f"missing labels: {', '.join(missing)}")
    total = sum(given.values())
    if abs(total - 1) > SUM_TOLERANCE:
        raise ValueError(f"must sum to 1 within {SUM_TOLERANCE}, not to {total:.4g}")
    return given


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Probabilities = Annotated[dict[Emotion, Share], AfterValidator(_check_probabilities)]
"""All six labels; the values sum to 1."""
DetectParam = Annotated[
    bool, Query(description="false: take the whole picture as one upright face, as crops are")
]

EXAMPLE_PROBABILITIES: Final = dict.fromkeys(EMOTIONS, 0.01) | {"happy": 0.93, "neutral": 0.03}
EXAMPLE: Final[dict[str, Any]] = {
    "emotion": "happy",
    "probabilities": EXAMPLE_PROBABILITIES,
    "faces": [
        {
            "box": {"x": 10, "y": 20, "width": 90, "height": 90},
            "detection_score": 7.4,
            "landmarks": {
                "right_eye": {"x": 36, "y": 55},
                "left_eye": {"x": 74, "y": 55},
                "nose": {"x": 55, "y": 74},
                "mouth_right": {"x": 40, "y": 92},
                "mouth_left": {"x": 70, "y": 92},
            },
            "emotion": "happy",
            "confidence": 0.93,
            "probabilities": EXAMPLE_PROBABILITIES,
            "uncertain": False,
            "uncertain_because": [],
        }
    ],
    "image": {"width": 640, "height": 480},
    "model": {"name": "emonet", "version": "1.0.0"},
    "timings_ms": {"decode": 1.2, "detect": 4.0, "classify": 0.9, "total": 6.3},
}


class Position(BaseModel):
    x: int
    y: int


class Box(Position):
    width: int
    height: int


class Landmarks(BaseModel):
    """Right and left are the person's own."""

    right_eye: Position
    left_eye: Position
    nose: Position
    mouth_right: Position
    mouth_left: Position


class FacePrediction(BaseModel):
    box: Annotated[Box, Field(description="a square in FER2013's framing, cut at the picture's edges")]
    detection_score: Annotated[
        float | None,
        Field(
            description="log-odds of being a face: 1/(1+e^-score) is the probability; null with detect=false"
        ),
    ]
    landmarks: Annotated[
        Landmarks | None, Field(description="null with detect=false and from the Haar cascade alone")
    ] = None
    emotion: Emotion
    confidence: Annotated[float, Field(ge=0, le=1, description="probability of `emotion`")]
    probabilities: Probabilities
    uncertain: Annotated[bool, Field(description="whether `uncertain_because` names a reason")]
    uncertain_because: Annotated[
        list[Literal["covered", "confidence"]],
        Field(
            description="covered: the lower half of the face is hidden; "
            "confidence: it is below the model's documented threshold"
        ),
    ] = []


class ImageSize(BaseModel):
    width: int
    height: int


class ModelName(BaseModel):
    name: str
    version: str


class Timings(BaseModel):
    """Milliseconds."""

    decode: float
    detect: float
    classify: float
    total: float


class MainFace(BaseModel):
    emotion: Annotated[Emotion | None, Field(description="of the main face, the first one; null without one")]
    probabilities: Annotated[
        Probabilities | None, Field(description="of the main face, the first one; null without one")
    ]


class PictureAnswer(MainFace):
    image: ImageSize
    model: ModelName
    timings_ms: Timings


class Prediction(PictureAnswer):
    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    faces: Annotated[list[FacePrediction], Field(description="the main face first, then the others by size")]


class StreamFace(FacePrediction):
    id: Annotated[int, Field(description="stays while the face stays")]


class StreamPrediction(PictureAnswer):
    """One frame of a stream; probabilities are smoothed over time."""

    frame: Annotated[int, Field(description="number of the frame this answers, from 0 as they arrived")]
    faces: Annotated[list[StreamFace], Field(description="the main face first, then the others by size")]
