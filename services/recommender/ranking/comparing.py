"""Says in one sentence what an item has in common with another. Pure.

Each phrase is true of both items. On one answer no sentence is used twice.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from services.recommender.ranking import kinds, lexicon
from services.recommender.ranking.facts import FIRST_YEAR, SAYS, TOLD, facts_of, is_contradicted
from services.recommender.ranking.item import Candidate
from services.recommender.ranking.lexicon import Wording
from services.recommender.ranking.purposes import Language
from services.recommender.ranking.tongues import TONES

MOST_WORDS: Final = 2
"""Themes or feelings that one phrase names, at most."""
PHRASES: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "and": " and ",
        "by": "by {}",
        "liked": "liked by people who like this one",
        "creator": "also by {}",
        "themes": "also about {}",
        "feelings": "just as {}",
        "feature": "also with {}",
        "tone": "just as {} in tone",
        "decade": "from the {}s too",
    },
    "de": {
        "and": " und ",
        "by": "von {}",
        "liked": "beliebt bei Leuten, denen auch dies gefällt",
        "creator": "auch von {}",
        "themes": "auch über {}",
        "feelings": "ebenso {}",
        "feature": "auch mit {}",
        "tone": "im Ton ebenso {}",
        "decade": "auch aus den {}er-Jahren",
    },
}
ARTICLES: Final = {"m": "ein", "f": "eine", "n": "ein"}


def compare(
    item: Candidate, shelf: Sequence[Candidate], liked: Collection[int], language: Language
) -> list[str]:
    """A sentence for each of `shelf`, in their order; `liked` has the ids that the same users like."""
    reasons: list[str] = []
    for other in shelf:
        options = [f"{text[0].upper()}{text[1:]}." for text in _options(item, other, liked, language)]
        fresh = (text for text in options if text not in reasons)
        reasons.append(next(fresh, f"{other.title}: {options[0][0].lower()}{options[0][1:]}"))
    return reasons


def _options(item: Candidate, other: Candidate, liked: Collection[int], language: Language) -> Iterator[str]:
    """All that may be said of both, the most telling first."""
    genre = _shared_genre(item, other)
    told = list(_phrases(item, other, liked, language))
    noun = _noun(item, other, genre, language)
    yield from map(", ".join, combinations(told[:3], 2))
    with_noun = [f"{noun}, {phrase}" for phrase in told]
    yield from [*with_noun, *told] if genre else [*told, *with_noun]
    if other.creator is not None and other.creator != item.creator:
        by = f"{noun} {PHRASES[language]['by'].format(other.creator)}"
        yield from (f"{by}, {phrase}" for phrase in told)
        yield by
    yield noun


def _phrases(item: Candidate, other: Candidate, liked: Collection[int], language: Language) -> Iterator[str]:
    """What both have in common, the most telling first."""
    say = PHRASES[language]

    def words(found: Sequence[Wording]) -> str:
        return say["and"].join(dict.fromkeys(getattr(one, language) for one in found[:MOST_WORDS]))

    said = SAYS.get(_shared_genre(item, other), frozenset())
    if other.id in liked:
        yield say["liked"]
    if item.creator is not None and item.creator == other.creator:
        yield say["creator"].format(other.creator)
    if themes := _shared(item, other, lexicon.THEMES, said):
        yield say["themes"].format(words(themes))
    if feelings := _shared(item, other, lexicon.FEELINGS, said):
        yield say["feelings"].format(words(feelings))
    if item.medium == other.medium == "game" and (features := _shared(item, other, lexicon.FEATURES, said)):
        yield say["feature"].format(words(features[:1]))
    tone = _shared_tone(item, other)
    if tone and not feelings:
        yield say["tone"].format(words(tone))
    if item.year and other.year and FIRST_YEAR <= item.year // 10 * 10 == other.year // 10 * 10:
        yield say["decade"].format(item.year // 10 * 10)


def _noun(item: Candidate, other: Candidate, genre: str, language: Language) -> str:
    """What the other is: "another comedy"; of another medium, "a film"."""
    kind = kinds.KINDS[other.medium][genre] if genre else kinds.PLAIN[other.medium]
    another = item.medium == other.medium
    if language == "en":
        return f"another {kind.en}" if another else f"a {kind.en}"  # the plain nouns all take "a"
    return f"noch {ARTICLES[kind.gender]} {kind.de}" if another else f"{ARTICLES[kind.gender]} {kind.de}"


def _shared_genre(item: Candidate, other: Candidate) -> str:
    """The first genre of both that has a name; "" without one, and for items of two media."""
    if item.medium != other.medium:
        return ""
    named = (genre for genre in item.genres if genre in other.genres and genre in kinds.KINDS[item.medium])
    return next(named, "")


def _shared(
    item: Candidate, other: Candidate, table: Mapping[str, Wording], said: Collection[str]
) -> list[Wording]:
    """The words for what both are told to be, in the order of the first; none that a place contradicts."""
    known, also = (
        {table[tag]: None for tag in one.tags[:TOLD] if tag in table and not is_contradicted(tag, one)}
        for one in (item, other)
    )
    telling = {table[tag] for tag in said if tag in table}
    return [word for word in known if word in also and word not in telling]


def _shared_tone(item: Candidate, other: Candidate) -> Sequence[Wording]:
    """The words for the part of the plane in which both surely lie."""
    place, there = (facts_of(one, "neutral", {}, {}).place for one in (item, other))
    return TONES[place[0]][place[1]] if place is not None and place == there else ()
