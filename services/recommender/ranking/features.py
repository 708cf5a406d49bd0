"""Names what a taste may lean to: an item's genres, themes, creator and region of the affect plane. Pure."""

from sys import intern
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from services.recommender.ranking.mood import cell_of

if TYPE_CHECKING:
    from services.recommender.ranking.item import Medium

REGIONS: Final = 4
"""Regions per side of the affect plane."""
THEMES: Final = 6
"""Only so many of an item's strongest themes count."""


class Features(NamedTuple):
    """The features of an item by kind."""

    genres: tuple[str, ...]
    themes: tuple[str, ...]
    others: tuple[str, ...]
    """The creator if there is one, the region, and the item itself."""


class Featured(Protocol):
    """What features are read from: a candidate, or a row of its columns."""

    @property
    def id(self) -> int: ...
    @property
    def medium(self) -> "Medium": ...
    @property
    def genres(self) -> tuple[str, ...]: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def creator(self) -> str | None: ...
    @property
    def valence(self) -> float: ...
    @property
    def arousal(self) -> float: ...


def features_of(item: Featured) -> Features:
    """The item's features. Items share the strings, as candidates keep theirs."""
    region = f"region:{item.medium}:{cell_of(item.valence, item.arousal, REGIONS)}"
    creator = (intern(f"creator:{item.creator}"[:200]),) if item.creator else ()
    return Features(
        tuple(intern(f"genre:{item.medium}:{genre}") for genre in item.genres),
        tuple(intern(f"theme:{tag}") for tag in item.tags[:THEMES]),
        (*creator, intern(region), itself(item.id)),
    )


def itself(item_id: int) -> str:
    """The feature that only this item has: what is known of it from the opinions of others."""
    return f"item:{item_id}"
