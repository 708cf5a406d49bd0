"""The filters of the catalogue that every route with items takes."""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from services.recommender.schemas.fields import LanguageOrEmpty, Term, Year, to_genre

MAX_GENRES: Final = 10


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _to_genres(values: list[str]) -> list[str]:
    """One spelling of each, without the empty texts that a form sends for a field that was left empty."""
    genres = list(dict.fromkeys(map(to_genre, filter(str.strip, values))))
    if "" in genres:
        raise ValueError("a genre has letters or digits")
    return genres


OneOrMany = BeforeValidator(_one_or_many)


class Filters(BaseModel):
    """Which items may be shown; one whose value is unknown is left out by a filter of that value."""

    genre: Annotated[
        list[Term],
        Field(
            max_length=MAX_GENRES,
            description="Any of these; other spellings are understood, such as `Sci-Fi` or `rap`.",
        ),
        OneOrMany,
        AfterValidator(_to_genres),
    ] = []
    language: LanguageOrEmpty = None
    year_from: Annotated[Year, Field(description="This year or later; before our era negative.")] = None
    year_to: Annotated[Year, Field(description="This year or earlier.")] = None
    family: Annotated[
        bool,
        Field(
            description="`true`: no songs that are or may be explicit, no films above PG-13 or without a "
            "rating, no books or games tagged as adult."
        ),
    ] = False

    @model_validator(mode="after")
    def check_years(self) -> Self:
        if self.year_from is not None and self.year_to is not None and self.year_from > self.year_to:
            raise ValueError("year_from must not be after year_to")
        return self
