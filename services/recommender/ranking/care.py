"""Which works are for families, and which are about what hurts a person in a dark hour. Pure.

Terms are compared with genres and tags as they are stored: folded to plain lower case.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from services.recommender.ranking.item import Medium

SENSITIVE: Final = frozenset(
    {
        "suicide", "suicidal", "suicide attempt", "self harm", "self injury", "cutting", "eating disorder",
        "eating disorders", "anorexia", "bulimia", "abuse", "child abuse", "sexual abuse", "domestic abuse",
        "domestic violence", "physical abuse", "emotional abuse", "incest", "rape", "sexual assault",
        "sexual violence",
    }
)  # fmt: skip
"""Terms of works about suicide, self-harm and abuse."""
ADULT: Final = frozenset(
    {
        "adult", "adult fiction", "adults only", "erotic", "erotica", "erotic romance", "bdsm", "porn",
        "pornography", "sex", "sexual content", "nudity", "nsfw", "hentai", "mature", "gore", "splatter",
        "torture", "drugs", "smut", "dark romance", "new adult",
    }
)  # fmt: skip
"""Terms of books and games for adults."""
FAMILY_RATINGS: Final = frozenset(
    {
        "G", "PG", "PG-13", "APPROVED", "PASSED", "TV-Y", "TV-Y7", "TV-Y7-FV", "TV-G", "TV-PG", "TV-13",
        "U", "12", "12A", "FSK 0", "FSK 6", "FSK 12", "0", "6", "AL",
    }
)  # fmt: skip
"""Age ratings of films up to PG-13, and those of other countries for up to twelve years."""


def is_sensitive(terms: Iterable[str]) -> bool:
    """Whether genres or tags say that a work is about suicide, self-harm or abuse."""
    return not SENSITIVE.isdisjoint(terms)


def is_for_family(
    medium: "Medium", terms: Iterable[str], *, explicit: bool | None, age_rating: str | None
) -> bool:
    """Whether children may have it; an unknown film or song is not taken for one."""
    if explicit:
        return False
    if medium == "song":
        return explicit is False
    if medium == "movie":
        return (age_rating or "").upper() in FAMILY_RATINGS
    return ADULT.isdisjoint(terms)
