"""Learns a user's taste from what stands between them and items: one Beta posterior per feature. Pure.

A feature is a genre of a medium, a theme, a creator, or a region of the affect plane of a medium. Themes and
creators hold for all media, so that a like of a film also brings books. What stands for an item adds its
weight to the likes or dislikes of all the item's features. With the uniform prior Beta(1, 1)
the posterior mean estimates how likely the user is to like an item with that feature.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Final, Literal, get_args

from services.recommender.ranking.features import Featured, Features, features_of, itself

Verdict = Literal["like", "dislike", "hide"]
"""An item has at most one of them; a later one replaces it."""
Action = Literal["like", "dislike", "hide", "seen", "save", "open"]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

Counts = tuple[float, float]
"""Likes and dislikes."""

WEIGHTS: Final[dict[Action, Counts]] = {
    "like": (1.0, 0.0),
    "save": (0.5, 0.0),
    "open": (0.3, 0.0),
    "seen": (0.0, 0.0),
    "dislike": (0.0, 1.0),
    "hide": (0.0, 0.5),
}
"""What an action says of taste. Saving and opening are weak signals, seen says nothing; a hidden item may
simply be known already."""

DAY_MS: Final = 86_400_000
LIKED_AWAY_MS: Final = 90 * DAY_MS
"""A liked item is not recommended for this long: a like asks for more of the kind, not for the same again."""
FOREVER_MS: Final = 2**53 - 1
"""Later than any time; a number that JSON and doubles hold exactly."""

GENRES_WEIGHT: Final = 0.50
THEMES_WEIGHT: Final = 0.35
OTHER_WEIGHT: Final = 0.35
"""In `appeal`: of the genres together, the themes together, and of creator, region and item each."""


@dataclass(frozen=True, slots=True)
class Taste:
    """A user's taste; empty for an unknown user."""

    features: Mapping[str, float] = field(default_factory=dict)
    """Feature (see `features_of`) to leaning: -1 always disliked, 0 unknown, 1 always liked.

    Of an item itself: how near it is to one that the user likes, by the likes of others.
    """
    recent: Mapping[int, float] = field(default_factory=dict)
    """Item id to how recent the last action on it is: 1 just now, falling to 0."""


def evidence(verdict: Verdict | None, *, saved: bool, opened: bool) -> Counts:
    """What stands for an item says of taste: the verdict, or without one the stronger of the weak signals."""
    if verdict:
        return WEIGHTS[verdict]
    if saved:
        return WEIGHTS["save"]
    return WEIGHTS["open"] if opened else (0.0, 0.0)


def blocked_until_ms(verdict: Verdict | None, verdict_ms: int | None, *, seen: bool) -> int:
    """Until when the item is not recommended, in milliseconds since 1970: 0 if it may be at once."""
    if seen or verdict in {"dislike", "hide"}:
        return FOREVER_MS
    return (verdict_ms or 0) + LIKED_AWAY_MS if verdict == "like" else 0


def learn(standing: Iterable[tuple[Featured, Counts]]) -> dict[str, Counts]:
    """Likes and dislikes by feature, from each item's evidence. Features without any are left out."""
    learnt: dict[str, Counts] = {}
    for item, (likes, dislikes) in standing:
        if likes or dislikes:
            features = features_of(item)
            own = itself(item.id)  # others' likes tell of it
            for feature in chain(*features):
                if feature != own:
                    before = learnt.get(feature, (0.0, 0.0))
                    learnt[feature] = (before[0] + likes, before[1] + dislikes)
    return learnt


def leaning(likes: float, dislikes: float) -> float:
    """The posterior mean under Beta(1, 1), from -1 (always disliked) over 0 (unknown) to 1."""
    return (likes - dislikes) / (likes + dislikes + 2)


def appeal(features: Features, leanings: Mapping[str, float]) -> float:
    """How much the user should like an item with these features, from -1 to 1; 0 where nothing is known.

    The leanings of several genres are averaged. Of the themes those average that are known; the more of them
    an item shares, the more they count.
    """
    lean, unknown = leanings.get, repeat(0.0)
    themes = list(map(lean, features.themes, unknown))
    known = len(themes) - themes.count(0.0)
    total = (
        GENRES_WEIGHT * sum(map(lean, features.genres, unknown)) / max(1, len(features.genres))
        + THEMES_WEIGHT * sum(themes) / (1 + known)
        + OTHER_WEIGHT * sum(map(lean, features.others, unknown))
    )
    return max(-1.0, min(1.0, total))
