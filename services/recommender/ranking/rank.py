"""Orders candidates and gives each a reason. Pure: the same answer for the same input, no I/O."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.emotions import EMOTIONS, Emotion
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
"""Largest bonus that the day's seed may give: enough to swap near equals."""
FULL_SCORE: Final = AFFECT_WEIGHT + CURATED_WEIGHT + QUALITY_WEIGHT + POPULARITY_WEIGHT + VARIETY
DIVERSITY: Final = 0.25
"""MMR's penalty for likeness to items already chosen."""
SHORTLIST: Final = 4
"""MMR considers this many times the wanted number."""
WIDTH: Final = 0.35
"""Distance in the plane at which closeness has fallen to 0.61, for a sure mood and a sure estimate."""
GLOOM_FACTOR: Final = 1.6
"""Multiplies the distance of items that are darker than the target, as that mistake costs more."""
GLOOM_WANTED: Final = -0.15
"""Target valence up to which `GLOOM_FACTOR` does not apply: a dark mood is being matched."""
UNSURE: Final = 0.3
"""Closeness of an item whose affect is unknown."""
LIKED: Final = 0.3
"""Leaning above which a reason names a feature."""
RELEVANT: Final = 0.15
"""Probability from which on an emotion's curated items are candidates."""


@dataclass(frozen=True, slots=True)
class RankingQuery:
    """What one person's list is ranked by."""

    probabilities: Mapping[Emotion, float]
    mood: Mood
    strategy: Strategy
    target: Point
    limit: int
    """Items per medium."""
    seed: int
    """Varies the order among near equals."""
    taste: Taste = field(default_factory=Taste)

    @property
    def strongest(self) -> Emotion:
        return max(EMOTIONS, key=lambda emotion: self.probabilities[emotion])

    @property
    def relevant(self) -> list[Emotion]:
        return [emotion for emotion in EMOTIONS if self.probabilities[emotion] >= RELEVANT]


@dataclass(frozen=True, slots=True)
class Ranked:
    candidate: Candidate
    score: float
    reason: str


def rank(candidates: Iterable[Candidate], query: RankingQuery) -> list[Ranked]:
    """Choose at most `limit` of one medium, best first; the order of `candidates` does not matter."""
    scored = sorted(((_score(candidate, query), candidate) for candidate in candidates), key=_order)
    chosen = sorted(_diversify(scored[: query.limit * SHORTLIST], query.limit), key=_order)
    return [Ranked(item, round(value, 4), _reason(item, query)) for value, item in chosen]


def _order(pair: tuple[float, Candidate]) -> tuple[float, int]:
    return -pair[0], pair[1].id


def _score(candidate: Candidate, query: RankingQuery) -> float:
    """From 0 to 1, the higher the better."""
    total = (
        AFFECT_WEIGHT * _closeness(candidate, query)
        + CURATED_WEIGHT * sum(query.probabilities[emotion] for emotion in candidate.emotions)
        + QUALITY_WEIGHT * candidate.quality
        + POPULARITY_WEIGHT * candidate.popularity
        + VARIETY * chance(query.seed, candidate.id)
        - RECENT_PENALTY * query.taste.recent.get(candidate.id, 0.0)
    )
    if query.taste.features:
        total += TASTE_WEIGHT * appeal(features_of(candidate), query.taste.features)
    return max(0.0, min(1.0, total / FULL_SCORE))


def _closeness(candidate: Candidate, query: RankingQuery) -> float:
    """How near the item's affect is to the target, 0 to 1.

    A spread mood widens the tolerance; an unsure estimate counts as partly unknown.
    """
    width = WIDTH * (1 + query.mood.spread)
    gloom = candidate.valence - query.target.valence
    if gloom < 0 and query.target.valence > GLOOM_WANTED:
        gloom *= GLOOM_FACTOR
    squared = gloom * gloom + (candidate.arousal - query.target.arousal) ** 2
    near = math.exp(-squared / (2 * width * width))
    return candidate.affect_confidence * near + (1 - candidate.affect_confidence) * UNSURE


def chance(seed: int, item_id: int) -> float:
    """A fixed number in [0, 1) for a seed and an item: splitmix64's finaliser, the same on every machine."""
    mixed = (seed * 0x9E3779B97F4A7C15 + item_id * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)


def _diversify(scored: list[tuple[float, Candidate]], limit: int) -> list[tuple[float, Candidate]]:
    """Choose by maximal marginal relevance (Carbonell & Goldstein 1998): good and unlike those before."""
    left = list(scored)
    closest = [0.0] * len(left)  # likeness to the most similar of those chosen
    chosen: list[tuple[float, Candidate]] = []
    while left and len(chosen) < limit:
        best = max(range(len(left)), key=lambda i: left[i][0] - DIVERSITY * closest[i])
        pick = left.pop(best)
        closest.pop(best)
        chosen.append(pick)
        closest = [max(old, likeness(pick[1], other)) for old, (_, other) in zip(closest, left, strict=True)]
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


def _reason(candidate: Candidate, query: RankingQuery) -> str:
    mood = query.strongest
    if mood in candidate.emotions:
        return reasons.curated(mood)
    leanings = query.taste.features
    told = (feature for feature in features_of(candidate) if feature.startswith(("genre:", "creator:")))
    liked = max(told, key=lambda feature: leanings.get(feature, 0.0), default="")
    if leanings.get(liked, 0.0) > LIKED:
        return reasons.liked(liked, candidate.medium)
    name = reasons.name_of(candidate.medium, next(iter(candidate.genres), None), candidate.creator)
    return reasons.felt(name, Point(candidate.valence, candidate.arousal), query.strategy, mood)
