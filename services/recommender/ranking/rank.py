"""Chooses from candidates what one person's shelf holds. Pure: the same answer for the same input, no I/O.

An item's score says how well it suits. The choice adds luck (chance.py), so that near equals take turns, and
keeps what is alike apart (diversity.py).
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.emotions import EMOTIONS, Emotion
from services.recommender.ranking import mood, needs
from services.recommender.ranking.chance import Turns, luck, turns_of
from services.recommender.ranking.diversity import are_by_one, diversify, likeness, nearness
from services.recommender.ranking.item import Candidate, Medium
from services.recommender.ranking.mood import Mood, Point, Strategy, StrategyChoice
from services.recommender.ranking.taste import Taste, appeal

AFFECT_WEIGHTS: Final[dict[Medium, float]] = {"movie": 3.3, "song": 4.3, "book": 6.1, "game": 6.2}
"""Of nearness to the target: the fewer works lie near each mood, the more it takes to keep near."""
FAR_WEIGHT: Final = 0.8
"""For each width beyond FAR, so that the nearest come first where few are near, as behind a filter."""
BORDER_WEIGHT: Final = 2.0
"""At the border of the cells that are searched: where a small step of the target swaps an outermost cell for
another, nothing is swapped on the shelf."""
FIT_WEIGHT: Final = 1.2
CURATED_WEIGHT: Final = 0.50
QUALITY_WEIGHT: Final = 0.5
POPULARITY_WEIGHT: Final = 0.2
TASTE_WEIGHT: Final = 2.6
"""In each medium, so many times what nearness weighs."""
LIKING_FADES: Final = 0.25
"""Power of closeness with which a liking fades: far from the target it counts about half."""
RECENT_PENALTY: Final = 1.50
OBSCURE: Final = 0.5
"""Popularity below which few have heard of a work. Above it, works differ little, and so take turns.
0 is unknown, as of what an operator adds, and costs nothing."""
OBSCURE_WEIGHT: Final = 5.5
POOR: Final = 0.3
"""Quality below which most of those who know a work dislike it."""
POOR_WEIGHT: Final = 5.0
EXPLICIT_PENALTY: Final = 1.2
"""For songs marked explicit: not for whoever did not ask for it."""
GUESS_PENALTY: Final = 1.2
"""For each whole of doubt about an item's affect: many works in the middle are there for want of a sign."""
SOOTHING_GUESS_PENALTY: Final = 2.8
"""The same besides where a mood is lifted or calmed."""
BESIDES: Final = FIT_WEIGHT + CURATED_WEIGHT + QUALITY_WEIGHT + POPULARITY_WEIGHT
"""What an item can score besides nearness, but for taste."""
TEMPERATURES: Final[dict[Medium, float]] = {"movie": 0.29, "song": 0.17, "book": 0.305, "game": 0.3}
"""Of the luck: the more works lie near each mood, the less luck is needed for variety."""
SAME_SERIES: Final = 4.0
"""Likeness of two works of one series, so that a shelf has two only where there is little else."""
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
    remoteness: Sequence[float]
    """Of each cell of the plane; see mood.py."""
    served: Sequence[Emotion]
    """The emotions that the strategy is meant for."""
    worths: Mapping[str, float]
    """What each genre or theme adds to an item's fit."""
    penalties: Mapping[str, float]
    """What each genre or theme takes from an item's score."""
    soothed: float
    """The weight of unhappy emotions that are lifted or calmed."""
    turns: Turns
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
    soothed = needs.soothed(probabilities, choice)
    target = mood.target(probabilities, choice)
    matched_pain = probabilities["sad"] + probabilities["fear"] if strategy == "match" else 0.0
    return RankingQuery(
        probabilities=probabilities,
        mood=mood.locate(probabilities),
        strategy=strategy,
        target=target,
        remoteness=mood.remoteness(target),
        served=mood.served(strategy, choice),
        worths=needs.worths(needs.needs_of(probabilities, choice)),
        penalties=needs.penalties(soothed, sensitive=sensitive, festive=festive),
        soothed=soothed,
        turns=turns_of(probabilities),
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
    return [Ranked(item, round(_share(value, item.medium), 4)) for value, item in chosen], held_back


def _share(value: float, medium: Medium) -> float:
    return max(0.0, min(1.0, value / (AFFECT_WEIGHTS[medium] + BESIDES)))


def _scorer(query: RankingQuery) -> Callable[[Candidate], float]:
    """What scores an item: the higher the better."""
    distance_to, probabilities, worth = _measure(query), query.probabilities, query.worths
    recent, leanings = query.taste.recent, query.taste.features
    remoteness, penalties = query.remoteness, query.penalties
    guess = GUESS_PENALTY + SOOTHING_GUESS_PENALTY * query.soothed

    def score(item: Candidate) -> float:
        distance, sure = distance_to(item), item.affect_confidence
        near = sure * math.exp(-distance * distance / 2) + (1 - sure) * UNSURE
        total = (
            AFFECT_WEIGHTS[item.medium] * near
            - FAR_WEIGHT * sure * (distance - FAR if distance > FAR else 0.0)
            + FIT_WEIGHT * needs.fit(item.words, worth)
            + QUALITY_WEIGHT * item.quality
            + POPULARITY_WEIGHT * item.popularity
            - (OBSCURE_WEIGHT * (OBSCURE - item.popularity) if 0 < item.popularity < OBSCURE else 0.0)
            - (POOR_WEIGHT * (POOR - item.quality) if item.quality < POOR else 0.0)
            - BORDER_WEIGHT * remoteness[item.cell]
            - needs.penalty(item.words, penalties)
        )
        total -= guess * (1 - sure)
        if item.emotions:
            total += CURATED_WEIGHT * sum(probabilities[emotion] for emotion in item.emotions)
        if item.explicit:
            total -= EXPLICIT_PENALTY
        if recent:
            total -= RECENT_PENALTY * recent.get(item.id, 0.0)
        if leanings:
            liking = appeal(item.features, leanings)
            # A liking counts for less far from the target, so that taste does not override the mood.
            faded = liking * near**LIKING_FADES if liking > 0 else liking
            total += TASTE_WEIGHT * AFFECT_WEIGHTS[item.medium] * faded
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


def _luck(item: Candidate, query: RankingQuery) -> float:
    return TEMPERATURES[item.medium] * luck(query.turns, query.seed, item.id)


def _choose(scored: list[tuple[float, Candidate]], query: RankingQuery) -> list[tuple[float, Candidate]]:
    """Draw by score and chance; then take by maximal marginal relevance: good and unlike those before."""
    lots = [(-value - _luck(item, query), item.id, value, item) for value, item in scored]
    lots.sort()
    drawn = [(-lot, value, item) for lot, _, value, item in lots[: query.limit * SHORTLIST]]
    breadth = query.mood.breadth

    def alike(one: Candidate, other: Candidate) -> float:
        found = likeness(one, other) + are_by_one(one, other) + SAME_SERIES * (one.series == other.series)
        return found + breadth * nearness(one, other) if breadth else found

    return diversify(drawn, query.limit, alike)
