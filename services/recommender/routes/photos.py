"""Routes that take a photo. It goes to inference and is stored nowhere."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import to_json
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from services.common.prediction import Prediction
from services.common.problems import InvalidError, UnreadableError
from services.recommender.dependencies import InferenceDep, RecommenderDep, RequestIdDep
from services.recommender.inference_client import OCTETS, read_mood
from services.recommender.schemas.recommendation import Options, PhotoRecommendation, QueryOptions

router = APIRouter(tags=["photos"])

PHOTO_BODY: Final[dict[str, Any]] = {
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


class _InMemoryParser(MultiPartParser):
    spool_max_size = 2**40
    """Keeps photos off the disk. The body limit bounds the memory."""


def _json(answer: object) -> Response:
    """Answer as JSON, with fields of inference's that the documented schema does not know."""
    return Response(to_json(answer, inf_nan_mode="null"), media_type="application/json")


@router.post("/predict", openapi_extra=PHOTO_BODY, responses={200: {"model": Prediction}})
async def predict(
    request: Request, inference: InferenceDep, request_id: RequestIdDep, *, strict: bool = False
) -> Response:
    """Pass the photo to inference and its answer back. `strict` turns a photo without a face into 422."""
    content_type = request.headers.get("content-type", OCTETS)
    return _json(await inference.predict(await request.body(), content_type, request_id, strict=strict))


@router.post("/recommend/photo", openapi_extra=PHOTO_BODY, responses={200: {"model": PhotoRecommendation}})
async def recommend_for_photo(
    request: Request,
    query: Annotated[QueryOptions, Query()],
    recommender: RecommenderDep,
    inference: InferenceDep,
    request_id: RequestIdDep,
) -> Response:
    """Recommend for a photo's mood. Options come in the query or as form fields; a form field wins."""
    image, content_type, options = await _read_photo(request, query)
    prediction = await inference.predict(image, content_type, request_id, strict=False)
    mood = read_mood(prediction).probabilities
    shelf = await recommender.recommend(mood, options) if mood else None
    return _json({"prediction": prediction, "recommendation": shelf})


async def _read_photo(request: Request, query: Options) -> tuple[bytes, str, Options]:
    """The image, its declared type, and the options of the query and the form together."""
    body = await request.body()
    content_type = request.headers.get("content-type", OCTETS)
    if not content_type.lower().startswith("multipart/form-data"):
        return body, content_type, query
    form = await _parse_form(request, body)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidError("body.file: the form has no file in a field named file")
        return await file.read(), OCTETS, _with_fields(query, form)
    finally:
        await form.close()


async def _parse_form(request: Request, body: bytes) -> FormData:
    async def whole() -> AsyncGenerator[bytes]:
        yield body

    try:
        return await _InMemoryParser(request.headers, whole()).parse()
    except MultiPartException as error:
        raise UnreadableError(f"The form cannot be read: {error.message}") from error
    except UnicodeError as error:
        raise UnreadableError("The form cannot be read: its charset is unknown.") from error


def _with_fields(query: Options, form: FormData) -> Options:
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
