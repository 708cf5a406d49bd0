"""The one shape that every source is read into."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final, Self

from pydantic import ValidationError

from services.common.problems import InvalidError, describe
from services.recommender.imports.keys import key_of
from services.recommender.ranking import care, mood
from services.recommender.schemas.fields import MaybeShare, Source, Work, fold

QUALITY_UNKNOWN: Final = 0.5
CONFIDENCE_OF_LINK: Final = 0.1
"""A person's link to a mood says who an item is for, but little about how it feels."""
FROM_EMOTIONS: Final = "linked emotions"
UNKNOWN: Final = "unknown"
ESTIMATED: Final = {FROM_EMOTIONS, UNKNOWN}
"""Sources of a place that is estimated anew whenever the emotions change."""
AXES: Final = {"valence", "arousal"}
AFFECT_NOTES: Final = {"affect_source", "affect_confidence"}
AS_GIVEN: Final = {
    "medium", "title", "creator", "year", "url", "kind", "language", "runtime_min", "explicit", "age_rating",
    "image_url",
}  # fmt: skip


class Row(Work):
    """One work as a source describes it. Missing values are None and are estimated by `values`."""

    affect_source: Source = None
    affect_confidence: MaybeShare = None

    @cached_property
    def key(self) -> str:
        return key_of(self.medium, self.url, self.title, self.creator, self.year)

    def fill_from(self, other: Self) -> Self:
        """Fill missing values from another row of the same work, and join the emotions of both."""
        known = {name: value for name, value in self.model_dump().items() if value not in (None, [])}
        emotions = [*self.emotions, *other.emotions]
        return self.model_validate({**other.model_dump(), **known, "emotions": emotions})

    def over(self, old: Mapping[str, Any]) -> Self:
        """The stored item `old` with the fields that this row was given; the others keep their values.

        A place in the plane that is not new keeps its source, and one that was estimated is estimated anew.
        """
        given = {name: getattr(self, name) for name in self.model_fields_set}
        kept = {name: _listed(old[name]) for name in type(self).model_fields}
        merged = kept | given
        if any(given[axis] != old[axis] for axis in AXES & given.keys()):
            merged |= {name: given.get(name) for name in AFFECT_NOTES}
        elif old["affect_source"] in ESTIMATED and given.get("affect_source") in {None, *ESTIMATED}:
            merged |= dict.fromkeys(AXES | AFFECT_NOTES)
        else:
            merged |= {name: kept[name] for name in AFFECT_NOTES if given.get(name) is None}
        return self.model_construct(set(merged), **merged)  # a copy would keep the cached key

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
            return valence, arousal, FROM_EMOTIONS, CONFIDENCE_OF_LINK
        return 0.0, 0.0, UNKNOWN, 0.0


def values_after(item: object, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a stored item after a change of the `given` fields, where None clears one.

    InvalidError where the fields do not go together.
    """
    defaults = {
        name: field.get_default() for name, field in Row.model_fields.items() if not field.is_required()
    }
    cleared = {name: defaults.get(name) if value is None else value for name, value in given.items()}
    change = Row.model_construct(set(given), **cleared)
    merged = change.over({name: getattr(item, name) for name in Row.model_fields})
    try:
        return Row.model_validate(merged.model_dump()).values()
    except ValidationError as error:
        raise InvalidError(
            describe([{**one, "loc": ("body", *one["loc"])} for one in error.errors()])
        ) from error


def _listed(value: object) -> object:
    """Columns hold tuples where rows hold lists."""
    return list(value) if isinstance(value, tuple) else value
