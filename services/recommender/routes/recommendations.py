from typing import Annotated

from fastapi import APIRouter, Query

from services.recommender.dependencies import MetricsDep, TodayDep
from services.recommender.recommend import recommend
from services.recommender.schemas.recommendation import MoodBody, MoodQuery, Recommendation, certain
from services.recommender.store.db import SessionsDep

router = APIRouter(tags=["recommendations"])


@router.get("/recommend")
async def recommend_for_emotion(
    query: Annotated[MoodQuery, Query()], sessions: SessionsDep, metrics: MetricsDep, today: TodayDep
) -> Recommendation:
    """Films, songs, books and games for a mood that is known."""
    shares = certain(query.emotion)
    answer = await sessions.reading(lambda session: recommend(session, shares, query, today))
    metrics.moods.labels(answer.emotion, answer.strategy).inc()
    return answer


@router.post("/recommend")
async def recommend_for_mood(
    body: MoodBody, sessions: SessionsDep, metrics: MetricsDep, today: TodayDep
) -> Recommendation:
    """The same for a whole probability vector, which places the mood better than its largest share alone."""
    shares = body.vector()
    answer = await sessions.reading(lambda session: recommend(session, shares, body, today))
    metrics.moods.labels(answer.emotion, answer.strategy).inc()
    return answer.model_copy(update={"probabilities": body.probabilities})
