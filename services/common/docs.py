"""/docs from files on this machine: Swagger UI as the fastapi-swagger package carries it, no CDN.

Its addresses are relative, for a proxy that serves it below a path.
And the OpenAPI document as client generators read it best.
"""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from services.common.headers import allowing_inline_scripts
from services.common.problems import Problem

REFERENCE: Final = {"$ref": "#/components/schemas/Problem"}
FASTAPIS_OWN: Final = ("HTTPValidationError", "ValidationError")
"""Schemas of errors that these services answer as problems."""


def operation_id(route: APIRoute) -> str:
    """The function's name, which generators make the client's function from."""
    return route.name


def describe_problems(app: FastAPI) -> None:
    """Makes the document say that every error is a Problem, by reference."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = Problem.model_json_schema()
            for name in FASTAPIS_OWN:
                schemas.pop(name, None)
            for operations in document["paths"].values():
                for operation in operations.values():
                    _refer(operation["responses"])
        return plain()

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend it


def _refer(responses: dict[str, Any]) -> None:
    responses.setdefault("default", {"description": "What went wrong, as RFC 9457 has it"})
    for status, response in responses.items():
        if status == "default" or status >= "400":
            response["content"] = {"application/problem+json": {"schema": REFERENCE}}


def serve(app: FastAPI) -> None:
    app.mount("/docs-assets", StaticFiles(packages=[("fastapi_swagger", "resources")]))

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="openapi.json",
            title=f"{app.title} API",
            swagger_js_url="docs-assets/swagger-ui-bundle.js",
            swagger_css_url="docs-assets/swagger-ui.css",
            swagger_favicon_url="docs-assets/favicon-32x32.png",
        )
        page.headers["Content-Security-Policy"] = allowing_inline_scripts(bytes(page.body).decode())
        return page
