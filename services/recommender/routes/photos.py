"""Routes that take a photo. The photo stays in memory, goes to inference, and is forgotten."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from services.common.problems import InvalidError, UnreadableError
from services.recommender.dependencies import InferenceDep, MetricsDep, RequestIdDep, TodayDep
from services.recommender.inference_client import OCTETS, read_prediction
from services.recommender.recommend import recommend
from services.recommender.schemas.recommendation import Options, PhotoRecommendation, QueryOptions
from services.recommender.store.db import SessionsDep

router = APIRouter(tags=["photos"])

PHOTO_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
            "image/png": {"schema": {"type": "string", "format": "binary"}},
            "image/webp": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class InMemoryParser(MultiPartParser):
    spool_max_size = 2**40
    """Never to disk: a photo of a face is not written anywhere. The body limit bounds the memory."""


@router.post("/predict", openapi_extra=PHOTO_BODY)
async def predict(
    request: Request, inference: InferenceDep, request_id: RequestIdDep, *, strict: bool = False
) -> dict[str, Any]:
    """Inference's answer, passed through. `strict` turns a photo without a face into 422."""
    body = await request.body()
    return await inference.predict(
        body, request.headers.get("content-type", OCTETS), request_id, strict=strict
    )


@router.post("/recommend/photo", openapi_extra=PHOTO_BODY)
async def recommend_for_photo(  # noqa: PLR0913, PLR0917 # each is one thing that FastAPI hands in
    request: Request,
    query: Annotated[QueryOptions, Query()],
    sessions: SessionsDep,
    inference: InferenceDep,
    metrics: MetricsDep,
    request_id: RequestIdDep,
    today: TodayDep,
) -> PhotoRecommendation:
    """A photo's mood and what suits it. Options come in the query or as form fields; a form field wins."""
    image, content_type, options = await read_photo(request, query)
    answer = await inference.predict(image, content_type, request_id, strict=False)
    prediction = read_prediction(answer)
    if prediction.probabilities is None:
        return PhotoRecommendation(prediction=answer, recommendation=None)
    shares = prediction.probabilities
    shelf = await sessions.reading(lambda session: recommend(session, shares, options, today))
    metrics.moods.labels(shelf.emotion, shelf.strategy).inc()
    shelf = shelf.model_copy(update={"probabilities": shares})
    return PhotoRecommendation(prediction=answer, recommendation=shelf)


async def read_photo(request: Request, query: Options) -> tuple[bytes, str, Options]:
    """Image, its declared type, and the options with the form's put over the query's."""
    body = await request.body()
    content_type = request.headers.get("content-type", OCTETS)
    if not content_type.lower().startswith("multipart/form-data"):
        return body, content_type, query
    form = await parse_form(request, body)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidError("body.file: the form has no file in a field named file")
        return await file.read(), OCTETS, with_fields(query, form)
    finally:
        await form.close()


async def parse_form(request: Request, body: bytes) -> FormData:
    async def whole() -> AsyncGenerator[bytes]:
        yield body

    try:
        return await InMemoryParser(request.headers, whole()).parse()
    except MultiPartException as error:
        raise UnreadableError(f"The form cannot be read: {error.message}") from error
    except UnicodeError as error:
        raise UnreadableError("The form cannot be read: its charset is unknown.") from error


def with_fields(query: Options, form: FormData) -> Options:
    given: dict[str, Any] = query.model_dump(exclude_unset=True)
    for name in Options.model_fields:
        values = [value for value in form.getlist(name) if isinstance(value, str)]
        if values:
            given[name] = values if name in {"medium", "exclude"} else values[-1]
    try:
        return Options.model_validate(given)
    except ValidationError as error:
        located = [{**e, "loc": ("body", *e["loc"])} for e in error.errors()]
        raise RequestValidationError(located) from error
