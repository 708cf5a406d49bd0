"""One plain sentence that says why an item is on the list. Pure."""

from typing import Final

from services.emotions import Emotion
from services.recommender.ranking.mood import Point, Strategy

NOUNS: Final = {"movie": "film", "song": "song", "book": "book", "game": "game"}

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

EDGE: Final = 0.2
SPOKEN_WITH_A_VOWEL: Final = {"rpg", "lgbt"}


def third(axis: float) -> int:
    return 0 if axis < -EDGE else 2 if axis > EDGE else 1


def feel(point: Point) -> str:
    return FEELS[third(point.valence)][third(point.arousal)]


def curated(mood: Emotion) -> str:
    return f"Picked by hand for {ADJECTIVES[mood]} mood."


def liked(feature: str, medium: str) -> str:
    """For a feature of taste.py that is a genre or a creator."""
    kind, _, rest = feature.partition(":")
    if kind == "creator":
        return f"By {rest}, whom you have liked before."
    genre = rest.partition(":")[2]
    return f"You have liked other {genre.removesuffix(NOUNS[medium]).rstrip()} {NOUNS[medium]}s."


def name_of(medium: str, genre: str | None, creator: str | None) -> str:
    """A comedy film, or a song by Sade where no genre is known."""
    if genre:
        article = "An" if genre[0] in "aeiou" or genre in SPOKEN_WITH_A_VOWEL else "A"
        noun = NOUNS[medium]
        return f"{article} {genre}" if genre.endswith(noun) else f"{article} {genre} {noun}"
    return f"A {NOUNS[medium]} by {creator}" if creator else f"A {NOUNS[medium]}"


def felt(name: str, point: Point, strategy: Strategy, mood: Emotion) -> str:
    purpose = {
        "match": f"in tune with {ADJECTIVES[mood]} mood",
        "lift": f"to lift {ADJECTIVES[mood]} mood",
        "calm": f"to settle {ADJECTIVES[mood]} mood",
    }[strategy]
    return f"{name} that feels {feel(point)}, {purpose}."
