"""/docs from files on this machine: Swagger UI as the fastapi-swagger package carries it, no CDN.

Its addresses are relative, for a proxy that serves it below a path.
"""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from services.common.headers import allowing_inline_scripts


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
