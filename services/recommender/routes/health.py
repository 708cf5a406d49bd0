from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.common.queries import StrictRoute
from services.recommender.dependencies import InferenceDep, MetricsDep, SessionsDep
from services.recommender.schemas.recommendation import Ready
from services.recommender.store import catalogue

router = APIRouter(tags=["operation"], route_class=StrictRoute)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer whenever the process runs."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(sessions: SessionsDep, inference: InferenceDep) -> Ready:
    """503 while the database does not answer. Inference is reported only: most routes work without it."""
    await sessions.reading(catalogue.check_ready)
    state = await inference.state()
    return Ready(status="ready", database="ok", inference=state, breaker=inference.breaker.state)


@router.get("/metrics", response_class=Response)
def metrics(metrics: MetricsDep) -> Response:
    """Prometheus text format."""
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)
