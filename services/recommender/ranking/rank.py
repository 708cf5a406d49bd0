"""From candidates to an ordered, explained list. Pure: the same answer for the same input, no I/O."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.emotions import Emotion
from services.recommender.ranking import reasons
from services.recommender.ranking.item import Candidate
from services.recommender.ranking.mood import Mood, Point, Strategy
from services.recommender.ranking.taste import Taste, appeal, features_of

AFFECT_WEIGHT: Final = 1.0
CURATED_WEIGHT: Final = 0.30
QUALITY_WEIGHT: Final = 0.30
POPULARITY_WEIGHT: Final = 0.20
TASTE_WEIGHT: Final = 1.2
RECENT_PENALTY: Final = 0.50
VARIETY: Final = 0.12
"""Largest bonus that the day's seed may give: enough to change places among near equals."""
DIVERSITY: Final = 0.25
"""MMR's price of likeness to what is already on the list."""
WIDTH: Final = 0.35
"""Distance in the plane at which closeness has fallen to 0.61, for a sure mood and a sure estimate."""
SHORTLIST: Final = 4
"""MMR looks at this many times the wanted number."""
LIKED: Final = 0.3
"""A leaning from which on a reason names it."""
GLOOM_FACTOR: Final = 1.6
"""Too dark is further off than too bright, as that mistake costs more, unless a dark mood is matched."""
GLOOM_ASKED_FOR: Final = -0.15
UNSURE: Final = 0.3
"""Closeness of an item of which nothing is known."""
FULL_SCORE: Final = AFFECT_WEIGHT + CURATED_WEIGHT + QUALITY_WEIGHT + POPULARITY_WEIGHT + VARIETY


@dataclass(frozen=True, slots=True)
class Request:
    probabilities: Mapping[Emotion, float]
    mood: Mood
    strategy: Strategy
    target: Point
    limit: int
    seed: int
    taste: Taste = field(default_factory=Taste)


@dataclass(frozen=True, slots=True)
class Ranked:
    candidate: Candidate
    score: float
    reason: str


def rank(candidates: Iterable[Candidate], request: Request) -> list[Ranked]:
    """At most `limit` of one medium, best first by score; the order of `candidates` does not matter."""
    scored = [(score(candidate, request), candidate) for candidate in candidates]
    scored.sort(key=order)
    chosen = diversify(scored[: request.limit * SHORTLIST], request.limit)
    chosen.sort(key=order)
    return [Ranked(item, round(value, 4), reason_for(item, request)) for value, item in chosen]


def order(pair: tuple[float, Candidate]) -> tuple[float, int]:
    return -pair[0], pair[1].id


def score(candidate: Candidate, request: Request) -> float:
    """0 to 1, the higher the better."""
    total = (
        AFFECT_WEIGHT * closeness(candidate, request)
        + CURATED_WEIGHT * sum(request.probabilities[emotion] for emotion in candidate.emotions)
        + QUALITY_WEIGHT * candidate.quality
        + POPULARITY_WEIGHT * candidate.popularity
        + VARIETY * chance(request.seed, candidate.id)
    )
    if request.taste.features:
        total += TASTE_WEIGHT * liking(candidate, request.taste)
    if request.taste.recent:
        total -= RECENT_PENALTY * request.taste.recent.get(candidate.id, 0.0)
    return max(0.0, min(1.0, total / FULL_SCORE))


def closeness(candidate: Candidate, request: Request) -> float:
    """How near the item feels to the target, 0 to 1.

    A vague mood forgives distance; a vague estimate counts as partly unknown.
    """
    target = request.target
    width = WIDTH * (1 + request.mood.spread)
    gloom = candidate.valence - target.valence
    if gloom < 0 and target.valence > GLOOM_ASKED_FOR:
        gloom *= GLOOM_FACTOR
    squared = gloom * gloom + (candidate.arousal - target.arousal) ** 2
    near = math.exp(-squared / (2 * width * width))
    return candidate.confidence * near + (1 - candidate.confidence) * UNSURE


def liking(candidate: Candidate, taste: Taste) -> float:
    features = features_of(
        candidate.medium, candidate.genres, candidate.creator, candidate.valence, candidate.arousal
    )
    return appeal(features, taste.features)


def chance(seed: int, item_id: int) -> float:
    """A fixed number in [0, 1) for a seed and an item: splitmix64's finaliser, the same on every machine."""
    mixed = (seed * 0x9E3779B97F4A7C15 + item_id * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)


def diversify(scored: list[tuple[float, Candidate]], limit: int) -> list[tuple[float, Candidate]]:
    """Maximal marginal relevance (Carbonell & Goldstein 1998): each next one is good and new."""
    left = list(scored)
    dearest = [0.0] * len(left)  # likeness to the most alike of those chosen
    chosen: list[tuple[float, Candidate]] = []
    while left and len(chosen) < limit:
        best = max(range(len(left)), key=lambda i: left[i][0] - DIVERSITY * dearest[i])
        pick = left.pop(best)
        dearest.pop(best)
        chosen.append(pick)
        if len(chosen) == limit:
            break
        dearest = [max(old, likeness(pick[1], other[1])) for old, other in zip(dearest, left, strict=True)]
    return chosen


def likeness(one: Candidate, other: Candidate) -> float:
    """0 to 1 by creator, genres and decade."""
    alike = 0.0
    if one.creator is not None and one.creator == other.creator:
        alike += 0.5
    if one.year is not None and other.year is not None and one.year // 10 == other.year // 10:
        alike += 0.15
    if one.genres and other.genres:
        shared = len(set(one.genres).intersection(other.genres))
        alike += 0.35 * shared / (len(one.genres) + len(other.genres) - shared)
    return alike


def reason_for(candidate: Candidate, request: Request) -> str:
    mood = max(request.probabilities, key=lambda emotion: request.probabilities[emotion])
    if mood in candidate.emotions:
        return reasons.curated(mood)
    if request.taste.features:
        features = features_of(
            candidate.medium, candidate.genres, candidate.creator, candidate.valence, candidate.arousal
        )
        liked = max(features, key=lambda feature: request.taste.features.get(feature, 0.0))
        if request.taste.features.get(liked, 0.0) > LIKED and not liked.startswith("region:"):
            return reasons.liked(liked, candidate.medium)
    genre = candidate.genres[0] if candidate.genres else None
    return reasons.felt(
        reasons.name_of(candidate.medium, genre, candidate.creator),
        Point(candidate.valence, candidate.arousal),
        request.strategy,
        mood,
    )
