"""Reasons: nothing is said of an item that it does not have, in either language."""

import re
from random import Random
from typing import Any, get_args

import pytest

from services.emotions import EMOTIONS
from services.recommender.ranking import kinds, lexicon, purposes, tongues
from services.recommender.ranking.item import MEDIA, Candidate
from services.recommender.ranking.purposes import PURPOSES, Language
from services.recommender.ranking.rank import ask
from services.recommender.ranking.reasons import Writer
from services.recommender.ranking.taste import Taste
from tests.helpers.candidates import candidate
from tests.helpers.claims import claims, meets, pattern

LANGUAGES = get_args(Language)
GENRES = sorted({genre for medium in MEDIA for genre in kinds.KINDS[medium]})
TAGS = sorted({*lexicon.FEELINGS, *lexicon.THEMES, *lexicon.FEATURES})


def certainly(emotion: str) -> Any:
    return {label: float(label == emotion) for label in EMOTIONS}


def made_items(chance: Random) -> list[Candidate]:
    """Makes a shelf of one medium, of random genres, themes and places."""
    medium = chance.choice(MEDIA)
    return [
        candidate(
            chance.randrange(10**6) * 10 + n,
            medium=medium,
            creator=chance.choice([None, "Ada Nobody", "Xu Nemo"]),
            year=chance.choice([None, -700, 1813, 1989]),
            genres=tuple(chance.sample(GENRES, chance.randrange(3))),
            tags=tuple(chance.sample(TAGS, chance.randrange(6))),
            emotions=tuple(chance.sample(EMOTIONS, chance.randrange(2))),
            valence=chance.uniform(-1, 1),
            arousal=chance.uniform(-1, 1),
            affect_confidence=chance.random(),
            popularity=chance.random(),
        )
        for n in range(5)
    ]


def written(language: Language, count: int) -> Any:
    """Items with their reasons, for all emotions and strategies."""
    chance = Random(5)  # noqa: S311 # made items, no secret
    for number in range(count):
        strategy = chance.choice(["auto", "match", "lift", "calm"])
        flat = dict.fromkeys(EMOTIONS, 1 / 6)
        probabilities = chance.choice([flat, *(certainly(emotion) for emotion in EMOTIONS)])
        liked = {f"genre:{medium}:{genre}": 0.5 for medium in MEDIA for genre in chance.sample(GENRES, 5)}
        taste = chance.choice([None, Taste(features=liked), Taste(features={"creator:Ada Nobody": 0.5})])
        query = ask(probabilities, strategy, limit=5, seed=number, taste=taste)  # type: ignore[arg-type] # chance.choice forgets literals
        shelf = made_items(chance)
        yield shelf, Writer(query, language).write(shelf), query


def free_phrases(language: Language) -> list[str]:
    """Purposes that say nothing of the item, and the names of the user's mood; the longest first."""
    free = {
        purposes.say(purpose, emotion, language)
        for family in PURPOSES.values()
        for purpose in family
        if not purpose.condition
        for emotion in EMOTIONS
    }
    free |= {phrase for phrases in purposes.MOODS.values() for phrase in phrases}
    return sorted(free, key=len, reverse=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_claims(language: Language) -> None:
    """Whatever a reason claims, the item has."""
    table = [(c.lower(), pattern(c, language), needs) for spoken, c, needs in claims() if spoken == language]
    free = re.compile("|".join(map(re.escape, free_phrases(language))))
    made = set()
    for shelf, reasons, _ in written(language, 600):
        for item, reason in zip(shelf, reasons, strict=True):
            said = free.sub("", reason).lower()
            for words, claim, needs in table:
                if words in said and claim.search(said):
                    made.add(claim)
                    assert any(meets(item, need) for need in needs), f"{claim.pattern}: {reason} {item}"
    assert len(made) > 0.8 * len(table)


@pytest.mark.parametrize("language", LANGUAGES)
def test_table_is_complete(language: Language) -> None:
    """The table has every word that says something of an item."""
    listed = {claim for spoken, claim, _ in claims() if spoken == language}
    words = [
        *(getattr(word, language) for word in lexicon.FEELINGS.values()),
        *(getattr(word, language) for word in lexicon.THEMES.values()),
        *(getattr(word, language) for word in lexicon.FEATURES.values()),
        *(getattr(kind, language) for medium in MEDIA for kind in kinds.KINDS[medium].values()),
        *(getattr(word, language) for row in tongues.TONES for tone in row for word in tone),
        *(
            getattr(purpose, language).lstrip(":, ")
            for family in PURPOSES.values()
            for purpose in family
            if purpose.condition
        ),
    ]
    assert set(words) <= listed


@pytest.mark.parametrize("language", LANGUAGES)
def test_facts(language: Language) -> None:
    """Creators and years are the item's own, moods that it was picked for too, and likings the user's."""
    before, picked = {
        "en": ("you have liked", "picked by hand"),
        "de": ("gefiel schon|schon gefallen", "von Hand ausgesucht"),
    }[language]
    for shelf, reasons, query in written(language, 200):
        for item, reason in zip(shelf, reasons, strict=True):
            for name in ("Ada Nobody", "Xu Nemo"):
                assert name not in reason or item.creator == name
            for year in re.findall(r"\d+", reason):
                assert int(year) == item.year
            if picked in reason:
                assert query.addressed in item.emotions
            if before in reason:
                genres = [f"genre:{item.medium}:{genre}" for genre in item.genres]
                assert any(query.taste.features.get(f) for f in (*genres, f"creator:{item.creator}"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_alike(language: Language) -> None:
    """No two reasons of a shelf are the same or have the same purpose, and each is one sentence."""
    for _, reasons, query in written(language, 200):
        assert len(set(reasons)) == len(reasons)
        assert all(reason.endswith(".") and len(reason) < 200 for reason in reasons)
        assert all(reason[0].isupper() for reason in reasons)
        family = Writer(query, language).purposes
        endings = [purposes.say(purpose, query.addressed, language) for purpose in family]
        used = [next(e for e in endings if f"{e}." in reason) for reason in reasons]
        assert len(set(used)) == len(used)


def test_fifty_alike() -> None:
    """Even fifty items that differ in nothing but their titles have fifty reasons."""
    shelf = [candidate(n, title=f"Part {n}") for n in range(50)]
    writer = Writer(ask(certainly("sad"), limit=50, seed=1), "en")
    assert len(set(writer.write(shelf))) == 50


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        ("en", "Witty and kind-hearted, a 1989 comedy about friendship: "),
        ("de", "Witzig und warmherzig, eine Komödie aus dem Jahr 1989 über Freundschaft: "),
    ],
)
def test_example(language: Language, reason: str) -> None:
    """A reason begins with the strongest themes and a fact."""
    tags = ("witty", "wholesome", "friendship", "heist")
    made = candidate(8, genres=("comedy",), tags=tags, year=1989, valence=0.5)
    assert Writer(ask(certainly("sad"), limit=5, seed=1), language).write([made])[0].startswith(reason)


@pytest.mark.parametrize(
    ("genres", "medium", "start"),
    [
        (("historical",), "movie", "A film"),
        (("vr",), "game", "A game"),
        (("young adult",), "book", "A book"),
        (("adventure",), "game", "An adventure game"),
        (("r b",), "song", "An R&B song"),
        (("rpg",), "game", "A role-playing game"),
    ],
)
def test_kinds(genres: Any, medium: Any, start: str) -> None:
    """Shorthand and vague genres are not said; articles are right."""
    made = candidate(3, medium=medium, genres=genres, affect_confidence=0.1)
    assert Writer(ask(certainly("sad"), limit=5, seed=1), "en").write([made])[0].startswith(start)
