"""The recommender: `uvicorn --factory services.recommender.main:create_app --port 8000`."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from services.common.application import access, new_app, outer_middleware
from services.common.door import DOOR, Door
from services.common.headers import PAGE_POLICY, Cors, OwnPages
from services.common.limits import BodyLimit, Pace, UploadBudget
from services.common.methods import Head
from services.common.problems import add_error_handlers
from services.common.starting import start_tracing
from services.common.telemetry import set_up_logging
from services.recommender.crowd import Crowd, CrowdLimit
from services.recommender.errors import add_database_handlers
from services.recommender.forwarded import Forwarded
from services.recommender.inference_client import InferenceClient
from services.recommender.links import Links
from services.recommender.metrics import Metrics
from services.recommender.page import TYPES, PageFiles
from services.recommender.prepare import prepare
from services.recommender.rate import RateLimit, is_feedback
from services.recommender.routes import health, items, photos, recommendations, stream, users
from services.recommender.settings import WEB_DIR, Settings, read_settings
from services.recommender.store.db import Sessions, make_engine, warn_of_network
from services.recommender.store.unusable import explaining
from services.recommender.upkeep import erasing_daily

if TYPE_CHECKING:
    from services.common.tracing import Tracing

DESCRIPTION = "Recommends films, songs, books and games for a mood, or for the mood of a photo."
PAGE: Final = {path.name for path in WEB_DIR.iterdir()}
"""First parts of the paths of the page's files."""
UPLOADS: Final = {"/predict", "/recommend/photo"}
NOT_PACKED: Final = (*DEFAULT_EXCLUDED_CONTENT_TYPES, *TYPES.values())
"""Types that are not compressed for each answer: pictures, and files, which PageFiles compresses once."""
HEADERS: Final = {
    "Cache-Control": "no-cache",  # answers change by the day, the page with the next version
    "Content-Security-Policy": PAGE_POLICY,
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    settings: Settings = app.state.settings
    with explaining(settings.database_url):
        engine = make_engine(
            settings.database_url,
            settings.database_timeout_s,
            settings.database_pool_size,
            shared=settings.database_shared,
        )
    warn_of_network(settings.database_url)
    try:
        with explaining(settings.database_url):
            await run_in_threadpool(prepare, engine, settings.catalogue_dir)
        app.state.sessions = Sessions(engine, settings.database_timeout_s)
        around_call = app.state.tracing.call if app.state.tracing else nullcontext
        async with (
            aclosing(InferenceClient(settings, app.state.metrics, around_call)) as inference,
            erasing_daily(app.state.sessions, settings.memory_days),
        ):
            app.state.inference = inference
            crowd: Crowd = app.state.crowd
            yield {DOOR: Door(crowd.reason, crowd.is_full, app.state.metrics, HEADERS)}
    finally:
        engine.dispose()
        if app.state.tracing:
            await run_in_threadpool(app.state.tracing.stop)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the app; its lifespan opens everything. Settings default to the environment's."""
    settings = settings or read_settings()
    set_up_logging("recommender", settings.log_level)
    metrics, tracing = Metrics(), start_tracing("recommender", settings.otlp_endpoint)
    crowd = Crowd(settings.max_requests)
    middleware = _middleware(settings, crowd, metrics, tracing)
    app = new_app("Expression Recommender", DESCRIPTION, _lifespan, middleware)
    app.state.settings, app.state.metrics, app.state.tracing = settings, metrics, tracing
    app.state.crowd = crowd
    app.state.links = Links(settings.links)
    add_error_handlers(app)
    add_database_handlers(app)
    for module in (recommendations, photos, stream, items, users, health):
        app.include_router(module.router)
    app.frontend("/", directory=WEB_DIR, fallback=None)
    return app


def _middleware(
    settings: Settings, crowd: Crowd, metrics: Metrics, tracing: "Tracing | None"
) -> list[Middleware]:
    """What every request passes, the outermost first."""

    def limit_of(path: str) -> int:
        return settings.max_upload_bytes if path in UPLOADS else settings.max_json_bytes

    cors = Middleware(
        Cors,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-API-Key", "X-Request-ID"],
        expose_headers=["Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"],
    )
    pace = Pace(settings.body_grace_s, settings.body_min_bytes_per_s)
    # At least one body of the largest size always finds room.
    most = max(settings.max_bodies_bytes, settings.max_upload_bytes, settings.max_json_bytes)
    return [
        *outer_middleware(metrics, tracing, HEADERS, [cors] if settings.cors_origins else []),
        Middleware(GZipMiddleware, compresslevel=5, exclude_content_types=NOT_PACKED),
        *_rate_limits(settings),
        *access(settings.access_key, is_page=lambda path: path.removeprefix("/").split("/")[0] in PAGE),
        Middleware(BodyLimit, limit_of=limit_of, pace=pace, budget=UploadBudget(most)),
        Middleware(CrowdLimit, crowd=crowd),
        Middleware(PageFiles, folder=WEB_DIR, covers=settings.covers),
        Middleware(Forwarded, trusted=settings.trusted_proxies),
        Middleware(OwnPages, allowed=settings.cors_origins),
        Middleware(Head),
    ]


def _rate_limits(settings: Settings) -> list[Middleware]:
    """The limits of one client that are switched on."""
    trusted, limits = settings.trusted_proxies, []
    if rate := settings.rate_per_minute:
        limits.append(Middleware(RateLimit, rate, settings.rate_burst, trusted))
    if rate := settings.feedback_per_minute:
        limits.append(Middleware(RateLimit, rate, rate, trusted, name="feedback", applies=is_feedback))
    return limits
