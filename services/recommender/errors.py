"""One tree of errors and the handlers that turn every failure into `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

RETRY_AFTER_S = 2
MAX_DETAILS = 5


class RecommenderError(HTTPException):
    """Base of what this service refuses or fails at on purpose.

    A subclass of Starlette's HTTPException because FastAPI lets only that one out of body parsing unchanged.
    """

    status = 500
    code = "internal_error"

    def __init__(self, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(self.status, detail, headers)


class UnreadableError(RecommenderError):
    status = 400
    code = "unreadable"


class NotAllowedError(RecommenderError):
    status = 403
    code = "not_allowed"


class NotFoundError(RecommenderError):
    status = 404
    code = "not_found"


class ConflictError(RecommenderError):
    status = 409
    code = "conflict"


class SlowBodyError(RecommenderError):
    """The connection is closed: what may still come of the body is of no use."""

    status = 408
    code = "slow_body"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"Connection": "close"})


class TooLargeError(RecommenderError):
    status = 413
    code = "too_large"


class InvalidError(RecommenderError):
    status = 422
    code = "invalid"


class TooManyRequestsError(RecommenderError):
    status = 429
    code = "too_many_requests"


class HeadersTooLargeError(RecommenderError):
    status = 431
    code = "headers_too_large"


class RetryableError(RecommenderError):
    """What may pass by itself; the answer says when to try again."""

    status = 503

    def __init__(self, detail: str, after_s: int = RETRY_AFTER_S) -> None:
        super().__init__(detail, {"Retry-After": str(after_s)})


class BusyError(RetryableError):
    code = "busy"


class InferenceUnavailableError(RetryableError):
    code = "inference_unavailable"


class InferenceBusyError(InferenceUnavailableError):
    """Inference is well and says that it has enough to do."""


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


class InferenceRefusedError(RecommenderError):
    """Inference's own 4xx about what the client sent, passed on with its status and code."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.code = code
        super().__init__(detail, headers)


CODES = {
    400: "unreadable",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
}


def code_of(status: int) -> str:
    """For what this service does not answer on purpose, but a library it is built on."""
    return CODES.get(status, "error")


def problem_body(request_id: str, status: int, code: str, detail: str) -> dict[str, str | int]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }


def problem(
    request_id: str, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = problem_body(request_id, status, code, detail)
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def request_id_of(request: Request) -> str:
    """The id that telemetry gave this request."""
    return str(request.scope["state"]["request_id"])


def describe(errors: list[Any]) -> str:
    """The first few of pydantic's complaints in one line; no rejected values, as they may be personal."""
    lines = [
        f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in errors[:MAX_DETAILS]
    ]
    if len(errors) > MAX_DETAILS:
        lines.append(f"and {len(errors) - MAX_DETAILS} more")
    return "; ".join(lines)


def database_error(error: DBAPIError | PoolTimeoutError) -> RetryableError:
    """What the client may know of a database failure: that it passes, and nothing of the inside."""
    told = str(getattr(error, "orig", "")).lower()
    if "full" in told or "no space left" in told:  # as SQLite and as PostgreSQL say it
        return DatabaseFullError("The disk that holds the database is full. Nothing was saved.")
    return DatabaseUnavailableError("The database cannot be used right now. Nothing was saved.")


def add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        code = error.code if isinstance(error, RecommenderError) else code_of(error.status_code)
        detail = str(error.detail)
        return problem(request_id_of(request), error.status_code, code, detail, error.headers)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = list(error.errors())
        detail = describe(errors)
        if any(one["type"] == "json_invalid" for one in errors):
            return problem(request_id_of(request), 400, UnreadableError.code, detail)
        return problem(request_id_of(request), 422, "invalid", detail)

    @app.exception_handler(DBAPIError)
    @app.exception_handler(PoolTimeoutError)
    async def on_database(request: Request, error: DBAPIError | PoolTimeoutError) -> JSONResponse:
        request.scope["state"]["failure"] = error
        return await on_http(request, database_error(error))
