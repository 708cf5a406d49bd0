"""Chooses the language of reasons from an Accept-Language header."""

from typing import Final, get_args

from services.recommender.ranking.purposes import Language

VARY: Final = {"Vary": "Accept-Language"}
"""The header of an answer with reasons, so that no cache gives it to readers of another language."""
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


def choose(header: str) -> Language:
    """The language that the header prefers of those that reasons speak; English where it names none.

    RFC 9110, 12.5.4: ranges with weights; what is no range or no weight is passed over.
    """
    best: Language = "en"
    highest = 0.0
    for part in header.split(","):
        wanted, _, parameter = part.strip().partition(";")
        weight = _weight(parameter)
        for language in LANGUAGES:
            if wanted.lower().partition("-")[0] == language and weight > highest:
                best, highest = language, weight
    return best


def _weight(parameter: str) -> float:
    """The value of `q=0.8`, 1 where there is none, 0 where it is no weight."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
