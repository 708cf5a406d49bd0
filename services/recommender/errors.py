"""The recommender's own errors, beside those of services/common."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.common.problems import RetryableError, ServiceError, answer_to


class NotAllowedError(ServiceError):
    status = 403
    code = "not_allowed"


class NotFoundError(ServiceError):
    status = 404
    code = "not_found"


class ConflictError(ServiceError):
    status = 409
    code = "conflict"


class InferenceUnavailableError(RetryableError):
    code = "inference_unavailable"


class InferenceBusyError(InferenceUnavailableError):
    """Inference is healthy and has too much to do."""

    code = "busy"


class InferenceTimeoutError(RetryableError):
    status = 504
    code = "inference_timeout"


class InferenceBadAnswerError(RetryableError):
    status = 502
    code = "inference_bad_answer"


class DatabaseUnavailableError(RetryableError):
    code = "database_unavailable"


class DatabaseFullError(RetryableError):
    status = 507
    code = "database_full"


class InferenceRefusedError(ServiceError):
    """Inference's own 4xx about what the client sent, passed on with its status and code."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.code = code
        super().__init__(detail, headers)


def add_database_handlers(app: FastAPI) -> None:
    """Answer every database failure as a retryable problem; the traceback goes to the log only."""

    @app.exception_handler(DBAPIError)
    @app.exception_handler(PoolTimeoutError)
    async def on_database(request: Request, error: DBAPIError | PoolTimeoutError) -> JSONResponse:
        request.scope["state"]["failure"] = error
        message = str(getattr(error, "orig", "")).lower()
        if "full" in message or "no space left" in message:  # SQLite's and PostgreSQL's words
            full = DatabaseFullError("The disk that holds the database is full. Nothing was saved.")
            return answer_to(request, full)
        unavailable = DatabaseUnavailableError("The database cannot be used right now. Nothing was saved.")
        return answer_to(request, unavailable)
