"""Routes that take a photo. It goes to inference and is stored nowhere."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import to_json

from services.common.forms import (
    PHOTO_BODY,
    SPARE_PARTS,
    Part,
    file_of,
    is_form,
    photo_body,
    read_body,
    read_form,
    texts_of,
)
from services.common.prediction import DetectParam, Prediction
from services.common.problems import UnreadableError
from services.common.queries import StrictRoute
from services.recommender.dependencies import InferenceDep, RecommenderDep, RequestIdDep
from services.recommender.inference_client import OCTETS, read_mood, read_moods
from services.recommender.languages import VARY
from services.recommender.schemas.recommendation import (
    MAX_EXCLUDED_IN_QUERY,
    PhotoOptions,
    PhotoQuery,
    PhotoRecommendation,
)

router = APIRouter(tags=["photos"], route_class=StrictRoute)

BODY_WITH_OPTIONS: Final = photo_body(PhotoOptions.model_json_schema()["properties"])
REPEATABLE: Final = {"medium", "exclude", "genre"}
MOST_PARTS: Final = MAX_EXCLUDED_IN_QUERY + SPARE_PARTS


def _json(answer: object, headers: Mapping[str, str] | None = None) -> Response:
    """Answer as JSON, with fields of inference's that the documented schema does not know."""
    return Response(to_json(answer, inf_nan_mode="null"), headers=headers, media_type="application/json")


@router.post("/predict", openapi_extra=PHOTO_BODY, responses={200: {"model": Prediction}})
async def predict(
    request: Request,
    inference: InferenceDep,
    request_id: RequestIdDep,
    *,
    strict: bool = False,
    detect: DetectParam = True,
) -> Response:
    """Pass the photo to inference and its answer back. `strict` turns a photo without a face into 422."""
    content_type = request.headers.get("content-type", OCTETS)
    body = await read_body(request)
    return _json(await inference.predict(body, content_type, request_id, strict=strict, detect=detect))


@router.post(
    "/recommend/photo", openapi_extra=BODY_WITH_OPTIONS, responses={200: {"model": PhotoRecommendation}}
)
async def recommend_for_photo(
    request: Request,
    query: Annotated[PhotoQuery, Query()],
    recommender: RecommenderDep,
    inference: InferenceDep,
    request_id: RequestIdDep,
) -> Response:
    """Recommend for a photo's mood. Options come in the query or as form fields; a form field wins."""
    image, content_type, options = await _read_photo(request, query)
    prediction = await inference.predict(image, content_type, request_id, detect=options.detect)
    mood, sure = read_moods(prediction) if options.faces == "all" else (read_mood(prediction), True)
    shelf = await recommender.recommend(mood, options, sure=sure) if mood else None
    return _json({"prediction": prediction, "recommendation": shelf}, VARY)


async def _read_photo(request: Request, query: PhotoOptions) -> tuple[bytes, str, PhotoOptions]:
    """The image, its declared type, and the options of the query and the form together."""
    if not is_form(request):
        return await read_body(request), request.headers.get("content-type", OCTETS), query
    form = await read_form(request, MOST_PARTS, UnreadableError)
    return file_of(form, "file", PhotoOptions.model_fields).content, OCTETS, _with_fields(query, form)


def _with_fields(query: PhotoOptions, form: list[Part]) -> PhotoOptions:
    given: dict[str, Any] = query.model_dump(exclude_unset=True)
    for name in PhotoOptions.model_fields:
        if values := texts_of(form, name):
            # Of several, none could be chosen: as a list they are refused where one is wanted.
            given[name] = values if name in REPEATABLE or len(values) > 1 else values[0]
    try:
        return PhotoOptions.model_validate(given)
    except ValidationError as error:
        located = [{**e, "loc": ("body", *e["loc"])} for e in error.errors()]
        raise RequestValidationError(located) from error
