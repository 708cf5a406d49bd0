from typing import Annotated

from fastapi import APIRouter, Query

from services.common.queries import StrictRoute
from services.recommender.dependencies import RecommenderDep
from services.recommender.schemas.recommendation import MoodBody, MoodQuery, Recommendation

router = APIRouter(tags=["recommendations"], route_class=StrictRoute)


@router.get("/recommend")
async def recommend_for_emotion(
    query: Annotated[MoodQuery, Query()], recommender: RecommenderDep
) -> Recommendation:
    """Recommend films, songs, books and games for a mood."""
    return await recommender.recommend(query.emotion, query)


@router.post("/recommend")
async def recommend_for_mood(body: MoodBody, recommender: RecommenderDep) -> Recommendation:
    """Recommend for a whole probability vector: it locates the mood better than its largest share alone."""
    return await recommender.recommend(body.mood, body)
