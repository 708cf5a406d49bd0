from itertools import combinations
from typing import Any

import pytest

from services.recommender.schemas.identity import MAX_LENGTH, key_of, may_be_one, plain, site_id, work_of


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.imdb.com/title/tt2096673/", "imdb:tt2096673"),
        ("https://m.imdb.com/title/tt2096673/?ref_=x", "imdb:tt2096673"),
        ("https://www.imdb.com/de/title/tt2096673/", "imdb:tt2096673"),
        ("http://www.goodreads.com/book/show/1885.Pride_and_Prejudice", "goodreads:1885"),
        ("https://store.steampowered.com/app/620/Portal_2/", "steam:620"),
        ("https://www.deezer.com/us/track/18052786", "deezer:18052786"),
        ("https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC?si=1", "spotify:4uLU6hMCjMI75M1A2tKUQC"),
        ("https://open.spotify.com/intl-de/track/4uLU6hMCjMI75M1A2tKUQC", "spotify:4uLU6hMCjMI75M1A2tKUQC"),
        ("https://example.org/title/tt2096673/", None),
        ("https://www.imdb.com/name/nm1/", None),
    ],
)
def test_site_id(url: Any, key: Any) -> None:
    """The id of a known site is found in any form of its addresses."""
    assert site_id(url) == key


def test_key_of_page() -> None:
    """Elsewhere the URL is the key, without what does not change the page."""
    assert key_of("https://example.org/a?b=1#c") == "web:example.org/a?b=1#c"
    assert key_of("http://WWW.Example.org:80/a/?b=1#c") == "web:example.org/a?b=1#c"
    assert key_of("https://example.org:8443/A") == "web:example.org:8443/A"
    assert key_of("https://example.org/a") != key_of("https://example.org/b")


def test_long_keys() -> None:
    """Long addresses and works fit their columns and stay apart."""
    long = [key_of(f"https://example.org/{'x' * 1900}{end}") for end in "ab"]
    works = [work_of("song", "y" * 300, "z" * 200, year) for year in (2001, 2002)]
    for one, other in (long, works):
        assert one != other
        assert len(one) == len(other) == MAX_LENGTH


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The  Étranger!", "the etranger"),
        ("Amélie: L’Été & “Déjà-vu”!", "amelie l ete and deja vu"),
        ("Ёлка", "елка"),
        ("Ωδή", "ωδη"),
        ("\uff21\uff22\uff22\uff21", "abba"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("Spider-Man", "Spider Man"),
        ("Rock & Roll", "Rock and Roll"),
        ("Ketchup™", "Ketchup"),
        ("Straße", "STRASSE"),
        ("Love 😀", "love  😀"),
    ],
)
def test_same_work(one: Any, other: Any) -> None:
    """Case, spaces, punctuation and accents of Latin, Greek and Cyrillic letters make no other work."""
    assert work_of("book", one, None, 2001) == work_of("book", other, None, 2001)


@pytest.mark.parametrize(
    "titles",
    [
        ("दिल", "दाल", "दल"),
        ("กา", "กี", "ก"),
        ("バス", "ハス", "パス"),
        ("か", "が"),
        ("Love 😀", "Love 💔", "Love"),
        ("C", "C++", "C#"),
        ("1+1", "1-1", "1 1", "1/1"),
        ("x²", "x2"),
        ("?", "!", "…"),
        ("100%", "100"),
        ("שָׁלוֹם", "שלום"),
        ("A*", "A"),
    ],
)
def test_other_work(titles: Any) -> None:
    """Titles that differ in vowel signs, voicing marks, emoji or symbols are other works."""
    for one, other in combinations(titles, 2):
        assert plain(one) != plain(other)


def test_ids_of_one_site() -> None:
    """Two ids of one site are two works; any other two addresses may be of one."""
    assert not may_be_one("imdb:tt1", "imdb:tt2")
    assert may_be_one("imdb:tt1", "web:example.org/a")
    assert may_be_one("deezer:1", "spotify:1")
    assert may_be_one("web:example.org/a", "web:example.org/b")
