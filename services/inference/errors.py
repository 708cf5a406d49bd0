"""Everything that can go wrong, and its one form on the wire: RFC 9457's application/problem+json."""

from http import HTTPStatus
from typing import ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse


class InferenceError(Exception):
    """Base of what this service answers instead of a prediction; `str(error)` is shown to the client."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    headers: ClassVar[dict[str, str]] = {}


class UnreadableImageError(InferenceError):
    status, code = 400, "unreadable_image"


class BadRequestError(InferenceError):
    status, code = 400, "bad_request"


class SlowBodyError(InferenceError):
    """The connection is closed: what may still come of the body is of no use."""

    status, code, headers = 408, "slow_body", {"Connection": "close"}


class TooLargeError(InferenceError):
    status, code = 413, "too_large"


class UnsupportedImageError(InferenceError):
    status, code = 415, "unsupported_image"


class NoFaceError(InferenceError):
    status, code = 422, "no_face"


class HeadersTooLargeError(InferenceError):
    status, code = 431, "headers_too_large"


class BusyError(InferenceError):
    status, code, headers = 503, "busy", {"Retry-After": "1"}


class NotReadyError(InferenceError):
    status, code, headers = 503, "not_ready", {"Retry-After": "2"}


class ModelFileError(RuntimeError):
    """The model file and its card do not belong together, or are not there; the service does not start."""


def problem(
    status: int, code: str, detail: str, request_id: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    body = problem_body(status, code, detail, request_id)
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def problem_body(status: int, code: str, detail: str, request_id: str) -> dict[str, str | int]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }


def request_id_of(request: Request) -> str:
    """The id that telemetry gave this request."""
    return str(request.scope["state"]["request_id"])


def install(app: FastAPI) -> None:
    """Every error of every route leaves as a problem."""

    @app.exception_handler(InferenceError)
    async def known(request: Request, error: InferenceError) -> JSONResponse:
        request.app.state.metrics.rejected.labels(error.code).inc()
        return problem(error.status, error.code, str(error), request_id_of(request), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        parts = (f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors())
        return problem(422, "invalid", "; ".join(parts), request_id_of(request))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).name.lower()
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, code, str(error.detail), request_id_of(request), headers)
