"""The one shape that every source is read into."""

from functools import cached_property
from typing import Any, Final, Self

from services.recommender.imports.keys import key_of
from services.recommender.ranking import care, mood
from services.recommender.schemas.fields import MaybeShare, Source, Work, fold

QUALITY_UNKNOWN: Final = 0.5
CONFIDENCE_OF_LINK: Final = 0.1
"""A person's link to a mood says who an item is for, but little about how it feels."""
AS_GIVEN: Final = {
    "medium", "title", "creator", "year", "url", "kind", "language", "runtime_min", "explicit", "age_rating",
    "image_url",
}  # fmt: skip


class Row(Work):
    """One work as a source describes it. Missing values are None and are estimated by `values`."""

    affect_source: Source = None
    affect_confidence: MaybeShare = None
    quality: MaybeShare = None
    popularity: MaybeShare = None

    @cached_property
    def key(self) -> str:
        return key_of(self.medium, self.url, self.title, self.creator, self.year)

    def fill_from(self, other: Self) -> Self:
        """Fill missing values from another row of the same work, and join the emotions of both."""
        known = {name: value for name, value in self.model_dump().items() if value not in (None, [])}
        emotions = [*self.emotions, *other.emotions]
        return self.model_validate({**other.model_dump(), **known, "emotions": emotions})

    def values(self) -> dict[str, Any]:
        """The columns of `Item`."""
        valence, arousal, source, confidence = self._affect()
        quality = QUALITY_UNKNOWN if self.quality is None else self.quality
        popularity = self.popularity or 0.0
        terms = {*self.genres, *self.tags}
        return {
            **self.model_dump(include=AS_GIVEN),
            "key": self.key,
            "genres": tuple(self.genres),
            "tags": tuple(self.tags),
            "family": care.is_for_family(
                self.medium, terms, explicit=self.explicit, age_rating=self.age_rating
            ),
            "sensitive": care.is_sensitive(terms),
            "emotions": tuple(self.emotions),
            "valence": valence,
            "arousal": arousal,
            "affect_source": source,
            "affect_confidence": confidence,
            "quality": quality,
            "popularity": popularity,
            "prior": round(0.6 * quality + 0.4 * popularity, 4),
            "cell": mood.cell_of(valence, arousal),
            "search": fold(f"{self.title} {self.creator or ''}"),
        }

    def _affect(self) -> tuple[float, float, str, float]:
        """Valence, arousal, their source, and the confidence in them."""
        if self.valence is not None and self.arousal is not None:
            confidence = 1.0 if self.affect_confidence is None else self.affect_confidence
            return self.valence, self.arousal, self.affect_source or "given", confidence
        if self.emotions:
            places = [mood.CIRCUMPLEX[emotion] for emotion in self.emotions]
            valence, arousal = (sum(axis) / len(places) for axis in zip(*places, strict=True))
            return valence, arousal, "linked emotions", CONFIDENCE_OF_LINK
        return 0.0, 0.0, "unknown", 0.0
