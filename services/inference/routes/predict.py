from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from services.common.forms import PHOTO_BODY
from services.common.prediction import DetectParam, Prediction
from services.common.queries import StrictRoute
from services.inference.answers import to_json
from services.inference.dependencies import ServingDep
from services.inference.errors import NoFaceError
from services.inference.upload import read_image

router = APIRouter(tags=["photos"], route_class=StrictRoute)

PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": text}
    for status, text in {
        400: "No bytes, a malformed form, or a damaged image",
        413: "Too many bytes or pixels, or too much memory to decode",
        415: "Not an image we read",
        422: "A parameter or part that fails validation; with strict=true, no face",
        503: "All workers are busy",
    }.items()
}


@router.post("/predict", responses={200: {"model": Prediction}, **PROBLEMS}, openapi_extra=PHOTO_BODY)
async def predict(
    request: Request,
    serving: ServingDep,
    strict: Annotated[bool, Query(description="answer 422 where no face is found")] = False,
    detect: DetectParam = True,
) -> Response:
    """The faces of one photo, the main one first, each with six probabilities.

    Send the photo as the multipart field `file` or as the body itself. No face is a result, not an error.
    """
    data = await read_image(request, serving.settings.max_upload_bytes)
    reading = await serving.workers.run(lambda pipeline: pipeline.predict(data, detect=detect))
    serving.record(reading)
    if strict and not reading.faces:
        raise NoFaceError("no face was found in the picture")
    return Response(to_json(reading, serving.model), media_type="application/json")
