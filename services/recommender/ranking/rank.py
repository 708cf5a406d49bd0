"""Chooses from candidates what one person's shelf holds. Pure: the same answer for the same input, no I/O.

An item's score says how well it suits. The choice adds a chance that is fixed for a person, a day and an
item, so that near equals take turns: with Gumbel noise of a temperature T, an item is drawn before another
that scores d less with odds of exp(d / T) (Yellott 1977).
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.emotions import EMOTIONS, Emotion
from services.recommender.ranking import mood, needs
from services.recommender.ranking.item import Candidate
from services.recommender.ranking.mood import Mood, Point, Strategy, StrategyChoice
from services.recommender.ranking.taste import Taste, appeal

AFFECT_WEIGHT: Final = 3.0
FAR_WEIGHT: Final = 0.8
"""For each width beyond FAR, so that the nearest come first where few are near, as behind a filter."""
FIT_WEIGHT: Final = 0.5
CURATED_WEIGHT: Final = 0.50
QUALITY_WEIGHT: Final = 0.30
POPULARITY_WEIGHT: Final = 0.30
TASTE_WEIGHT: Final = 6.2
LIKING_FADES: Final = 0.25
"""Power of closeness with which a liking fades: far from the target it counts about half."""
RECENT_PENALTY: Final = 1.50
HORROR_PENALTY: Final = 12.0
"""More than all else together: no taste outweighs it where a mood is lifted or calmed."""
UNFIT_PENALTY: Final = 1.2
"""For explicit songs and sensitive works where a mood is lifted or calmed."""
FULL_SCORE: Final = AFFECT_WEIGHT + FIT_WEIGHT + CURATED_WEIGHT + QUALITY_WEIGHT + POPULARITY_WEIGHT
TEMPERATURE: Final = 0.23
DIVERSITY: Final = 0.8
"""MMR's penalty for likeness to items already chosen."""
SHORTLIST: Final = 4
"""MMR considers this many times the wanted number."""
WIDTH: Final = 0.18
"""Distance in the plane at which closeness has fallen to 0.61, for a sure mood and a sure estimate."""
FAR: Final = 2.5
"""Widths from the target beyond which an item is not near at all."""
GLOOM_FACTOR: Final = 0.6
"""By how much more the distance of items counts that are darker than the target: that mistake costs more."""
GLOOM_WANTED: Final = -0.30
"""Target valence up to which `GLOOM_FACTOR` does not apply, as a dark mood is matched; from 0 on it applies
in full."""
UNSURE: Final = 0.3
"""Closeness of an item whose affect is unknown."""
RELEVANT: Final = 0.15
"""Probability from which on an emotion's curated items are candidates."""
TORN: Final = 0.25
"""Weight of sad and frightened emotions that are matched, from which on sensitive works are held back."""


@dataclass(frozen=True, slots=True)
class RankingQuery:
    """What one person's list is ranked by; `ask` makes it."""

    probabilities: Mapping[Emotion, float]
    mood: Mood
    strategy: Strategy
    target: Point
    served: Sequence[Emotion]
    """The emotions that the strategy is meant for."""
    worths: Mapping[str, float]
    """What each genre or theme adds to an item's fit."""
    soothed: float
    """The weight of unhappy emotions that are lifted or calmed."""
    careful: bool
    """Whether sensitive works are held back."""
    limit: int
    """Items per medium."""
    seed: int
    """Chooses among near equals."""
    turn: int
    """Which part of the catalogue is looked at; grows by one a day."""
    taste: Taste = field(default_factory=Taste)

    @property
    def strongest(self) -> Emotion:
        return max(EMOTIONS, key=lambda emotion: self.probabilities[emotion])

    @property
    def addressed(self) -> Emotion:
        """The emotion that the strategy is about: the strongest of those that it is meant for."""
        return max(self.served, key=lambda emotion: self.probabilities[emotion])

    def may_show(self, candidate: Candidate) -> bool:
        """Whether the item is not held back as a sensitive work."""
        return not (self.careful and candidate.is_sensitive)

    @property
    def relevant(self) -> list[Emotion]:
        return [emotion for emotion in EMOTIONS if self.probabilities[emotion] >= RELEVANT]


@dataclass(frozen=True, slots=True)
class Ranked:
    candidate: Candidate
    score: float


def ask(  # noqa: PLR0913 # one for each thing that a person can say
    probabilities: Mapping[Emotion, float],
    choice: StrategyChoice = "auto",
    *,
    limit: int,
    seed: int,
    turn: int = 0,
    sensitive: bool = False,
    festive: bool = True,
    taste: Taste | None = None,
) -> RankingQuery:
    """Work out what ranking needs of a mood.

    `sensitive` includes works about suicide, self-harm and abuse where they would be held back; without
    `festive` it is no time for Christmas.
    """
    strategy = mood.auto_strategy(probabilities) if choice == "auto" else choice
    worths = needs.worths(needs.needs_of(probabilities, choice))
    if not festive:
        worths |= needs.OUT_OF_SEASON
    matched_pain = probabilities["sad"] + probabilities["fear"] if strategy == "match" else 0.0
    return RankingQuery(
        probabilities=probabilities,
        mood=mood.locate(probabilities),
        strategy=strategy,
        target=mood.target(probabilities, choice),
        served=mood.served(strategy, choice),
        worths=worths,
        soothed=needs.soothed(probabilities, choice),
        careful=not sensitive and matched_pain >= TORN,
        limit=limit,
        seed=seed,
        turn=turn,
        taste=taste or Taste(),
    )


def rank(candidates: Iterable[Candidate], query: RankingQuery) -> tuple[list[Ranked], int]:
    """Choose at most `limit` of one medium, best first; the order of `candidates` does not matter.

    Also gives how many works were held back that would have been chosen.
    """
    score = _scorer(query)
    scored = [(score(candidate), candidate) for candidate in candidates]
    chosen = _choose(scored, query)
    held_back = 0
    if query.careful:
        held_back = sum(not query.may_show(candidate) for _, candidate in chosen)
        if held_back:
            chosen = _choose([pair for pair in scored if query.may_show(pair[1])], query)
    chosen.sort(key=lambda pair: (-pair[0], pair[1].id))
    return [Ranked(item, round(_share(value), 4)) for value, item in chosen], held_back


def _share(value: float) -> float:
    return max(0.0, min(1.0, value / FULL_SCORE))


def _scorer(query: RankingQuery) -> Callable[[Candidate], float]:
    """What scores an item: the higher the better; at most FULL_SCORE but for taste."""
    distance_to, probabilities, worth = _measure(query), query.probabilities, query.worths
    recent, leanings, soothed = query.taste.recent, query.taste.features, query.soothed

    def score(item: Candidate) -> float:
        distance, sure = distance_to(item), item.affect_confidence
        near = sure * math.exp(-distance * distance / 2) + (1 - sure) * UNSURE
        total = (
            AFFECT_WEIGHT * near
            - FAR_WEIGHT * sure * (distance - FAR if distance > FAR else 0.0)
            + FIT_WEIGHT * needs.fit(item.words, worth)
            + QUALITY_WEIGHT * item.quality
            + POPULARITY_WEIGHT * item.popularity
        )
        if item.emotions:
            total += CURATED_WEIGHT * sum(probabilities[emotion] for emotion in item.emotions)
        if soothed and not needs.HORROR.isdisjoint(item.words):
            total -= HORROR_PENALTY * soothed
        if soothed and (item.explicit or item.is_sensitive):
            total -= UNFIT_PENALTY * soothed
        if recent:
            total -= RECENT_PENALTY * recent.get(item.id, 0.0)
        if leanings:
            liking = appeal(item.features, leanings)
            # A liking counts for less far from the target, so that taste does not override the mood.
            total += TASTE_WEIGHT * (liking * near**LIKING_FADES if liking > 0 else liking)
        return total

    return score


def _measure(query: RankingQuery) -> Callable[[Candidate], float]:
    """What measures how far an item's affect is from the target, in widths of what is near.

    A spread or unclear mood widens the tolerance.
    """
    valence, arousal = query.target.valence, query.target.arousal
    width = WIDTH * (1 + query.mood.spread) * (1 + query.mood.breadth)
    gloomier = 1 + GLOOM_FACTOR * max(0.0, min(1.0, 1 - valence / GLOOM_WANTED))

    def distance(item: Candidate) -> float:
        higher = item.valence - valence
        return math.hypot(higher if higher >= 0 else higher * gloomier, item.arousal - arousal) / width

    return distance


def _noise(seed: int, item_id: int) -> float:
    """A number of the standard Gumbel distribution that is fixed for a seed and an item."""
    return -math.log(-math.log(chance(seed, item_id) or 2**-53))


def chance(seed: int, item_id: int) -> float:
    """A fixed number in [0, 1) for a seed and an item: splitmix64's finaliser, the same on every machine."""
    mixed = (seed * 0x9E3779B97F4A7C15 + item_id * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)


def _choose(scored: list[tuple[float, Candidate]], query: RankingQuery) -> list[tuple[float, Candidate]]:
    """Draw by score and chance; then take by maximal marginal relevance: good and unlike those before."""
    lots = [
        (-value - TEMPERATURE * _noise(query.seed, item.id), item.id, value, item) for value, item in scored
    ]
    lots.sort()
    drawn = [(-lot, value, item) for lot, _, value, item in lots[: query.limit * SHORTLIST]]
    breadth = query.mood.breadth
    if not breadth:
        return diversify(drawn, query.limit, likeness)
    return diversify(drawn, query.limit, lambda a, b: likeness(a, b) + breadth * nearness(a, b))


def diversify(
    left: list[tuple[float, float, Candidate]],
    limit: int,
    alike: Callable[[Candidate, Candidate], float],
) -> list[tuple[float, Candidate]]:
    """Choose by maximal marginal relevance (Carbonell & Goldstein 1998)."""
    closest = [0.0] * len(left)  # likeness to the most similar of those chosen
    chosen: list[tuple[float, Candidate]] = []
    while left and len(chosen) < limit:
        best = max(range(len(left)), key=lambda i: left[i][0] - DIVERSITY * closest[i])
        _, value, pick = left.pop(best)
        closest.pop(best)
        chosen.append((value, pick))
        if len(chosen) < limit:
            closest = [max(old, alike(pick, draw[2])) for old, draw in zip(closest, left, strict=True)]
    return chosen


def likeness(one: Candidate, other: Candidate) -> float:
    """0 to 1 by creator, genres and decade."""
    alike = 0.0
    if one.creator is not None and one.creator == other.creator:
        alike += 0.5
    if one.year is not None and other.year is not None and one.year // 10 == other.year // 10:
        alike += 0.15
    if one.genres and other.genres:
        shared = len(one.genre_set & other.genre_set)
        alike += 0.35 * shared / (len(one.genres) + len(other.genres) - shared)
    return alike


def nearness(one: Candidate, other: Candidate) -> float:
    """1 for items at the same place of the plane, 0 from half a unit on."""
    return max(0.0, 1 - 2 * math.hypot(one.valence - other.valence, one.arousal - other.arousal))
