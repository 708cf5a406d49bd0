"""One tree of errors and the handlers that turn every failure into `application/problem+json` (RFC 9457)."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from services.common.methods import allowed_methods

RETRY_AFTER_S: Final = 2
MAX_DETAILS: Final = 5


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str


class ServiceError(HTTPException):
    """Base of the errors that a service answers on purpose; `str(error)` is the problem's detail.

    A subclass of Starlette's HTTPException because FastAPI lets only that one out of body parsing unchanged.
    """

    status = 500
    code = "internal_error"

    def __init__(self, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(self.status, detail, headers)

    def __str__(self) -> str:
        return str(self.detail)


class UnreadableError(ServiceError):
    status = 400
    code = "unreadable"


class UnauthorizedError(ServiceError):
    status = 401
    code = "unauthorized"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"WWW-Authenticate": "Bearer"})


class SlowBodyError(ServiceError):
    """Closes the connection, as the rest of the body is not read."""

    status = 408
    code = "slow_body"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"Connection": "close"})


class TooLargeError(ServiceError):
    status = 413
    code = "too_large"


class PackedBodyError(ServiceError):
    status = 415
    code = "unsupported_encoding"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"Accept-Encoding": "identity"})


class InvalidError(ServiceError):
    status = 422
    code = "invalid"


class TooManyRequestsError(ServiceError):
    status = 429
    code = "too_many_requests"


class HeadersTooLargeError(ServiceError):
    status = 431
    code = "headers_too_large"


class RetryableError(ServiceError):
    """A temporary error; `Retry-After` says when to try again."""

    status = 503

    def __init__(self, detail: str, after_s: int = RETRY_AFTER_S) -> None:
        super().__init__(detail, {"Retry-After": str(after_s)})


class BusyError(RetryableError):
    code = "busy"


CODES: Final = {400: "unreadable", 413: "too_large", 416: "range_not_satisfiable"}


def code_of(status: int) -> str:
    """The problem code of an error that a library raised."""
    return CODES.get(status) or HTTPStatus(status).name.lower()


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


def reason_of(error: Mapping[str, Any]) -> str:
    """What pydantic says is wrong, without the name of our exception that it puts before our own words."""
    return str(error["msg"]).removeprefix("Value error, ")


def describe(errors: list[Any]) -> str:
    """The first few of pydantic's complaints in one line; no rejected values, as they may be personal."""
    lines = [
        ": ".join(filter(None, (".".join(map(str, error["loc"])), reason_of(error))))
        for error in errors[:MAX_DETAILS]
    ]
    if len(errors) > MAX_DETAILS:
        lines.append(f"and {len(errors) - MAX_DETAILS} more")
    return "; ".join(lines)


def _hint(request: Request, errors: list[Any]) -> str:
    """What to send instead of a body that was not taken for JSON because its type was not given."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    unread = any(error["loc"] == ("body",) for error in errors)
    if not unread or kind == "application/json" or kind.endswith("+json"):
        return ""
    return "; send JSON with the header Content-Type: application/json"


def answer_to(request: Request, error: HTTPException) -> JSONResponse:
    code = error.code if isinstance(error, ServiceError) else code_of(error.status_code)
    return problem(request_id_of(request), error.status_code, code, str(error.detail), error.headers)


def add_error_handlers(app: FastAPI, refused: Callable[[str], None] = lambda _code: None) -> None:
    """Answers every error as a problem; calls `refused` with the code of each ServiceError."""

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error, ServiceError):
            refused(error.code)
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            error.headers = {"Allow": allowed_methods(app, request.scope)}
        return answer_to(request, error)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = list(error.errors())
        detail = describe(errors) + _hint(request, errors)
        if any(one["type"] == "json_invalid" for one in errors):
            return problem(request_id_of(request), 400, UnreadableError.code, detail)
        return problem(request_id_of(request), 422, InvalidError.code, detail)
