"""Writes the one sentence that says why an item is on the list. Pure."""

from typing import Final

from services.emotions import Emotion
from services.recommender.ranking.item import Medium
from services.recommender.ranking.mood import Point, Strategy

NOUNS: Final[dict[Medium, str]] = {"movie": "film", "song": "song", "book": "book", "game": "game"}
ADJECTIVES: Final[dict[Emotion, str]] = {
    "angry": "an angry",
    "fear": "an anxious",
    "happy": "a happy",
    "sad": "a sad",
    "surprise": "a surprised",
    "neutral": "a neutral",
}
FEELS: Final = (
    ("melancholy", "sombre", "dark and intense"),
    ("quiet", "even-tempered", "energetic"),
    ("gentle and soothing", "warm", "bright and lively"),
)
"""By third of valence (unpleasant to pleasant), then of arousal (calm to excited)."""
PURPOSES: Final[dict[Strategy, str]] = {
    "match": "in tune with",
    "lift": "to lift",
    "calm": "to settle",
}
EDGE: Final = 0.2
SPOKEN_WITH_A_VOWEL: Final = {"rpg", "lgbt"}


def _third(axis: float) -> int:
    return 0 if axis < -EDGE else 2 if axis > EDGE else 1


def curated(mood: Emotion) -> str:
    return f"Picked by hand for {ADJECTIVES[mood]} mood."


def liked(feature: str, medium: Medium) -> str:
    """The reason for a feature of taste.py that is a genre or a creator."""
    kind, _, rest = feature.partition(":")
    if kind == "creator":
        return f"By {rest}, whom you have liked before."
    genre = rest.partition(":")[2]
    return f"You have liked other {genre.removesuffix(NOUNS[medium]).rstrip()} {NOUNS[medium]}s."


def name_of(medium: Medium, genre: str | None, creator: str | None) -> str:
    """Name the item: "A comedy film", or "A song by Sade" where no genre is known."""
    noun = NOUNS[medium]
    if genre:
        article = "An" if genre[0] in "aeiou" or genre in SPOKEN_WITH_A_VOWEL else "A"
        return f"{article} {genre}" if genre.endswith(noun) else f"{article} {genre} {noun}"
    return f"A {noun} by {creator}" if creator else f"A {noun}"


def felt(name: str, point: Point, strategy: Strategy, mood: Emotion) -> str:
    feel = FEELS[_third(point.valence)][_third(point.arousal)]
    return f"{name} that feels {feel}, {PURPOSES[strategy]} {ADJECTIVES[mood]} mood."
