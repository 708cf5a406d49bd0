"""The table of genres' spellings."""

from services.recommender.schemas.fields import fold, to_genre
from services.recommender.schemas.genres import SPELLINGS


def test_table() -> None:
    """Spellings are folded as they are compared, and lead to genres that are no spellings of others."""
    assert all(fold(spelling) == spelling for spelling in SPELLINGS)
    assert not set(SPELLINGS) & set(SPELLINGS.values())
    assert all(fold(genre) == genre for genre in SPELLINGS.values())


def test_spellings() -> None:
    """Names that people use for one genre are one; a narrower genre stays what it is."""
    assert {to_genre(text) for text in ("Sci-Fi", "SciFi", "science  fiction", "SF")} == {"science fiction"}
    assert {to_genre(text) for text in ("R&B", "RnB", "R'n'B", "Rhythm & Blues")} == {"r b"}
    assert {to_genre(text) for text in ("Hip-Hop", "hiphop", "Rap")} == {"hip hop"}
    assert to_genre("progressive rock") == "progressive rock"
    assert to_genre("…") == ""
