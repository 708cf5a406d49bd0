"""The filters of the catalogue that every route with items takes."""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from services.recommender.schemas.fields import LanguageOrEmpty, Term, Year, to_genre

MAX_GENRES: Final = 10


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _without_blanks(value: object) -> object:
    """Drop what a form sends for a field that was left empty."""
    if not isinstance(value, list):
        return value
    return [part for part in value if not (isinstance(part, str) and not part.strip())]


def _to_genres(values: list[str]) -> list[str]:
    genres = list(dict.fromkeys(map(to_genre, values)))
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
        BeforeValidator(_without_blanks),
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
