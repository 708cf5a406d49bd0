"""The offline study of recommendations, with few simulated users."""

from curation.study import shelves, study


def share(line: str) -> float:
    """The share in per cent of a line of the study's table."""
    return float(line.split("|")[2].strip().removesuffix("%"))


def test_memory() -> None:
    """Recommendations with memory beat those without it, popularity and chance."""
    with_memory, without, popular, chance = (share(line) for line in study(6, 8)[4:])
    assert with_memory > max(without, popular, chance) + 3


def test_repeatability() -> None:
    """Two runs of the study give the same table."""
    assert study(2, 3) == study(2, 3)


def test_shelves() -> None:
    """Every mood has five items of every medium, for each reader on a day of their own."""
    lines = list(shelves(2))
    for medium in ("movie", "song", "book", "game"):
        assert sum(line.startswith(f"  {medium}: ") for line in lines) == 2 * 6 * 5
