from typing import Any

import pytest

from services.recommender.schemas.words import query_words, searchable


def finds(query: str, title: str) -> bool:
    words = searchable(title).split()
    wanted = query_words(query)
    return bool(wanted) and all(any(word.startswith(one) for word in words) for one in wanted)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("oneill", "Eugene O'Neill"),
        ("neill", "Eugene O’Neill"),
        ("o'neill", "Eugene O’Neill"),
        ("ete", "L’Été"),
        ("l'été", "L’Été"),
        ("bjork", "Björk"),
        ("soren", "Søren"),
        ("lodz", "Łódź"),
        ("strasse", "Die Straße"),
        ("STRAẞE", "Die Straße"),
        ("paddi", "Paddington 2"),
        ("2 pad", "Paddington 2"),
        ("c++", "C++ in a day"),
        ("c", "C#"),
        ("1", "#1 Crush"),
        ("1+1", "1+1"),
        ("日本", "大日本人"),
        ("本", "大日本人"),
        ("ﾊﾞｽ", "バス停"),
        ("생충", "기생충"),
        ("ฟดี", "กาแฟดี"),
        ("दि", "दिल से"),
        ("😀", "Love 😀💔"),
        ("💔", "Love😀💔"),
        ("❤", "I ❤️ you"),
        ("שלום", "שָׁלוֹם"),
        ("ёлка", "Елка"),
    ],
)
def test_found(query: Any, title: Any) -> None:
    """A query finds words that begin so, whatever accents, apostrophes and scripts either has."""
    assert finds(query, title)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("c++", "C#"),
        ("本日", "日本"),
        ("दा", "दिल"),
        ("バ", "ハス"),
        ("😀", "Love 💔"),
        ("!?", "Paddington"),
        ("addi", "Paddington"),
    ],
)
def test_not_found(query: Any, title: Any) -> None:
    """Other words are not found, nor the middle of a word in scripts with spaces."""
    assert not finds(query, title)
