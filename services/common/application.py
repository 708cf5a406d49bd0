"""Builds what the FastAPI applications of both services share."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from pydantic import SecretStr
from starlette.middleware import Middleware

from services.common import docs
from services.common.access import Access
from services.common.headers import ProblemsOnly, SecurityHeaders
from services.common.limits import HeaderLimit
from services.common.sockets import UnknownSockets
from services.common.starting import FASTAPIS_OWN, OneLineRefusals
from services.common.telemetry import RequestMetrics, Telemetry
from services.common.version import VERSION

if TYPE_CHECKING:
    from services.common.tracing import Tracing


def new_app(
    title: str,
    description: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[dict[str, Any]]],
    middleware: Sequence[Middleware],
) -> FastAPI:
    """Make an application without routes, but with /docs that need no CDN."""
    app = FastAPI(
        title=title,
        description=description,
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redirect_slashes=False,  # behind a proxy they would lead elsewhere
        redoc_url=None,
        telemetry=FASTAPIS_OWN,
        middleware=middleware,
        generate_unique_id_function=docs.operation_id,
    )
    docs.serve(app)
    docs.describe_problems(app)
    return app


def outer_middleware(
    metrics: RequestMetrics,
    tracing: "Tracing | None",
    headers: Mapping[str, str],
    cors: Sequence[Middleware] = (),
) -> list[Middleware]:
    """The middleware of both services, the outermost first; `cors` is outside of every answer."""
    return [
        Middleware(OneLineRefusals),
        *cors,
        Middleware(Telemetry, metrics=metrics),
        *([tracing.middleware()] if tracing else []),
        Middleware(SecurityHeaders, own=headers),
        Middleware(ProblemsOnly),
        Middleware(HeaderLimit),
        Middleware(UnknownSockets),
    ]


def access(key: SecretStr | None, is_page: Callable[[str], bool] = lambda _path: False) -> list[Middleware]:
    """The check of the access key, where there is one."""
    return [Middleware(Access, key=key.get_secret_value(), is_page=is_page)] if key else []
