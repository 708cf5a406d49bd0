import pytest

from services.recommender.languages import choose


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE-at", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr-CH, fr;q=0.9, de;q=0.7, en;q=0.5, *;q=0.1", "de"),
        ("de;q=0, en;q=0.1", "en"),
        ("de; q=0.3", "de"),
        ("fr", "en"),
        ("de;q=much", "en"),
        ("de;q=nan", "en"),
        ("deutsch", "en"),
        ("*", "en"),
        (",;,=", "en"),
    ],
)
def test_choose(header: str, language: str) -> None:
    """The language of the highest weight that reasons speak; English where none is named."""
    assert choose(header) == language
