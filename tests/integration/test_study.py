"""The offline study, in small: the memory learns a taste that is there, and the study repeats itself."""

from curation.study import shelves, study


def share(line: str) -> float:
    return float(line.split("|")[2].strip().removesuffix("%"))


def test_memory_beats_no_memory_popularity_and_chance() -> None:
    with_memory, without, popular, chance = (share(line) for line in study(6, 8)[4:])
    assert with_memory > max(without, popular, chance) + 3


def test_the_study_repeats_itself() -> None:
    assert study(2, 3) == study(2, 3)


def test_every_mood_has_five_of_every_medium() -> None:
    lines = shelves()
    for medium in ("movie", "song", "book", "game"):
        assert sum(line.startswith(f"  {medium}: ") for line in lines) == 6 * 5
