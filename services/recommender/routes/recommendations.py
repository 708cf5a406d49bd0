from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.common.queries import StrictRoute
from services.recommender.dependencies import RecommenderDep
from services.recommender.languages import VARY
from services.recommender.schemas.recommendation import MoodBody, MoodQuery, Recommendation

router = APIRouter(tags=["recommendations"], route_class=StrictRoute)


def _json(answer: Recommendation) -> Response:
    """FastAPI would validate the answer again before it writes JSON."""
    return Response(answer.model_dump_json(), headers=VARY, media_type="application/json")


@router.get("/recommend", responses={200: {"model": Recommendation}})
async def recommend_for_emotion(
    query: Annotated[MoodQuery, Query()], recommender: RecommenderDep
) -> Response:
    """Recommend films, songs, books and games for a mood."""
    return _json(await recommender.recommend(query.emotion, query))


@router.post("/recommend", responses={200: {"model": Recommendation}})
async def recommend_for_mood(body: MoodBody, recommender: RecommenderDep) -> Response:
    """Recommend for a whole probability vector: it locates the mood better than its largest share alone."""
    return _json(await recommender.recommend(body.mood, body))
