"""What the routes answer, beside a prediction."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.common.prediction import Prediction
from services.common.problems import Problem
from services.emotions import Emotion


class BatchItem(BaseModel):
    """A `prediction` where `status` is 200, else an `error`."""

    filename: str
    status: int
    prediction: Prediction | None = None
    error: Problem | None = None


class BatchResult(BaseModel):
    results: Annotated[list[BatchItem], Field(description="in the order of the files")]


class ModelCard(BaseModel):
    """The JSON beside the model file, as far as a client needs it."""

    model_config = ConfigDict(protected_namespaces=())

    name: str
    version: str
    sha256: str
    labels: list[Emotion]
    input: dict[str, Any]
    training_data: str
    licence: str
    metrics: Annotated[dict[str, Any], Field(description="measured on FER2013's PublicTest")]
    uncertain_below: float
    intended_use: str
    excluded_use: str


class Health(BaseModel):
    status: str
