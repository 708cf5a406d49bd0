import asyncio
from typing import Final

from fastapi import APIRouter, Request

from services.common.forms import BINARY, Part, form_body
from services.common.prediction import DetectParam
from services.common.problems import Problem, ServiceError, problem_body, request_id_of
from services.common.queries import StrictRoute
from services.inference.answers import to_prediction
from services.inference.dependencies import ServingDep
from services.inference.routes.predict import PROBLEMS
from services.inference.schemas import BatchItem, BatchResult
from services.inference.upload import check_size, read_files

router = APIRouter(tags=["photos"], route_class=StrictRoute)

BODY: Final = form_body({"files": {"type": "array", "items": BINARY}})


@router.post("/predict/batch", responses=PROBLEMS, openapi_extra=BODY, response_model_exclude_unset=True)
async def predict_batch(
    request: Request,
    serving: ServingDep,
    detect: DetectParam = True,
) -> BatchResult:
    """Many photos at once, in the multipart field `files`; one bad photo never costs the others."""
    settings = serving.settings
    files = await read_files(request, "files", settings.max_batch)
    request_id = request_id_of(request)
    turns = asyncio.Semaphore(settings.workers)  # a batch takes no more of the queue than it can use

    async def answer(file: Part) -> BatchItem:
        try:
            check_size(file.content, settings.max_upload_bytes)
            async with turns:
                reading = await serving.workers.run(
                    lambda pipeline: pipeline.predict(file.content, detect=detect)
                )
        except ServiceError as error:
            body = problem_body(request_id, error.status, error.code, str(error))
            return BatchItem(
                filename=file.filename or "", status=error.status, error=Problem.model_validate(body)
            )
        serving.record(reading)
        return BatchItem(
            filename=file.filename or "", status=200, prediction=to_prediction(reading, serving.model)
        )

    return BatchResult(results=list(await asyncio.gather(*map(answer, files))))
