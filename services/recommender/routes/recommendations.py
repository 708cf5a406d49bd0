from typing import Annotated

from fastapi import APIRouter, Query

from services.recommender.db import SessionDep
from services.recommender.recommend import recommend
from services.recommender.routes.deps import MetricsDep, TodayDep
from services.recommender.schemas import MoodBody, MoodQuery, Recommendation, certain

router = APIRouter(tags=["recommendations"])


@router.get("/recommend")
def recommend_for_emotion(
    query: Annotated[MoodQuery, Query()], session: SessionDep, metrics: MetricsDep, today: TodayDep
) -> Recommendation:
    """Films, songs, books and games for a mood that is known."""
    answer = recommend(session, certain(query.emotion), query, today)
    metrics.moods.labels(answer.emotion, answer.strategy).inc()
    return answer


@router.post("/recommend")
def recommend_for_mood(
    body: MoodBody, session: SessionDep, metrics: MetricsDep, today: TodayDep
) -> Recommendation:
    """The same for a whole probability vector, which places the mood better than its largest share alone."""
    answer = recommend(session, body.vector(), body, today)
    metrics.moods.labels(answer.emotion, answer.strategy).inc()
    return answer.model_copy(update={"probabilities": body.probabilities})
