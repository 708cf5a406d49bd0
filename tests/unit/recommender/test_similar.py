"""What is like an item: the choice, and sentences that are true of both."""

import re
from random import Random
from typing import Any, get_args

import pytest

from services.recommender.ranking import kinds, lexicon
from services.recommender.ranking.comparing import compare
from services.recommender.ranking.item import MEDIA, Candidate
from services.recommender.ranking.purposes import Language
from services.recommender.ranking.similar import choose_similar
from tests.helpers.candidates import candidate
from tests.helpers.claims import claims, meets, pattern

LANGUAGES = get_args(Language)
GENRES = sorted({genre for medium in MEDIA for genre in kinds.KINDS[medium]})
TAGS = sorted({*lexicon.FEELINGS, *lexicon.THEMES, *lexicon.FEATURES})
MAKERS = ("Ada Nobody", "Xu Nemo", None)


def made(chance: Random, number: int, base: Candidate | None = None) -> Candidate:
    """Makes a random item; one with a `base` often has genres, themes and the place of it."""
    tags, genres = chance.sample(TAGS, 4), chance.sample(GENRES, 2)
    place = (chance.uniform(-1, 1), chance.uniform(-1, 1))
    if base is not None:
        tags = [*base.tags[: chance.randrange(4)], *tags]
        genres = [*base.genres[: chance.randrange(3)], *genres]
        place = chance.choice([place, (base.valence, base.arousal)])
    return candidate(
        number,
        medium=chance.choice([base.medium, chance.choice(MEDIA)] if base else MEDIA),
        creator=chance.choice(MAKERS),
        year=chance.choice([None, -700, 1813, 1989, 1985, 2001]),
        genres=tuple(dict.fromkeys(genres)),
        tags=tuple(dict.fromkeys(tags)),
        valence=place[0],
        arousal=place[1],
        affect_confidence=chance.random(),
    )


def compared(language: Language) -> Any:
    """Items, shelves of others, the ids that the same users like, and the sentences."""
    chance = Random(11)  # noqa: S311 # made items, no secret
    for _ in range(600):
        item = made(chance, 0)
        shelf = [made(chance, n, item) for n in range(1, 6)]
        liked = set(chance.sample(range(1, 6), chance.randrange(3)))
        yield item, shelf, liked, compare(item, shelf, liked, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_claims(language: Language) -> None:
    """What a sentence claims, both items have; only the name of another medium is the other's alone."""
    table = [(c.lower(), pattern(c, language), needs) for spoken, c, needs in claims() if spoken == language]
    said = set()
    for item, shelf, _, reasons in compared(language):
        for other, reason in zip(shelf, reasons, strict=True):
            text = reason.lower()
            for words, claim, needs in table:
                if words in text and claim.search(text):
                    said.add(claim)
                    assert any(meets(other, need) for need in needs), f"{reason} {other}"
                    if any(need.endswith(":*") for need in needs) and item.medium != other.medium:
                        continue
                    assert any(meets(item, need) for need in needs), f"{reason} {item}"
    assert len(said) > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_facts(language: Language) -> None:
    """Makers, decades and the likes of others are named only where they are so."""
    also, liked_by, another = {
        "en": ("also by", "liked by people", "another"),
        "de": ("auch von", "beliebt bei Leuten", "noch ein"),
    }[language]
    seen = set()
    for item, shelf, liked, reasons in compared(language):
        for other, reason in zip(shelf, reasons, strict=True):
            text = reason.lower()
            for name in MAKERS[:2]:
                assert name is None or name not in reason or other.creator == name
            if also in text:
                assert item.creator == other.creator
                seen.add(also)
            for decade in re.findall(r"(\d+)(?:s too|er-Jahren)", reason):
                assert item.year // 10 * 10 == other.year // 10 * 10 == int(decade)
                seen.add("decade")
            assert (liked_by.lower() in text) <= (other.id in liked)
            if re.match(f"(t\\d+: )?{another}", text):
                assert item.medium == other.medium
                seen.add(another)
    assert len(seen) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_alike(language: Language) -> None:
    """No two sentences of an answer are the same, and each is one sentence."""
    for _, _, _, reasons in compared(language):
        assert len(set(reasons)) == len(reasons)
        assert all(reason.endswith(".") and len(reason) < 200 for reason in reasons)
        assert all(reason[0].isupper() or re.match(r"t\d+: ", reason) for reason in reasons)


@pytest.mark.parametrize(
    ("language", "reasons"),
    [
        (
            "en",
            [
                "Also by Ada Nobody, also about friendship and dogs.",
                "Just as witty, from the 1980s too.",
                "A book, just as witty.",
                "Another comedy by Xu Nemo.",
                "Another film.",
            ],
        ),
        (
            "de",
            [
                "Auch von Ada Nobody, auch über Freundschaft und Hunde.",
                "Ebenso witzig, auch aus den 1980er-Jahren.",
                "Ein Buch, ebenso witzig.",
                "Noch eine Komödie von Xu Nemo.",
                "Noch ein Film.",
            ],
        ),
    ],
)
def test_examples(language: Language, reasons: list[str]) -> None:
    """A sentence says the most telling of what both have in common."""
    item = candidate(
        1, creator="Ada Nobody", year=1985, genres=("comedy",), tags=("friendship", "witty", "dogs")
    )
    plain = {"affect_confidence": 0.1}
    shelf = [
        candidate(2, creator="Ada Nobody", tags=("dogs", "friendship"), **plain),
        candidate(3, tags=("witty",), year=1989, **plain),
        candidate(4, medium="book", tags=("witty",), genres=("comedy",), **plain),
        candidate(5, creator="Xu Nemo", genres=("comedy",), **plain),
        candidate(6, **plain),
    ]
    written = compare(item, shelf, (), language)
    assert written[:2] == reasons[:2]
    assert written[2] in {reasons[2], reasons[2].partition(", ")[2].capitalize()}
    assert written[4] == reasons[4]
    assert compare(item, shelf[3:4], (), language)[0] in {reasons[3], reasons[3].replace(" by Xu Nemo", "")}


def test_choice() -> None:
    """Themes, genres and maker make an item similar; it is never its own neighbour."""
    item = candidate(1, creator="Ada", genres=("comedy",), tags=("heist", "witty"), valence=0.3, arousal=0.2)
    same = {"valence": 0.3, "arousal": 0.2}
    others = [
        candidate(2, **same),
        candidate(3, genres=("comedy",), **same),
        candidate(4, genres=("comedy",), tags=("witty", "heist"), **same),
        candidate(5, creator="Ada", genres=("comedy",), tags=("heist", "witty"), **same),
        candidate(6, valence=-0.9, arousal=-0.9),
    ]
    for order in (others, others[::-1]):
        chosen = choose_similar(item, [item, *order], {}, 5)
        assert [ranked.candidate.id for ranked in chosen] == [5, 4, 3, 2, 6]
        assert all(0 <= ranked.score <= 1 for ranked in chosen)
    assert len(choose_similar(item, others, {}, 2)) == 2


def test_likes_of_others() -> None:
    """What the same users like comes before what is alike only."""
    item = candidate(1, genres=("comedy",), tags=("witty",))
    alike, liked = candidate(2, genres=("comedy",), tags=("witty",)), candidate(3, valence=0.9, arousal=0.9)
    chosen = choose_similar(item, [alike, liked], {3: 0.95}, 2)
    assert [ranked.candidate.id for ranked in chosen] == [3, 2]
