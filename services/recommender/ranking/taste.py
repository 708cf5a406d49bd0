"""Learns a user's taste from their actions: one Beta posterior per feature of items. Pure.

A feature is a genre of a medium, a creator, or a region of the affect plane of a medium. Each action on an
item adds its weight to the likes or dislikes of all the item's features. With the uniform prior Beta(1, 1)
the posterior mean estimates how likely the user is to like an item with that feature.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from services.recommender.ranking.item import Candidate
from services.recommender.ranking.mood import cell_of

Action = Literal["like", "dislike", "open", "skip", "hide"]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

WEIGHTS: Final[dict[Action, tuple[float, float]]] = {
    "like": (1.0, 0.0),
    "open": (0.3, 0.0),
    "skip": (0.0, 0.2),
    "dislike": (0.0, 1.0),
    "hide": (0.0, 0.5),
}
"""What an action adds to (likes, dislikes). Opening and skipping are weak signals; a hidden item may simply
be known already."""

BLOCKING: Final[frozenset[Action]] = frozenset({"dislike", "hide"})
"""After these an item is not recommended again."""

OPINIONS: Final[frozenset[Action]] = frozenset({"like", "dislike", "hide"})
"""These stand until the next one of them; opening or skipping afterwards changes nothing."""

REGIONS: Final = 4
"""Regions per side of the affect plane."""

GENRES_WEIGHT: Final = 0.50
OTHER_WEIGHT: Final = 0.35
"""In `appeal`: of the genres together, and of the creator and the region each."""


@dataclass(frozen=True, slots=True)
class Taste:
    """A user's taste; empty for an unknown user."""

    features: Mapping[str, float] = field(default_factory=dict)
    """Feature (see `features_of`) to leaning: -1 always disliked, 0 unknown, 1 always liked."""
    recent: Mapping[int, float] = field(default_factory=dict)
    """Item id to how recent the last action on it is: 1 just now, falling to 0."""


def features_of(item: Candidate) -> list[str]:
    """The item's features: genres first, then the creator if there is one, the region last."""
    features = [f"genre:{item.medium}:{genre}" for genre in item.genres]
    if item.creator:
        features.append(f"creator:{item.creator}"[:200])
    features.append(f"region:{item.medium}:{cell_of(item.valence, item.arousal, REGIONS)}")
    return features


def replaces(action: Action, before: Action | None) -> bool:
    """Whether `action` replaces the action counted for the item before. Each item counts once."""
    return before is None or action in OPINIONS or before not in OPINIONS


def change(action: Action, before: Action | None) -> tuple[float, float]:
    """How (likes, dislikes) of the item's features change when `action` replaces `before`."""
    likes, dislikes = WEIGHTS[action]
    old_likes, old_dislikes = WEIGHTS[before] if before else (0.0, 0.0)
    return likes - old_likes, dislikes - old_dislikes


def leaning(likes: float, dislikes: float) -> float:
    """The posterior mean under Beta(1, 1), from -1 (always disliked) over 0 (unknown) to 1."""
    return (likes - dislikes) / (likes + dislikes + 2)


def appeal(features: Iterable[str], leanings: Mapping[str, float]) -> float:
    """How much the user should like an item with these features, from -1 to 1; 0 where nothing is known.

    The leanings of several genres are averaged.
    """
    if not leanings:
        return 0.0
    genres = others = 0.0
    count = 0
    for feature in features:
        value = leanings.get(feature, 0.0)
        if feature.startswith("genre:"):
            genres += value
            count += 1
        else:
            others += value
    total = GENRES_WEIGHT * genres / max(1, count) + OTHER_WEIGHT * others
    return max(-1.0, min(1.0, total))
