"""Model card, health and metrics."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.common.queries import StrictRoute
from services.inference.dependencies import MetricsDep, ServingDep
from services.inference.schemas import Health, ModelCard

router = APIRouter(tags=["operation"], route_class=StrictRoute)


@router.get("/model")
async def model(serving: ServingDep) -> ModelCard:
    """The network behind the answers: its training, its accuracy, what it must not be used for."""
    return ModelCard.model_validate(serving.model.card)


@router.get("/healthz")
async def healthz() -> Health:
    """Liveness: the process answers."""
    return Health(status="ok")


@router.get("/readyz")
async def readyz(_: ServingDep) -> Health:
    """The model is loaded and every worker has its tools."""
    return Health(status="ready")


@router.get("/metrics", include_in_schema=False)
async def metrics(metrics: MetricsDep) -> Response:
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)
