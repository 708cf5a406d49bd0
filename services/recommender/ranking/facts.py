"""What may be said of an item: words for its strongest genres and themes, and facts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.emotions import Emotion
from services.recommender.ranking import lexicon
from services.recommender.ranking.item import Candidate
from services.recommender.ranking.kinds import KINDS, PLAIN, Kind
from services.recommender.ranking.lexicon import Wording
from services.recommender.ranking.purposes import SURE_ENOUGH

TOLD: Final = 6
"""Only so many of an item's strongest themes are spoken of."""
EDGE: Final = 0.2
FIRST_YEAR: Final = 1000
LIKED: Final = 0.3
"""Leaning above which a reason speaks of a liking."""
SAYS: Final[dict[str, frozenset[str]]] = {
    "comedy": frozenset({"funny", "hilarious"}),
    "science fiction": frozenset({"science"}),
    "fantasy": frozenset({"magic"}),
    "romantic comedy": frozenset({"romantic", "love", "funny", "first love"}),
    "romance": frozenset({"romantic", "love", "first love", "forbidden love"}),
    "musical": frozenset({"music", "dance"}),
    "music": frozenset({"music"}),
    "dance": frozenset({"dance"}),
    "war": frozenset({"war", "world war ii"}),
    "spy": frozenset({"spy"}),
    "mystery": frozenset({"whodunnit", "detective"}),
    "crime": frozenset({"police", "gangster", "whodunnit", "detective"}),
    "horror": frozenset({"scary"}),
    "thriller": frozenset({"suspenseful", "tense"}),
    "farming": frozenset({"farming"}),
    "puzzle": frozenset({"puzzle"}),
    "building": frozenset({"building", "city builder"}),
    "racing": frozenset({"racing"}),
    "travel": frozenset({"travel"}),
    "adventure": frozenset({"exploration", "quest"}),
    "sports": frozenset({"football", "baseball", "basketball", "boxing"}),
}
"""Themes that a genre's name says already."""

LIGHT: Final = frozenset({"funny", "hilarious", "silly", "playful", "cute", "lighthearted"})
LIGHT_GENRES: Final = frozenset({"comedy", "romantic comedy", "family", "animation", "musical"})
ROMANTIC_GENRES: Final = frozenset({"romance", "romantic comedy", "musical"})
"""Voters find most films with a kiss romantic and most with a joke funny: the genre must agree."""

CALM: Final = frozenset({"calm", "relaxed", "relaxing", "peaceful", "serene", "gentle", "tender", "cozy"})
LOUD: Final = frozenset({"energetic", "exciting", "intense", "aggressive", "upbeat", "vibrant", "tense"})
LOW: Final = frozenset({
    "sad", "melancholy", "bleak", "gloomy", "dark", "tragic", "heartbreaking", "longing", "loneliness",
    "loss", "grief", "illness", "revenge", "divorce", "poverty", "war",
})  # fmt: skip
HIGH: Final = frozenset({"joyful", "happiness", "feel good", "uplifting", "upbeat", "fun", "lighthearted"})


@dataclass(frozen=True, slots=True)
class Facts:
    kind: Kind
    feelings: tuple[Wording, ...]
    """At most two."""
    theme: Wording | None
    feature: Wording | None
    creator: str | None
    year: int | None
    place: tuple[int, int] | None
    """Third of valence, then of arousal, each 0 to 2; None for a guess, or where themes speak against it."""
    picked: Emotion | None
    """The mood for which a person picked the item."""
    liked: Kind | None
    """What the user has liked others of."""
    liked_creator: bool


def facts_of(
    item: Candidate, mood: Emotion, worths: Mapping[str, float], leanings: Mapping[str, float]
) -> Facts:
    """Gather what may be said; what speaks against the item for this mood is passed over."""
    genre, kind = _kind(item, worths)
    said = SAYS.get(genre, frozenset())
    told = [
        tag
        for tag in item.tags[:TOLD]
        if tag not in said and worths.get(tag, 0.0) >= 0 and not is_contradicted(tag, item)
    ]
    felt = [tag for tag in told if tag in lexicon.FEELINGS]
    feelings = {lexicon.FEELINGS[tag].en: lexicon.FEELINGS[tag] for tag in felt}
    unfit = any(worths.get(word, 0.0) < 0 for word in (*item.tags[:TOLD], *item.genres))
    sure = item.affect_confidence >= SURE_ENOUGH and not unfit
    creator = item.creator
    return Facts(
        kind=kind,
        feelings=tuple(feelings.values())[:2],
        theme=next((lexicon.THEMES[tag] for tag in told if _is_theme(tag, item)), None),
        feature=next((lexicon.FEATURES[tag] for tag in told if tag in lexicon.FEATURES), None)
        if item.medium == "game"
        else None,
        creator=creator,
        year=item.year if item.year is not None and item.year >= FIRST_YEAR else None,
        place=(_third(item.valence), _third(item.arousal)) if sure else None,
        picked=mood if mood in item.emotions else None,
        liked=kind if genre and leanings.get(f"genre:{item.medium}:{genre}", 0.0) > LIKED else None,
        liked_creator=creator is not None and leanings.get(f"creator:{creator}"[:200], 0.0) > LIKED,
    )


def _kind(item: Candidate, worths: Mapping[str, float]) -> tuple[str, Kind]:
    """The first named genre that does not speak against the mood; "" and a plain noun without one."""
    known = KINDS[item.medium]
    genres = [genre for genre in item.genres if genre in known]
    if not genres:
        return "", PLAIN[item.medium]
    best = next((genre for genre in genres if worths.get(genre, 0.0) >= 0), genres[0])
    return best, known[best]


def _is_theme(tag: str, item: Candidate) -> bool:
    """Whether an item may be said to be about this; what a game has in it, it is not about."""
    return tag in lexicon.THEMES and not (item.medium == "game" and tag in lexicon.FEATURES)


def is_contradicted(tag: str, item: Candidate) -> bool:
    """Whether an item's place, or a film's genres, speak against what somebody has called it."""
    if item.medium == "movie" and (
        (tag in LIGHT and item.genre_set.isdisjoint(LIGHT_GENRES))
        or (tag == "romantic" and item.genre_set.isdisjoint(ROMANTIC_GENRES))
    ):
        return True
    return (
        (tag in CALM and item.arousal > EDGE)
        or (tag in LOUD and item.arousal < -EDGE)
        or (tag in LOW and item.valence > EDGE)
        or (tag in HIGH and item.valence < -EDGE)
    )


def _third(axis: float) -> int:
    return 0 if axis < -EDGE else 2 if axis > EDGE else 1
