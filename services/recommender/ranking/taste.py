"""What a user's reactions say about the next item: one Beta posterior per feature. Pure.

A feature is a genre of a medium, a creator, or a region of the affect plane of a medium. Each reaction to an
item adds its weight to the likes or dislikes of all the item's features; with the uniform prior Beta(1, 1)
the posterior mean then answers "how likely is it that this user likes such a thing".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

Action = Literal["like", "dislike", "open", "skip", "hide"]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

WEIGHTS: Final[dict[Action, tuple[float, float]]] = {
    "like": (1.0, 0.0),
    "open": (0.3, 0.0),
    "skip": (0.0, 0.2),
    "dislike": (0.0, 1.0),
    "hide": (0.0, 0.5),
}
"""What an action adds to (likes, dislikes). An opening or a skip says less than a thumb; hiding may also mean
"seen already"."""

BLOCKING: Final[frozenset[Action]] = frozenset({"dislike", "hide"})
"""After these an item is not shown again."""

OPINIONS: Final[frozenset[Action]] = frozenset({"like", "dislike", "hide"})
"""These stand until the next of them; opening or skipping afterwards changes nothing."""

REGIONS: Final = 4
"""Regions a side of the affect plane."""

GENRE_SHARE: Final = 0.50
CREATOR_SHARE: Final = 0.35
REGION_SHARE: Final = 0.35


@dataclass(frozen=True, slots=True)
class Taste:
    """What is known of a user; empty for a stranger."""

    features: Mapping[str, float] = field(default_factory=dict)
    """Feature (see `features_of`) to leaning: -1 always disliked, 0 unknown, 1 always liked."""
    recent: Mapping[int, float] = field(default_factory=dict)
    """Item id to how fresh its last showing or opening is: 1 just now, falling to 0."""


def region_of(valence: float, arousal: float) -> int:
    column, row = (min(REGIONS - 1, max(0, int((axis + 1) / 2 * REGIONS))) for axis in (valence, arousal))
    return row * REGIONS + column


def features_of(
    medium: str, genres: tuple[str, ...], creator: str | None, valence: float, arousal: float
) -> list[str]:
    """Genres first, then the creator if there is one, the region last."""
    features = [f"genre:{medium}:{genre}" for genre in genres]
    if creator:
        features.append(f"creator:{creator}"[:200])
    features.append(f"region:{medium}:{region_of(valence, arousal)}")
    return features


def counts_instead(action: Action, before: Action | None) -> bool:
    """Whether `action` takes the place of what was counted for the item before. Each item counts once."""
    return before is None or action in OPINIONS or before not in OPINIONS


def change(action: Action, before: Action | None) -> tuple[float, float]:
    """What (likes, dislikes) of the item's features change by when `action` takes the place of `before`."""
    likes, dislikes = WEIGHTS[action]
    old_likes, old_dislikes = WEIGHTS[before] if before else (0.0, 0.0)
    return likes - old_likes, dislikes - old_dislikes


def leaning(likes: float, dislikes: float) -> float:
    """The posterior mean under Beta(1, 1), from -1 (always disliked) over 0 (nothing known) to 1."""
    return (likes - dislikes) / (likes + dislikes + 2)


def appeal(features: list[str], leanings: Mapping[str, float]) -> float:
    """How much the user should like an item of these features, from -1 to 1; 0 where nothing is known."""
    if not leanings:
        return 0.0
    genres = creator = region = 0.0
    count = 0
    for feature in features:
        value = leanings.get(feature, 0.0)
        kind = feature[0]
        if kind == "g":
            genres += value
            count += 1
        elif kind == "c":
            creator = value
        else:
            region = value
    total = GENRE_SHARE * genres / max(1, count) + CREATOR_SHARE * creator + REGION_SHARE * region
    return max(-1.0, min(1.0, total))
